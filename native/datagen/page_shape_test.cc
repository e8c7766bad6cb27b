// The ratios that docs/datagen.md promises, under the codecs that the engine has. test/datagen has zlib.
#include "datagen/page_shape.h"

#ifdef BURROW_HAVE_LZ4
#include <lz4.h>
#endif
#ifdef BURROW_HAVE_ZSTD
#include <zstd.h>
#endif

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include "datagen/source.h"
#include "util/random.h"
#include "util/testing.h"

namespace burrow::datagen {

namespace {

// The codecs themselves: what the engine makes of them keeps data raw that saves little. 0: not in this build.
size_t Lz4Size(Slice raw) {
#ifdef BURROW_HAVE_LZ4
  std::string out(static_cast<size_t>(LZ4_compressBound(static_cast<int>(raw.size()))), 0);
  return static_cast<size_t>(LZ4_compress_default(raw.data(), out.data(), static_cast<int>(raw.size()),
                                                  static_cast<int>(out.size())));
#else
  return raw.size() * 0;
#endif
}

size_t ZstdSize(Slice raw, int level) {
#ifdef BURROW_HAVE_ZSTD
  std::string out(ZSTD_compressBound(raw.size()), 0);
  const size_t size = ZSTD_compress(out.data(), out.size(), raw.data(), raw.size(), level);
  CHECK(!ZSTD_isError(size));
  return size;
#else
  return raw.size() * static_cast<size_t>(level) * 0;
#endif
}

void CheckRatio(const char* what, size_t raw, size_t compressed, double ratio, double tolerance) {
  if (compressed == 0) return;
  const double found = static_cast<double>(raw) / static_cast<double>(compressed);
  if (std::abs(found / ratio - 1) <= tolerance) return;
  printf("%s: %zu bytes compress by %.3f\n", what, raw, found);
  CHECK_EQ(found, ratio);
}

constexpr const char* kNames[] = {"zeros", "backref", "text"};

void CheckPattern(Pattern pattern, double ratio, double tolerance, double page_tolerance, uint64_t seed) {
  Options options;
  options.size = 256 << 20;
  options.seed = seed;
  options.pattern = pattern;
  options.compress_ratio = ratio;
  const Source source(options, BestKernel());
  Random random(seed);
  std::string bytes(400'000, 0);
  char what[64];
  for (int i = 0; i < 4; ++i) {
    const size_t n = i == 0 ? 65536 : 65536 + random.Uniform(i == 1 ? 300'000 : 8192);
    source.Fill(random.Uniform(options.size - n), n, bytes.data(), false);
    const Slice window(bytes.data(), n);
    snprintf(what, sizeof what, "%s %g", kNames[static_cast<size_t>(pattern)], ratio);
    CheckRatio(what, n, ZstdSize(window, 1), ratio, tolerance);
    if (pattern == Pattern::kText) continue;
    CheckRatio(what, n, ZstdSize(window, 3), ratio, tolerance);
    CheckRatio(what, n, Lz4Size(window), ratio, tolerance);
  }
  for (int i = 0; i < 16 && page_tolerance > 0; ++i) {
    source.Fill(random.Uniform(options.size / kPageSize) * kPageSize, kPageSize, bytes.data(), false);
    CheckRatio("a page", kPageSize, ZstdSize(Slice(bytes.data(), kPageSize), 1), ratio, page_tolerance);
  }
}

}  // namespace

TEST(PageShape, RatiosHoldUnderLz4AndZstd) {
  Random random(TestSeed());
  for (Pattern pattern : {Pattern::kZeros, Pattern::kBackref}) {
    for (double ratio : {1.0, 1.02, 1.1, 1.5, 2.0, 2.7, 3.0, 4.0, 5.0, 8.0, 10.0}) {
      CheckPattern(pattern, ratio, 0.05, 0.15, random.Next());
    }
    CheckPattern(pattern, 20, 0.085, 0.15, random.Next());
    for (int i = 0; i < 20; ++i) {
      CheckPattern(pattern, 1 + static_cast<double>(random.Uniform(9'000)) / 1000, 0.05, 0.15, random.Next());
    }
  }
}

TEST(PageShape, RatiosOfTextHoldUnderZstd) {
  Random random(TestSeed());
  for (double ratio : {1.0, 1.02, 1.1, 1.5, 2.0, 2.7, 3.0, 4.0, 5.0, 8.0, 10.0, 20.0, 50.0}) {
    CheckPattern(Pattern::kText, ratio, ratio > 20 ? 0.08 : 0.05, ratio > 5 ? 0 : 0.15, random.Next());
  }
  for (int i = 0; i < 20; ++i) {
    const double ratio = 1 + static_cast<double>(random.Uniform(19'000)) / 1000;
    CheckPattern(Pattern::kText, ratio, 0.05, ratio > 5 ? 0 : 0.15, random.Next());
  }
}

// What kernels rely on: parts are not longer than their place, and one that is repeated is not empty.
TEST(PageShape, EveryShapeFitsItsPage) {
  for (Pattern pattern : {Pattern::kZeros, Pattern::kBackref, Pattern::kText}) {
    uint64_t fresh_before = kPageSize;
    for (double ratio = 1; ratio <= kMaxCompressRatio; ratio = std::nextafter(ratio * 1.0003, 200.0)) {
      const PageShape shape = ShapeFor(pattern, ratio);
      const uint32_t place = static_cast<uint32_t>(kPageSize >> shape.pairs_shift);
      CHECK_LE(shape.random, shape.fresh);
      CHECK_LE(shape.fresh, place << 16);
      CHECK_GE(shape.fresh >> 16, 1u);
      CHECK(shape.random == 0 || shape.random == shape.fresh || shape.fresh == place << 16);
      // The larger the ratio, the less is fresh; where the number of parts changes, the overhead does, too.
      const uint64_t fresh = uint64_t{shape.fresh} << shape.pairs_shift >> 16;
      CHECK_LE(fresh, fresh_before + 8);
      fresh_before = fresh;
    }
  }
  CHECK(ShapeFor(Pattern::kText, 1).all_random());
}

TEST(PageShape, PartsAddUpToTheAverage) {
  Random random(TestSeed());
  for (int i = 0; i < 100; ++i) {
    const auto average = static_cast<uint32_t>(random.Uniform(kPageSize << 16));
    const uint64_t first = random.Next() >> 8;
    uint64_t sum = 0;
    for (uint64_t part = first; part < first + 65536; ++part) sum += PartLength(part, average);
    CHECK_EQ(sum, average);  // 65536 parts of average / 65536 bytes
  }
}

}  // namespace burrow::datagen
