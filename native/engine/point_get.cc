#include "engine/point_get.h"

#include "util/perf_context.h"

namespace burrow {

namespace {

// One read on its way down the sources, newest first.
class Search {
 public:
  Search(Slice user_key, SequenceNumber sequence, const TableReadOptions& options, GetResult* result)
      : key_(user_key, sequence), options_(options), result_(result) {}

  // These return true when the answer is found.
  bool InMemtables(const ReadView& view) {
    if (view.active() != nullptr && InMemtable(*view.active())) return true;
    for (const auto& memtable : view.immutables()) {
      if (InMemtable(*memtable)) return true;
    }
    return false;
  }

  bool InMemtable(const MemTable& memtable) {
    if (memtable.empty()) return false;
    if (memtable.range_tombstone_count() > 0) {
      Cover(memtable.MaxCoveringTombstone(key_.user_key(), key_.sequence()));
    }
    Slice value;
    SequenceNumber found;
    LookupResult outcome = memtable.Get(key_, &value, &found);
    if (outcome == LookupResult::kAbsent) return false;
    if (outcome == LookupResult::kValue && found > covering_) {
      result_->outcome = GetOutcome::kValue;
      result_->value.value = value;
    }
    return true;
  }

  bool InTable(const TableEntry& table, Status* status) {
    std::shared_ptr<TableReader> reader;
    *status = table.handle->Acquire(options_.cache_only, &reader);
    if (!status->ok()) return true;
    if (reader == nullptr) {
      result_->outcome = GetOutcome::kNotCached;
      return true;
    }
    if (table.range_tombstones > 0 && reader->range_tombstones() != nullptr) {
      Cover(reader->range_tombstones()->MaxCovering(key_.user_key(), key_.sequence()));
    }
    GetOutcome outcome = GetOutcome::kAbsent;
    SequenceNumber found = 0;
    *status = reader->Get(key_, options_, &result_->value, &found, &outcome);
    if (!status->ok()) return true;
    if (outcome == GetOutcome::kAbsent) return false;
    if (outcome == GetOutcome::kNotCached || (outcome == GetOutcome::kValue && found > covering_)) {
      result_->outcome = outcome;
    }
    return true;
  }

  Slice user_key() const { return key_.user_key(); }

 private:
  // A tombstone met in a newer source hides whatever older sources hold below its sequence number, so it is carried
  // down: a table that the filter rules out was still asked for its tombstones.
  void Cover(SequenceNumber sequence) { covering_ = std::max(covering_, sequence); }

  const LookupKey key_;
  const TableReadOptions& options_;
  GetResult* const result_;
  SequenceNumber covering_ = 0;
};

}  // namespace

Status PointGet(const ReadView& view, Slice user_key, SequenceNumber sequence, const TableReadOptions& options,
                GetResult* result) {
  result->outcome = GetOutcome::kAbsent;
  Search search(user_key, sequence, options, result);
  const bool in_memory = search.InMemtables(view);
  if (options.measured) [[unlikely]]
    PerfLap(Phase::kMemtable);
  if (in_memory) return Status();
  Status status;
  const Levels& levels = view.levels();
  for (int number = 0; number < levels.count(); ++number) {
    const Level& level = levels.level(number);
    if (number == 0) {
      for (const TableRef& table : level.tables) {
        if (table->MayContain(user_key) && search.InTable(*table, &status)) return status;
      }
    } else if (!level.tables.empty()) {
      const TableEntry* table = levels.Find(number, user_key);
      if (table != nullptr && search.InTable(*table, &status)) return status;
    }
  }
  return Status();
}

}  // namespace burrow
