#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cache/block_cache.h"
#include "env/env.h"
#include "memtable/memtable.h"
#include "table/table_reader.h"

namespace burrow {

// Hands out the records of memtables or of a table file in key order, newest first where keys repeat, as packed bytes:
//   ( trailer u64 · key length u32 · value length u32 · key · value ) × records
// It keeps what it reads: a flush, or the end of the engine, does it no harm. One thread at a time.
class RecordDump {
 public:
  // Records at or below `visible`. Range tombstones stand where they begin, with their end as value, cut where others
  // begin or end.
  static std::unique_ptr<RecordDump> OfMemtables(std::vector<std::shared_ptr<MemTable>> memtables,
                                                 SequenceNumber visible);
  // Point records of a table file of any database, read past every cache.
  static Status OfTable(std::shared_ptr<Env> env, const std::string& path, uint64_t number,
                        std::unique_ptr<RecordDump>* dump);

  // Up to about max_bytes of records, at least one; *packed stays empty at the end. After an error, which comes when
  // everything before it was handed out, it stays there.
  Status Next(size_t max_bytes, std::string* packed);

  const TableReader& table() const { return *table_; }  // REQUIRES: it dumps one

 private:
  RecordDump() = default;
  void AddTombstones(const MemTable& memtable);
  bool TombstoneIsNext() const;
  void Append(Slice key, Slice value, std::string* packed);

  // From the longest to the shortest life.
  std::shared_ptr<Env> env_;
  std::unique_ptr<BlockCache> cache_;
  std::unique_ptr<TableReader::Counters> counters_;
  std::shared_ptr<TableReader> table_;
  std::vector<std::shared_ptr<MemTable>> memtables_;
  SequenceNumber visible_ = kMaxSequence;
  std::vector<std::pair<std::string, std::string>> tombstones_;  // internal key and end, sorted
  size_t next_tombstone_ = 0;
  std::unique_ptr<InternalIterator> points_;
  bool begun_ = false;
};

}  // namespace burrow
