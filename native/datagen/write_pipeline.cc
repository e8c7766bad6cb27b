#include "datagen/write_pipeline.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <new>
#include <thread>
#include <utility>

namespace burrow::datagen {

namespace {

uint64_t NowNanos() {
  return static_cast<uint64_t>(std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count());
}

size_t RoundUp(size_t n) { return (n + kDirectAlignment - 1) / kDirectAlignment * kDirectAlignment; }

}  // namespace

double SideTime::WaitingShare() const {
  return active_nanos == 0 ? 0 : static_cast<double>(waiting_nanos) / static_cast<double>(active_nanos);
}

void WritePipeline::Free::operator()(char* memory) const {
  ::operator delete(memory, std::align_val_t{kDirectAlignment});
}

WritePipeline::WritePipeline(const Options& options, Fill fill) : options_(options), fill_(std::move(fill)) {}

Status WritePipeline::Run(PositionalFile* file, PipelineTimes* times) {
  const size_t stride = RoundUp(options_.write_size);
  const size_t count = static_cast<size_t>(options_.buffers);
  memory_.reset(static_cast<char*>(::operator new(stride* count, std::align_val_t{kDirectAlignment}, std::nothrow)));
  if (memory_ == nullptr) {
    return Status::InvalidArgument("there is no memory for " + std::to_string(count) + " buffers of " +
                                   std::to_string(stride) + " bytes");
  }
  for (size_t i = count; i-- > 0;) free_.push_back(memory_.get() + i * stride);
  full_.resize(count);
  producing_ = options_.producers;

  const uint64_t begin = NowNanos();
  std::vector<std::thread> threads;
  for (int i = 0; i < options_.producers; ++i) threads.emplace_back([this] { Produce(); });
  for (int i = 0; i < options_.writers; ++i) threads.emplace_back([this, file] { Write(file); });
  for (std::thread& thread : threads) thread.join();

  std::lock_guard lock(mutex_);
  times_.elapsed_nanos = NowNanos() - begin;
  times_.latency = latency_.Snapshot();
  times_.bytes = written();
  times_.writes = times_.latency.count();
  *times = times_;
  return status_;
}

void WritePipeline::Cancel() { Fail(Status::Aborted("the write benchmark was given up")); }

void WritePipeline::Fail(Status status) {
  std::lock_guard lock(mutex_);
  if (status_.ok()) status_ = std::move(status);
  stopped_ = true;
  freed_.notify_all();
  filled_.notify_all();
}

void WritePipeline::AddTime(SideTime* side, const SideTime& thread) {
  side->active_nanos += thread.active_nanos;
  side->working_nanos += thread.working_nanos;
  side->waiting_nanos += thread.waiting_nanos;
}

template <typename Ready>
bool WritePipeline::Await(std::unique_lock<std::mutex>& lock, std::condition_variable& changed, uint64_t* waiting,
                          Ready ready) {
  if (!stopped_ && !ready()) {
    const uint64_t begin = NowNanos();
    changed.wait(lock, [&] { return stopped_ || ready(); });
    *waiting += NowNanos() - begin;
  }
  return !stopped_;
}

void WritePipeline::Produce() {
  SideTime time;
  const uint64_t begin = NowNanos();
  std::unique_lock lock(mutex_);
  const auto ready = [this] { return !free_.empty() || next_offset_ == options_.size; };
  while (Await(lock, freed_, &time.waiting_nanos, ready) && next_offset_ < options_.size) {
    Piece piece{.data = free_.back(), .offset = next_offset_, .size = 0};
    piece.size = static_cast<size_t>(std::min<uint64_t>(options_.write_size, options_.size - piece.offset));
    free_.pop_back();
    next_offset_ += piece.size;
    // The others are waiting for a buffer that nobody needs any more.
    if (next_offset_ == options_.size) freed_.notify_all();
    lock.unlock();

    const uint64_t fill_begin = NowNanos();
    Status status = fill_(piece.offset, piece.data, piece.size);
    if (options_.aligned && piece.size < options_.write_size) {
      memset(piece.data + piece.size, 0, RoundUp(piece.size) - piece.size);
    }
    time.working_nanos += NowNanos() - fill_begin;
    if (!status.ok()) Fail(std::move(status));

    lock.lock();
    full_[(full_head_ + full_count_++) % full_.size()] = piece;
    filled_.notify_one();
  }
  if (--producing_ == 0) filled_.notify_all();
  time.active_nanos = NowNanos() - begin;
  AddTime(&times_.producers, time);
}

void WritePipeline::Write(PositionalFile* file) {
  SideTime time;
  const uint64_t begin = NowNanos();
  std::unique_lock lock(mutex_);
  const auto ready = [this] { return full_count_ > 0 || producing_ == 0; };
  while (Await(lock, filled_, &time.waiting_nanos, ready) && full_count_ > 0) {
    const Piece piece = full_[full_head_];
    full_head_ = (full_head_ + 1) % full_.size();
    --full_count_;
    if (under_way_++ == 0) under_way_since_ = NowNanos();
    lock.unlock();

    const uint64_t write_begin = NowNanos();
    Status status = file->WriteAt(piece.offset, Slice(piece.data, options_.aligned ? RoundUp(piece.size) : piece.size));
    const uint64_t write_end = NowNanos();
    time.working_nanos += write_end - write_begin;
    if (status.ok()) {
      latency_.Record(write_end - write_begin);
      written_.fetch_add(piece.size, std::memory_order_relaxed);
    } else {
      Fail(std::move(status));
    }

    lock.lock();
    if (--under_way_ == 0) times_.device_nanos += NowNanos() - under_way_since_;
    free_.push_back(piece.data);
    freed_.notify_one();
  }
  time.active_nanos = NowNanos() - begin;
  AddTime(&times_.writers, time);
}

}  // namespace burrow::datagen
