#include "datagen/source.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "util/crc32c.h"
#include "util/random.h"
#include "util/testing.h"

namespace burrow::datagen {

namespace {

std::string Bytes(const Source& source, uint64_t offset, size_t n, bool stream = false, size_t misaligned = 0) {
  std::string bytes(n + misaligned + 1, '#');
  source.Fill(offset, n, bytes.data() + misaligned, stream);
  CHECK_EQ(bytes.back(), '#');
  return bytes.substr(misaligned, n);
}

Options RandomOptions(Random* random) {
  Options options;
  options.size = 1 + random->Uniform(64 << 20);
  options.seed = random->Next();
  options.block_size = kPageSize << random->Uniform(8);
  if (random->OneIn(3)) options.block_size = kPageSize * (1 + random->Uniform(100));
  options.dedup_ratio = random->OneIn(2) ? 1 : 1 + static_cast<double>(random->Uniform(5000)) / 1000;
  options.pattern = static_cast<Pattern>(random->Uniform(kLastPattern + 1));
  const uint64_t range = random->OneIn(2) ? 4000 : 99000;
  options.compress_ratio = random->OneIn(4) ? 1 : 1 + static_cast<double>(random->Uniform(range + 1)) / 1000;
  return options;
}

}  // namespace

TEST(Source, AnyReadOfAnyLevelGivesTheSameBytes) {
  Random random(TestSeed());
  for (int round = 0; round < 300; ++round) {
    const Options options = RandomOptions(&random);
    const Source plain(options, KernelFor(SimdLevel::kScalar));
    const uint64_t offset = random.Uniform(options.size);
    const size_t n = plain.Available(offset, random.Uniform(100'000));
    const std::string expected = Bytes(plain, offset, n);
    for (uint8_t level = 0; level <= kLastSimdLevel; ++level) {
      const PageKernel* kernel = KernelFor(static_cast<SimdLevel>(level));
      if (kernel == nullptr) continue;
      if (round == 0) printf("level %s\n", kernel->name);
      const Source source(options, kernel);
      for (bool stream : {false, true}) {
        CHECK(Bytes(source, offset, n, stream, random.Uniform(64)) == expected);
      }
      const size_t begin = random.Uniform(n + 1), end = begin + random.Uniform(n - begin + 1);
      CHECK(Bytes(source, offset + begin, end - begin) == expected.substr(begin, end - begin));
    }
  }
}

TEST(Source, CopiesOfBlocksAreCopiesAndOthersAreNot) {
  Random random(TestSeed());
  for (int round = 0; round < 100; ++round) {
    Options options = RandomOptions(&random);
    options.size = options.block_size * (1 + random.Uniform(200));
    const Source source(options, BestKernel());
    const uint64_t a = random.Uniform(source.blocks().blocks()), b = random.Uniform(source.blocks().blocks());
    const size_t at = random.Uniform(options.block_size - 4095);
    const bool same =
        Bytes(source, a * options.block_size + at, 4096) == Bytes(source, b * options.block_size + at, 4096);
    CHECK_EQ(same, source.blocks().Identity(a) == source.blocks().Identity(b));
  }
}

TEST(Source, AnotherSeedGivesOtherBytesAndTheFirstOneTheSameAgain) {
  Options options;
  options.size = 1 << 20;
  options.seed = 7;
  Source source(options, BestKernel());
  const std::string before = Bytes(source, 1000, 5000);
  source.SetSeed(8);
  const std::string other = Bytes(source, 1000, 5000);
  size_t equal = 0;
  for (size_t i = 0; i < before.size(); ++i) equal += before[i] == other[i];
  CHECK_LT(equal, 100u);
  source.SetSeed(7);
  CHECK(Bytes(source, 1000, 5000) == before);
}

TEST(Source, NothingLiesBeyondTheEnd) {
  Options options;
  options.size = 10'000;
  const Source source(options, BestKernel());
  CHECK_EQ(source.Available(0, 20'000), 10'000u);
  CHECK_EQ(source.Available(9'999, 2), 1u);
  CHECK_EQ(source.Available(10'000, 1), 0u);
  CHECK_EQ(source.Available(UINT64_MAX, SIZE_MAX), 0u);
}

// The bytes are a contract: whoever kept a seed gets them again.
TEST(Source, BytesDoNotChange) {
  struct Golden {
    Pattern pattern;
    double compress_ratio;
    double dedup_ratio;
    uint32_t crc;
  };
  static constexpr Golden kGolden[] = {
      {Pattern::kZeros, 1, 1, 0xf2da7ba8},     {Pattern::kZeros, 2, 1, 0x1209a309},
      {Pattern::kZeros, 2.7, 1.5, 0xdcd54ade}, {Pattern::kZeros, 20, 1, 0xc79f770c},
      {Pattern::kBackref, 1.1, 1, 0x2950427a}, {Pattern::kBackref, 3, 3, 0xd6507187},
      {Pattern::kBackref, 100, 1, 0xd44dc33d}, {Pattern::kText, 1.5, 1, 0x5b6e7930},
      {Pattern::kText, 3, 2.7, 0xc810281d},    {Pattern::kText, 100, 1, 0x765fa412},
  };
  for (const Golden& golden : kGolden) {
    Options options;
    options.size = 64 << 20;
    options.seed = 0x0123456789abcdef;
    options.block_size = 64 << 10;
    options.pattern = golden.pattern;
    options.compress_ratio = golden.compress_ratio;
    options.dedup_ratio = golden.dedup_ratio;
    CHECK_EQ(crc32c::Value(Bytes(Source(options, BestKernel()), 40'000'001, 1'000'000)), golden.crc);
  }
}

// Lanes, pages and seeds are independent: no word of eight bytes comes twice.
TEST(Source, NoWordRepeats) {
  std::vector<uint64_t> words;
  for (uint64_t seed : {0, 1, 2}) {
    Options options;
    options.size = 4 << 20;
    options.seed = seed;
    const std::string bytes = Bytes(Source(options, BestKernel()), 0, 4 << 20);
    const size_t before = words.size();
    words.resize(before + bytes.size() / 8);
    memcpy(words.data() + before, bytes.data(), bytes.size());
  }
  std::sort(words.begin(), words.end());
  CHECK(std::adjacent_find(words.begin(), words.end()) == words.end());
}

}  // namespace burrow::datagen
