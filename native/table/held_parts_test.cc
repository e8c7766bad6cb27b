#include "table/held_parts.h"

#include <atomic>
#include <thread>
#include <vector>

#include "util/testing.h"

namespace burrow {
namespace {

struct View {
  char first = 0;
};
using Parts = HeldParts<View>;

BlockRef Make(size_t size, char fill) {
  BlockRef block = BlockRef::Allocate(size);
  for (size_t i = 0; i < size; ++i) block.data()[i] = fill;
  return block;
}

TEST(HeldParts, AreFoundUntilTheTableCloses) {
  BlockCache cache(1 << 20);
  {
    Parts parts;
    parts.Init(&cache, BlockType::kFilter, 3);
    CHECK(parts.Find(1) == nullptr);
    BlockRef block = Make(5000, 'b');
    CHECK_EQ(parts.Hold(1, View{block.contents()[0]}, &block)->first, 'b');
    CHECK(!block);
    CHECK_EQ(parts.Find(1)->first, 'b');
    CHECK(parts.Find(0) == nullptr);
    CHECK(parts.Find(3) == nullptr);
    const uint64_t used = cache.GetStats().by_type[static_cast<int>(BlockType::kFilter)].used_bytes;
    CHECK_GE(used, 5000u);
    CHECK_EQ(cache.GetStats().used_bytes, used);
  }
  CHECK_EQ(cache.GetStats().used_bytes, 0u);
}

TEST(HeldParts, AreLeftToTheCacheWhereItHasNoRoom) {
  BlockCache cache(100000);
  Parts parts;
  parts.Init(&cache, BlockType::kIndex, 4);
  BlockRef large = Make(30000, 'l');
  CHECK(parts.Hold(0, View{'l'}, &large) == nullptr);
  CHECK_EQ(large.contents().size(), 30000u);
  for (uint32_t i = 0; i < 4; ++i) {
    BlockRef block = Make(10000, 'x');
    CHECK_EQ(parts.Hold(i, View{'x'}, &block) != nullptr, i < 2);
    CHECK_EQ(static_cast<bool>(block), i >= 2);
  }
  Parts without_cache;
  without_cache.Init(nullptr, BlockType::kIndex, 4);
  CHECK(without_cache.Find(0) == nullptr);
  CHECK(without_cache.Hold(0, View{'l'}, &large) == nullptr);
}

TEST(HeldParts, AreOneWhenThreadsBringTheSame) {
  BlockCache cache(8 << 20);
  for (int round = 0; round < 200; ++round) {
    Parts parts;
    parts.Init(&cache, BlockType::kIndex, 1);
    std::atomic<int> ready{0};
    const View* found[3];
    std::vector<std::thread> threads;
    for (int t = 0; t < 3; ++t) {
      threads.emplace_back([&, t] {
        BlockRef block = Make(100, static_cast<char>('a' + t));
        ready.fetch_add(1);
        while (ready.load() < 3) std::this_thread::yield();
        found[t] = parts.Hold(0, View{block.contents()[0]}, &block);
        CHECK_EQ(found[t]->first, parts.Find(0)->first);
      });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(found[0] == found[1] && found[1] == found[2]);
    CHECK_LT(cache.GetStats().used_bytes, 300u);
  }
  CHECK_EQ(cache.GetStats().used_bytes, 0u);
}

}  // namespace
}  // namespace burrow
