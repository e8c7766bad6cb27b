#include "table/table_iterator.h"

#include <algorithm>

#include "util/perf_context.h"

namespace burrow {

TableIterator::TableIterator(const TableFile& table, const TableReadOptions& options)
    : table_(table), options_(options) {}

void TableIterator::SeekToFirst() {
  if (!Start() || !LoadPart(0)) return;
  position_ = 0;
  if (!LoadBlock()) return;
  cursor_.SeekToFirst();
  Forward();
}

void TableIterator::SeekToLast() {
  if (!Start() || !LoadPart(table_.IndexParts() - 1)) return;
  position_ = part_.view->size() - 1;
  if (!LoadBlock()) return;
  cursor_.SeekToLast();
  Backward();
}

void TableIterator::Seek(Slice target) {
  if (!Approach(target)) return;
  cursor_.SeekFrom(restart_, target);
  Forward();
}

void TableIterator::SeekBefore(Slice target) {
  if (!Approach(target)) {
    if (status_.ok() && table_.IndexParts() > 0) SeekToLast();
    return;
  }
  cursor_.SeekBeforeFrom(restart_, target);
  Backward();
}

void TableIterator::Prepare(Slice target, int step) {
  switch (step) {
    case 0: {
      prepared_ = Prepared::kNothing;
      if (!Start() || !FindBlock(target) || position_ == part_.view->size()) return;
      prepared_ = Prepared::kPosition;
      BlockHandle handle;
      if (table_.cache != nullptr && part_.view->Handle(position_, &handle) && handle.offset != block_offset_) {
        prefetch_offset_ = handle.offset;
        table_.cache->Prefetch(table_.number, prefetch_offset_, 0);
      } else {
        prefetch_offset_ = kNowhere;
      }
      return;
    }
    case 1:
      if (prepared_ == Prepared::kPosition && prefetch_offset_ != kNowhere) {
        table_.cache->Prefetch(table_.number, prefetch_offset_, 1);
      }
      return;
    case 2:
      if (prepared_ != Prepared::kPosition) return;
      prepared_ = Prepared::kNothing;
      if (!LoadBlock()) return;
      prepared_ = Prepared::kBlock;
      cursor_.PrefetchRestarts();
      return;
    default:
      if (prepared_ != Prepared::kBlock) return;
      prepared_ = Prepared::kNothing;
      if (!cursor_.FindRestart(target, &restart_)) {
        CheckCursor();
      } else {
        prepared_ = Prepared::kRestart;
      }
  }
}

bool TableIterator::Approach(Slice target) {
  switch (std::exchange(prepared_, Prepared::kNo)) {
    case Prepared::kNothing: return false;
    case Prepared::kRestart: return true;
    case Prepared::kNo:
      if (!Start() || !FindBlock(target) || position_ == part_.view->size()) return false;
      [[fallthrough]];
    case Prepared::kPosition:
      if (!LoadBlock()) return false;
      [[fallthrough]];
    case Prepared::kBlock: return cursor_.FindRestart(target, &restart_) || CheckCursor();
  }
  return false;
}

bool TableIterator::Start() {
  prepared_ = Prepared::kNo;
  valid_ = false;
  status_ = Status();
  return table_.IndexParts() > 0;
}

bool TableIterator::Fail(Status status) {
  valid_ = false;
  status_ = std::move(status);
  return false;
}

bool TableIterator::LoadPart(uint32_t part) {
  if (part == part_number_) return true;
  part_number_ = kNowhere;
  options_.cache_only = in_memory_only();
  Status status = table_.LoadIndexPart(part, options_, &part_);
  if (!status.ok()) return Fail(std::move(status));
  if (part_.view == nullptr) return Fail(options_.memory_only->Miss());
  part_number_ = part;
  return true;
}

bool TableIterator::FindBlock(Slice target) {
  uint32_t part = 0;
  if (table_.partitioned_index()) {
    if (!table_.index.Find(target, &part)) return FailIndex();
    part = std::min(part, table_.IndexParts() - 1);
  }
  if (!LoadPart(part)) return false;
  return part_.view->Find(target, &position_) || FailIndex();
}

bool TableIterator::FailIndex() { return Fail(table_.Corrupt("malformed index block", table_.footer.index.offset)); }

bool TableIterator::LoadBlock() {
  BlockHandle handle;
  if (!part_.view->Handle(position_, &handle)) return FailIndex();
  if (block_offset_ != handle.offset) {
    block_offset_ = kNowhere;
    block_.Reset();
    Status status = Fetch(handle);
    if (!status.ok()) return Fail(std::move(status));
    block_offset_ = handle.offset;
  }
  DataBlock block;
  if (!block.Init(block_.contents())) return Fail(table_.Corrupt("malformed data block", handle.offset));
  cursor_.Reset(block);
  return true;
}

Status TableIterator::Fetch(BlockHandle handle) {
  options_.cache_only = in_memory_only();
  if (options_.cache_only && !InWindow(handle)) {
    BURROW_RETURN_IF_ERROR(table_.GetBlock(handle, BlockType::kData, options_, &block_));
    return block_ ? Status() : options_.memory_only->Miss();
  }
  const uint64_t end = handle.offset + handle.size + kBlockTrailerSize;
  const bool forward = handle.offset == last_end_, backward = end == last_begin_;
  last_begin_ = handle.offset;
  last_end_ = end;
  if (options_.read_ahead == 0) return table_.GetBlock(handle, BlockType::kData, options_, &block_);
  const bool in_window = InWindow(handle);
  if (!in_window && (!(forward || backward) || !table_.Contains(handle))) {
    return table_.GetBlock(handle, BlockType::kData, options_, &block_);
  }
  // Beside a block that has to be read many may be cached. A job that reads everything once leaves the cache in peace.
  if (table_.cache != nullptr && (options_.fill_cache || !in_window)) {
    block_ = table_.cache->Lookup(table_.number, handle.offset, BlockType::kData);
    if (block_) return Status();
  }
  if (!in_window) BURROW_RETURN_IF_ERROR(ReadWindow(handle, forward));
  Slice stored = window_.substr(handle.offset - window_offset_, handle.size + kBlockTrailerSize);
  BURROW_RETURN_IF_ERROR(table_.Decode(stored, handle, BlockType::kData, &block_));
  if (table_.cache != nullptr && options_.fill_cache) {
    block_ = table_.cache->Insert(table_.number, handle.offset, BlockType::kData, std::move(block_));
  }
  return Status();
}

bool TableIterator::InWindow(BlockHandle handle) const {
  return handle.offset >= window_offset_ && handle.offset - window_offset_ <= window_.size() &&
         window_.size() - (handle.offset - window_offset_) >= handle.size + kBlockTrailerSize;
}

Status TableIterator::ReadWindow(BlockHandle handle, bool forward) {
  const uint64_t stored = handle.size + kBlockTrailerSize;
  const uint64_t length = std::max<uint64_t>(options_.read_ahead, stored);
  const uint64_t data_end = std::max(table_.properties.data_bytes, handle.offset + stored);
  uint64_t begin = handle.offset, end = std::min(data_end, handle.offset + length);
  if (!forward) {
    end = handle.offset + stored;
    begin = end > length ? end - length : 0;
  }
  window_ = Slice();
  window_offset_ = begin;
  const auto n = static_cast<size_t>(end - begin);
  if (window_capacity_ < n) {
    window_buffer_.reset(new char[n]);
    window_capacity_ = n;
  }
  PerfLeave();
  Status status = table_.file->Read(begin, n, &window_, window_buffer_.get());
  PerfLap(Phase::kBlockRead);
  if (status.ok() && window_.size() != n) status = Status::Corruption("file ends inside a block");
  if (!status.ok()) {
    window_ = Slice();
    return std::move(status).WithFile(table_.name).WithOffset(begin);
  }
  if (forward && end < data_end) table_.file->Advise(end, std::min(length, data_end - end), true);
  return Status();
}

bool TableIterator::CheckCursor() {
  if (cursor_.corrupt()) return Fail(table_.Corrupt("malformed data block", block_offset_));
  return true;
}

void TableIterator::Forward() {
  while (!cursor_.Valid()) {
    valid_ = false;
    if (!CheckCursor()) return;
    if (position_ + 1 < part_.view->size()) {
      position_++;
    } else {
      if (part_number_ + 1 >= table_.IndexParts() || !LoadPart(static_cast<uint32_t>(part_number_) + 1)) return;
      position_ = 0;
    }
    if (!LoadBlock()) return;
    cursor_.SeekToFirst();
  }
  Settle();
}

void TableIterator::Backward() {
  while (!cursor_.Valid()) {
    valid_ = false;
    if (!CheckCursor()) return;
    if (position_ > 0) {
      position_--;
    } else {
      if (part_number_ == 0 || !LoadPart(static_cast<uint32_t>(part_number_) - 1)) return;
      position_ = part_.view->size() - 1;
    }
    if (!LoadBlock()) return;
    cursor_.SeekToLast();
  }
  Settle();
}

std::unique_ptr<InternalIterator> NewTableFileIterator(const TableFile& table, const TableReadOptions& options) {
  return std::make_unique<TableIterator>(table, options);
}

}  // namespace burrow
