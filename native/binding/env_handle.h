#pragma once

#include <node_api.h>

#include <memory>
#include <string>

#include "env/env.h"

namespace burrow::binding {

// posixEnv(), memoryEnv(), faultEnv(base).
napi_value PosixEnvironment(napi_env env, napi_callback_info info);
napi_value MemoryEnvironment(napi_env env, napi_callback_info info);
napi_value FaultEnvironment(napi_env env, napi_callback_info info);

// The Env of a NativeEnv object; null for any other value, and nothing is thrown.
std::shared_ptr<Env> EnvOf(napi_env env, napi_value value);

// The lock on `directory` that a NativeLock of this environment holds; null when there is none. An engine keeps it, so
// that the lock outlasts the engine even when both are collected at once.
std::shared_ptr<FileLock> LockOf(napi_env env, const Env* file_env, const std::string& directory);

// Defines the classes of NativeEnv and NativeLock for this environment.
void DefineEnvClasses(napi_env env);

}  // namespace burrow::binding
