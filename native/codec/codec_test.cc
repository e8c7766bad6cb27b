#include "codec/codec.h"

#include <algorithm>
#include <vector>

#include "util/coding.h"
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

TEST(Codec, AHigherLevelIsNeverLarger) {
  Random random(TestSeed());
  for (CodecId id : Compressing()) {
    std::string raw;  // as records are: short pieces that come twice, and few bytes between them
    while (raw.size() < 4096) {
      std::string half(50, '\0');
      for (char& c : half) c = static_cast<char>(32 + random.Uniform(95));
      raw += std::to_string(random.Uniform(1'000'000)) + half + half;
    }
    std::string low, high;
    CHECK(Compress(id, 1, raw, &low));
    CHECK(Compress(id, 9, raw, &high));
    CHECK_LE(high.size(), low.size());
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

// Memory is taken for what a block says it holds: that must be what its bytes can stand for.
TEST(Codec, ASizeThatTheBytesCannotHoldIsRefused) {
  Random random(TestSeed());
  for (CodecId id : Compressing()) {
    for (const std::string& raw : {std::string(1 << 20, '\0'), HalfRandom(&random, 300'000), std::string(64, 'x')}) {
      std::string compressed;
      CHECK(Compress(id, 0, raw, &compressed));
      CHECK_OK(CheckRawSize(id, compressed, raw.size()));
      CHECK(CheckRawSize(id, compressed, 255 * compressed.size() + raw.size()).Is(Code::kCorruption));
    }
  }
  CHECK_OK(CheckRawSize(CodecId::kNone, "abc", 3));
  CHECK(CheckRawSize(CodecId::kNone, "abc", 4).Is(Code::kCorruption));
}

TEST(Codec, Lz4HoldsAtMost255TimesItsBytes) {
  if (!CodecAvailable(CodecId::kLz4)) return;
  // A literal, then the match that its run of length bytes makes as long as can be, then the literals at the end.
  std::string compressed =
      "\x1fz" + std::string("\x01\x00", 2) + std::string(4000, '\xff') + std::string("\0\x50zzzzz", 7);
  const size_t size = 1 + 19 + 255 * 4000 + 5;
  CHECK_OK(CheckRawSize(CodecId::kLz4, compressed, size));
  std::string raw(size, '\0');
  CHECK_OK(Decompress(CodecId::kLz4, compressed, raw.data(), size));
  CHECK(raw == std::string(size, 'z'));
  CHECK_OK(CheckRawSize(CodecId::kLz4, compressed, 255 * compressed.size()));
  CHECK(CheckRawSize(CodecId::kLz4, compressed, 255 * compressed.size() + 1).Is(Code::kCorruption));
}

// A zstd frame that says how large it is, with the given blocks.
std::string ZstdFrame(uint32_t raw_size, Slice blocks) {
  std::string frame("\x28\xb5\x2f\xfd\xa0", 5);
  PutFixed32(&frame, raw_size);
  return frame.append(blocks);
}

std::string ZstdBlock(int type, uint32_t size, bool last, Slice payload) {
  std::string block;
  PutFixed32(&block, size << 3 | static_cast<uint32_t>(type << 1) | (last ? 1 : 0));
  block.pop_back();
  return block.append(payload);
}

TEST(Codec, ZstdHoldsWhatItsFrameAndItsBlocksSay) {
  if (!CodecAvailable(CodecId::kZstd)) return;
  constexpr int kRaw = 0, kRun = 1, kCompressed = 2;
  constexpr uint32_t kLargest = 128 << 10;
  const auto can_hold = [](Slice frame, size_t size) { return CheckRawSize(CodecId::kZstd, frame, size).ok(); };

  // The most that four bytes can be.
  std::string runs;
  for (int i = 0; i < 100; i++) runs += ZstdBlock(kRun, kLargest, i == 99, "z");
  std::string frame = ZstdFrame(100 * kLargest, runs);
  CHECK(can_hold(frame, 100 * kLargest));
  std::string raw(100 * kLargest, '\0');
  CHECK_OK(Decompress(CodecId::kZstd, frame, raw.data(), raw.size()));
  CHECK(raw == std::string(raw.size(), 'z'));

  // The frame says something else, or is none.
  CHECK(!can_hold(frame, 100 * kLargest - 1));
  CHECK(!can_hold(Slice(frame).substr(0, 8), 100 * kLargest));
  CHECK(!can_hold("x" + frame, 100 * kLargest));
  CHECK(!can_hold("", 1));
  CHECK(!can_hold(std::string("\x50\x2a\x4d\x18\x04\x00\x00\x00zzzz", 12), 4));  // to be skipped
  // The blocks cannot be as much.
  CHECK(!can_hold(ZstdFrame(100 * kLargest + 1, runs), 100 * kLargest + 1));
  CHECK(!can_hold(ZstdFrame(1 << 30, ZstdBlock(kRun, 1, true, "z")), 1 << 30));
  CHECK(!can_hold(ZstdFrame(1 << 30, ZstdBlock(kCompressed, 4, true, "zzzz")), 1 << 30));
  CHECK(!can_hold(ZstdFrame(1 << 30, ""), 1 << 30));
  CHECK(can_hold(ZstdFrame(3, ZstdBlock(kRaw, 3, true, "abc")), 3));
  CHECK(!can_hold(ZstdFrame(4, ZstdBlock(kRaw, 3, true, "abc")), 4));
  CHECK(!can_hold(ZstdFrame(1000, ZstdBlock(kRaw, 1000, true, "abc")), 1000));  // ends inside of a block
  CHECK(!can_hold(ZstdFrame(100 * kLargest, Slice(runs).substr(0, 399)), 100 * kLargest));
  CHECK(!can_hold(ZstdFrame(3, ZstdBlock(3, 3, true, "abc")), 3));                     // there is no such kind
  CHECK(!can_hold(ZstdFrame(1 << 20, ZstdBlock(kRun, 1 << 20, true, "z")), 1 << 20));  // too large for a block
}

}  // namespace
}  // namespace burrow
