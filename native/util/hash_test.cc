#include "util/hash.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "util/random.h"
#include "util/testing.h"

namespace burrow {

// The bytes 0, 1, 2, … of each length. On disk: these values never change (docs/formats.md, "Key hash").
TEST(Hash, Golden) {
  struct {
    size_t length;
    uint64_t seed0;
    uint64_t seed1;
  } const golden[] = {
      {0, 0x07dca858e9e88546u, 0xf844f46d1ddda8b5u},   {1, 0xfb4481f44ba99de0u, 0x2168bd34627179d2u},
      {3, 0x78f49e919da69a6au, 0x643bb2f40f043ad7u},   {4, 0x83e8581a1092f608u, 0xa1b1158da5e25253u},
      {7, 0xe94d870a91eb5632u, 0x9e506d9ed31527d5u},   {8, 0x2413143d0d853068u, 0x33fc47a7c29ee9aeu},
      {15, 0x27624ee51d2994f3u, 0xf5bfca18d4421544u},  {16, 0xc82ce61c6fd317d3u, 0xa808c84a4c3b4ae1u},
      {17, 0xb05d5a755545297fu, 0x4759416c972128b2u},  {32, 0xc9c0da70c5c77849u, 0xffd75fd3bdaa4ccbu},
      {33, 0x0751b2e117b99135u, 0x7bbd97be889d7dbeu},  {100, 0xcb990a39147c21bau, 0x13bb80360f0a7bacu},
      {256, 0x84fc4ae74578547du, 0xf2de6a043c7f6a2fu},
  };
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes.push_back(static_cast<char>(i));
  for (const auto& row : golden) {
    CHECK_EQ(Hash64(Slice(bytes).substr(0, row.length)), row.seed0);
    CHECK_EQ(Hash64(Slice(bytes).substr(0, row.length), 1), row.seed1);
  }
  CHECK_EQ(Hash64("burrow"), 0x35f75dea0b2dd0b9u);
}

TEST(Hash, AlignmentDoesNotMatter) {
  char room[128];
  for (size_t n = 0; n <= 100; ++n) {
    const std::string key(n, 'k');
    for (size_t at = 0; at < 16; ++at) {
      memcpy(room + at, key.data(), n);
      CHECK_EQ(Hash64(Slice(room + at, n)), Hash64(key));
    }
  }
}

// Each input bit flips each output bit in about half of the cases.
TEST(Hash, Avalanche) {
  Random random(TestSeed());
  constexpr int kTrials = 2000;
  for (size_t n : {3, 4, 6, 8, 12, 16, 20, 32, 40}) {
    for (size_t bit = 0; bit < n * 8; ++bit) {
      int flips[64] = {};
      for (int trial = 0; trial < kTrials; ++trial) {
        std::string key(n, '\0');
        for (char& c : key) c = static_cast<char>(random.Next());
        const uint64_t before = Hash64(key);
        key[bit / 8] = static_cast<char>(key[bit / 8] ^ (1 << (bit % 8)));
        const uint64_t changed = before ^ Hash64(key);
        for (int out = 0; out < 64; ++out) flips[out] += (changed >> out) & 1;
      }
      for (int count : flips) CHECK_LT(std::abs(count - kTrials / 2), 160);  // seven standard deviations
    }
  }
}

// Keys as databases have them: counters, shared prefixes, one bit set. No collisions, and both ends of the hash even.
TEST(Hash, StructuredKeysSpread) {
  std::vector<uint64_t> hashes;
  for (uint64_t i = 1; i <= 200000; ++i) {
    char key[32] = {};
    memcpy(key, &i, 8);
    hashes.push_back(Hash64(Slice(key, 8)));
    memcpy(key + 8, &i, 8);
    hashes.push_back(Hash64(Slice(key, 16)));
    hashes.push_back(Hash64("user:" + std::to_string(i)));
    hashes.push_back(Hash64("a-long-prefix-that-all-share/" + std::to_string(i)));
  }
  for (size_t n = 0; n <= 200; ++n) hashes.push_back(Hash64(std::string(n, '\0')));
  for (size_t bit = 0; bit < 800; ++bit) {
    std::string key(100, '\0');
    key[bit / 8] = static_cast<char>(1 << (bit % 8));
    hashes.push_back(Hash64(key));
  }
  constexpr size_t kBins = 4096;
  std::vector<double> low(kBins);
  std::vector<double> high(kBins);
  for (uint64_t h : hashes) {
    ++low[h % kBins];
    ++high[h >> 52];
  }
  const double expected = static_cast<double>(hashes.size()) / kBins;
  for (const auto& bins : {low, high}) {
    double chi_squared = 0;
    for (double count : bins) chi_squared += (count - expected) * (count - expected) / expected;
    CHECK_LT(std::abs(chi_squared - kBins), 6 * std::sqrt(2.0 * kBins));
  }
  std::sort(hashes.begin(), hashes.end());
  CHECK(std::adjacent_find(hashes.begin(), hashes.end()) == hashes.end());
}

}  // namespace burrow
