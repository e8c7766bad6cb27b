#include <utility>

#include "jobs/rewrite.h"
#include "jobs/table_job.h"
#include "merge/merging_iterator.h"

namespace burrow {

TableJobResult RunFlush(const FlushJob& job, const TableJobContext& context) {
  const uint64_t start = context.env->NowMicros();
  PerfContext phases;
  std::vector<std::unique_ptr<InternalIterator>> children;
  std::vector<std::shared_ptr<const FragmentedTombstones>> tombstones;
  for (const auto& memtable : job.memtables) {
    children.push_back(memtable->NewIterator());
    tombstones.push_back(memtable->range_tombstones());
  }
  // Anything may lie below: tombstones stay.
  Rewrite rewrite{NewMergingIterator(std::move(children)), FragmentedTombstones::Merge(tombstones),
                  OutputSplitter(job.target_file_size, 0, {}), [](Slice) { return false; },
                  [](Slice, Slice) { return false; }};
  uint64_t input_bytes = 0;
  TableJobResult result;
  {
    PerfScope scope(&phases, Phase::kMerge);
    result = RunRewrite(std::move(rewrite), context, &input_bytes);
  }
  result.phases = phases;
  result.micros = context.env->NowMicros() - start;
  return result;
}

}  // namespace burrow
