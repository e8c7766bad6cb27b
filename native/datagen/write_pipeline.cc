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
  return active_nanos == 0 ? 0 : 1 - static_cast<double>(working_nanos) / static_cast<double>(active_nanos);
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

void WritePipeline::AddTime(SideTime* side, uint64_t begin, uint64_t working) {
  side->active_nanos += NowNanos() - begin;
  side->working_nanos += working;
}

void WritePipeline::Produce() {
  const uint64_t begin = NowNanos();
  uint64_t working = 0;
  std::unique_lock lock(mutex_);
  for (;;) {
    freed_.wait(lock, [this] { return stopped_ || !free_.empty() || next_offset_ == options_.size; });
    if (stopped_ || next_offset_ == options_.size) break;
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
    working += NowNanos() - fill_begin;
    if (!status.ok()) Fail(std::move(status));

    lock.lock();
    full_[(full_head_ + full_count_++) % full_.size()] = piece;
    filled_.notify_one();
  }
  if (--producing_ == 0) filled_.notify_all();
  AddTime(&times_.producers, begin, working);
}

void WritePipeline::Write(PositionalFile* file) {
  const uint64_t begin = NowNanos();
  uint64_t working = 0;
  std::unique_lock lock(mutex_);
  for (;;) {
    filled_.wait(lock, [this] { return stopped_ || full_count_ > 0 || producing_ == 0; });
    if (stopped_ || full_count_ == 0) break;
    const Piece piece = full_[full_head_];
    full_head_ = (full_head_ + 1) % full_.size();
    --full_count_;
    if (under_way_++ == 0) under_way_since_ = NowNanos();
    lock.unlock();

    const Slice data(piece.data, options_.aligned ? RoundUp(piece.size) : piece.size);
    const uint64_t write_begin = NowNanos();
    Status status = file->WriteAt(piece.offset, data);
    const uint64_t write_end = NowNanos();
    working += write_end - write_begin;
    if (status.ok()) {
      latency_.Record(write_end - write_begin);
      written_.fetch_add(piece.size, std::memory_order_relaxed);
    } else {
      Fail(std::move(status));
    }

    lock.lock();
    last_write_end_ = std::max(last_write_end_, write_end);
    if (--under_way_ == 0) times_.device_nanos += last_write_end_ - under_way_since_;
    free_.push_back(piece.data);
    freed_.notify_one();
  }
  AddTime(&times_.writers, begin, working);
}

}  // namespace burrow::datagen
