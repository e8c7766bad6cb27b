#pragma once

#include <memory>

#include "table/block_window.h"
#include "table/data_block.h"
#include "table/table_file.h"

namespace burrow {

// Walks the index of a table and, below it, one data block at a time: point records. The table outlives it.
class TableIterator final : public InternalIterator {
 public:
  // `owner` keeps the table also for the thread that reads ahead, if there is one; null: it does nothing.
  TableIterator(const TableFile& table, const TableReadOptions& options, std::shared_ptr<const void> owner = nullptr);
  ~TableIterator() override;

  void SeekToFirst() override;
  void SeekToLast() override;
  void Seek(Slice target) override;
  void SeekBefore(Slice target) override;
  void Prepare(Slice target, int step) override;

  void Next() override {
    cursor_.Next();
    if (cursor_.Valid()) [[likely]] {
      Settle();
    } else {
      Forward();
    }
  }
  void Prev() override {
    cursor_.Prev();
    if (cursor_.Valid()) [[likely]] {
      Settle();
    } else {
      Backward();
    }
  }

  Status status() const override { return status_; }

 private:
  static constexpr uint64_t kNowhere = UINT64_MAX;
  // How far Prepare came: not called; position_ is known, and there is nothing to be prepared further, or an error in
  // status_; so is the block, which needs loading; the block is loaded; restart_ is known as well.
  enum class Prepared : uint8_t { kNo, kNothing, kPosition, kBlock, kRestart };

  bool Start();  // false for a table without points
  bool Fail(Status status);
  bool in_memory_only() const { return options_.memory_only != nullptr && options_.memory_only->on; }
  bool FailIndex();
  bool LoadPart(uint32_t part);
  // The block that holds the first entry at or after the target; position_ == part_.view->size() when there is none.
  bool FindBlock(Slice target);
  bool LoadBlock();
  // What Seek and SeekBefore begin with, as far as it is not prepared: the interval of the block to search. False when
  // there is none: then either position_ is behind the last block, or status_ has an error.
  bool Approach(Slice target);
  Status Fetch(BlockHandle handle);
  // Whether window_ has the block at position_, moving on to the next window when that has it.
  bool InWindow();
  // The block at position_, which follows the one before in that direction, and then those behind it.
  Status ReadOn(BlockHandle handle, bool forward);
  // Lets the thread make the window behind window_.
  void ReadAhead();
  // Makes *window, which may be null, an idle one.
  void Renew(std::shared_ptr<BlockWindow>* window);
  // Nothing more is wanted of *window. One that the thread is in goes to retired_window_, and *window becomes null.
  void Drop(std::shared_ptr<BlockWindow>* window);
  void EndRun();
  bool CheckCursor();
  // Both go on to the next block while the cursor stands behind the end of one.
  void Forward();
  void Backward();
  void Settle() {
    valid_ = true;
    key_ = cursor_.key();
    value_ = cursor_.value();
  }

  const TableFile& table_;
  TableReadOptions options_;
  Status status_;

  uint64_t part_number_ = kNowhere;
  TableFile::IndexPart part_;
  uint32_t position_ = 0;  // in part_
  Prepared prepared_ = Prepared::kNo;
  uint64_t prefetch_offset_ = kNowhere;  // of the block that Prepare asks the cache for
  uint32_t restart_ = 0;

  uint64_t block_offset_ = kNowhere;
  BlockRef block_;
  DataBlockCursor cursor_;

  uint64_t last_begin_ = kNowhere;  // of the block fetched last: access is sequential when the next one touches it
  uint64_t last_end_ = kNowhere;
  const std::shared_ptr<const void> owner_;
  uint32_t run_ = 0;                     // windows begun, not by the thread, since access became sequential
  bool reading_ahead_ = false;           // next_window_ is the one behind window_
  std::shared_ptr<BlockWindow> window_;  // null or cancelled when run_ is 0
  std::shared_ptr<BlockWindow> next_window_;
  std::shared_ptr<BlockWindow>
      retired_window_;  // one is enough: the thread is in one at a time, and begins no dropped one
};

}  // namespace burrow
