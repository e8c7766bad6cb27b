#pragma once

#include <node_api.h>

namespace burrow::binding {

// Files read for recovery and for tools, outside of any database: readLog, dumpTable of lib/native.ts.
napi_value ReadLog(napi_env env, napi_callback_info info);
napi_value DumpTable(napi_env env, napi_callback_info info);

}  // namespace burrow::binding
