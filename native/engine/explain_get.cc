#include "engine/explain_get.h"

#include <chrono>

#include "engine/point_search.h"
#include "table/block_reads.h"

namespace burrow {

namespace {

// Writes down the way of a PointSearch. A step lasts from the end of the one before.
class GetWatch {
 public:
  GetWatch(const ReadView& view, const BlockReads& reads, std::vector<GetStep>* steps)
      : view_(view), reads_(reads), steps_(steps), begin_(Clock::now()) {}

  SequenceNumber found() const { return found_; }

  void EnterMemtable(const MemTable& memtable) {
    GetStep& step = Enter();
    if (&memtable == view_.active().get()) return;
    step.place = GetStep::Place::kImmutable;
    while (view_.immutables()[step.memtable].get() != &memtable) ++step.memtable;
  }
  void EnterLevel(int level) {
    GetStep& step = Enter();
    step.place = GetStep::Place::kLevel;
    step.level = level;
  }
  void EnterTable(int level, const TableEntry& table) {
    if (level == 0) EnterLevel(0);
    steps_->back().file = table.number;
  }
  void Covered(SequenceNumber sequence) { steps_->back().range_tombstone = sequence; }
  void OutOfRange() { End(GetStep::Outcome::kRangeSkip); }

  void Leave(GetOutcome outcome, SequenceNumber sequence) {
    GetStep& step = steps_->back();
    step.sequence = sequence;
    if (outcome == GetOutcome::kValue) {
      found_ = sequence;
      End(GetStep::Outcome::kHit);
    } else if (outcome == GetOutcome::kDeleted || step.range_tombstone > 0) {
      End(GetStep::Outcome::kTombstone);
    } else if (step.place != GetStep::Place::kLevel) {
      End(GetStep::Outcome::kAbsent);
    } else {
      End(report_.ruled_out ? GetStep::Outcome::kFilterSkip : GetStep::Outcome::kNotInBlock);
    }
  }

  Status Acquire(TableHandle& table, bool cache_only, std::shared_ptr<TableReader>* reader) {
    BURROW_RETURN_IF_ERROR(table.Acquire(true, reader));
    if (*reader != nullptr || cache_only) return Status();
    steps_->back().opened = true;
    return table.Acquire(false, reader);
  }
  Status Get(const TableReader& table, const LookupKey& key, const TableReadOptions& options, PinnedValue* value,
             SequenceNumber* sequence, GetOutcome* outcome) {
    const uint64_t before = reads_.total().read;
    Status status = table.Explain(key, options, value, sequence, outcome, &report_);
    GetStep& step = steps_->back();
    step.filtered = report_.filtered;
    if (report_.searched) step.block = GetStep::BlockSource::kCache;
    if (reads_.total().read > before) step.block = GetStep::BlockSource::kDisk;
    return status;
  }

 private:
  using Clock = std::chrono::steady_clock;

  GetStep& Enter() { return steps_->emplace_back(); }
  void End(GetStep::Outcome outcome) {
    const Clock::time_point now = Clock::now();
    steps_->back().outcome = outcome;
    steps_->back().nanos = static_cast<uint64_t>(std::chrono::nanoseconds(now - begin_).count());
    begin_ = now;
  }

  const ReadView& view_;
  const BlockReads& reads_;
  std::vector<GetStep>* const steps_;
  Clock::time_point begin_;
  TableGetReport report_;
  SequenceNumber found_ = 0;
};

}  // namespace

Status ExplainGet(const ReadView& view, Slice user_key, SequenceNumber sequence, const TableReadOptions& options,
                  GetResult* result, SequenceNumber* found, std::vector<GetStep>* steps) {
  BlockReads reads;
  TableReadOptions counted = options;
  counted.reads = &reads;
  steps->clear();
  GetWatch watch(view, reads, steps);
  Status status = PointSearch<GetWatch>(user_key, sequence, counted, result, watch).Run(view);
  *found = watch.found();
  return status;
}

}  // namespace burrow
