#include <algorithm>
#include <utility>

#include "jobs/rewrite.h"
#include "jobs/table_job.h"
#include "merge/merging_iterator.h"

namespace burrow {
namespace {

// Answers, for questions in ascending order, whether the levels under the output hold nothing of a key or range.
class BoundsBelow {
 public:
  explicit BoundsBelow(const std::vector<std::vector<CompactionJob::Bounds>>& levels)
      : levels_(&levels), at_(levels.size(), 0) {}

  bool KeyAbsent(Slice user_key) {
    return Absent(user_key, [user_key](Slice smallest) { return smallest <= user_key; });
  }
  bool RangeAbsent(Slice begin, Slice end) {
    return Absent(begin, [end](Slice smallest) { return smallest < end; });
  }

 private:
  template <typename Reaches>
  bool Absent(Slice from, Reaches reaches) {
    for (size_t i = 0; i < at_.size(); i++) {
      const auto& level = (*levels_)[i];
      while (at_[i] < level.size() && level[at_[i]].largest.compare(from) < 0) at_[i]++;
      if (at_[i] < level.size() && reaches(level[at_[i]].smallest)) return false;
    }
    return true;
  }

  const std::vector<std::vector<CompactionJob::Bounds>>* levels_;
  std::vector<size_t> at_;  // in each level, the first table that ends at or after the last question
};

Status OpenInputs(const CompactionJob& job, std::vector<std::unique_ptr<InternalIterator>>* children,
                  std::shared_ptr<const FragmentedTombstones>* tombstones, uint64_t* table_bytes) {
  TableReadOptions options;
  options.fill_cache = false;  // inputs are about to be deleted
  options.read_ahead = job.read_ahead;
  std::vector<std::shared_ptr<const FragmentedTombstones>> parts;
  for (const CompactionJob::Run& run : job.runs) {
    for (const RunTable& table : run.tables) {
      *table_bytes += table.handle->size();
      std::shared_ptr<TableReader> reader;
      BURROW_RETURN_IF_ERROR(table.handle->Acquire(false, &reader));
      parts.push_back(reader->range_tombstones());
    }
    if (run.tables.empty()) continue;
    children->push_back(run.tables.size() == 1 ? NewTableIterator(run.tables[0].handle, options)
                                               : NewLevelIterator(run.tables, options));
  }
  *tombstones = FragmentedTombstones::Merge(parts);
  return Status();
}

TableJobResult Compact(const CompactionJob& job, const TableJobContext& context) {
  TableJobResult result;
  std::vector<std::unique_ptr<InternalIterator>> children;
  std::shared_ptr<const FragmentedTombstones> tombstones;
  uint64_t table_bytes = 0;
  Status opened = OpenInputs(job, &children, &tombstones, &table_bytes);
  if (opened.ok()) {
    Rewrite rewrite{
        NewMergingIterator(std::move(children)), std::move(tombstones),
        OutputSplitter(job.target_file_size, job.max_grandparent_overlap, job.grandparents),
        [below = BoundsBelow(job.below)](Slice key) mutable { return below.KeyAbsent(key); },
        [below = BoundsBelow(job.below)](Slice begin, Slice end) mutable { return below.RangeAbsent(begin, end); }};
    uint64_t input_bytes = 0;
    result = RunRewrite(std::move(rewrite), context, &input_bytes);
    result.bytes_read = result.status.ok() ? table_bytes : std::min(input_bytes, table_bytes);
  } else {
    result.status = std::move(opened);
  }
  return result;
}

}  // namespace

TableJobResult RunCompaction(const CompactionJob& job, const TableJobContext& context) {
  const uint64_t start = context.env->NowMicros();
  PerfContext phases;
  TableJobResult result;
  {
    PerfScope scope(&phases, Phase::kMerge);
    result = Compact(job, context);
  }
  result.phases = phases;
  result.micros = context.env->NowMicros() - start;
  return result;
}

}  // namespace burrow
