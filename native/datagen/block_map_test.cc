#include "datagen/block_map.h"

#include <algorithm>
#include <vector>

#include "util/random.h"
#include "util/testing.h"

namespace burrow::datagen {

namespace {

Options Blocks(uint64_t blocks, double ratio, uint64_t block_size = kMaxBlockSize) {
  Options options;
  options.size = blocks * block_size;
  options.block_size = block_size;
  options.dedup_ratio = ratio;
  return options;
}

// Every identity is used, by as many blocks as the ratio says, more or less one.
void CheckCopies(const BlockMap& map) {
  std::vector<uint64_t> copies(map.unique_blocks());
  for (uint64_t block = 0; block < map.blocks(); ++block) {
    const uint64_t identity = map.Identity(block);
    CHECK_LT(identity, map.unique_blocks());
    ++copies[identity];
  }
  const uint64_t least = map.blocks() / map.unique_blocks();
  const uint64_t most = (map.blocks() + map.unique_blocks() - 1) / map.unique_blocks();
  for (uint64_t count : copies) {
    CHECK_GE(count, least);
    CHECK_LE(count, most);
  }
}

}  // namespace

TEST(BlockMap, WithoutDedupBlocksAreTheirOwn) {
  const BlockMap map(Blocks(1000, 1));
  CHECK_EQ(map.unique_blocks(), 1000u);
  for (uint64_t block = 0; block < 1000; ++block) CHECK_EQ(map.Identity(block), block);
}

TEST(BlockMap, EveryUniqueBlockHasItsShareOfCopies) {
  Random random(TestSeed());
  for (int i = 0; i < 400; ++i) {
    const uint64_t blocks = 1 + random.Uniform(i < 200 ? 100 : 5000);
    const double ratio = 1 + static_cast<double>(random.Uniform(4000)) / (i % 2 == 0 ? 1000 : 10);
    const BlockMap map(Blocks(blocks, ratio));
    const double unique = static_cast<double>(blocks) / ratio;
    CHECK_GE(map.unique_blocks(), 1u);
    CHECK(std::abs(static_cast<double>(map.unique_blocks()) - std::max(unique, 1.0)) <= 0.5);
    CheckCopies(map);
  }
}

TEST(BlockMap, CopiesAreFarApartAndBeginningsHaveTheRatio) {
  for (double ratio : {1.25, 2.0, 2.7, 10.0}) {
    const BlockMap map(Blocks(4000, ratio));
    std::vector<uint64_t> last(map.unique_blocks(), UINT64_MAX);
    uint64_t unique = 0;
    for (uint64_t block = 0; block < map.blocks(); ++block) {
      uint64_t& before = last[map.Identity(block)];
      unique += before == UINT64_MAX;
      if (before != UINT64_MAX) CHECK_GE(block - before, 16u);
      before = block;
      // Within a group's unique blocks of the exact number.
      CHECK(std::abs(static_cast<double>(unique) - static_cast<double>(block + 1) / ratio) <= 32);
    }
  }
}

TEST(BlockMap, TheLargestSizesDoNotOverflow) {
  Random random(TestSeed());
  for (double ratio : {1.0, 1.0000001, 2.7, 1000.0, kMaxDedupRatio}) {
    for (uint64_t block_size : {kMinBlockSize, kMaxBlockSize}) {
      Options options;
      options.size = kMaxSize;
      options.block_size = block_size;
      options.dedup_ratio = ratio;
      const BlockMap map(options);
      CHECK_EQ(map.blocks(), kMaxSize / block_size + 1);
      for (int i = 0; i < 10000; ++i) {
        const uint64_t block = i < 100 ? map.blocks() - 1 - static_cast<uint64_t>(i) : random.Uniform(map.blocks());
        const uint64_t identity = map.Identity(block);
        CHECK_LT(identity, map.unique_blocks());
        // Identities grow with blocks, one round of a group aside.
        const double expected =
            static_cast<double>(block) / static_cast<double>(map.blocks()) * static_cast<double>(map.unique_blocks());
        CHECK(std::abs(static_cast<double>(identity) - expected) <= 5000);
      }
    }
  }
}

TEST(BlockMap, OneBlockAndNone) {
  CHECK_EQ(BlockMap(Blocks(0, 3)).blocks(), 0u);
  const BlockMap one(Blocks(1, 1000));
  CHECK_EQ(one.unique_blocks(), 1u);
  CHECK_EQ(one.Identity(0), 0u);
  Options options = Blocks(2, 2);
  options.size -= 1;  // the last block is shorter
  CHECK_EQ(BlockMap(options).blocks(), 2u);
  CHECK_EQ(BlockMap(options).Identity(1), 0u);
}

}  // namespace burrow::datagen
