#include "engine/commit_queue.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "util/background_thread.h"
#include "util/perf_context.h"

namespace burrow {

namespace {

// Extensions of a log beyond what was allocated ahead.
constexpr uint64_t kAllocationStep = 4 << 20;
// A waiting writer sleeps off its debt in pieces that a timer can measure.
constexpr uint64_t kSmallestSleepMicros = 1000;
// What a batch needs to be sorted is kept for the next one up to this many records.
constexpr size_t kMaxIdleEntries = 64 << 10;

void Shorten(std::string* buffer, size_t size) { buffer->resize(size); }
void Shorten(log::FramedParts* parts, size_t) { parts->Clear(); }  // the entry is alone in it

}  // namespace

// Records in the form of base/write_batch.h: one run of bytes, or one record whose parts lie apart.
struct CommitQueue::Entry {
  Slice records;  // empty when `single`
  uint32_t count = 0;
  bool single = false;
  Kind kind = Kind::kPut;
  Slice key;
  Slice value;

  size_t bytes() const { return single ? kRecordHeaderSize + key.size() + value.size() : records.size(); }
};

CommitQueue::CommitQueue(const Options& options, ProgressListener* listener) : options_(options), listener_(listener) {}

CommitQueue::~CommitQueue() {
  uint64_t length;
  (void)Stop(false, &length);
}

void CommitQueue::Start(std::shared_ptr<MemTable> memtable, std::unique_ptr<log::LogWriter> log, uint64_t allocated,
                        SequenceNumber next) {
  Lock lock(mutex_);
  memtable_ = std::move(memtable);
  log_ = std::move(log);
  allocated_ = allocated;
  next_ = next;
  acknowledged_sequence_ = next - 1;
  visible_.store(next - 1, std::memory_order_release);
  if (options_.schedule != nullptr) {
    step_ = options_.schedule->Add([this] { return LogStep(); });
  } else {
    thread_ = StartBackgroundThread("burrow-log", [this] { RunLogThread(); });
  }
}

Status CommitQueue::Refusal() const {
  if (stopped_ || log_ == nullptr) return Status(Code::kClosed, "the database is closed");
  if (!poison_.ok()) {
    return Status(Code::kReadOnly, "writes are refused since the log failed: " + poison_.message());
  }
  return Status();
}

bool CommitQueue::MemtableFull(size_t bytes) const {
  if (memtable_->empty()) return false;
  size_t used = memtable_->RecordMemory();
  if (used > options_.memtable_size) return true;
  // The arena grows in steps, so small records may overshoot by one step; a large batch may not.
  return bytes > options_.memtable_size / 16 && used + bytes > options_.memtable_size;
}

WriteOutcome CommitQueue::Write(Slice records, uint32_t count, WriteMode mode, Status* status) {
  BatchReader reader(records);
  BatchRecord record;
  uint32_t seen = 0;
  while (reader.Next(&record)) ++seen;
  *status = reader.status();
  if (status->ok() && (seen != count || count == 0)) {
    *status =
        Status::InvalidArgument("write batch holds " + std::to_string(seen) + " records, not " + std::to_string(count));
  }
  if (!status->ok()) return WriteOutcome::kFailed;
  Entry entry;
  entry.records = records;
  entry.count = count;
  return Submit(entry, mode, status);
}

WriteOutcome CommitQueue::WriteOne(Kind kind, Slice key, Slice value, WriteMode mode, Status* status) {
  Entry entry;
  entry.single = true;
  entry.count = 1;
  entry.kind = kind;
  entry.key = key;
  entry.value = value;
  return Submit(entry, mode, status);
}

WriteOutcome CommitQueue::Submit(const Entry& entry, WriteMode mode, Status* status) {
  uint64_t delay = 0;
  WriteOutcome outcome;
  {
    Lock lock(mutex_);
    if (mode.measured) [[unlikely]]
      PerfLap(Phase::kWait);
    *status = Refusal();
    if (!status->ok()) return WriteOutcome::kFailed;
    if (next_ + entry.count > kMaxSequence) {
      *status = Status::Internal("sequence numbers are exhausted");
      return WriteOutcome::kFailed;
    }
    if (!mode.force) {
      if (gate_ == Gate::kStopped) return WriteOutcome::kStopped;
      if (MemtableFull(entry.bytes())) return WriteOutcome::kMemtableFull;
    }
    bool lead = mode.wait && Idle() && (!mode.sync || sealed_.empty());
    outcome = lead ? Lead(entry, mode, status) : Gather(entry, mode, &lock, status);
    if (gate_ == Gate::kSlow && outcome == WriteOutcome::kDone) {
      delay_owed_micros_ += DelayFor(entry.bytes());
      if (mode.wait && delay_owed_micros_ >= kSmallestSleepMicros) std::swap(delay, delay_owed_micros_);
    }
  }
  if (delay > 0) {
    PerfLeave();
    std::this_thread::sleep_for(std::chrono::microseconds(delay));
    PerfLap(Phase::kWait);
  }
  return outcome;
}

// The queue is idle and the caller waits: it does the work itself, and nothing is visible before it is safe.
WriteOutcome CommitQueue::Lead(const Entry& entry, WriteMode mode, Status* status) {
  if (mode.wal) {
    *status = FrameInto(entry, &lead_parts_);
    if (!status->ok()) return WriteOutcome::kFailed;
    size_t written = 0;
    *status = log_->Append(&lead_parts_, &written);
    lead_parts_.Clear();
    if (mode.measured) [[unlikely]]
      PerfLap(Phase::kWalWrite);
    ++stats_.writes;
    if (status->Is(Code::kNoSpace) && TakeBack(written)) return WriteOutcome::kFailed;
    if (status->ok() && mode.sync) {
      *status = TimedSync(log_.get());
      PerfLap(Phase::kFsync);
    }
    if (!status->ok()) {
      Poison(*status);
      return WriteOutcome::kFailed;
    }
    if (mode.sync) ++stats_.grouped;
  }
  Apply(entry);
  if (mode.measured) [[unlikely]]
    PerfLap(Phase::kMemtable);
  if (mode.wal && mode.sync) sync_done_ = sync_wanted_ = submitted_;
  AcknowledgeAll();
  return WriteOutcome::kDone;
}

// After an append of which only `written` bytes found space: makes as if it had never been tried. False when the file
// does not let go of them.
bool CommitQueue::TakeBack(size_t written) {
  if (written > 0) {
    if (allocating_ || !log_->file()->Truncate(log_->written_size()).ok()) return false;
    if (allocated_ != UINT64_MAX) allocated_ = log_->written_size();
  }
  log_->Rewind(log_->written_size());
  return true;
}

WriteOutcome CommitQueue::Gather(const Entry& entry, WriteMode mode, Lock* lock, Status* status) {
  if (mode.wal) {
    *status = FrameInto(entry, &pending_);
    if (!status->ok()) return WriteOutcome::kFailed;
  }
  Apply(entry);
  if (mode.measured) [[unlikely]]
    PerfLap(Phase::kMemtable);
  uint64_t index = submitted_;
  if (mode.sync && mode.wal) sync_wanted_ = index;
  if (!mode.wal && pending_.empty() && !log_busy_ && !SyncOwed() && acknowledged_ + 1 == index) {
    AcknowledgeAll();  // nothing before it waits
    return WriteOutcome::kDone;
  }
  // One sync for all that is written until WritePending(): half of them would wait for the sync of the others.
  if (mode.wait || pending_.size() >= options_.gather_limit) {
    write_wanted_ = true;
    WakeLog();
  }
  if (!mode.wait) return WriteOutcome::kDone;
  AwaitProgress(lock, [&] { return acknowledged_ >= index || !poison_.ok() || exit_; });
  if (mode.measured) [[unlikely]]
    PerfLap(Phase::kWait);
  if (acknowledged_ >= index) return WriteOutcome::kDone;
  *status = poison_.ok() ? Status(Code::kClosed, "the database was closed") : poison_;
  return WriteOutcome::kFailed;
}

// Frames the entry behind what `buffer` holds and makes sure that the file has room for it; otherwise takes it back.
template <typename Buffer>
Status CommitQueue::FrameInto(const Entry& entry, Buffer* buffer) {
  const size_t old_size = buffer->size();
  const uint64_t old_framed = log_->framed_size();
  char stack[512];
  EncodeBatchHeader(stack, next_, entry.count);
  if (!entry.single) {
    log_->Frame(Slice(stack, kBatchHeaderSize), entry.records, buffer);
  } else {
    constexpr size_t kHeads = kBatchHeaderSize + kRecordHeaderSize;
    EncodeRecordHeader(stack + kBatchHeaderSize, entry.kind, entry.key.size(), entry.value.size());
    if (kHeads + entry.key.size() <= sizeof stack) {
      memcpy(stack + kHeads, entry.key.data(), entry.key.size());
      log_->Frame(Slice(stack, kHeads + entry.key.size()), entry.value, buffer);
    } else {
      std::string head(stack, kHeads);
      head.append(entry.key);
      log_->Frame(head, entry.value, buffer);
    }
  }
  Status status = EnsureAllocated();
  if (!status.ok()) {
    log_->Rewind(old_framed);
    Shorten(buffer, old_size);
  } else {
    stats_.bytes += log_->framed_size() - old_framed;
  }
  return status;
}

// Space is claimed before a record is admitted, so that a full disk refuses one write instead of breaking the log.
Status CommitQueue::EnsureAllocated() {
  // The end record needs some, too: a full memtable must be sealed whatever happens.
  const uint64_t needed = log_->framed_size() + 2 * log::kHeaderSize;
  if (needed <= allocated_) {
    if (allocated_ - needed < kAllocationStep / 2 && !allocating_) {
      allocate_to_ = allocated_ + kAllocationStep;
      WakeLog();
    }
    return Status();
  }
  const uint64_t target = std::max(needed, allocated_ + kAllocationStep);
  Status status = log_->file()->Allocate(target);
  if (status.Is(Code::kUnsupported)) {
    allocated_ = UINT64_MAX;
    return Status();
  }
  BURROW_RETURN_IF_ERROR(status);
  allocated_ = target;
  return Status();
}

void CommitQueue::Apply(const Entry& entry) {
  if (entry.single) {
    unfinished_.store(memtable_->AddLater(next_, entry.kind, entry.key, entry.value), std::memory_order_relaxed);
  } else {
    apply_buffer_.clear();
    BatchReader reader(entry.records);
    BatchRecord record;
    for (SequenceNumber sequence = next_; reader.Next(&record); ++sequence) {
      apply_buffer_.push_back({record.key, record.value, PackTrailer(sequence, record.kind)});
    }
    memtable_->AddAll(&apply_buffer_);
    unfinished_.store(false, std::memory_order_release);
    if (apply_buffer_.capacity() > kMaxIdleEntries) std::vector<MemTable::Entry>().swap(apply_buffer_);
  }
  next_ += entry.count;
  submitted_.store(submitted_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
  visible_.store(next_ - 1, std::memory_order_release);
}

void CommitQueue::FinishAdding() const {
  Lock lock(mutex_);
  if (memtable_ != nullptr) memtable_->FinishAdding();
  unfinished_.store(false, std::memory_order_release);
}

void CommitQueue::AcknowledgeAll() {
  acknowledged_sequence_ = next_ - 1;
  acknowledged_.store(submitted_.load(std::memory_order_relaxed), std::memory_order_release);
}

void CommitQueue::Poison(const Status& status) {
  if (!poison_.ok()) return;
  poison_ = status;
  visible_.store(acknowledged_sequence_, std::memory_order_release);
  poisoned_flag_.store(true, std::memory_order_release);
  progress_.notify_all();
  listener_->OnProgress();
}

Status CommitQueue::TimedSync(log::LogWriter* log) {
  auto begin = std::chrono::steady_clock::now();
  Status status = log->Sync();
  auto micros = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - begin);
  sync_micros_.Record(static_cast<uint64_t>(micros.count()));
  return status;
}

// REQUIRES: the log thread is not busy.
Status CommitQueue::WritePendingLocked() {
  if (pending_.empty()) return Status();
  Status status = log_->Append(pending_);
  ++stats_.writes;
  pending_.clear();
  if (pending_.capacity() > 2 * options_.gather_limit) std::string().swap(pending_);
  if (!status.ok()) Poison(status);
  return status;
}

Status CommitQueue::WritePending() {
  Lock lock(mutex_);
  if (!poison_.ok()) return poison_;
  if (acknowledged_ == submitted_ || log_ == nullptr) return Status();
  if (log_busy_ || SyncOwed()) {
    write_wanted_ = true;
    WakeLog();
    return Status();
  }
  const Clock::time_point begin = measured_ ? Clock::now() : Clock::time_point();
  BURROW_RETURN_IF_ERROR(WritePendingLocked());
  AcknowledgeAll();
  if (measured_) [[unlikely]] {
    const Clock::time_point end = Clock::now();
    KeepTimes(submitted_, begin, end, end);
  }
  return Status();
}

Status CommitQueue::Sync() {
  Lock lock(mutex_);
  BURROW_RETURN_IF_ERROR(Refusal());
  if (!log_busy_ && sealed_.empty()) {
    BURROW_RETURN_IF_ERROR(WritePendingLocked());
    if (log_->synced_size() < log_->written_size()) {
      Status status = TimedSync(log_.get());
      if (!status.ok()) {
        Poison(status);
        return status;
      }
    }
    sync_done_ = sync_wanted_ = submitted_;
    AcknowledgeAll();
    return Status();
  }
  submitted_.fetch_add(1, std::memory_order_acq_rel);
  uint64_t index = submitted_;
  sync_wanted_ = index;
  write_wanted_ = true;
  WakeLog();
  AwaitProgress(&lock, [&] { return acknowledged_ >= index || !poison_.ok() || exit_; });
  return acknowledged_ >= index ? Status() : poison_.ok() ? Refusal() : poison_;
}

Status CommitQueue::SyncAsync(uint64_t* index) {
  Lock lock(mutex_);
  BURROW_RETURN_IF_ERROR(Refusal());
  submitted_.fetch_add(1, std::memory_order_acq_rel);
  *index = submitted_;
  sync_wanted_ = *index;
  write_wanted_ = true;
  WakeLog();
  return Status();
}

Status CommitQueue::Rotate(std::shared_ptr<MemTable> memtable, std::unique_ptr<log::LogWriter> log, uint64_t allocated,
                           std::shared_ptr<MemTable>* sealed) {
  Lock lock(mutex_);
  AwaitProgress(&lock, [&] { return !log_busy_; });
  BURROW_RETURN_IF_ERROR(Refusal());
  log_->FrameEnd(&pending_);
  BURROW_RETURN_IF_ERROR(WritePendingLocked());
  if (SyncOwed()) {
    write_wanted_ = true;  // a flush may wait for it, and the writer for the flush
  } else {
    AcknowledgeAll();
  }
  sealed_.push_back(std::move(log_));
  memtable_->FinishAdding();
  unfinished_.store(false, std::memory_order_release);
  *sealed = std::move(memtable_);
  log_ = std::move(log);
  memtable_ = std::move(memtable);
  allocated_ = allocated;
  allocate_to_ = 0;
  WakeLog();
  return Status();
}

Status CommitQueue::AwaitAcknowledged(SequenceNumber sequence) {
  Lock lock(mutex_);
  // What Rotate could not acknowledge waits for the log thread, which tells.
  AwaitProgress(&lock, [&] { return log_ == nullptr || acknowledged_sequence_ >= sequence || !poison_.ok() || exit_; });
  if (!poison_.ok()) return poison_;
  if (log_ != nullptr && acknowledged_sequence_ < sequence) return Status(Code::kClosed, "the database was closed");
  return Status();
}

Status CommitQueue::Stop(bool seal, uint64_t* length) {
  Lock lock(mutex_);
  *length = 0;
  if (stopped_ || log_ == nullptr) {
    stopped_ = true;
    return poison_;
  }
  stopped_ = true;
  // The log thread finishes what syncs were promised and what logs were sealed.
  write_wanted_ = true;
  WakeLog();
  AwaitProgress(&lock, [&] { return !poison_.ok() || (!log_busy_ && !allocating_ && !SyncOwed() && sealed_.empty()); });
  Status status = poison_;
  if (status.ok()) status = WritePendingLocked();
  if (status.ok()) AcknowledgeAll();
  if (status.ok() && seal) {
    log_->FrameEnd(&pending_);
    status = WritePendingLocked();
    if (status.ok()) status = log_->file()->Truncate(log_->written_size());
    if (status.ok()) status = TimedSync(log_.get());
    *length = log_->written_size();
  }
  exit_ = true;
  WakeLog();
  progress_.notify_all();
  lock.unlock();
  if (options_.schedule != nullptr) {
    options_.schedule->Remove(step_);
  } else {
    thread_.join();
  }
  listener_->OnProgress();
  return status;
}

void CommitQueue::WakeLog() {
  if (options_.schedule != nullptr) {
    options_.schedule->Wake();
  } else {
    log_wakes_.notify_one();
  }
}

template <typename Done>
void CommitQueue::AwaitProgress(Lock* lock, Done done) {
  if (options_.schedule == nullptr) return progress_.wait(*lock, done);
  while (!done() && LogWorkDue()) DoLogWork(lock);
}

void CommitQueue::RunLogThread() {
  Lock lock(mutex_);
  for (;;) {
    log_wakes_.wait(lock, [&] { return exit_ || LogWorkDue(); });
    if (exit_) return;
    DoLogWork(&lock);
  }
}

bool CommitQueue::LogStep() {
  Lock lock(mutex_);
  if (exit_ || !LogWorkDue()) return false;
  DoLogWork(&lock);
  return true;
}

// REQUIRES: LogWorkDue().
void CommitQueue::DoLogWork(Lock* lock) {
  if (!sealed_.empty()) {
    FinishSealed(lock);
  } else if (GroupWaits()) {
    WriteGroup(lock);
  } else {
    AllocateAhead(lock);
  }
  progress_.notify_all();
  listener_->OnProgress();
}

// Makes the oldest sealed log durable. It stays in the list meanwhile: no sync in a later log may be acknowledged before,
// but writers that need none go on.
void CommitQueue::FinishSealed(Lock* lock) {
  log::LogWriter* log = sealed_.front().get();
  lock->unlock();
  Status status = log->file()->Truncate(log->written_size());
  if (status.ok()) status = TimedSync(log);
  if (status.ok()) status = log->file()->Close();
  lock->lock();
  if (status.ok()) {
    sealed_.pop_front();
  } else {
    Poison(status);
  }
}

// Writes, and syncs if anyone asked for it, what was gathered so far.
void CommitQueue::WriteGroup(Lock* lock) {
  log_busy_ = true;
  write_wanted_ = false;
  const uint64_t index = submitted_;
  const SequenceNumber sequence = next_ - 1;
  const bool sync = SyncOwed();
  const uint64_t grouped = index - sync_done_;
  writing_.swap(pending_);
  log::LogWriter* log = log_.get();
  lock->unlock();

  Status status;
  const Clock::time_point begin = Clock::now();
  if (!writing_.empty()) status = log->Append(writing_);
  const Clock::time_point written = Clock::now();
  if (status.ok() && sync) status = TimedSync(log);
  const Clock::time_point end = sync ? Clock::now() : written;
  writing_.clear();
  if (writing_.capacity() > 2 * options_.gather_limit) std::string().swap(writing_);

  lock->lock();
  log_busy_ = false;
  ++stats_.writes;
  if (!status.ok()) {
    Poison(status);
    return;
  }
  acknowledged_sequence_ = std::max(acknowledged_sequence_, sequence);
  acknowledged_.store(index, std::memory_order_release);
  if (measured_) KeepTimes(index, begin, written, end);
  if (sync) {
    sync_done_ = index;
    stats_.grouped += grouped;
  }
}

// A failure is left to the writer that will need the space: it is the one to be refused.
void CommitQueue::AllocateAhead(Lock* lock) {
  const uint64_t target = std::exchange(allocate_to_, 0);
  log::LogWriter* log = log_.get();  // if it is sealed meanwhile, it is this thread that will let go of it
  allocating_ = true;
  lock->unlock();
  Status status = log->file()->Allocate(target);
  lock->lock();
  allocating_ = false;
  if (status.ok() && log_.get() == log) allocated_ = std::max(allocated_, target);
}

void CommitQueue::SetGate(Gate gate, uint64_t bytes_per_second) {
  Lock lock(mutex_);
  gate_ = gate;
  slow_bytes_per_second_ = bytes_per_second;
  if (gate != Gate::kSlow) delay_owed_micros_ = 0;
}

uint64_t CommitQueue::DelayFor(size_t bytes) {
  return slow_bytes_per_second_ == 0 ? 0 : bytes * 1000000 / slow_bytes_per_second_;
}

uint64_t CommitQueue::TakeDelayMicros() {
  Lock lock(mutex_);
  return std::exchange(delay_owed_micros_, 0);
}

Status CommitQueue::poison() const {
  Lock lock(mutex_);
  return poison_;
}

uint64_t CommitQueue::log_size() const {
  Lock lock(mutex_);
  return log_ == nullptr ? 0 : log_->framed_size();
}

void CommitQueue::KeepTimes(uint64_t index, Clock::time_point begin, Clock::time_point written, Clock::time_point end) {
  groups_.Add(
      {index, static_cast<uint64_t>((written - begin).count()), static_cast<uint64_t>((end - written).count())});
}

void CommitQueue::MeasureGroups(bool on) {
  Lock lock(mutex_);
  measured_ = on;
  groups_.Begin(acknowledged_);
}

bool CommitQueue::FindGroup(uint64_t index, GroupTimes* times) const {
  Lock lock(mutex_);
  return groups_.Find(index, times);
}

CommitQueue::Stats CommitQueue::GetStats() const {
  Lock lock(mutex_);
  Stats stats = stats_;
  stats.sync_micros = sync_micros_.Snapshot();
  stats.syncs = stats.sync_micros.count();
  return stats;
}

}  // namespace burrow
