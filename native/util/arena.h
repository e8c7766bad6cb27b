#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <vector>

namespace burrow {

// Bump allocation with one life: everything is freed when the arena is. One thread allocates at a time; MemoryUsage()
// may be read from any thread and counts every byte the arena holds, used or not.
class Arena {
 public:
  static constexpr size_t kFirstBlock = 4 << 10;  // blocks double up to kMaxBlock, so that small memtables stay small
  static constexpr size_t kMaxBlock = 2 << 20;    // a huge page, where the system has them

  Arena() = default;
  ~Arena();
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  // `bytes` > 0, aligned to `align` (a power of two up to 16). Never null: exhausted memory ends the process.
  char* Allocate(size_t bytes, size_t align = 8);
  size_t MemoryUsage() const { return usage_.load(std::memory_order_relaxed); }
  // Without what is still free. Only of the thread that allocates.
  size_t Used() const { return MemoryUsage() - static_cast<size_t>(limit_ - next_); }

 private:
  char* AllocateBlock(size_t bytes);

  char* next_ = nullptr;
  char* limit_ = nullptr;
  size_t block_size_ = kFirstBlock;
  std::vector<char*> blocks_;
  std::atomic<size_t> usage_{0};
};

}  // namespace burrow
