// A vector is one register. Empty where the compiler does not make code for this processor.
#include "datagen/page_kernels.h"

#if defined(__x86_64__) && defined(__GNUC__)

#include <immintrin.h>

#include <cstring>

#include "datagen/text_cells.h"

#define BURROW_TARGET __attribute__((target("avx512f,avx512bw,avx512dq")))
#define BURROW_INLINE BURROW_TARGET inline __attribute__((always_inline))

namespace burrow::datagen {

namespace {

// The forms with a mask, of all lanes, are the same instructions: in those without one, gcc 12 warns of its own header's
// variable that is not initialized.
struct V {
  __m512i lanes;

  BURROW_INLINE static V Load(const void* from) { return {_mm512_loadu_si512(from)}; }
  BURROW_INLINE void Store(void* to) const { _mm512_storeu_si512(to, lanes); }
  BURROW_INLINE void Stream(void* to) const { _mm512_stream_si512(static_cast<__m512i*>(to), lanes); }
  BURROW_INLINE static V Zero() { return {_mm512_setzero_si512()}; }
  BURROW_INLINE static V Broadcast(uint64_t value) { return {_mm512_set1_epi64(static_cast<int64_t>(value))}; }
  BURROW_INLINE static V Add(V a, V b) { return {_mm512_add_epi64(a.lanes, b.lanes)}; }
  BURROW_INLINE static V Xor(V a, V b) { return {_mm512_xor_si512(a.lanes, b.lanes)}; }
  BURROW_INLINE static V Mul(V a, uint64_t factor) { return {_mm512_mullo_epi64(a.lanes, Broadcast(factor).lanes)}; }
  template <int k>
  BURROW_INLINE static V Shl(V a) {
    return {_mm512_maskz_slli_epi64(0xff, a.lanes, k)};
  }
  template <int k>
  BURROW_INLINE static V Shr(V a) {
    return {_mm512_maskz_srli_epi64(0xff, a.lanes, k)};
  }
  template <int k>
  BURROW_INLINE static V Rotl(V a) {
    return {_mm512_maskz_rol_epi64(0xff, a.lanes, k)};
  }

  BURROW_INLINE static V LowHalves(V a) { return {_mm512_and_si512(a.lanes, _mm512_set1_epi8(15))}; }
  BURROW_INLINE static V HighHalves(V a) { return LowHalves(Shr<4>(a)); }
  BURROW_INLINE static __m512i Lookup(const char* table, __m512i halves, const uint8_t* where) {
    const __m128i row = _mm_loadu_si128(reinterpret_cast<const __m128i*>(table));
    const __m512i letters = _mm512_shuffle_epi8(_mm512_maskz_broadcast_i32x4(0xffff, row), halves);
    return _mm512_and_si512(letters, _mm512_loadu_si512(where));
  }
  BURROW_INLINE static V Letters(V halves, size_t form, size_t at) {
    const __m512i consonants = Lookup(kConsonants, halves.lanes, &kTextCells.consonant[form][at]);
    const __m512i vowels = Lookup(kVowels, halves.lanes, &kTextCells.vowel[form][at]);
    const __m512i digits = Lookup(kDigits, halves.lanes, &kTextCells.digit[form][at]);
    const __m512i fixed = _mm512_loadu_si512(&kTextCells.fixed[form][at]);
    return {_mm512_or_si512(_mm512_or_si512(fixed, consonants), _mm512_or_si512(vowels, digits))};
  }
};

#include "datagen/page_body.h"

}  // namespace

const PageKernel kAvx512Kernel = {"avx512", Pages, Part, [] { _mm_sfence(); }};

}  // namespace burrow::datagen

#endif
