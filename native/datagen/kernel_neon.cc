// A vector is four registers. Empty where the compiler does not make code for this processor; every 64-bit one has NEON.
#include "datagen/page_kernels.h"

#if defined(__aarch64__) && defined(__GNUC__)

#include <arm_neon.h>

#include <cstring>

#include "datagen/text_cells.h"

#define BURROW_TARGET
#define BURROW_INLINE inline __attribute__((always_inline))

namespace burrow::datagen {

namespace {

struct V {
  uint64x2_t part[4];

  BURROW_INLINE static V Load(const void* from) {
    const auto* bytes = static_cast<const uint8_t*>(from);
    V v;
    for (int i = 0; i < 4; ++i) v.part[i] = vreinterpretq_u64_u8(vld1q_u8(bytes + 16 * i));
    return v;
  }
  BURROW_INLINE void Store(void* to) const {
    auto* bytes = static_cast<uint8_t*>(to);
    for (int i = 0; i < 4; ++i) vst1q_u8(bytes + 16 * i, vreinterpretq_u8_u64(part[i]));
  }
  // STNP: a hint that the lines are not needed in the caches.
  BURROW_INLINE void Stream(void* to) const {
    auto* bytes = static_cast<uint8_t*>(to);
    for (int i = 0; i < 4; i += 2) {
      asm volatile("stnp %q0, %q1, [%2]" : : "w"(part[i]), "w"(part[i + 1]), "r"(bytes + 16 * i) : "memory");
    }
  }
  BURROW_INLINE static V Zero() { return Broadcast(0); }
  BURROW_INLINE static V Broadcast(uint64_t value) {
    const uint64x2_t both = vdupq_n_u64(value);
    return {{both, both, both, both}};
  }
  BURROW_INLINE static V Add(V a, V b) {
    for (int i = 0; i < 4; ++i) a.part[i] = vaddq_u64(a.part[i], b.part[i]);
    return a;
  }
  BURROW_INLINE static V Xor(V a, V b) {
    for (int i = 0; i < 4; ++i) a.part[i] = veorq_u64(a.part[i], b.part[i]);
    return a;
  }
  // In the general registers: there is no multiplication of 64 bits.
  BURROW_INLINE static V Mul(V a, uint64_t factor) {
    for (int i = 0; i < 4; ++i) {
      const uint64_t products[2] = {vgetq_lane_u64(a.part[i], 0) * factor, vgetq_lane_u64(a.part[i], 1) * factor};
      a.part[i] = vld1q_u64(products);
    }
    return a;
  }
  template <int k>
  BURROW_INLINE static V Shl(V a) {
    for (int i = 0; i < 4; ++i) a.part[i] = vshlq_n_u64(a.part[i], k);
    return a;
  }
  template <int k>
  BURROW_INLINE static V Shr(V a) {
    for (int i = 0; i < 4; ++i) a.part[i] = vshrq_n_u64(a.part[i], k);
    return a;
  }
  // Shifts right, and inserts what was shifted left.
  template <int k>
  BURROW_INLINE static V Rotl(V a) {
    for (int i = 0; i < 4; ++i) a.part[i] = vsriq_n_u64(vshlq_n_u64(a.part[i], k), a.part[i], 64 - k);
    return a;
  }

  BURROW_INLINE static V LowHalves(V a) {
    const uint64x2_t mask = vdupq_n_u64(0x0f0f0f0f0f0f0f0f);
    for (int i = 0; i < 4; ++i) a.part[i] = vandq_u64(a.part[i], mask);
    return a;
  }
  BURROW_INLINE static V HighHalves(V a) { return LowHalves(Shr<4>(a)); }
  BURROW_INLINE static uint8x16_t Lookup(const char* table, uint8x16_t halves, const uint8_t* where) {
    return vandq_u8(vqtbl1q_u8(vld1q_u8(reinterpret_cast<const uint8_t*>(table)), halves), vld1q_u8(where));
  }
  BURROW_INLINE static V Letters(V halves, size_t form, size_t at) {
    for (size_t i = 0; i < 4; ++i, at += 16) {
      const uint8x16_t chosen = vreinterpretq_u8_u64(halves.part[i]);
      const uint8x16_t consonants = Lookup(kConsonants, chosen, &kTextCells.consonant[form][at]);
      const uint8x16_t vowels = Lookup(kVowels, chosen, &kTextCells.vowel[form][at]);
      const uint8x16_t digits = Lookup(kDigits, chosen, &kTextCells.digit[form][at]);
      const uint8x16_t fixed = vld1q_u8(&kTextCells.fixed[form][at]);
      halves.part[i] = vreinterpretq_u64_u8(vorrq_u8(vorrq_u8(fixed, consonants), vorrq_u8(vowels, digits)));
    }
    return halves;
  }
};

#include "datagen/page_body.h"

}  // namespace

const PageKernel kNeonKernel = {"neon", Pages, Part, [] {}};

}  // namespace burrow::datagen

#endif
