// A vector is two registers. Empty where the compiler does not make code for this processor.
#include "datagen/page_kernels.h"

#if defined(__x86_64__) && defined(__GNUC__)

#include <immintrin.h>

#include <cstring>

#include "datagen/text_cells.h"

#define BURROW_TARGET __attribute__((target("avx2")))
#define BURROW_INLINE BURROW_TARGET inline __attribute__((always_inline))

namespace burrow::datagen {

namespace {

struct V {
  __m256i low, high;

  BURROW_INLINE static V Load(const void* from) {
    const auto* halves = static_cast<const __m256i*>(from);
    return {_mm256_loadu_si256(halves), _mm256_loadu_si256(halves + 1)};
  }
  BURROW_INLINE void Store(void* to) const {
    auto* halves = static_cast<__m256i*>(to);
    _mm256_storeu_si256(halves, low);
    _mm256_storeu_si256(halves + 1, high);
  }
  BURROW_INLINE void Stream(void* to) const {
    auto* halves = static_cast<__m256i*>(to);
    _mm256_stream_si256(halves, low);
    _mm256_stream_si256(halves + 1, high);
  }
  BURROW_INLINE static V Zero() { return {_mm256_setzero_si256(), _mm256_setzero_si256()}; }
  BURROW_INLINE static V Broadcast(uint64_t value) {
    const __m256i half = _mm256_set1_epi64x(static_cast<int64_t>(value));
    return {half, half};
  }
  BURROW_INLINE static V Add(V a, V b) { return {_mm256_add_epi64(a.low, b.low), _mm256_add_epi64(a.high, b.high)}; }
  BURROW_INLINE static V Xor(V a, V b) { return {_mm256_xor_si256(a.low, b.low), _mm256_xor_si256(a.high, b.high)}; }
  // By 32-bit halves: there is no multiplication of 64 bits.
  BURROW_INLINE static __m256i MulHalf(__m256i a, __m256i factor) {
    const __m256i swapped = _mm256_shuffle_epi32(factor, 0xb1);
    const __m256i cross = _mm256_mullo_epi32(a, swapped);
    const __m256i sums = _mm256_add_epi32(cross, _mm256_srli_epi64(cross, 32));
    return _mm256_add_epi64(_mm256_mul_epu32(a, factor), _mm256_slli_epi64(sums, 32));
  }
  BURROW_INLINE static V Mul(V a, uint64_t factor) {
    const V factors = Broadcast(factor);
    return {MulHalf(a.low, factors.low), MulHalf(a.high, factors.high)};
  }
  template <int k>
  BURROW_INLINE static V Shl(V a) {
    return {_mm256_slli_epi64(a.low, k), _mm256_slli_epi64(a.high, k)};
  }
  template <int k>
  BURROW_INLINE static V Shr(V a) {
    return {_mm256_srli_epi64(a.low, k), _mm256_srli_epi64(a.high, k)};
  }
  template <int k>
  BURROW_INLINE static V Rotl(V a) {
    const V up = Shl<k>(a), down = Shr<64 - k>(a);
    return {_mm256_or_si256(up.low, down.low), _mm256_or_si256(up.high, down.high)};
  }

  BURROW_INLINE static V LowHalves(V a) {
    const __m256i mask = _mm256_set1_epi8(15);
    return {_mm256_and_si256(a.low, mask), _mm256_and_si256(a.high, mask)};
  }
  BURROW_INLINE static V HighHalves(V a) { return LowHalves(Shr<4>(a)); }
  BURROW_INLINE static __m256i Lookup(const char* table, __m256i halves, const uint8_t* where) {
    const __m128i row = _mm_loadu_si128(reinterpret_cast<const __m128i*>(table));
    const __m256i letters = _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(row), halves);
    return _mm256_and_si256(letters, _mm256_loadu_si256(reinterpret_cast<const __m256i*>(where)));
  }
  BURROW_INLINE static __m256i LettersOfHalf(__m256i halves, size_t form, size_t at) {
    const __m256i consonants = Lookup(kConsonants, halves, &kTextCells.consonant[form][at]);
    const __m256i vowels = Lookup(kVowels, halves, &kTextCells.vowel[form][at]);
    const __m256i digits = Lookup(kDigits, halves, &kTextCells.digit[form][at]);
    const __m256i fixed = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(&kTextCells.fixed[form][at]));
    return _mm256_or_si256(_mm256_or_si256(fixed, consonants), _mm256_or_si256(vowels, digits));
  }
  BURROW_INLINE static V Letters(V halves, size_t form, size_t at) {
    return {LettersOfHalf(halves.low, form, at), LettersOfHalf(halves.high, form, at + 32)};
  }
};

#include "datagen/page_body.h"

}  // namespace

const PageKernel kAvx2Kernel = {"avx2", Pages, Part, [] { _mm_sfence(); }};

}  // namespace burrow::datagen

#endif
