#pragma once

#include <node_api.h>

#include "base/range_tombstone.h"
#include "table/table_options.h"
#include "wal/log_reader.h"

namespace burrow::binding {

// Files read for recovery and for tools, outside of any database: readLog, dumpTable of lib/native.ts.
napi_value ReadLog(napi_env env, napi_callback_info info);
napi_value DumpTable(napi_env env, napi_callback_info info);

// Parts of their results. A log that was read to its end, or to its damage:
void SetLogEnd(napi_env env, napi_value object, const log::LogReader& log);
napi_value DumpedTableInfo(napi_env env, uint64_t number, const TableProperties& properties);
napi_value DumpTombstones(napi_env env, const FragmentedTombstones* tombstones);

}  // namespace burrow::binding
