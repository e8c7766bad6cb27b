#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "cache/block_cache.h"
#include "engine/commit_queue.h"
#include "engine/point_get.h"
#include "engine/read_view.h"
#include "engine/scan.h"
#include "engine/snapshots.h"
#include "env/env.h"
#include "table/read_ahead_thread.h"
#include "table/table_cache.h"
#include "util/schedule.h"
#include "wal/log_reader.h"

namespace burrow {

struct EngineOptions {
  Env* env = nullptr;  // outlives the engine
  std::string directory;
  DatabaseId database_id;
  uint64_t memtable_size = 64 << 20;
  size_t block_cache_size = 32 << 20;
  size_t max_open_files = 1000;
  uint64_t next_file_number = 1;
  Schedule* schedule = nullptr;  // runs what threads would; outlives the engine. Null: threads do
};

// One open database as the data plane sees it: memtables, log, levels, caches, snapshots. It executes: when to rotate,
// flush, compact and delete is decided above.
//
// The owner is the one thread that writes and that changes the structure (Rotate, AdoptMemtable, InstallVersion); reads
// on it take the current view without counting. Other threads read through a view that the owner gave them.
class Engine {
 public:
  Engine(const EngineOptions& options, ProgressListener* listener);  // the listener outlives the engine
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  Env* env() const { return options_.env; }
  const EngineOptions& options() const { return options_; }

  // --- file numbers: tables, logs and manifests share one counter. Any thread.
  uint64_t NewFileNumber() { return next_file_number_.fetch_add(1, std::memory_order_relaxed); }
  uint64_t next_file_number() const { return next_file_number_.load(std::memory_order_relaxed); }

  // --- logs and recovery. PrepareLog and ReplayLog run on any thread; the others on the owner's.
  // Creates, preallocates and names (directory synced) the log file `number`, ready for Start or Rotate. An Allocate
  // that the file system cannot do is no error; one that fails for want of space is.
  Status PrepareLog(uint64_t number, uint64_t allocate);
  struct ReplayResult {
    uint64_t memtable_id = 0;  // 0: nothing was in the log
    uint64_t records = 0;
    uint64_t bytes = 0;
    SequenceNumber last_sequence = 0;
    log::LogEnd end = log::LogEnd::kCleanEnd;
    uint64_t end_offset = 0;
    uint64_t torn_bytes = 0;
    uint64_t synced_offset = 0;   // what the log says of itself
    std::vector<LostRange> lost;  // with `salvage`
  };
  // Reads a log into a new memtable, which waits for AdoptMemtable. Sequence numbers must ascend. `salvage`: what is
  // damaged is passed over (see log::LogSalvager).
  Status ReplayLog(uint64_t number, uint64_t expected_length, bool salvage, ReplayResult* result);
  // Makes a log that was replayed fit to be followed by others: synced, and, when it ended without an end record, cut to
  // `end_offset` and given one. (UINT64_MAX: it has one.) Only then may a write in a later log be acknowledged, since
  // replay stops at the first hole. Any thread.
  Status SealLog(uint64_t number, uint64_t end_offset);
  Status AdoptMemtable(uint64_t id);  // as the newest immutable memtable
  Status Start(SequenceNumber next_sequence, uint64_t log_number);
  // Ends writing; the active log is sealed, trimmed to *length and synced.
  Status StopWrites(uint64_t* log_number, uint64_t* length);

  CommitQueue& commits() { return commits_; }

  // --- structure. Owner.
  Status Rotate(uint64_t log_number, uint64_t* sealed_memtable);
  struct TableSpec {
    int level = 0;
    uint64_t number = 0;
    uint64_t size = 0;
    std::string smallest, largest;
    bool largest_exclusive = false;
    uint64_t range_tombstones = 0;
    SequenceNumber largest_sequence = 0;  // orders level 0
  };
  // Replaces the view: tables come and go, and the `drop_memtables` oldest immutable memtables with them.
  // kInternal, and nothing changed, when it does not fit.
  Status InstallVersion(const std::vector<TableSpec>& added, const std::vector<std::pair<int, uint64_t>>& dropped,
                        size_t drop_memtables);
  struct MemtableInfo {
    uint64_t id = 0;
    uint64_t bytes = 0;
    uint64_t entries = 0;
    SequenceNumber last_sequence = 0;
  };
  std::vector<MemtableInfo> Memtables() const;  // active first, then immutables from the oldest
  // The immutable memtables with these ids; kInvalidArgument when one is unknown.
  Status FindMemtables(const std::vector<uint64_t>& ids, std::vector<std::shared_ptr<MemTable>>* memtables) const;

  // --- reads.
  // The view as of now, counted: for other threads, iterators and jobs. Owner.
  std::shared_ptr<const ReadView> CurrentView() const { return view_; }
  SequenceNumber visible_sequence() const { return commits_.visible_sequence(); }
  // On the owner thread, without counting the view; the value is valid until the next call that changes the structure.
  Status Get(Slice user_key, SequenceNumber sequence, const TableReadOptions& options, GetResult* result) {
    return PointGet(*view_, user_key, sequence, options, result);
  }
  // Bytes of table files between two user keys (null: unbounded), without memtables.
  uint64_t ApproximateSize(const Slice* lower, const Slice* upper);

  SnapshotList& snapshots() { return snapshots_; }
  BlockCache& block_cache() { return block_cache_; }
  TableCache& table_cache() { return table_cache_; }
  ReadAheadThread* read_ahead_thread() { return read_ahead_thread_.get(); }  // null with a schedule
  const std::shared_ptr<ReleasedTables>& released() const { return released_; }

 private:
  void Publish(std::shared_ptr<const Levels> levels);
  std::string ExpectedPrefix() const;  // what most keys of the next memtable will begin with, judged by what is there
  std::shared_ptr<MemTable> NewMemtable() const;
  struct PreparedLog {
    std::unique_ptr<log::LogWriter> log;
    uint64_t allocated = 0;
  };
  Status TakeLog(uint64_t number, PreparedLog* prepared);

  const EngineOptions options_;
  std::atomic<uint64_t> next_file_number_;
  BlockCache block_cache_;
  TableCache table_cache_;
  const std::unique_ptr<ReadAheadThread> read_ahead_thread_;  // uses the caches
  SnapshotList snapshots_;
  std::shared_ptr<ReleasedTables> released_;

  struct NamedMemtable {
    uint64_t id = 0;
    std::shared_ptr<MemTable> memtable;
  };
  NamedMemtable active_;
  std::vector<NamedMemtable> immutables_;  // oldest first
  std::shared_ptr<const ReadView> view_;

  std::atomic<uint64_t> next_memtable_id_{1};
  uint64_t active_log_ = 0;

  std::mutex mutex_;  // guards what jobs leave for the owner
  std::map<uint64_t, PreparedLog> prepared_logs_;
  std::map<uint64_t, std::shared_ptr<MemTable>> replayed_;

  CommitQueue commits_;  // last: its thread uses what is above
};

}  // namespace burrow
