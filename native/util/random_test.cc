#include "util/random.h"

#include "util/testing.h"

namespace burrow {

// The reference implementations of splitmix64 and xoshiro256**, seed 42.
TEST(Random, MatchesTheReference) {
  Random random(42);
  CHECK_EQ(random.Next(), 0x15780b2e0c2ec716u);
  CHECK_EQ(random.Next(), 0x6104d9866d113a7eu);
  CHECK_EQ(random.Next(), 0xae17533239e499a1u);
}

TEST(Random, UniformStaysInRangeAndReachesAll) {
  Random random(TestSeed());
  int seen[7] = {};
  for (int i = 0; i < 70000; ++i) {
    const uint64_t v = random.Uniform(7);
    CHECK_LT(v, 7u);
    ++seen[v];
  }
  for (int count : seen) {
    CHECK_GT(count, 9000);
    CHECK_LT(count, 11000);
  }
  for (int i = 0; i < 1000; ++i) {
    CHECK_EQ(random.Uniform(1), 0u);
    CHECK_LT(random.Uniform((uint64_t{1} << 63) + 1), (uint64_t{1} << 63) + 1);
  }
}

}  // namespace burrow
