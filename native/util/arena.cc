#include "util/arena.h"

#include <cstdint>
#include <cstdio>
#include <cstdlib>

#if defined(__linux__)
#include <sys/mman.h>
#endif

#if defined(__SANITIZE_ADDRESS__)
#define BURROW_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define BURROW_ASAN 1
#endif
#endif
#if defined(BURROW_ASAN)
#include <sanitizer/asan_interface.h>
#endif

namespace burrow {

namespace {

// Under AddressSanitizer bytes that were not handed out are poisoned, and a gap that stays so follows each allocation.
#if defined(BURROW_ASAN)
constexpr size_t kMinAlign = 8;
constexpr size_t kRedZone = 8;
// Not inlined: gcc 12 would warn that the block, seen through the const parameter, is uninitialized.
[[gnu::noinline]] void Poison(char* from, size_t n) { __asan_poison_memory_region(from, n); }
void Unpoison(char* from, size_t n) { __asan_unpoison_memory_region(from, n); }
#else
constexpr size_t kMinAlign = 1;
constexpr size_t kRedZone = 0;
void Poison(char*, size_t) {}
void Unpoison(char*, size_t) {}
#endif

}  // namespace

Arena::~Arena() {
  for (char* block : blocks_) free(block);
}

char* Arena::Allocate(size_t bytes, size_t align) {
  if (align < kMinAlign) align = kMinAlign;
  const size_t skip = (0 - reinterpret_cast<uintptr_t>(next_)) & (align - 1);
  const auto room = static_cast<size_t>(limit_ - next_);
  if (skip + bytes + kRedZone > room || bytes > room) {
    // A large one gets a block of exactly its size; the current block stays current. What is given up at the end of a
    // block is therefore less than a quarter of it, and of a full-sized one less than an eighth.
    if (bytes > kMaxBlock / 8) {
      char* block = AllocateBlock(bytes);
      Unpoison(block, bytes);
      return block;
    }
    while (block_size_ / 4 < bytes && block_size_ < kMaxBlock) block_size_ *= 2;
    next_ = AllocateBlock(block_size_);
    limit_ = next_ + block_size_;
    if (block_size_ < kMaxBlock) block_size_ *= 2;
    return Allocate(bytes, align);
  }
  char* result = next_ + skip;
  Unpoison(result, bytes);
  next_ = result + bytes + kRedZone;
  return result;
}

char* Arena::AllocateBlock(size_t bytes) {
  char* block = nullptr;
#if defined(__linux__)
  // Random access to a memtable is bound by address translation: one entry for 2 MiB instead of 512.
  if (bytes == kMaxBlock) {
    block = static_cast<char*>(aligned_alloc(kMaxBlock, bytes));
    if (block != nullptr) (void)madvise(block, bytes, MADV_HUGEPAGE);
  }
#endif
  if (block == nullptr) block = static_cast<char*>(malloc(bytes));
  if (block == nullptr) {
    fprintf(stderr, "burrow: out of memory (%zu bytes)\n", bytes);
    abort();
  }
  Poison(block, bytes);
  blocks_.push_back(block);
  usage_.store(MemoryUsage() + bytes, std::memory_order_relaxed);
  return block;
}

}  // namespace burrow
