#include "codec/codec.h"

#include <algorithm>
#include <vector>

#include "util/random.h"
#include "util/testing.h"

namespace burrow {
namespace {

std::vector<CodecId> Compressing() {
  std::vector<CodecId> codecs;
  for (CodecId id : {CodecId::kLz4, CodecId::kZstd}) {
    if (CodecAvailable(id)) codecs.push_back(id);
  }
  return codecs;
}

std::string HalfRandom(Random* random, size_t size) {
  std::string bytes(size, 'x');
  for (size_t i = 0; i < size; i += 1 + random->Uniform(3)) bytes[i] = static_cast<char>(random->Next());
  std::fill(bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(size / 2), 'y');
  return bytes;
}

TEST(Codec, NamesRoundTrip) {
  for (CodecId id : {CodecId::kNone, CodecId::kLz4, CodecId::kZstd}) {
    CodecId found;
    CHECK(CodecFromName(CodecName(id), &found));
    CHECK(found == id);
  }
  CodecId untouched = CodecId::kZstd;
  CHECK(!CodecFromName("gzip", &untouched));
  CHECK(untouched == CodecId::kZstd);
}

TEST(Codec, RoundTrip) {
  Random random(TestSeed());
  for (CodecId id : Compressing()) {
    for (size_t size : {1000, 4096, 70000, 1 << 20}) {
      for (int level : {0, 1, 3}) {
        const std::string raw = HalfRandom(&random, size);
        std::string out = "before";
        CHECK(Compress(id, level, raw, &out));
        CHECK_EQ(out.substr(0, 6), "before");
        CHECK_LE(out.size() - 6, size - size / 8);
        std::string back(size, '\0');
        CHECK_OK(Decompress(id, Slice(out).substr(6), back.data(), size));
        CHECK(back == raw);
      }
    }
  }
}

TEST(Codec, WhatDoesNotPayIsLeftAlone) {
  Random random(TestSeed());
  std::string raw(4096, '\0');
  for (char& c : raw) c = static_cast<char>(random.Next());
  for (CodecId id : Compressing()) {
    std::string out = "before";
    CHECK(!Compress(id, 0, raw, &out));
    CHECK_EQ(out, "before");
  }
}

TEST(Codec, DamagedInputStaysInsideItsBuffer) {
  Random random(TestSeed());
  for (CodecId id : Compressing()) {
    const std::string raw = HalfRandom(&random, 2000);
    std::string good;
    CHECK(Compress(id, 0, raw, &good));
    for (int i = 0; i < 3000; i++) {
      std::string bad = good.substr(0, random.OneIn(2) ? good.size() : random.Uniform(good.size()));
      if (!bad.empty()) bad[random.Uniform(bad.size())] ^= static_cast<char>(1 + random.Uniform(255));
      const size_t size = random.OneIn(2) ? raw.size() : random.Uniform(4000);
      std::unique_ptr<char[]> out(new char[size]);
      Status status = Decompress(id, bad, out.get(), size);
      CHECK(status.ok() || status.Is(Code::kCorruption));
    }
  }
}

}  // namespace
}  // namespace burrow
