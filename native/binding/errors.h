#pragma once

#include <node_api.h>

#include <string>

#include "util/status.h"

namespace burrow::binding {

// Throws `status` as the error that the factory of setErrorFactory makes of it. Returns null, so that a callback may
// end with `return Throw(...)`. An exception that is pending already is kept.
napi_value Throw(napi_env env, const Status& status);
napi_value ThrowInvalid(napi_env env, std::string message);
napi_value ThrowClosed(napi_env env);

// NativeStatus of lib/base/errors.ts.
napi_value StatusObject(napi_env env, const Status& status);

napi_value SetErrorFactory(napi_env env, napi_callback_info info);

}  // namespace burrow::binding
