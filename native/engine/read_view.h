#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/range_tombstone.h"
#include "memtable/memtable.h"
#include "table/level_iterator.h"
#include "table/table_cache.h"

namespace burrow {

// Table files that no version names any more and that no read view, job or iterator holds: they may be deleted. Outlives
// the engine that made it, since an iterator may.
class ReleasedTables {
 public:
  void Push(uint64_t number);
  std::vector<uint64_t> Take();
  bool empty() const { return count_.load(std::memory_order_acquire) == 0; }

 private:
  std::mutex mutex_;
  std::vector<uint64_t> numbers_;
  std::atomic<size_t> count_{0};
};

// A live table as the read path knows it. When the last reference goes and the table was dropped from the version,
// its number is pushed to ReleasedTables.
struct TableEntry {
  TableEntry() = default;
  ~TableEntry();
  TableEntry(const TableEntry&) = delete;
  TableEntry& operator=(const TableEntry&) = delete;

  uint64_t number = 0;
  uint64_t size = 0;
  std::string smallest;  // user keys
  std::string largest;
  bool largest_exclusive = false;
  uint64_t range_tombstones = 0;
  SequenceNumber largest_sequence = 0;
  std::shared_ptr<TableHandle> handle;
  std::shared_ptr<ReleasedTables> released;
  mutable std::atomic<bool> dropped{false};

  bool MayContain(Slice user_key) const {
    if (user_key < Slice(smallest)) return false;
    return largest_exclusive ? user_key < Slice(largest) : user_key <= Slice(largest);
  }
};
using TableRef = std::shared_ptr<const TableEntry>;

// One level. L0: newest first (by largest sequence number; the tables of one flush do not overlap). Others: ascending, disjoint.
struct Level {
  std::vector<TableRef> tables;
  std::vector<uint64_t> largest_prefixes;  // KeyPrefix(largest) of each table; empty for L0
  bool has_range_tombstones = false;
  std::vector<RunTable> run;  // the same tables for iterators
};

// The first eight bytes of a key, big-endian, zero padded: orders keys by integer comparison up to ties.
uint64_t KeyPrefix(Slice key);

// What is to change in the levels, as TypeScript decided it. Numbers in `dropped` must be present.
struct LevelsDelta {
  struct Added {
    int level;
    TableRef table;
  };
  std::vector<Added> added;
  std::vector<std::pair<int, uint64_t>> dropped;  // (level, file number)
};

// Immutable table lists; levels that a delta does not touch are shared with the predecessor.
class Levels {
 public:
  static constexpr int kMaxLevels = 16;

  // kInternal, and nothing changed, when the delta does not fit (unknown number, overlap).
  static Status Apply(const Levels& base, const LevelsDelta& delta, std::shared_ptr<const Levels>* result);

  int count() const { return static_cast<int>(levels_.size()); }
  const Level& level(int i) const { return *levels_[i]; }
  // The table of a level >= 1 whose bounds contain user_key, or null.
  const TableEntry* Find(int level, Slice user_key) const;

 private:
  std::vector<std::shared_ptr<const Level>> levels_;
};

// What one read sees: memtables and levels at one moment. Immutable and shared; holding one keeps its tables' files.
class ReadView {
 public:
  ReadView(std::shared_ptr<MemTable> active, std::vector<std::shared_ptr<MemTable>> immutables,
           std::shared_ptr<const Levels> levels);

  const std::shared_ptr<MemTable>& active() const { return active_; }
  const std::vector<std::shared_ptr<MemTable>>& immutables() const { return immutables_; }  // newest first
  const Levels& levels() const { return *levels_; }
  const std::shared_ptr<const Levels>& levels_ref() const { return levels_; }

  // Every range tombstone of the immutable sources, merged once and kept; reads tables on first use. Null: none.
  // `memory`, when it is on: not from the disk.
  Status StaticTombstones(std::shared_ptr<const FragmentedTombstones>* tombstones, MemoryOnly* memory = nullptr) const;

 private:
  const std::shared_ptr<MemTable> active_;
  const std::vector<std::shared_ptr<MemTable>> immutables_;
  const std::shared_ptr<const Levels> levels_;
  mutable std::mutex mutex_;
  mutable std::atomic<bool> tombstones_ready_ = false;  // then nothing changes them any more
  mutable std::shared_ptr<const FragmentedTombstones> tombstones_;
};

}  // namespace burrow
