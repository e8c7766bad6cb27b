#include "table/table_iterator.h"

#include <algorithm>

#include "table/read_ahead_thread.h"

namespace burrow {
namespace {
// The first windows of a run are small, for scans that soon end.
constexpr size_t kFirstWindow = 8 << 10;
constexpr uint32_t kOwnWindows = 4;  // that make a scan a long one
// A larger read_ahead is for the disk, which is told of it; what is decoded ahead takes memory.
constexpr size_t kMostAhead = 256 << 10;
}  // namespace

TableIterator::TableIterator(const TableFile& table, const TableReadOptions& options, std::shared_ptr<const void> owner)
    : table_(table), options_(options), owner_(std::move(owner)) {}

TableIterator::~TableIterator() {
  EndRun();
  if (retired_window_ != nullptr) retired_window_->Cancel(true);
}

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
  const uint64_t end = handle.offset + handle.size + kBlockTrailerSize;
  const bool forward = handle.offset == last_end_;
  const bool sequential = forward || end == last_begin_;
  Status status;
  if (run_ > 0 && InWindow()) {
    if (!sequential) run_ = 1;
    status = window_->Take(position_, !options_.cache_only, &block_);
  } else if (sequential && options_.read_ahead > 0 && !options_.cache_only && table_.Contains(handle)) {
    status = ReadOn(handle, forward);
  } else {
    if (!sequential) EndRun();
    status = table_.GetBlock(handle, BlockType::kData, options_, &block_);
  }
  BURROW_RETURN_IF_ERROR(status);
  if (!block_) return options_.memory_only->Miss();
  last_begin_ = handle.offset;
  last_end_ = end;
  return Status();
}

bool TableIterator::InWindow() {
  if (window_->Has(part_number_, position_)) return true;
  if (!reading_ahead_ || !next_window_->Has(part_number_, position_)) return false;
  if (!options_.cache_only && !next_window_->AwaitRead()) return false;
  Drop(&window_);
  std::swap(window_, next_window_);
  reading_ahead_ = false;
  if (!window_->AllCached()) ReadAhead();
  return true;
}

Status TableIterator::ReadOn(BlockHandle handle, bool forward) {
  // Beside a block that has to be read many may be cached. A job that reads everything once leaves the cache in peace.
  if (table_.cache != nullptr) {
    block_ = table_.cache->Lookup(table_.number, handle.offset, BlockType::kData);
    if (block_) return Status();
  }
  const uint32_t run = run_;
  EndRun();
  run_ = run + 1;
  Renew(&window_);
  const size_t bytes = std::min(options_.read_ahead, kFirstWindow << std::min(run, 16u));
  window_->Assign({.index = part_.view,
                   .part = part_number_,
                   .position = position_,
                   .forward = forward,
                   .bytes = bytes,
                   .advise = std::min(options_.read_ahead, 2 * bytes),
                   .look_up = table_.cache != nullptr && options_.fill_cache,
                   .first_missed = true});
  BURROW_RETURN_IF_ERROR(window_->Take(position_, true, &block_));
  if (run_ > kOwnWindows) ReadAhead();
  return Status();
}

void TableIterator::ReadAhead() {
  BlockWindow::Request request;
  if (options_.read_ahead_thread == nullptr || owner_ == nullptr || !window_->Following(*part_.view, &request)) return;
  request.bytes = std::min(options_.read_ahead, kMostAhead);
  request.advise = options_.read_ahead;
  request.look_up = table_.cache != nullptr;
  Renew(&next_window_);
  next_window_->Assign(request);
  options_.read_ahead_thread->Submit(next_window_);
  reading_ahead_ = true;
}

void TableIterator::Renew(std::shared_ptr<BlockWindow>* window) {
  if (*window == nullptr || !(*window)->idle()) *window = std::make_shared<BlockWindow>(table_, options_, owner_);
}

void TableIterator::Drop(std::shared_ptr<BlockWindow>* window) {
  (*window)->Cancel(false);
  if ((*window)->idle()) return;
  options_.read_ahead_thread->Withdraw(window->get());
  if (!(*window)->idle()) retired_window_ = std::move(*window);
}

void TableIterator::EndRun() {
  if (run_ == 0) return;
  Drop(&window_);
  if (reading_ahead_) Drop(&next_window_);
  reading_ahead_ = false;
  run_ = 0;
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
