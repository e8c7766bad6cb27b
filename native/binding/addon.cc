// The exports of the addon: NativeAddon of lib/native.ts.

#include <node_api.h>

#include <memory>
#include <random>

#include "base/database_id.h"
#include "base/staged_records.h"
#include "binding/addon_data.h"
#include "binding/args.h"
#include "binding/datagen.h"
#include "binding/datagen_tools.h"
#include "binding/dumps.h"
#include "binding/engine_handle.h"
#include "binding/env_handle.h"
#include "binding/errors.h"
#include "binding/tools.h"
#include "codec/codec.h"
#include "util/crc32c.h"

namespace burrow::binding {

namespace {

constexpr char kVersion[] = "0.1.0";  // of package.json; a test compares them

napi_value RandomDatabaseId(napi_env env, napi_callback_info) {
  std::random_device source;
  DatabaseId id;
  for (char& byte : id.bytes) byte = static_cast<char>(source());
  return Text(env, id.ToHex());
}

napi_value Crc32c(napi_env env, napi_callback_info info) {
  Call<1> call(env, info);
  Slice bytes;
  if (!GetBytes(env, call[0], &bytes)) return ThrowInvalid(env, "bytes must be a Uint8Array");
  return Number(env, uint64_t{crc32c::Value(bytes)});
}

bool GetStaged(napi_env env, const Call<7>& call, StagedRecords* staged) {
  napi_typedarray_type type;
  size_t words = 0;
  void* data = nullptr;
  if (napi_get_typedarray_info(env, call[2], &type, &words, &data, nullptr, nullptr) != napi_ok) return false;
  uint64_t count = 0, bytes = 0;
  if (type != napi_uint32_array || !GetInteger(env, call[3], &count) || count > words / 2) return false;
  if (napi_get_value_string_utf16(env, call[4], nullptr, 0, &staged->text_units) != napi_ok) return false;
  if (!GetBytes(env, call[5], &staged->bytes)) return false;
  if (!GetInteger(env, call[6], &bytes) || bytes > staged->bytes.size()) return false;
  staged->words = {static_cast<const uint32_t*>(data), count * 2};
  staged->bytes = staged->bytes.substr(0, bytes);
  return true;
}

napi_value PackRecords(napi_env env, napi_callback_info info) {
  Call<7> call(env, info);
  char* into = nullptr;
  size_t size = 0;
  uint64_t at = 0;
  StagedRecords staged;
  if (!GetMutableBytes(env, call[0], &into, &size) || !GetInteger(env, call[1], &at) ||
      !GetStaged(env, call, &staged)) {
    return ThrowInvalid(env, "packRecords takes bytes, an offset, words, a count, a text, bytes and a length");
  }
  const size_t text_limit = 3 * staged.text_units + 1;  // with the terminator
  std::unique_ptr<char[]> text(new char[text_limit]);
  size_t text_size = 0;
  napi_get_value_string_utf8(env, call[4], text.get(), text_limit, &text_size);
  staged.text = Slice(text.get(), text_size);
  const size_t limit = StagedSizeLimit(staged);
  if (limit == 0 || at > size || limit > size - at) {
    return ThrowInvalid(env, "the words do not fit the text, the bytes or the room for the records");
  }
  return Number(env, static_cast<uint64_t>(WriteStagedRecords(staged, into + at) - into));
}

napi_value Codecs(napi_env env) {
  napi_value list = Array(env, 0);
  size_t count = 0;
  for (uint8_t id = 0; id <= kLastCodecId; ++id) {
    const auto codec = static_cast<CodecId>(id);
    if (CodecAvailable(codec)) SetElement(env, list, count++, Text(env, CodecName(codec)));
  }
  return list;
}

constexpr EngineFunction kExports[] = {
    {"setErrorFactory", SetErrorFactory},
    {"posixEnv", PosixEnvironment},
    {"memoryEnv", MemoryEnvironment},
    {"faultEnv", FaultEnvironment},
    {"openEngine", EngineHandle::Open},
    {"readLog", ReadLog},
    {"dumpTable", DumpTable},
    {"openMeasurement", OpenMeasurement},
    {"startWriteBenchmark", StartWriteBenchmark},
    {"openTableDump", OpenTableDump},
    {"nextRecords", NextRecords},
    {"openLogDump", OpenLogDump},
    {"nextLogRecords", NextLogRecords},
    {"randomDatabaseId", RandomDatabaseId},
    {"crc32c", Crc32c},
    {"packRecords", PackRecords},
    {"openDataGenerator", OpenDataGenerator},
    {"datagenSystem", DatagenSystem},
};

}  // namespace

AddonData* DataOf(napi_env env) {
  void* data = nullptr;
  napi_get_instance_data(env, &data);
  return static_cast<AddonData*>(data);
}

napi_value Init(napi_env env, napi_value exports) {
  auto release = [](napi_env, void* data, void*) { delete static_cast<AddonData*>(data); };
  napi_set_instance_data(env, new AddonData, release, nullptr);
  DefineEnvClasses(env);
  for (const EngineFunction& entry : kExports) {
    napi_value function = nullptr;
    napi_create_function(env, entry.name, NAPI_AUTO_LENGTH, entry.callback, nullptr, &function);
    Set(env, exports, entry.name, function);
  }
  Set(env, exports, "version", Text(env, kVersion));
  Set(env, exports, "codecs", Codecs(env));
  napi_value phases = Array(env, kPhases);
  for (size_t i = 0; i < kPhases; ++i) SetElement(env, phases, i, Text(env, kPhaseNames[i]));
  Set(env, exports, "phaseNames", phases);
  Set(env, exports, "crc32cImplementation", Text(env, crc32c::Implementation()));
  return exports;
}

}  // namespace burrow::binding

NAPI_MODULE_INIT() { return burrow::binding::Init(env, exports); }
