#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/internal_key.h"
#include "base/range_tombstone.h"
#include "env/env.h"
#include "jobs/rate_limiter.h"
#include "memtable/memtable.h"
#include "merge/output_splitter.h"
#include "table/level_iterator.h"
#include "table/table_builder.h"
#include "util/perf_context.h"

namespace burrow {

// What flush and compaction share: sorted runs in, tables out. A descriptor is plain data plus references that keep its
// inputs alive; a result names every output file that was begun, also when the job failed, so that it can be deleted.

struct TableOutput {
  uint64_t number = 0;
  bool finished = false;  // synced and complete; otherwise the file is to be deleted
  TableProperties properties;
};

struct TableJobResult {
  Status status;                     // kAborted when cancelled
  std::vector<TableOutput> outputs;  // in key order; none finished unless status is ok
  uint64_t bytes_read = 0;           // of input tables
  uint64_t bytes_written = 0;
  uint64_t records_in = 0;
  uint64_t records_dropped = 0;  // shadowed or covered
  uint64_t tombstones_dropped = 0;
  uint64_t micros = 0;
  PerfContext phases;  // of its thread; merging is what none of the others claims
};

struct TableJobContext {
  Env* env = nullptr;
  std::string directory;
  TableBuilderOptions table_options;
  std::function<uint64_t()> new_file_number;      // any thread
  std::vector<SequenceNumber> snapshots;          // ascending, captured when the job starts
  RateLimiter* rate_limiter = nullptr;            // null: unlimited
  const std::atomic<bool>* cancelled = nullptr;   // looked at between blocks' worth of records
  std::atomic<uint64_t>* records_done = nullptr;  // input records so far, for who watches; null: nobody does
};

// Writes memtables (at least one; any number are merged) into tables of level 0: one table, or several when larger
// than target_file_size (0: never cut). Output tables are synced; the directory is synced once at the end.
struct FlushJob {
  std::vector<std::shared_ptr<MemTable>> memtables;
  uint64_t target_file_size = 0;
};
TableJobResult RunFlush(const FlushJob& job, const TableJobContext& context);

// Merges sorted runs of tables into a sorted run of tables.
struct CompactionJob {
  struct Run {
    std::vector<RunTable> tables;  // sorted, not overlapping
  };
  std::vector<Run> runs;
  uint64_t target_file_size = 0;
  uint64_t max_grandparent_overlap = 0;        // 0: do not cut for it
  std::vector<GrandparentTable> grandparents;  // ascending
  // Tables of all levels under the output level, as user-key bounds, each list sorted by key: where a key is in none of
  // them, its tombstone may go.
  struct Bounds {
    std::string smallest;
    std::string largest;
  };
  std::vector<std::vector<Bounds>> below;
  size_t read_ahead = 1 << 20;
};
TableJobResult RunCompaction(const CompactionJob& job, const TableJobContext& context);

}  // namespace burrow
