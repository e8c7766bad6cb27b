#pragma once

#include <atomic>
#include <cstdint>

#include "util/slice.h"

namespace burrow {

// What a cached block holds; each is accounted apart.
enum class BlockType : uint8_t { kData = 0, kIndex = 1, kFilter = 2, kRangeTombstones = 3 };
inline constexpr int kBlockTypes = 4;

// An immutable, reference counted run of decoded bytes, in or out of the cache.
class Block;

// Releases its reference when destroyed. Movable, not copyable. An empty one pins nothing.
class BlockRef {
 public:
  BlockRef() = default;
  BlockRef(BlockRef&& other) noexcept : block_(other.block_) { other.block_ = nullptr; }
  BlockRef& operator=(BlockRef&& other) noexcept {
    if (this != &other) {
      Reset();
      block_ = other.block_;
      other.block_ = nullptr;
    }
    return *this;
  }
  ~BlockRef() { Reset(); }
  BlockRef(const BlockRef&) = delete;
  BlockRef& operator=(const BlockRef&) = delete;

  // A block of `size` uninitialized bytes that is not in any cache. Room for reading slightly past the end is added.
  static BlockRef Allocate(size_t size);

  explicit operator bool() const { return block_ != nullptr; }
  Slice contents() const;      // REQUIRES: not empty
  char* data();                // to fill a block just allocated. REQUIRES: it was never shared or inserted
  void Truncate(size_t size);  // the contents become their first `size` bytes. REQUIRES: as data()
  // One bit for who reads the contents, to say something of them that is worth remembering while the block is in memory;
  // false at first, also when the block was evicted and read again. Any thread. REQUIRES: not empty.
  bool remark() const;
  void SetRemark();
  void Reset() {
    if (block_ != nullptr) Release();
  }

 private:
  friend class BlockCache;
  explicit BlockRef(Block* block) : block_(block) {}
  void Release();
  Block* block_ = nullptr;
};

// A sharded cache of decoded blocks, keyed by (table file number, offset), bounded in bytes. Scan resistant: a block
// enters on probation and is promoted to the protected part by a second access, so one pass over the whole database
// does not push out the hot set. Pinned blocks stay readable after eviction; they count as pinned until released.
// Any number of threads. The numbers in Stats are exact.
class BlockCache {
 public:
  struct TypeStats {
    uint64_t used_bytes = 0, hits = 0, misses = 0, evictions = 0;
  };
  struct Stats {
    uint64_t capacity_bytes = 0, used_bytes = 0, pinned_bytes = 0;
    uint64_t free_bytes = 0;  // taken from the system for blocks, and free: room in arenas
    TypeStats by_type[kBlockTypes];
  };

  // `capacity` in bytes, bookkeeping included; 0 caches nothing. Shard count follows capacity (few for tiny caches).
  explicit BlockCache(size_t capacity);
  ~BlockCache();  // REQUIRES: no BlockRef that it handed out is alive... except ones that were evicted or erased

  // Empty when absent; counts a hit or a miss unless `count` is false.
  BlockRef Lookup(uint64_t file, uint64_t offset, BlockType type, bool count = true);
  // Asks for the memory that Lookup is going to touch without waiting for it: in two steps, 0 and 1, since the first
  // finds the place of the second.
  void Prefetch(uint64_t file, uint64_t offset, int step);
  // Takes over `block` and returns a reference to the cached one: `block` itself, or the one that another thread
  // inserted first. When it does not fit, the reference works but the block is not cached.
  BlockRef Insert(uint64_t file, uint64_t offset, BlockType type, BlockRef block);
  // For a large block that Lookup did not find: whether it was asked for so often lately that Insert pays. Memory that is
  // fresh from the system costs as much as to read the block from the system's cache, and decode it, several times.
  bool AskedOften(uint64_t file, uint64_t offset);
  // Counts `bytes` of blocks that their user keeps outside of the cache, of which lookups then know nothing, as used: the
  // cache holds so much less. False, and nothing is counted, beyond a quarter of the capacity.
  bool Reserve(size_t bytes, BlockType type);
  void Unreserve(size_t bytes, BlockType type);
  // Drops every block of a deleted file (used when its last reader goes).
  void EraseFile(uint64_t file);
  Stats GetStats() const;
  size_t capacity() const;

 private:
  struct Shard;
  struct Impl;
  Impl* const impl_;  // blocks that were evicted while pinned may keep it longer
};

}  // namespace burrow
