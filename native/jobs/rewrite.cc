#include "jobs/rewrite.h"

#include <utility>

#include "jobs/output_writer.h"
#include "merge/compaction_iterator.h"

namespace burrow {

TableJobResult RunRewrite(Rewrite rewrite, const TableJobContext& context, uint64_t* input_bytes) {
  std::vector<RangeTombstone> tombstones;
  if (rewrite.tombstones != nullptr) {
    tombstones = SurvivingTombstones(*rewrite.tombstones, context.snapshots, rewrite.range_absent_below);
  }
  OutputWriter writer(context, std::move(rewrite.splitter), std::move(tombstones));
  CompactionIterator survivors(std::move(rewrite.input), context.snapshots, rewrite.tombstones,
                               std::move(rewrite.key_absent_below), context.cancelled);

  TableJobResult result;
  for (survivors.SeekToFirst(); survivors.Valid() && result.status.ok(); survivors.Next()) {
    result.status = writer.Add(survivors.key(), survivors.value());
    if (context.records_done != nullptr) {
      context.records_done->store(survivors.counters().input_records, std::memory_order_relaxed);
    }
  }
  if (result.status.ok()) result.status = survivors.status();
  if (result.status.ok()) result.status = writer.Finish();

  const CompactionIterator::Counters& counters = survivors.counters();
  result.outputs = writer.TakeOutputs();
  result.bytes_written = writer.bytes_written();
  result.records_in = counters.input_records;
  result.records_dropped = counters.dropped_shadowed + counters.dropped_covered;
  result.tombstones_dropped = counters.dropped_tombstones;
  *input_bytes = counters.input_bytes;
  return result;
}

}  // namespace burrow
