#pragma once

#include <memory>
#include <string>

#include "table/table_reader.h"

namespace burrow {

class TableCache;

// One live table file, shared by every read view that names it. Opening is lazy; the reader may be closed again by the
// table cache (bounded open files) and reopened by the next Acquire.
class TableHandle {
 public:
  ~TableHandle();
  TableHandle(const TableHandle&) = delete;
  TableHandle& operator=(const TableHandle&) = delete;

  // The open reader, opening the file if need be. The fast path (already open) takes no lock shared with other tables.
  // With cache_only a closed table gives *reader == nullptr and an ok status.
  Status Acquire(bool cache_only, std::shared_ptr<TableReader>* reader);

  uint64_t number() const { return number_; }
  uint64_t size() const { return size_; }

 private:
  friend class TableCache;
  TableHandle(TableCache* cache, uint64_t number, uint64_t size);
  struct Slot;
  TableCache* const cache_;
  const uint64_t number_;
  const uint64_t size_;
  std::unique_ptr<Slot> slot_;
};

// Keeps at most `max_open_files` tables open, closing the ones not used lately (CLOCK: a bit a table, set on use).
// Any number of threads. Outlives every handle.
class TableCache {
 public:
  TableCache(Env* env, std::string directory, const DatabaseId& database_id, size_t max_open_files,
             BlockCache* block_cache);
  ~TableCache();

  std::shared_ptr<TableHandle> NewHandle(uint64_t number, uint64_t size);

  struct Stats {
    uint64_t open = 0, capacity = 0, hits = 0, misses = 0, evictions = 0, memory_bytes = 0;
  };
  Stats GetStats() const;
  TableReader::Counters& counters();
  BlockCache* block_cache();

 private:
  friend class TableHandle;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace burrow
