#pragma once

#include <optional>
#include <span>

#include "engine/point_get.h"
#include "table/table_lookup.h"

namespace burrow {

// Point reads of several keys at once. Each takes the way of PointGet, in steps that the others' steps come in between:
// a cache miss of one is waited for while the rest go on, so that together they take far less time than one by one.
class MultiGet {
 public:
  // More keys at once than this do not hide more.
  static constexpr size_t kMaxKeys = 16;

  // All of it is borrowed.
  MultiGet(const ReadView& view, SequenceNumber sequence, const TableReadOptions& options)
      : view_(view), sequence_(sequence), options_(options) {}

  // results[i] is what PointGet says of keys[i]; it is overwritten by the next call. With cache_only it stops at the
  // first key that memory does not suffice for: *cached is false. REQUIRES: at most kMaxKeys keys.
  Status Get(std::span<const Slice> keys, bool* cached);
  const GetResult& result(size_t i) const { return lanes_[i].result; }

 private:
  enum class Step : uint8_t { kFilter, kIndex, kHandle, kCache, kBlock, kInterval, kSearch };

  // One key on its way.
  struct Lane {
    std::optional<LookupKey> key;
    uint64_t hash = 0;
    SequenceNumber covering = 0;  // the newest range tombstone met so far
    int level = 0;                // where the next table is
    size_t position = 0;          // in level 0
    Step step = Step::kFilter;
    const TableReader* reader = nullptr;
    std::shared_ptr<TableReader> own_reader;  // unless it is a held one
    TableLookup lookup;
    GetResult result;
  };

  // Both return true when the lane has come to its end.
  bool Begin(Lane* lane, Slice user_key);
  bool Advance(Lane* lane);
  bool NextTable(Lane* lane);
  void Acquire(Lane* lane, const TableEntry& table);
  bool InMemtables(Lane* lane);
  bool InMemtable(Lane* lane, const MemTable& memtable);
  const TableEntry* FindTable(Lane* lane) const;  // null: there is no further one

  // Open tables that further keys will most likely come to again: to acquire one takes as long as to ask its filter.
  static constexpr size_t kHeld = 16;
  struct Held {
    const TableEntry* table = nullptr;
    std::shared_ptr<TableReader> reader;
  };

  const ReadView& view_;
  const SequenceNumber sequence_;
  const TableReadOptions& options_;
  Status status_;
  FilterAnswers answers_;
  TableReader::Counters* counters_ = nullptr;  // of all tables
  Held held_[kHeld];                           // each at its number modulo kHeld
  Lane lanes_[kMaxKeys];
};

}  // namespace burrow
