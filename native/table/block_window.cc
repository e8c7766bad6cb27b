#include "table/block_window.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include "util/perf_context.h"

namespace burrow {
namespace {
constexpr std::chrono::microseconds kPatience{100};  // about what a read from the system's memory takes
}  // namespace

void BlockWindow::Assign(const Request& request) {
  part_ = request.part;
  position_ = request.position;
  forward_ = request.forward;
  advise_ = request.advise;
  look_up_ = request.look_up;
  first_missed_ = request.first_missed;
  progress_.store(kUnread, std::memory_order_relaxed);
  const uint32_t most = forward_ ? request.index->size() - position_ : position_ + 1;
  BlockHandle handle;
  uint64_t bytes = 0;
  count_ = 0;
  // Sizes are known by looking: the index only says where blocks begin and end.
  while (count_ < most && request.index->Handle(forward_ ? position_ + count_ : position_ - count_, &handle)) {
    const uint64_t stored = handle.size + kBlockTrailerSize;
    if (!table_.Contains(handle) || (count_ > 0 && bytes + stored > request.bytes)) break;
    bytes += stored;
    if (count_ == capacity_) {
      const uint32_t capacity = std::max<uint32_t>(16, 2 * capacity_);
      auto grown = std::make_unique<Item[]>(capacity);
      for (uint32_t i = 0; i < count_; i++) grown[i].handle = items_[i].handle;
      items_ = std::move(grown);
      capacity_ = capacity;
    }
    items_[count_].handle = handle;
    items_[count_].block.Reset();
    items_[count_].state.store(kFree, std::memory_order_relaxed);
    count_++;
  }
}

bool BlockWindow::Following(const IndexBlock& index, Request* request) const {
  if (forward_ ? count_ >= index.size() - position_ : count_ > position_) return false;
  request->index = &index;
  request->part = part_;
  request->position = forward_ ? position_ + count_ : position_ - count_;
  request->forward = forward_;
  return true;
}

Status BlockWindow::Take(uint32_t position, bool may_read, BlockRef* block) {
  const uint32_t i = IndexOf(position);
  Item& item = items_[i];
  for (;;) {
    switch (item.state.load(std::memory_order_acquire)) {
      case kReady:
        *block = std::move(item.block);
        item.state.store(kGone, std::memory_order_relaxed);
        return Status();
      case kFree: {
        const int32_t progress = progress_.load(std::memory_order_acquire);
        if (progress == kRead) {
          if (item.Claim()) return TakeClaimed(&item, block);
        } else if (!may_read) {
          return Status();
        } else if (progress == kReading) {
          PerfLeave();
          progress_.wait(kReading, std::memory_order_acquire);
          PerfLap(Phase::kBlockRead);
        } else if (int32_t expected = kUnread;
                   progress_.compare_exchange_strong(expected, kReading, std::memory_order_acquire)) {
          Status status = Read();
          progress_.store(status.ok() ? kRead : kUnread, std::memory_order_release);
          BURROW_RETURN_IF_ERROR(status);
        }
        break;
      }
      case kClaimed:
        if (Help(i)) break;
        // Twice is better than to wait for a thread that may not be running.
        if (progress_.load(std::memory_order_acquire) == kRead) return Decode(item, block);
        PerfLeave();
        item.state.wait(kClaimed, std::memory_order_acquire);
        PerfLap(Phase::kDecode);
        break;
      case kFailed: return Decode(item, block);
      default: {
        TableReadOptions options = options_;
        options.cache_only = !may_read;
        return table_.GetBlock(item.handle, BlockType::kData, options, block);
      }
    }
  }
}

Status BlockWindow::TakeClaimed(Item* item, BlockRef* block) {
  Status status = Decode(*item, block);
  item->state.store(status.ok() ? kGone : kFailed, std::memory_order_relaxed);
  return status;
}

bool BlockWindow::Help(uint32_t behind) {
  for (uint32_t i = behind + 1; i < count_; i++) {
    if (progress_.load(std::memory_order_acquire) != kRead) return false;
    if (!items_[i].Claim()) continue;
    DecodeInto(&items_[i]);
    return true;
  }
  return false;
}

bool BlockWindow::AwaitRead() const {
  if (progress_.load(std::memory_order_acquire) != kReading) return true;
  const auto end = std::chrono::steady_clock::now() + kPatience;
  PerfLeave();
  while (progress_.load(std::memory_order_acquire) == kReading && std::chrono::steady_clock::now() < end) {
    std::this_thread::yield();
  }
  PerfLap(Phase::kBlockRead);
  return progress_.load(std::memory_order_acquire) != kReading;
}

void BlockWindow::Cancel(bool wait) {
  for (uint32_t i = 0; i < count_; i++) {
    Item& item = items_[i];
    bool mine = item.Claim();
    while (!mine) {
      const int32_t state = item.state.load(std::memory_order_acquire);
      if (state == kClaimed && !wait) break;
      if (state == kClaimed) item.state.wait(kClaimed, std::memory_order_acquire);
      mine = state == kFree ? item.Claim() : state != kClaimed;
    }
    if (!mine) continue;
    item.block.Reset();
    item.state.store(kGone, std::memory_order_relaxed);
  }
}

void BlockWindow::WorkAhead() {
  int32_t expected = kUnread;
  if (progress_.compare_exchange_strong(expected, kReading, std::memory_order_acquire)) {
    const bool read = Read().ok();
    progress_.store(read ? kRead : kUnread, std::memory_order_seq_cst);
    progress_.notify_one();
    expected = read ? kRead : kUnread;
  }
  for (uint32_t i = 0; expected == kRead && i < count_; i++) {
    if (!items_[i].Claim()) continue;
    table_.counters->blocks_ahead.fetch_add(1, std::memory_order_relaxed);
    DecodeInto(&items_[i]);
  }
}

Status BlockWindow::Read() {
  uint64_t begin = UINT64_MAX, end = 0;
  missing_ = 0;
  for (uint32_t i = 0; i < count_; i++) {
    Item& item = items_[i];
    if (look_up_ && !(i == 0 && first_missed_)) {
      if (!item.Claim()) continue;
      item.block = table_.cache->Lookup(table_.number, item.handle.offset, BlockType::kData);
      item.Release(item.block ? kReady : kFree);
      if (item.state.load(std::memory_order_relaxed) != kFree) continue;
    }
    missing_++;
    begin = std::min(begin, item.handle.offset);
    end = std::max(end, item.end());
  }
  return missing_ == 0 ? Status() : ReadBytes(begin, end);
}

Status BlockWindow::ReadBytes(uint64_t begin, uint64_t end) {
  const auto n = static_cast<size_t>(end - begin);
  if (buffer_size_ < n) {
    buffer_.reset(new char[n]);
    buffer_size_ = n;
  }
  bytes_offset_ = begin;
  PerfLeave();
  Status status = table_.file->Read(begin, n, &bytes_, buffer_.get());
  PerfLap(Phase::kBlockRead);
  if (status.ok() && bytes_.size() != n) status = Status::Corruption("file ends inside a block");
  if (!status.ok()) return std::move(status).WithFile(table_.name).WithOffset(begin);
  const uint64_t data_end = table_.properties.data_bytes;
  if (forward_ && end < data_end) table_.file->Advise(end, std::min<uint64_t>(advise_, data_end - end), true);
  return Status();
}

Status BlockWindow::Decode(const Item& item, BlockRef* block) {
  const Slice stored = bytes_.substr(item.handle.offset - bytes_offset_, item.handle.size + kBlockTrailerSize);
  BURROW_RETURN_IF_ERROR(table_.Decode(stored, item.handle, BlockType::kData, block));
  if (table_.cache != nullptr && options_.fill_cache) {
    *block = table_.cache->Insert(table_.number, item.handle.offset, BlockType::kData, std::move(*block));
  }
  return Status();
}

void BlockWindow::DecodeInto(Item* item) {
  const bool decoded = Decode(*item, &item->block).ok();
  item->Release(decoded ? kReady : kFailed);
}

}  // namespace burrow
