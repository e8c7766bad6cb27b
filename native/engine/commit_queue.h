#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "base/listener.h"
#include "base/write_batch.h"
#include "memtable/memtable.h"
#include "util/histogram.h"
#include "wal/log_writer.h"

namespace burrow {

// How one write is to be made durable, and who waits.
struct WriteMode {
  bool sync = false;   // durable before it is acknowledged
  bool wal = true;     // false: in memory only until flushed
  bool wait = true;    // the caller waits for the acknowledgement; otherwise see CommitQueue::acknowledged()
  bool force = false;  // admitted though the memtable is full or writes are stopped
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
// Visibility: a write is in the memtable and published before Write returns. Acknowledgement: in sequence order, counted
// by acknowledged(): the n-th successful Write has index n, from 1.
//
// When a log write or sync fails the queue is poisoned: the visible sequence falls back to the last acknowledged one,
// every later write fails, and nothing is synced again.
class CommitQueue {
 public:
  struct Options {
    uint64_t memtable_size = 64 << 20;
    size_t gather_limit = 4 << 20;  // bytes gathered before an asynchronous writer wakes the log thread by itself
  };
  CommitQueue(const Options& options, ProgressListener* listener);
  ~CommitQueue();  // Stop()

  // Sets up the first memtable and log after recovery. `next` is the next sequence number.
  void Start(std::shared_ptr<MemTable> memtable, std::unique_ptr<log::LogWriter> log, SequenceNumber next);
  // Writes and (if it was asked for) syncs what is pending, then joins the log thread. Later writes fail with kClosed.
  Status Stop(bool sync);

  // `records` as in base/write_batch.h, `count` of them. Bytes are copied before it returns.
  WriteOutcome Write(Slice records, uint32_t count, WriteMode mode, Status* status);
  // The same for one record.
  WriteOutcome WriteOne(Kind kind, Slice key, Slice value, WriteMode mode, Status* status);

  // Hands gathered, unsynced writes to the operating system on the calling thread, and acknowledges them. Does nothing
  // while the log thread has work (it will do it). REQUIRES: the thread that makes the writes.
  Status WritePending();
  // Blocks until all that was written before is durable.
  Status Sync();
  // The same without blocking: *index is acknowledged (see acknowledged()) once all earlier writes are durable.
  Status SyncAsync(uint64_t* index);

  // Seals the active log and memtable and goes on with these. The sealed log is synced by the log thread before any
  // sync in the new one is acknowledged. Returns the old memtable.
  Status Rotate(std::shared_ptr<MemTable> memtable, std::unique_ptr<log::LogWriter> log,
                std::shared_ptr<MemTable>* sealed);

  enum class Gate : uint8_t { kOpen, kSlow, kStopped };
  // kSlow: a writer that waits is delayed to `bytes_per_second`; delay_micros() tells what one that does not owes.
  void SetGate(Gate gate, uint64_t bytes_per_second);
  uint64_t TakeDelayMicros();

  SequenceNumber visible_sequence() const { return visible_.load(std::memory_order_acquire); }
  uint64_t submitted() const { return submitted_.load(std::memory_order_acquire); }
  uint64_t acknowledged() const { return acknowledged_.load(std::memory_order_acquire); }
  bool poisoned() const { return poisoned_flag_.load(std::memory_order_acquire); }
  Status poison() const;
  uint64_t log_size() const;  // framed bytes of the active log

  struct Stats {
    uint64_t bytes = 0;          // framed into logs
    uint64_t writes = 0;         // write calls made
    uint64_t syncs = 0;
    uint64_t grouped = 0;        // write batches that shared those syncs
    Histogram::Snapshot sync_micros;
  };
  Stats GetStats() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace burrow
