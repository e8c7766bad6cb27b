#pragma once

#include <node_api.h>

namespace burrow::binding {

// Defines the class of NativeScan for this environment.
void DefineScanClass(napi_env env);

}  // namespace burrow::binding
