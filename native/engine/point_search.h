#pragma once

#include <algorithm>

#include "engine/point_get.h"
#include "util/perf_context.h"

namespace burrow {

// The one search behind PointGet and ExplainGet: `Watch` is told of every place on the way, and opens and reads tables
// for it. Unwatched says nothing and costs nothing.
struct Unwatched {
  void EnterMemtable(const MemTable&) {}
  void EnterLevel(int) {}
  void EnterTable(int, const TableEntry&) {}
  void Covered(SequenceNumber) {}  // the newest range tombstone of the place that covers the key; 0: none does
  void OutOfRange() {}             // the table entered, or every table of the level entered, by its bounds
  void Leave(GetOutcome, SequenceNumber) {}  // kAbsent: the place says nothing of the key; else what it says, of when

  static Status Acquire(TableHandle& table, bool cache_only, std::shared_ptr<TableReader>* reader) {
    return table.Acquire(cache_only, reader);
  }
  static Status Get(const TableReader& table, const LookupKey& key, const TableReadOptions& options, PinnedValue* value,
                    SequenceNumber* sequence, GetOutcome* outcome) {
    return table.Get(key, options, value, sequence, outcome);
  }
};

// One read on its way down the sources, newest first.
template <typename Watch>
class PointSearch {
 public:
  PointSearch(Slice user_key, SequenceNumber sequence, const TableReadOptions& options, GetResult* result, Watch& watch)
      : key_(user_key, sequence), options_(options), result_(result), watch_(watch) {}

  [[gnu::always_inline]] Status Run(const ReadView& view) {
    result_->outcome = GetOutcome::kAbsent;
    const bool in_memory = InMemtables(view);
    if (options_.measured) [[unlikely]]
      PerfLap(Phase::kMemtable);
    if (in_memory) return Status();
    Status status;
    const Levels& levels = view.levels();
    for (int number = 0; number < levels.count(); ++number) {
      const Level& level = levels.level(number);
      if (number == 0) {
        for (const TableRef& table : level.tables) {
          watch_.EnterTable(0, *table);
          if (!table->MayContain(key_.user_key())) {
            watch_.OutOfRange();
          } else if (InTable(*table, &status)) {
            return status;
          }
        }
      } else if (!level.tables.empty()) {
        watch_.EnterLevel(number);
        const TableEntry* table = levels.Find(number, key_.user_key());
        if (table == nullptr) {
          watch_.OutOfRange();
          continue;
        }
        watch_.EnterTable(number, *table);
        if (InTable(*table, &status)) return status;
      }
    }
    return Status();
  }

 private:
  // These return true when the answer is found.
  bool InMemtables(const ReadView& view) {
    if (view.active() != nullptr && InMemtable(*view.active())) return true;
    for (const auto& memtable : view.immutables()) {
      if (InMemtable(*memtable)) return true;
    }
    return false;
  }

  bool InMemtable(const MemTable& memtable) {
    watch_.EnterMemtable(memtable);
    if (memtable.empty()) {
      watch_.Leave(GetOutcome::kAbsent, 0);
      return false;
    }
    if (memtable.range_tombstone_count() > 0) {
      Cover(memtable.MaxCoveringTombstone(key_.user_key(), key_.sequence()));
    }
    Slice value;
    SequenceNumber found = 0;
    LookupResult outcome = memtable.Get(key_, &value, &found);
    if (outcome == LookupResult::kAbsent) {
      watch_.Leave(GetOutcome::kAbsent, 0);
      return false;
    }
    if (outcome == LookupResult::kValue && found > covering_) {
      result_->outcome = GetOutcome::kValue;
      result_->value.value = value;
      watch_.Leave(GetOutcome::kValue, found);
    } else {
      watch_.Leave(GetOutcome::kDeleted, found);
    }
    return true;
  }

  [[gnu::always_inline]] bool InTable(const TableEntry& table, Status* status) {
    std::shared_ptr<TableReader> reader;
    *status = watch_.Acquire(*table.handle, options_.cache_only, &reader);
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
    *status = watch_.Get(*reader, key_, options_, &result_->value, &found, &outcome);
    if (!status->ok()) return true;
    if (outcome == GetOutcome::kAbsent) {
      watch_.Leave(GetOutcome::kAbsent, 0);
      return false;
    }
    if (outcome == GetOutcome::kNotCached || (outcome == GetOutcome::kValue && found > covering_)) {
      result_->outcome = outcome;
      watch_.Leave(outcome, found);
    } else {
      watch_.Leave(GetOutcome::kDeleted, found);
    }
    return true;
  }

  // A tombstone met in a newer source hides whatever older sources hold below its sequence number, so it is carried
  // down: a table that the filter rules out was still asked for its tombstones.
  void Cover(SequenceNumber sequence) {
    watch_.Covered(sequence);
    covering_ = std::max(covering_, sequence);
  }

  const LookupKey key_;
  const TableReadOptions& options_;
  GetResult* const result_;
  Watch& watch_;
  SequenceNumber covering_ = 0;
};

}  // namespace burrow
