#include "datagen/measure.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <string>

#include "util/hash.h"
#include "util/random.h"
#include "util/testing.h"

namespace burrow::datagen {

namespace {

Hash128 HashOfNumber(uint64_t n) {
  const Slice bytes(reinterpret_cast<const char*>(&n), sizeof n);
  return {.low = Hash64(bytes, 1), .high = Hash64(bytes, 2)};
}

std::string RandomBytes(Random* random, size_t n) {
  std::string bytes(n, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random->Next());
  return bytes;
}

// Blocks that repeat, and a few bytes behind the last of them.
std::string RepeatingBytes(Random* random, size_t block, size_t blocks) {
  std::string bytes;
  std::vector<std::string> different;
  for (size_t i = 0; i < blocks; ++i) {
    if (different.empty() || random->Uniform(3) == 0) different.push_back(RandomBytes(random, block));
    bytes += different[random->Uniform(different.size())];
  }
  return bytes + RandomBytes(random, random->Uniform(block));
}

template <typename Target>
void AddInPieces(Random* random, Slice bytes, Target add) {
  while (!bytes.empty()) {
    const size_t n = std::min<size_t>(bytes.size(), 1 + random->Uniform(20'000));
    add(bytes.substr(0, n));
    bytes.remove_prefix(n);
  }
}

size_t DifferentBlocks(Slice bytes, size_t block) {
  std::set<std::string> different;
  for (size_t at = 0; at < bytes.size(); at += block) different.emplace(bytes.substr(at, block));
  return different.size();
}

}  // namespace

TEST(DistinctCounter, IsExactUpToItsLimit) {
  DistinctCounter counter(4096);
  for (int round = 0; round < 2; ++round) {
    for (uint64_t n = 0; n < 4096; ++n) counter.Add(HashOfNumber(n));
  }
  CHECK_EQ(counter.Count(), 4096u);
  CHECK_EQ(counter.StandardError(), 0.0);
}

TEST(DistinctCounter, SamplesBeyondItsLimitWithinTheErrorThatItStates) {
  DistinctCounter counter(4096);
  constexpr uint64_t kDifferent = 300'000;
  const uint64_t salt = TestSeed() * kDifferent;
  for (uint64_t n = 0; n < kDifferent; ++n) {
    counter.Add(HashOfNumber(salt + n));
    // One hash over and over, as a block of zeros is: it does not weigh more than any other.
    counter.Add(HashOfNumber(salt));
  }
  CHECK_GT(counter.StandardError(), 0.0);
  CHECK_LT(counter.StandardError(), 0.03);
  const double error = std::abs(static_cast<double>(counter.Count()) / kDifferent - 1);
  CHECK_LT(error, 6 * counter.StandardError());
}

TEST(DistinctCounter, TellsHashesThatDifferInOneBit) {
  DistinctCounter counter(512);
  counter.Add({});
  for (int bit = 0; bit < 64; ++bit) {
    counter.Add({.low = 2, .high = uint64_t{1} << bit});
    counter.Add({.low = uint64_t{1} << bit, .high = 5});
  }
  CHECK_EQ(counter.Count(), 129u);
}

TEST(DedupFinder, CountsWhatASetOfBlocksHolds) {
  Random random(TestSeed());
  const std::vector<uint64_t> sizes = {4096, 16384, 1000, 12288, 5000};
  for (int round = 0; round < 12; ++round) {
    const std::string bytes = RepeatingBytes(&random, sizes[random.Uniform(sizes.size())], random.Uniform(60));
    DedupFinder finder(sizes, 4096);
    AddInPieces(&random, bytes, [&](Slice piece) { finder.Add(piece); });
    const std::vector<DedupFinder::Found> found = finder.Finish();
    CHECK_EQ(found.size(), sizes.size());
    for (size_t i = 0; i < sizes.size(); ++i) {
      CHECK_EQ(found[i].block_size, sizes[i]);
      CHECK_EQ(found[i].blocks, (bytes.size() + sizes[i] - 1) / sizes[i]);
      CHECK_EQ(found[i].unique_blocks, DifferentBlocks(bytes, sizes[i]));
      CHECK_EQ(found[i].standard_error, 0.0);
    }
  }
}

TEST(DedupFinder, TellsAShortLastBlockFromTheStartOfAnother) {
  DedupFinder finder({8192}, 512);
  finder.Add(std::string(8192 + 4096, '\0'));
  CHECK_EQ(finder.Finish()[0].unique_blocks, 2u);
}

TEST(Measure, CompressesEachWindowByItself) {
  Random random(TestSeed());
  constexpr size_t kWindow = 10'000;
  std::string bytes = RandomBytes(&random, kWindow) + std::string(kWindow, 'x');
  bytes += RandomBytes(&random, kWindow / 2) + std::string(kWindow / 2, 'y') + RandomBytes(&random, 77);

  Measurement measurement({.window = kWindow, .block_sizes = {4096}});
  AddInPieces(&random, bytes, [&](Slice piece) { CHECK_OK(measurement.Add(piece)); });
  Measurement::Report report;
  CHECK_OK(measurement.Finish(&report));
  CHECK_EQ(report.bytes, bytes.size());
  CHECK_EQ(report.dedup[0].blocks, 8u);
  CHECK_EQ(report.compressed.size(), 3u);
  std::string scratch;
  for (const Measurement::Compressed& codec : report.compressed) {
    CHECK_EQ(codec.available, CodecAvailable(codec.codec));
    if (!codec.available) continue;
    CHECK_EQ(codec.windows, 4u);
    std::vector<uint64_t> sizes;
    for (size_t at = 0; at < bytes.size(); at += kWindow) {
      sizes.push_back(CompressedSize(codec.codec, codec.level, Slice(bytes).substr(at, kWindow), &scratch));
    }
    CHECK_GT(sizes[0], kWindow);
    CHECK_LT(sizes[1], 100u);
    CHECK_EQ(codec.bytes, sizes[0] + sizes[1] + sizes[2] + sizes[3]);
    // The last window is short: it would be the largest ratio of all, or the smallest.
    CHECK_EQ(codec.smallest, sizes[1]);
    CHECK_EQ(codec.largest, sizes[0]);
  }
}

TEST(Measure, AShortWindowCountsWhenItIsTheOnlyOne) {
  Measurement measurement({.window = 65536, .block_sizes = {}});
  CHECK_OK(measurement.Add(std::string(500, 'z')));
  Measurement::Report report;
  CHECK_OK(measurement.Finish(&report));
  for (const Measurement::Compressed& codec : report.compressed) {
    if (!codec.available) continue;
    CHECK_EQ(codec.windows, 1u);
    CHECK_GT(codec.smallest, 0u);
    CHECK_EQ(codec.smallest, codec.bytes);
  }
}

TEST(Measure, NothingHasNoWindows) {
  Measurement measurement({.window = 65536, .block_sizes = {4096}});
  CHECK_OK(measurement.Add(Slice()));
  Measurement::Report report;
  CHECK_OK(measurement.Finish(&report));
  CHECK_EQ(report.bytes, 0u);
  CHECK_EQ(report.dedup[0].blocks, 0u);
  CHECK_EQ(report.compressed[2].windows, 0u);
}

}  // namespace burrow::datagen
