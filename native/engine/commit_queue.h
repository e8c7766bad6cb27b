#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "base/listener.h"
#include "base/write_batch.h"
#include "engine/group_times.h"
#include "memtable/memtable.h"
#include "util/histogram.h"
#include "util/schedule.h"
#include "wal/log_writer.h"

namespace burrow {

// How one write is to be made durable, and who waits.
struct WriteMode {
  bool sync = false;      // durable before it is acknowledged
  bool wal = true;        // false: in memory only until flushed
  bool wait = true;       // the caller waits for the acknowledgement; otherwise WritePending() is to follow
  bool force = false;     // admitted though the memtable is full or writes are stopped
  bool measured = false;  // laps of PerfContext::Current()
};

enum class WriteOutcome : uint8_t {
  kDone,          // applied; acknowledged too when `wait`
  kMemtableFull,  // nothing happened: rotate first
  kStopped,       // nothing happened: the stall gate is closed
  kFailed,        // see the status; unless kNoSpace or a malformed batch, the queue is poisoned
};

// Gives writes their sequence numbers, logs them and applies them to the active memtable, in one order. Group commit: a
// dedicated thread writes and syncs what was gathered while it was busy; a caller that waits and finds the queue idle
// does its own write(2) and fdatasync(2) instead.
//
// Visibility: a write is published before Write returns. Single records go to the memtable a few together, at the latest
// when somebody asks for the visible sequence number: whoever knows it finds them all. Acknowledgement: in sequence
// order, counted by acknowledged(): the n-th successful Write has index n, from 1.
//
// When a log write or sync fails the queue is poisoned: the visible sequence falls back to the last acknowledged one,
// every later write fails, and nothing is synced again.
class CommitQueue {
 public:
  struct Options {
    uint64_t memtable_size = 64 << 20;
    size_t gather_limit = 4 << 20;  // bytes gathered before an asynchronous writer wakes the log thread by itself
    Schedule* schedule = nullptr;   // does the log thread's work; outlives the queue. Null: there is a thread
  };
  CommitQueue(const Options& options, ProgressListener* listener);
  ~CommitQueue();  // Stop()

  // Sets up the first memtable and log after recovery. `next` is the next sequence number, `allocated` how many bytes of
  // the log file are real blocks already (UINT64_MAX: the file system cannot allocate ahead).
  void Start(std::shared_ptr<MemTable> memtable, std::unique_ptr<log::LogWriter> log, uint64_t allocated,
             SequenceNumber next);
  // Ends writing: what is pending is written, later writes fail with kClosed, the log thread is joined. With `seal` the
  // active log gets its end record, is trimmed to *length and synced. Idempotent; after poisoning it returns the poison.
  Status Stop(bool seal, uint64_t* length);

  // `records` as in base/write_batch.h, `count` of them. Bytes are copied before it returns.
  WriteOutcome Write(Slice records, uint32_t count, WriteMode mode, Status* status);
  // The same for one record.
  WriteOutcome WriteOne(Kind kind, Slice key, Slice value, WriteMode mode, Status* status);

  // Hands gathered, unsynced writes to the operating system on the calling thread, and acknowledges them. When some are
  // to be synced, or the log thread has work, that thread is told to do it. See acknowledged(). REQUIRES: the thread that
  // makes the writes.
  Status WritePending();
  // Blocks until all that was written before is durable.
  Status Sync();
  // The same without blocking: *index is acknowledged (see acknowledged()) once all earlier writes are durable.
  Status SyncAsync(uint64_t* index);

  // Seals the active log and memtable and goes on with these. The sealed log is synced by the log thread before any
  // sync in the new one is acknowledged. Returns the old memtable.
  Status Rotate(std::shared_ptr<MemTable> memtable, std::unique_ptr<log::LogWriter> log, uint64_t allocated,
                std::shared_ptr<MemTable>* sealed);

  // Blocks until everything up to `sequence`, which a sealed memtable holds, is acknowledged: from then on no failure of
  // a log takes it back. Fails once the queue is poisoned. Any thread.
  Status AwaitAcknowledged(SequenceNumber sequence);

  enum class Gate : uint8_t { kOpen, kSlow, kStopped };
  // kSlow: a writer that waits is delayed to `bytes_per_second`; delay_micros() tells what one that does not owes.
  void SetGate(Gate gate, uint64_t bytes_per_second);
  uint64_t TakeDelayMicros();

  // What a read that begins now may see. Any thread.
  SequenceNumber visible_sequence() const {
    const SequenceNumber visible = visible_.load(std::memory_order_acquire);
    if (unfinished_.load(std::memory_order_acquire)) FinishAdding();
    return visible;
  }
  uint64_t submitted() const { return submitted_.load(std::memory_order_acquire); }
  uint64_t acknowledged() const { return acknowledged_.load(std::memory_order_acquire); }
  bool poisoned() const { return poisoned_flag_.load(std::memory_order_acquire); }
  Status poison() const;
  uint64_t log_size() const;  // framed bytes of the active log

