// Job descriptors in, completions out.

#include <algorithm>

#include "binding/engine_handle.h"
#include "binding/job_objects.h"

namespace burrow::binding {

namespace {

napi_value Submit(napi_env env, napi_callback_info info) {
  EngineCall<1> call(env, info);
  if (!call.open()) return nullptr;
  Reader reader(env);
  Job job = ReadJob(&reader, call[0]);
  if (!reader.ok()) return nullptr;
  if (call.handle()->read_only() && !OnlyReads(job.request)) {
    return Throw(env, Status(Code::kReadOnly, "the database is open for reading only"));
  }
  Status status = call.handle()->runner().Submit(std::move(job));
  return status.ok() ? nullptr : Throw(env, status);
}

napi_value TakeCompletions(napi_env env, napi_callback_info info) {
  EngineCall<1> call(env, info);
  if (!call.open()) return nullptr;
  if (Schedule* schedule = call.handle()->schedule()) schedule->RunSome();
  const std::vector<JobCompletion> completions = call.handle()->completions().Take();
  napi_value list = Array(env, completions.size());
  for (size_t i = 0; i < completions.size(); ++i) {
    HandleScope scope(env);
    SetElement(env, list, i, CompletionObject(env, completions[i]));
  }
  return list;
}

napi_value WaitProgress(napi_env env, napi_callback_info info) {
  EngineCall<1> call(env, info);
  if (!call.open()) return nullptr;
  Reader reader(env);
  const double millis = reader.Number(call[0], "timeoutMs");
  if (!reader.ok()) return nullptr;
  EngineHandle* handle = call.handle();
  if (!handle->completions().empty()) return Boolean(env, true);
  if (Schedule* schedule = handle->schedule()) return Boolean(env, schedule->RunOne());
  constexpr double kLongest = 86'400'000;
  const auto timeout = std::chrono::microseconds(static_cast<int64_t>(std::clamp(millis, 0.0, kLongest) * 1000));
  return Boolean(env, handle->signal().Wait(timeout));
}

napi_value CancelCompactions(napi_env env, napi_callback_info info) {
  EngineCall<1> call(env, info);
  if (call.open()) call.handle()->runner().CancelCompactions();
  return nullptr;
}

constexpr EngineFunction kFunctions[] = {
    {"submit", Submit},
    {"takeCompletions", TakeCompletions},
    {"waitProgress", WaitProgress},
    {"cancelCompactions", CancelCompactions},
};

}  // namespace

std::span<const EngineFunction> JobFunctions() { return kFunctions; }

}  // namespace burrow::binding
