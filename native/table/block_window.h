#pragma once

#include <atomic>
#include <memory>

#include "table/table_file.h"

namespace burrow {

// Data blocks that follow each other in a table and that an iterator is about to need, in its order. They are read with
// one read of the file and decoded one by one; either is done by whoever comes first, the iterator, when it needs a
// block, or a thread that works ahead of it.
//
// Threads: one calls WorkAhead, another, the iterator's, everything else, at the same time. They meet in atomics alone:
// `progress_` gives the read to one of them; the state of a block gives the block to one of them, who then owns it
// until the state says what has become of it. What the thread has begun the iterator does not wait for where it can do
// it itself: with other work to do the system may not run the thread for long. The window keeps the table open while
// the thread has it.
class BlockWindow {
 public:
  // `owner` keeps the table; null: somebody else does, and WorkAhead is never called.
  BlockWindow(const TableFile& table, const TableReadOptions& options, std::shared_ptr<const void> owner)
      : table_(table), options_(options), owner_(std::move(owner)) {}
  BlockWindow(const BlockWindow&) = delete;
  BlockWindow& operator=(const BlockWindow&) = delete;

  struct Request {
    const IndexBlock* index = nullptr;  // part `part` of the table's
    uint64_t part = 0;
    uint32_t position = 0;      // in it, of the first block, which lies inside the file
    bool forward = true;        // positions ascend
    size_t bytes = 0;           // of blocks as stored: as many as fit, one at least
    size_t advise = 0;          // bytes behind the window that the system may read before they are asked for
    bool look_up = false;       // what the cache has is neither read nor decoded
    bool first_missed = false;  // the cache does not have the first block
  };
  // Makes this the window of other blocks. REQUIRES: new, or cancelled and idle.
  void Assign(const Request& request);
  bool Has(uint64_t part, uint32_t position) const { return part == part_ && IndexOf(position) < count_; }
  // The blocks that follow the window in its index part; false when there are none.
  bool Following(const IndexBlock& index, Request* request) const;
  // The window was read, or could have been, and the cache had all of it.
  bool AllCached() const { return progress_.load(std::memory_order_acquire) == kRead && missing_ == 0; }

  // Hands the block out. `may_read`: the disk may be asked and waited for; without that *block may stay empty. A block
  // that was handed out before is fetched as if there were no window. REQUIRES: Has().
  Status Take(uint32_t position, bool may_read, BlockRef* block);
  // Waits for a read that the thread is in, not for long; false when it goes on.
  bool AwaitRead() const;
  // Nothing more is wanted of it. `wait`: the thread touches neither table nor cache any more, except that it ends the
  // read of the file that it is in; without that it may end the block that it is at.
  void Cancel(bool wait);

  // No thread is going to call WorkAhead, or is in it.
  bool idle() const { return !queued_.load(std::memory_order_acquire); }
  void SetQueued(bool queued) { queued_.store(queued, std::memory_order_release); }
  // Reads the window, unless the iterator does, and decodes all of its blocks that nobody else has. Errors are left for
  // the iterator to meet again.
  void WorkAhead();

 private:
  // kUnread also after a read that failed.
  enum Progress : int32_t { kUnread, kReading, kRead };
  // kFree: nobody has it, and it has not come yet. kClaimed: one of the two is at it, for a short time. kReady: in
  // `block`. kFailed: it could not be decoded. kGone: handed out, or no longer wanted.
  enum State : int32_t { kFree, kClaimed, kReady, kFailed, kGone };
  struct Item {
    BlockHandle handle;
    BlockRef block;  // of who claimed it, then of the iterator
    std::atomic<int32_t> state{kFree};

    uint64_t end() const { return handle.offset + handle.size + kBlockTrailerSize; }
    bool Claim() {
      int32_t expected = kFree;
      return state.load(std::memory_order_relaxed) == kFree &&
             state.compare_exchange_strong(expected, kClaimed, std::memory_order_acquire);
    }
    // The store and the look at who waits must not change places.
    void Release(State now) {
      state.store(now, std::memory_order_seq_cst);
      state.notify_one();
    }
  };

  uint32_t IndexOf(uint32_t position) const { return forward_ ? position - position_ : position_ - position; }
  Status TakeClaimed(Item* item, BlockRef* block);
  // Claims one free block behind that one and decodes it; false when there is none.
  bool Help(uint32_t behind);
  // REQUIRES: who calls has progress_ at kReading.
  Status Read();
  Status ReadBytes(uint64_t begin, uint64_t end);
  Status Decode(const Item& item, BlockRef* block);
  void DecodeInto(Item* item);  // REQUIRES: claimed by who calls

  const TableFile& table_;
  const TableReadOptions options_;
  const std::shared_ptr<const void> owner_;

  // Set by Assign.
  std::unique_ptr<Item[]> items_;
  uint32_t count_ = 0;
  uint32_t capacity_ = 0;
  uint64_t part_ = 0;
  uint32_t position_ = 0;
  bool forward_ = true;
  size_t advise_ = 0;
  bool look_up_ = false;
  bool first_missed_ = false;

  // Of who reads; the other looks at them when progress_ is kRead.
  std::unique_ptr<char[]> buffer_;
  size_t buffer_size_ = 0;
  uint64_t bytes_offset_ = 0;
  Slice bytes_;
  uint32_t missing_ = 0;

  std::atomic<int32_t> progress_{kUnread};
  std::atomic<bool> queued_{false};
};

}  // namespace burrow
