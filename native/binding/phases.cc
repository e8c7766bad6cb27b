// Native sub-phases: switched on while somebody asks for them, read after each call.

#include <cstring>

#include "binding/engine_handle.h"
#include "binding/phase_numbers.h"

namespace burrow::binding {

namespace {

napi_value MeasurePhases(napi_env env, napi_callback_info info) {
  EngineCall<1> call(env, info);
  if (!call.open()) return nullptr;
  bool on = false;
  if (napi_get_value_bool(env, call[0], &on) != napi_ok) return ThrowInvalid(env, "on must be a boolean");
  call.handle()->Measure(on);
  return nullptr;
}

constexpr size_t kNumbers = 2 * kPhases;

void Fill(const PerfContext& phases, void* data) {
  double numbers[kNumbers];
  for (size_t i = 0; i < kPhases; ++i) {
    numbers[2 * i] = static_cast<double>(phases.times()[i].count);
    numbers[2 * i + 1] = static_cast<double>(phases.times()[i].nanos);
  }
  memcpy(data, numbers, sizeof numbers);
}

// Also after close: nothing is measured then.
napi_value TakePhases(napi_env env, napi_callback_info info) {
  Call<1> call(env, info);
  PerfContext& phases = static_cast<EngineHandle*>(call.data())->phases();
  bool any = false;
  for (const PerfContext::Time& time : phases.times()) any = any || time.count > 0 || time.nanos > 0;
  if (!any) return Boolean(env, false);
  napi_typedarray_type type{};
  size_t length = 0;
  void* data = nullptr;
  if (napi_get_typedarray_info(env, call[0], &type, &length, &data, nullptr, nullptr) != napi_ok ||
      type != napi_float64_array || length != kNumbers || data == nullptr) {
    return ThrowInvalid(env, "into must be a Float64Array of " + std::to_string(kNumbers) + " numbers");
  }
  Fill(phases, data);
  phases.Clear();
  return Boolean(env, true);
}

napi_value GroupPhases(napi_env env, napi_callback_info info) {
  EngineCall<1> call(env, info);
  if (!call.open()) return nullptr;
  Reader reader(env);
  const uint64_t index = reader.Integer(call[0], "index");
  GroupTimes group;
  if (!reader.ok() || !call->commits().FindGroup(index, &group)) return nullptr;
  napi_value object = Object(env);
  Set(env, object, "writeNanos", Number(env, group.write_nanos));
  Set(env, object, "syncNanos", Number(env, group.sync_nanos));
  return object;
}

constexpr EngineFunction kFunctions[] = {
    {"measurePhases", MeasurePhases},
    {"takePhases", TakePhases},
    {"groupPhases", GroupPhases},
};

}  // namespace

napi_value PhaseNumbers(napi_env env, const PerfContext& phases) {
  void* data = nullptr;
  napi_value buffer = nullptr, array = nullptr;
  if (napi_create_arraybuffer(env, kNumbers * sizeof(double), &data, &buffer) != napi_ok) return nullptr;
  Fill(phases, data);
  napi_create_typedarray(env, napi_float64_array, kNumbers, buffer, 0, &array);
  return array;
}

std::span<const EngineFunction> PhaseFunctions() { return kFunctions; }

}  // namespace burrow::binding
