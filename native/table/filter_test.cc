#include "table/filter.h"

#include <vector>

#include "util/hash.h"
#include "util/random.h"
#include "util/testing.h"

namespace burrow {
namespace {

std::vector<uint64_t> Hashes(uint64_t first, size_t count) {
  std::vector<uint64_t> hashes;
  for (size_t i = 0; i < count; i++) hashes.push_back(Hash64("key" + std::to_string(first + i)));
  return hashes;
}

double FalsePositives(size_t keys, double bits_per_key) {
  const std::vector<uint64_t> hashes = Hashes(0, keys);
  const std::string bytes = BuildFilter(hashes.data(), hashes.size(), bits_per_key);
  CHECK_EQ(bytes.size(), FilterSize(keys, bits_per_key));
  Filter filter;
  CHECK(filter.Init(bytes));
  for (uint64_t hash : hashes) CHECK(filter.MayContain(hash));
  size_t found = 0;
  constexpr size_t kAsked = 200000;
  for (uint64_t hash : Hashes(1000000000, kAsked)) found += filter.MayContain(hash);
  return static_cast<double>(found) / kAsked;
}

TEST(Filter, TenBitsGiveLessThanOnePercent) {
  CHECK_LT(FalsePositives(50000, 10), 0.01);
  CHECK_LT(FalsePositives(1000000, 10), 0.01);
}

TEST(Filter, MoreBitsGiveLess) {
  CHECK_LT(FalsePositives(20000, 5), 0.12);
  CHECK_LT(FalsePositives(20000, 16), 0.0015);
  CHECK_LT(FalsePositives(20000, 24), 0.0003);
  CHECK_LT(FalsePositives(1, 10), 0.001);
}

TEST(Filter, RefusesAFrameThatDoesNotAddUp) {
  const std::vector<uint64_t> hashes = Hashes(0, 100);
  const std::string bytes = BuildFilter(hashes.data(), hashes.size(), 10);
  Filter filter;
  for (size_t size = 0; size < bytes.size(); size++) CHECK(!filter.Init(Slice(bytes).substr(0, size)));
  for (size_t i = bytes.size() - 8; i < bytes.size(); i++) {
    std::string bad = bytes;
    bad[i] = static_cast<char>(0xee);
    CHECK(!filter.Init(bad));
  }
}

}  // namespace
}  // namespace burrow
