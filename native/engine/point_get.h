#pragma once

#include "engine/read_view.h"
#include "table/table_reader.h"

namespace burrow {

struct GetResult {
  GetOutcome outcome = GetOutcome::kAbsent;  // kDeleted is reported as kAbsent
  PinnedValue value;                         // for kValue; a memtable's bytes live as long as the view
};

// The newest version of user_key at or below `sequence`: memtables, then level 0 from the newest, then one table a
// level. The newest range tombstone met on the way down hides what is older, also in tables a filter rules out.
Status PointGet(const ReadView& view, Slice user_key, SequenceNumber sequence, const TableReadOptions& options,
                GetResult* result);

}  // namespace burrow
