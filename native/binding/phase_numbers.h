#pragma once

#include <node_api.h>

#include "util/perf_context.h"

namespace burrow::binding {

// A Float64Array of count and nanoseconds of each phase, in the order of Phase.
napi_value PhaseNumbers(napi_env env, const PerfContext& phases);

}  // namespace burrow::binding
