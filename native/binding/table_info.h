#pragma once

#include <node_api.h>

#include "table/table_options.h"
#include "wal/log_reader.h"

namespace burrow::binding {

// TableInfo of lib/native.ts.
napi_value TableInfo(napi_env env, uint64_t number, const TableProperties& properties);

// 'sealed', 'clean', 'torn'.
const char* LogEndName(log::LogEnd end);

}  // namespace burrow::binding
