#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace burrow {

// How often blocks were asked for lately that are not cached: a table in which one that comes to the place of another
// takes it. Not thread-safe.
class RecentAsks {
 public:
  // By then what the cache would have saved is what a place in it costs; see BlockCache::AskedOften.
  static constexpr uint32_t kOften = 6;

  // Counts an ask; true for every kOften-th. `cache_bytes` is what the cache holds: the table remembers as many blocks as
  // fit into that, and some more.
  bool Often(uint64_t hash, size_t cache_bytes) {
    if (entries_.empty()) entries_.resize(std::bit_ceil(cache_bytes / kBytesAnEntry + 1));
    uint32_t& entry = entries_[hash & (entries_.size() - 1)];
    const uint32_t block = static_cast<uint32_t>(hash >> 32) & ~kCount;
    if ((entry & ~kCount) != block) entry = block;
    if ((++entry & kCount) < kOften) return false;
    entry = 0;
    return true;
  }

 private:
  static constexpr uint32_t kCount = 7;  // the bits of an entry that count; the others are of the block's hash
  static constexpr size_t kBytesAnEntry = 16 << 10;
  static_assert(kOften <= kCount);

  std::vector<uint32_t> entries_;
};

}  // namespace burrow
