// The exports of the addon: NativeAddon of lib/native.ts.

#include <node_api.h>

#include <random>

#include "base/database_id.h"
#include "binding/addon_data.h"
#include "binding/args.h"
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
    {"randomDatabaseId", RandomDatabaseId},
    {"crc32c", Crc32c},
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
  Set(env, exports, "crc32cImplementation", Text(env, crc32c::Implementation()));
  return exports;
}

}  // namespace burrow::binding

NAPI_MODULE_INIT() { return burrow::binding::Init(env, exports); }
