#include "cache/block_cache.h"

#include <cstdio>
#include <cstring>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "util/random.h"
#include "util/testing.h"

namespace burrow {
namespace {

BlockRef Make(size_t size, uint64_t file, uint64_t offset) {
  BlockRef block = BlockRef::Allocate(size);
  memset(block.data(), static_cast<int>(file * 31 + offset), size);
  return block;
}

// Reads through the cache as a table does; true for a hit.
bool Read(BlockCache* cache, uint64_t file, uint64_t offset, size_t size = 4096) {
  BlockRef block = cache->Lookup(file, offset, BlockType::kData);
  const bool hit = static_cast<bool>(block);
  if (!hit) block = cache->Insert(file, offset, BlockType::kData, Make(size, file, offset));
  CHECK_EQ(block.contents().size(), size);
  CHECK_EQ(static_cast<uint8_t>(block.contents().back()), static_cast<uint8_t>(file * 31 + offset));
  return hit;
}

TEST(BlockCache, KeepsAHotSetThroughAScan) {
  BlockCache cache(8 << 20);
  const uint64_t hot = (4 << 20) / 4096;  // half the cache
  for (int pass = 0; pass < 3; pass++) {
    for (uint64_t i = 0; i < hot; i++) Read(&cache, 1, i);
  }
  for (uint64_t i = 0; i < 10 * (8 << 20) / 4096; i++) Read(&cache, 2, i);
  uint64_t kept = 0;
  for (uint64_t i = 0; i < hot; i++) kept += Read(&cache, 1, i);
  CHECK_GT(kept, hot * 95 / 100);
}

TEST(BlockCache, CountsWhatIsReserved) {
  constexpr size_t kCapacity = 5 << 20;
  BlockCache cache(kCapacity);
  CHECK(!cache.Reserve(kCapacity / 4 + 1, BlockType::kIndex));
  CHECK(!cache.Reserve(SIZE_MAX, BlockType::kIndex));
  uint64_t next = 0;
  auto read = [&](uint64_t count) {
    for (uint64_t i = 0; i < count; i++) {
      Read(&cache, 1, next++);
      CHECK_LE(cache.GetStats().used_bytes, kCapacity);
    }
  };
  read(3000);
  const size_t part = kCapacity / 16;
  for (int i = 0; i < 4; i++) {
    CHECK(cache.Reserve(part, i % 2 == 0 ? BlockType::kIndex : BlockType::kFilter));
    CHECK_LE(cache.GetStats().used_bytes, kCapacity);
    read(100);
  }
  CHECK(!cache.Reserve(part, BlockType::kIndex));
  read(3000);
  BlockCache::Stats stats = cache.GetStats();
  CHECK_EQ(stats.by_type[static_cast<int>(BlockType::kIndex)].used_bytes, 2 * part);
  CHECK_EQ(stats.by_type[static_cast<int>(BlockType::kFilter)].used_bytes, 2 * part);
  CHECK_GT(stats.used_bytes, kCapacity - 100000);
  for (int i = 0; i < 4; i++) cache.Unreserve(part, i % 2 == 0 ? BlockType::kIndex : BlockType::kFilter);
  read(3000);
  CHECK_EQ(cache.GetStats().by_type[0].used_bytes, cache.GetStats().used_bytes);
  CHECK_GT(cache.GetStats().used_bytes, kCapacity - 100000);
}

TEST(BlockCache, StaysWithinItsCapacityAndCounts) {
  Random random(TestSeed());
  for (size_t capacity : {size_t{0}, size_t{10000}, size_t{300000}, size_t{5} << 20}) {
    BlockCache cache(capacity);
    uint64_t hits = 0, reads = 20000;
    for (uint64_t i = 0; i < reads; i++) {
      uint64_t offset = random.Uniform(3000);
      hits += Read(&cache, offset % 7, offset, 1 + offset);
      CHECK_LE(cache.GetStats().used_bytes, capacity);
    }
    BlockCache::Stats stats = cache.GetStats();
    CHECK_EQ(stats.by_type[0].hits, hits);
    CHECK_EQ(stats.by_type[0].misses, reads - hits);
    CHECK_EQ(stats.by_type[0].used_bytes, stats.used_bytes);
    CHECK_EQ(stats.pinned_bytes, 0u);
    for (uint64_t file = 0; file < 7; file++) cache.EraseFile(file);
    CHECK_EQ(cache.GetStats().used_bytes, 0u);
  }
}

TEST(BlockCache, PinnedBlocksOutliveEvictionAndTheCache) {
  BlockRef kept;
  {
    BlockCache cache(100000);
    kept = cache.Insert(1, 0, BlockType::kIndex, Make(5000, 1, 0));
    BlockRef second = cache.Lookup(1, 0, BlockType::kIndex);
    const uint64_t charge = cache.GetStats().used_bytes;
    CHECK_GT(charge, 5000u);
    CHECK_EQ(cache.GetStats().pinned_bytes, charge);
    second.Reset();
    CHECK_EQ(cache.GetStats().pinned_bytes, charge);
    for (uint64_t i = 0; i < 200; i++) Read(&cache, 2, i / 2);  // twice each: these push it out of the protected part
    CHECK(!cache.Lookup(1, 0, BlockType::kIndex));
    CHECK_EQ(cache.GetStats().pinned_bytes, charge);
    BlockRef erased = cache.Insert(3, 0, BlockType::kData, Make(100, 3, 0));
    cache.EraseFile(3);
    CHECK(!cache.Lookup(3, 0, BlockType::kData));
    CHECK_GT(cache.GetStats().pinned_bytes, charge);
    erased.Reset();
    CHECK_EQ(cache.GetStats().pinned_bytes, charge);
  }
  CHECK_EQ(static_cast<uint8_t>(kept.contents()[4999]), 31u);
}

TEST(BlockCache, TheFirstInsertWinsAndTooLargeIsNotCached) {
  BlockCache cache(100000);
  BlockRef first = cache.Insert(1, 0, BlockType::kData, Make(10, 1, 0));
  BlockRef second = cache.Insert(1, 0, BlockType::kData, Make(10, 9, 9));
  CHECK(second.contents().data() == first.contents().data());
  BlockRef large = cache.Insert(1, 1, BlockType::kData, Make(200000, 1, 1));
  CHECK_EQ(large.contents().size(), 200000u);
  CHECK(!cache.Lookup(1, 1, BlockType::kData));
}

TEST(BlockCache, TruncatedBlocksKeepTheirBeginning) {
  BlockCache cache(1 << 20);
  for (size_t size = 1; size < 200; size++) {
    for (size_t cut = 0; cut <= size && cut < 40; cut++) {
      BlockRef block = Make(size, size, cut);
      const std::string kept(block.contents().substr(0, size - cut));
      block.Truncate(size - cut);
      CHECK(block.contents() == kept);
      CHECK(!block.remark());
      block = cache.Insert(size, cut, BlockType::kData, std::move(block));
      CHECK(block.contents() == kept);
    }
  }
  for (uint64_t file = 1; file < 200; file++) cache.EraseFile(file);
  CHECK_EQ(cache.GetStats().used_bytes, 0u);
}

TEST(BlockCache, SaysWhatIsAskedForOften) {
  for (size_t capacity : {size_t{0}, size_t{1} << 20, size_t{64} << 20}) {
    BlockCache cache(capacity);
    auto asks_until_yes = [&](uint64_t offset) {
      int asks = 1;
      while (!cache.AskedOften(7, offset)) asks++;
      return asks;
    };
    const int asks = asks_until_yes(0);
    CHECK_GT(asks, 1);
    CHECK_EQ(asks_until_yes(0), asks);  // and again, should it have been evicted
    CHECK(!cache.AskedOften(7, 1));     // others have no part in it
    CHECK(!cache.AskedOften(8, 0));
    // What was asked for long ago is forgotten.
    for (int i = 1; i < asks; i++) CHECK(!cache.AskedOften(7, 0));
    for (uint64_t i = 0; i < 100000; i++) CHECK(!cache.AskedOften(9, i));
    CHECK(!cache.AskedOften(7, 0));
  }
}

TEST(BlockCache, FindsExactlyWhatItHolds) {
  Random random(TestSeed());
  BlockCache cache(32 << 20);  // nothing is evicted: the model is a plain set
  std::set<std::pair<uint64_t, uint64_t>> model;
  for (int i = 0; i < 200000; i++) {
    const uint64_t file = random.Uniform(50), offset = random.Uniform(1000);
    const bool expected = model.count({file, offset}) != 0;
    CHECK_EQ(Read(&cache, file, offset, 1 + offset % 97), expected);
    model.insert({file, offset});
    if (!random.OneIn(300)) continue;
    cache.EraseFile(file);
    model.erase(model.lower_bound({file, 0}), model.lower_bound({file + 1, 0}));
  }
  for (uint64_t file = 0; file < 50; file++) {
    for (uint64_t offset = 0; offset < 1000; offset++) {
      const bool held = static_cast<bool>(cache.Lookup(file, offset, BlockType::kData));
      CHECK_EQ(held, model.count({file, offset}) != 0);
    }
  }
}

// 0 where that cannot be measured: sanitizers keep what is freed.
size_t ResidentBytes() {
#if defined(__linux__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  FILE* file = fopen("/proc/self/statm", "r");
  size_t size = 0, resident = 0;
  CHECK(file != nullptr && fscanf(file, "%zu %zu", &size, &resident) == 2);
  fclose(file);
  return resident * 4096;
#else
  return 0;
#endif
}

// Large caches keep data blocks of about one size in an arena. Whatever comes and goes, contents stay what they are, and
// the memory of the process within the capacity.
TEST(BlockCache, ALargeCacheKeepsItsPromisesWhenSizesChange) {
  struct Phase {
    BlockType type;
    size_t size, spread;
    bool erase;  // the blocks of the phase before
  };
  const std::vector<Phase> histories[] = {
      {{BlockType::kData, 4150, 120, false},     // fills the arena
       {BlockType::kIndex, 64 << 10, 1, false},  // takes its memory for blocks outside of it
       {BlockType::kData, 4150, 120, false},
       {BlockType::kData, 16500, 300, false},
       {BlockType::kData, 4150, 120, true}},
      {{BlockType::kData, 16500, 300, false},
       {BlockType::kData, 5000, 4000, true},  // no size is that of half the blocks
       {BlockType::kFilter, 9000, 99, false},
       {BlockType::kData, 4150, 120, true}},
  };
  constexpr size_t kCapacity = 48 << 20;
  Random random(TestSeed());
  for (const std::vector<Phase>& history : histories) {
    BlockCache cache(kCapacity);
    const size_t before = ResidentBytes();
    std::vector<BlockRef> held(200);
    uint64_t file = 0;
    for (const Phase& phase : history) {
      if (phase.erase) cache.EraseFile(file);
      file++;
      const uint64_t working_set = kCapacity * 3 / 2 / (phase.size + phase.spread / 2);
      for (uint64_t i = 0; i < working_set * 4; i++) {
        // Some of the blocks of the phase before are still wanted.
        const uint64_t from = file > 1 && random.OneIn(8) ? file - 1 : file;
        const uint64_t offset = random.Uniform(working_set);
        const size_t size = phase.size + offset * 7919 % phase.spread;
        BlockRef block = cache.Lookup(from, offset, phase.type);
        if (!block) block = cache.Insert(from, offset, phase.type, Make(size, from, offset));
        for (size_t at : {size_t{0}, block.contents().size() / 2, block.contents().size() - 1}) {
          CHECK_EQ(static_cast<uint8_t>(block.contents()[at]), static_cast<uint8_t>(from * 31 + offset));
        }
        if (random.OneIn(50)) held[random.Uniform(held.size())] = std::move(block);
        if (i % 1000 == 0) CHECK_LE(cache.GetStats().used_bytes, kCapacity);
      }
      CHECK_GT(cache.GetStats().used_bytes, kCapacity * 8 / 10);
      CHECK_LE(ResidentBytes(), before + kCapacity + (16 << 20));
    }
    for (uint64_t i = 1; i <= file; i++) cache.EraseFile(i);
    CHECK_EQ(cache.GetStats().used_bytes, 0u);
    held.clear();
    CHECK_EQ(cache.GetStats().pinned_bytes, 0u);
  }
}

TEST(BlockCache, ALargeCacheMakesPlaceForWhatIsReserved) {
  constexpr size_t kCapacity = 64 << 20;
  BlockCache cache(kCapacity);
  const size_t before = ResidentBytes();
  std::vector<BlockRef> held;
  uint64_t next = 0;
  auto read = [&](uint64_t count) {
    for (uint64_t i = 0; i < count; i++) Read(&cache, 1, next++, 4200);
    if (BlockRef block = cache.Lookup(1, next - 1, BlockType::kData)) held.push_back(std::move(block));
  };
  read(20000);
  for (size_t reserved = 0; reserved < kCapacity / 4; reserved += 1 << 20) {
    CHECK(cache.Reserve(1 << 20, BlockType::kFilter));
    CHECK_LE(cache.GetStats().used_bytes, kCapacity);
    // What is reserved is not used here: resident is what blocks take.
    CHECK_LE(ResidentBytes(), before + kCapacity - reserved + (8 << 20));
    read(100);
  }
  read(20000);
  CHECK_GT(cache.GetStats().used_bytes, kCapacity * 9 / 10);
  cache.Unreserve(kCapacity / 4, BlockType::kFilter);
  read(20000);
  CHECK_EQ(cache.GetStats().by_type[0].used_bytes, cache.GetStats().used_bytes);
  CHECK_GT(cache.GetStats().used_bytes, kCapacity * 9 / 10);
}

TEST(BlockCache, AnEmptyLargeCacheTakesLittleMemory) {
  const size_t before = ResidentBytes();
  BlockCache cache(128 << 20);
  for (uint64_t i = 0; i < 40000; i++) Read(&cache, 1, i, 4200);
  CHECK_GT(cache.GetStats().used_bytes, size_t{120} << 20);
  cache.EraseFile(1);
  CHECK_EQ(cache.GetStats().used_bytes, 0u);
  CHECK_LE(ResidentBytes(), before + (32 << 20));
}

TEST(BlockCache, BlocksOfAnArenaOutliveTheCache) {
  std::vector<BlockRef> held;
  {
    BlockCache cache(32 << 20);
    for (uint64_t i = 0; i < 7000; i++) held.push_back(cache.Insert(1, i, BlockType::kData, Make(4200, 1, i)));
    for (uint64_t i = 0; i < 7000; i += 2) held[i].Reset();
    cache.EraseFile(1);
    for (uint64_t i = 0; i < 3000; i++) Read(&cache, 2, i, 4200);
  }
  for (uint64_t i = 1; i < 7000; i += 2) {
    CHECK_EQ(static_cast<uint8_t>(held[i].contents()[4199]), static_cast<uint8_t>(31 + i));
    held[i].Reset();
  }
}

TEST(BlockCache, ManyThreadsOnALargeCache) {
  BlockCache cache(32 << 20);
  std::vector<std::thread> threads;
  for (uint64_t t = 0; t < 4; t++) {
    threads.emplace_back([&cache, t] {
      Random random(TestSeed() + t);
      std::vector<BlockRef> held(16);
      for (int i = 0; i < 20000; i++) {
        const uint64_t file = random.Uniform(4), offset = random.Uniform(4000);
        // Large blocks take memory from the arena, so that what is in it moves.
        const bool large = i / 4000 % 2 == 1 && random.OneIn(4);
        if (large) {
          BlockRef block = cache.Lookup(file, 10000 + offset, BlockType::kIndex);
          if (!block) cache.Insert(file, 10000 + offset, BlockType::kIndex, Make(40000, file, offset));
        } else {
          Read(&cache, file, offset, 4200 + offset % 60);
        }
        BlockRef block = cache.Lookup(file, offset, BlockType::kData);
        if (block) {
          CHECK_EQ(static_cast<uint8_t>(block.contents()[offset]), static_cast<uint8_t>(file * 31 + offset));
          held[random.Uniform(held.size())] = std::move(block);
        }
        if (random.OneIn(5000)) cache.EraseFile(file);
        if (random.OneIn(1000)) CHECK_LE(cache.GetStats().used_bytes, size_t{32} << 20);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK_EQ(cache.GetStats().pinned_bytes, 0u);
}

TEST(BlockCache, ManyThreads) {
  BlockCache cache(400000);
  std::vector<std::thread> threads;
  for (uint64_t t = 0; t < 4; t++) {
    threads.emplace_back([&cache, t] {
      Random random(TestSeed() + t);
      std::vector<BlockRef> held(4);
      for (int i = 0; i < 20000; i++) {
        uint64_t file = random.Uniform(4), offset = random.Uniform(100);
        Read(&cache, file, offset, 1000);
        BlockRef block = cache.Lookup(file, offset, BlockType::kData);
        if (block) held[random.Uniform(4)] = std::move(block);
        if (random.OneIn(500)) cache.EraseFile(file);
        if (random.OneIn(1000)) CHECK_LE(cache.GetStats().used_bytes, 400000u);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK_EQ(cache.GetStats().pinned_bytes, 0u);
}

TEST(BlockCache, PrefetchesWhileItGrows) {
  BlockCache cache(8 << 20);
  constexpr uint64_t kBlocks = 8000;
  std::thread asking([&cache] {
    for (int round = 0; round < 3; round++) {
      for (uint64_t offset = 0; offset < kBlocks; offset++) {
        for (int step = 0; step < 2; step++) cache.Prefetch(1, offset, step);
      }
    }
  });
  for (uint64_t offset = 0; offset < kBlocks; offset++) Read(&cache, 1, offset, 100);
  asking.join();
  // It asks for memory only: nothing is counted, pinned or lost.
  const BlockCache::Stats stats = cache.GetStats();
  CHECK_EQ(stats.pinned_bytes, 0u);
  CHECK_EQ(stats.by_type[0].hits, 0u);
  for (uint64_t offset = 0; offset < kBlocks; offset++) CHECK(cache.Lookup(1, offset, BlockType::kData));
}

}  // namespace
}  // namespace burrow
