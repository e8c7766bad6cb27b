// For every processor; compilers make of the loops what the processor's least instructions allow.
#include <bit>
#include <cstring>

#include "datagen/page_kernels.h"
#include "datagen/text_cells.h"

#define BURROW_TARGET
#define BURROW_INLINE inline

namespace burrow::datagen {

namespace {

struct V {
  uint64_t lane[8];

  static V Load(const void* from) {
    V v;
    memcpy(v.lane, from, sizeof v.lane);
    return v;
  }
  void Store(void* to) const { memcpy(to, lane, sizeof lane); }
  void Stream(void* to) const { Store(to); }
  static V Zero() { return {}; }
  static V Broadcast(uint64_t value) {
    V v;
    for (uint64_t& lane : v.lane) lane = value;
    return v;
  }

  template <typename Function>
  static V Map(const V& a, const V& b, Function function) {
    V result;
    for (size_t i = 0; i < 8; ++i) result.lane[i] = function(a.lane[i], b.lane[i]);
    return result;
  }
  template <typename Function>
  static V Map(const V& a, Function function) {
    V result;
    for (size_t i = 0; i < 8; ++i) result.lane[i] = function(a.lane[i]);
    return result;
  }
  static V Add(const V& a, const V& b) {
    return Map(a, b, [](uint64_t x, uint64_t y) { return x + y; });
  }
  static V Xor(const V& a, const V& b) {
    return Map(a, b, [](uint64_t x, uint64_t y) { return x ^ y; });
  }
  static V Mul(const V& a, uint64_t factor) {
    return Map(a, [factor](uint64_t x) { return x * factor; });
  }
  template <int k>
  static V Shl(const V& a) {
    return Map(a, [](uint64_t x) { return x << k; });
  }
  template <int k>
  static V Shr(const V& a) {
    return Map(a, [](uint64_t x) { return x >> k; });
  }
  template <int k>
  static V Rotl(const V& a) {
    return Map(a, [](uint64_t x) { return std::rotl(x, k); });
  }

  static V LowHalves(const V& a) {
    return Map(a, [](uint64_t x) { return x & 0x0f0f0f0f0f0f0f0f; });
  }
  static V HighHalves(const V& a) {
    return Map(a, [](uint64_t x) { return (x >> 4) & 0x0f0f0f0f0f0f0f0f; });
  }
  static V Letters(const V& halves, size_t form, size_t at) {
    uint8_t bytes[64];
    halves.Store(bytes);
    for (size_t i = 0; i < 64; ++i) {
      const uint8_t half = bytes[i];
      bytes[i] = static_cast<uint8_t>(kTextCells.fixed[form][at + i] |
                                      (static_cast<uint8_t>(kConsonants[half]) & kTextCells.consonant[form][at + i]) |
                                      (static_cast<uint8_t>(kVowels[half]) & kTextCells.vowel[form][at + i]) |
                                      (static_cast<uint8_t>(kDigits[half]) & kTextCells.digit[form][at + i]));
    }
    return Load(bytes);
  }
};

#include "datagen/page_body.h"

}  // namespace

const PageKernel kScalarKernel = {"scalar", Pages, Part, [] {}};

}  // namespace burrow::datagen
