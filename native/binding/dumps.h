#pragma once

#include <node_api.h>

#include <memory>

#include "engine/record_dump.h"

namespace burrow::binding {

// A NativeDump of lib/native.ts: an object without properties that lives as long as JavaScript holds it.
napi_value DumpObject(napi_env env, std::unique_ptr<RecordDump> dump);

// Files read bit by bit for the debugger and for tools, outside of any database: functions of the addon.
napi_value OpenTableDump(napi_env env, napi_callback_info info);
napi_value NextRecords(napi_env env, napi_callback_info info);
napi_value OpenLogDump(napi_env env, napi_callback_info info);
napi_value NextLogRecords(napi_env env, napi_callback_info info);

}  // namespace burrow::binding
