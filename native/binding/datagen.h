#pragma once

#include <node_api.h>

namespace burrow::binding {

// The data generator, which needs no database: openDataGenerator and datagenSystem of lib/native.ts.
napi_value OpenDataGenerator(napi_env env, napi_callback_info info);
napi_value DatagenSystem(napi_env env, napi_callback_info info);

}  // namespace burrow::binding
