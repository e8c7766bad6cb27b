#include "util/arena.h"

#include <cstring>
#include <utility>

#include "util/random.h"
#include "util/testing.h"

namespace burrow {

TEST(Arena, IsFreeUntilUsedAndSmallAtFirst) {
  Arena arena;
  CHECK_EQ(arena.MemoryUsage(), 0u);
  arena.Allocate(1);
  CHECK_EQ(arena.MemoryUsage(), Arena::kFirstBlock);
  arena.Allocate(Arena::kFirstBlock);
  CHECK_GT(arena.MemoryUsage(), Arena::kFirstBlock);
}

TEST(Arena, LargeAllocationsTakeExactlyTheirSize) {
  Arena arena;
  char* small = arena.Allocate(10, 1);
  const size_t before = arena.MemoryUsage();
  char* large = arena.Allocate(300001, 1);
  CHECK_EQ(arena.MemoryUsage(), before + 300001);
  memset(large, 1, 300001);
  CHECK(arena.Allocate(16, 1) - small < 64);  // the block in use was not given up
}

TEST(Arena, AllocationsAreAlignedDisjointAndKept) {
  Arena arena;
  Random random(TestSeed());
  std::vector<std::pair<char*, size_t>> all;
  size_t total = 0;
  for (int i = 0; i < 20000; ++i) {
    const size_t bytes = 1 + random.Uniform(random.OneIn(1000) ? 400000 : random.OneIn(10) ? 5000 : 60);
    const size_t align = size_t{1} << random.Uniform(5);
    char* p = arena.Allocate(bytes, align);
    CHECK_EQ(reinterpret_cast<uintptr_t>(p) % align, 0u);
    memset(p, i & 0xff, bytes);
    all.emplace_back(p, bytes);
    total += bytes;
  }
  for (size_t i = 0; i < all.size(); ++i) {
    for (size_t at = 0; at < all[i].second; ++at) CHECK_EQ(static_cast<uint8_t>(all[i].first[at]), i & 0xff);
  }
  CHECK_GE(arena.MemoryUsage(), total);
  CHECK_LT(arena.MemoryUsage(), total + total / 2 + Arena::kMaxBlock);
}

}  // namespace burrow
