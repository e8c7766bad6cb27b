#pragma once

#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/engine.h"
#include "jobs/job_runner.h"

namespace burrow::bench {

// The least that drives an engine: flushes every full memtable, compacts when told to, deletes what that left over. No
// manifest and no recovery: a database lives as long as its driver.
class Driver {
 public:
  struct Options {
    std::string directory;
    uint64_t write_buffer_size = 64 << 20;
    size_t cache_size = 256 << 20;
    TableFormat format;
  };
  using Tables = std::vector<std::pair<int, uint64_t>>;  // (level, file number)
  // An empty database; tables and logs that are in the directory are deleted.
  static Status Create(const Options& options, std::unique_ptr<Driver>* driver);
  // To read tables that are there already. Nothing in the directory is changed.
  static Status Open(const Options& options, const Tables& tables, std::unique_ptr<Driver>* driver);
  ~Driver();

  bool writable() const { return next_log_ != 0; }
  // REQUIRES for these: writable().
  Status Write(Slice records, uint32_t count, WriteMode mode);
  Status Put(Slice key, Slice value, WriteMode mode);
  Status Flush();    // everything written is in L0
  Status Compact();  // L0 and L1 into one run in L1

  std::shared_ptr<const ReadView> view() const { return engine_->CurrentView(); }
  SequenceNumber visible() const { return writable() ? engine_->visible_sequence() : kMaxSequence; }

 private:
  Driver(const Options& options, const DatabaseId& id, uint64_t next_file_number);
  Status Start();
  Status Rotate();
  Status Submit(JobRequest request);
  Status FlushNext();
  Status PrepareLog();
  Status Install(const JobCompletion& done);
  template <typename Condition>
  Status WaitUntil(Condition reached);
  size_t immutables() const { return engine_->Memtables().size() - 1; }

  const Options options_;
  ProgressSignal progress_{nullptr};
  CompletionQueue<JobCompletion> completions_{&progress_};
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<JobRunner> runner_;
  uint64_t next_job_ = 1;
  uint64_t next_log_ = 0;  // 0: read only
  bool next_log_ready_ = false;
  bool flushing_ = false;
  bool compacting_ = false;
  std::deque<uint64_t> logs_;  // of the memtables, oldest first
  Tables compacted_;           // the inputs of the running compaction
};

}  // namespace burrow::bench