  struct Stats {
    uint64_t bytes = 0;   // framed into logs
    uint64_t writes = 0;  // write calls made
    uint64_t syncs = 0;
    uint64_t grouped = 0;  // write batches that shared those syncs
    HistogramSnapshot sync_micros;
  };
  Stats GetStats() const;

  // Whether the times of groups are kept, of the last ones from now on.
  void MeasureGroups(bool on);
  // See RecentGroups::Find.
  bool FindGroup(uint64_t index, GroupTimes* times) const;

 private:
  struct Entry;  // one write on its way through
  using Lock = std::unique_lock<std::mutex>;
  using Clock = std::chrono::steady_clock;

  WriteOutcome Submit(const Entry& entry, WriteMode mode, Status* status);
  WriteOutcome Lead(const Entry& entry, WriteMode mode, Status* status);
  bool TakeBack(size_t written);
  WriteOutcome Gather(const Entry& entry, WriteMode mode, Lock* lock, Status* status);
  Status Refusal() const;
  bool MemtableFull(size_t bytes) const;
  template <typename Buffer>
  Status FrameInto(const Entry& entry, Buffer* buffer);
  Status EnsureAllocated();
  void Apply(const Entry& entry);
  void FinishAdding() const;
  void AcknowledgeAll();
  void Poison(const Status& status);
  bool SyncOwed() const { return sync_wanted_ > sync_done_; }
  bool Idle() const { return !log_busy_ && acknowledged_ == submitted_; }
  Status WritePendingLocked();
  Status TimedSync(log::LogWriter* log);
  uint64_t DelayFor(size_t bytes);
  bool GroupWaits() const { return write_wanted_ && (SyncOwed() || acknowledged_ != submitted_); }
  bool LogWorkDue() const { return poison_.ok() && (GroupWaits() || !sealed_.empty() || allocate_to_ > allocated_); }
  void WakeLog();
  // Waits for `done`, which the log thread's work brings about.
  template <typename Done>
  void AwaitProgress(Lock* lock, Done done);
  void RunLogThread();
  bool LogStep();  // the schedule's
  void DoLogWork(Lock* lock);
  void FinishSealed(Lock* lock);
  void WriteGroup(Lock* lock);
  void KeepTimes(uint64_t index, Clock::time_point begin, Clock::time_point written, Clock::time_point end);
  void AllocateAhead(Lock* lock);

  const Options options_;
  ProgressListener* const listener_;

  mutable std::mutex mutex_;  // guards everything below that is not atomic
  std::condition_variable log_wakes_;
  std::condition_variable progress_;
  std::shared_ptr<MemTable> memtable_;
  std::unique_ptr<log::LogWriter> log_;
  uint64_t allocated_ = 0;  // bytes of the active log that are real blocks; UINT64_MAX: the file system cannot tell
  std::deque<std::unique_ptr<log::LogWriter>> sealed_;  // to be trimmed and synced, oldest first
  std::string pending_;                                 // framed for the active log, not yet handed to the file
  uint64_t allocate_to_ = 0;                            // what the log thread is to allocate ahead of need; 0: nothing
  bool allocating_ = false;
  log::FramedParts lead_parts_;
  std::string writing_;  // the log thread's, while log_busy_
  std::vector<MemTable::Entry> apply_buffer_;
  SequenceNumber next_ = 1;
  SequenceNumber acknowledged_sequence_ = 0;
  uint64_t sync_wanted_ = 0;   // writes up to this index wait for durability
  uint64_t sync_done_ = 0;     // writes up to this index are durable
  bool log_busy_ = false;      // the log thread writes the active log outside of the lock
  bool write_wanted_ = false;  // somebody waits for what is gathered: it is to be written, and synced if that is owed
  bool stopped_ = false;
  bool exit_ = false;
  Status poison_;
  Gate gate_ = Gate::kOpen;
  uint64_t slow_bytes_per_second_ = 0;
  uint64_t delay_owed_micros_ = 0;
  Stats stats_;
  Histogram sync_micros_;
  bool measured_ = false;
  RecentGroups groups_;

  std::atomic<SequenceNumber> visible_{0};
  // The memtable has records to finish. Stored before the sequence number that publishes them, taken back after.
  mutable std::atomic<bool> unfinished_{false};
  std::atomic<uint64_t> submitted_{0};
  std::atomic<uint64_t> acknowledged_{0};
  std::atomic<bool> poisoned_flag_{false};
  std::thread thread_;
  int step_ = 0;  // the schedule's id for LogStep
};

}  // namespace burrow
