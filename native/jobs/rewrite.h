#pragma once

#include <functional>
#include <memory>

#include "jobs/table_job.h"

namespace burrow {

// The work that flush and compaction share: what survives of a sorted input goes to new tables.
struct Rewrite {
  std::unique_ptr<InternalIterator> input;
  std::shared_ptr<const FragmentedTombstones> tombstones;  // all of the inputs'; null when there are none
  OutputSplitter splitter;
  // As CompactionIterator and SurvivingTombstones call them.
  std::function<bool(Slice user_key)> key_absent_below;
  std::function<bool(Slice begin, Slice end)> range_absent_below;
};

// Fills everything but bytes_read and micros; *input_bytes is what was consumed of keys and values.
TableJobResult RunRewrite(Rewrite rewrite, const TableJobContext& context, uint64_t* input_bytes);

}  // namespace burrow
