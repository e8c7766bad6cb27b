#pragma once

#include <node_api.h>

namespace burrow::binding {

// openMeasurement, startWriteBenchmark of lib/native.ts.
napi_value OpenMeasurement(napi_env env, napi_callback_info info);
napi_value StartWriteBenchmark(napi_env env, napi_callback_info info);

}  // namespace burrow::binding
