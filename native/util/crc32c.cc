// Three streams of CRC instructions hide their latency (three cycles each, one can start every cycle). The streams are
// joined by multiplying a CRC with x^(8 * bytes that follow it) modulo the polynomial: Gopal et al., "Fast CRC
// Computation for iSCSI Polynomial Using CRC32 Instruction", Intel 2011. Polynomials are bit-reflected throughout:
// bit 31 is x^0.
#include "util/crc32c.h"

#include <array>
#include <atomic>

#include "util/coding.h"

#if defined(__x86_64__) && defined(__GNUC__)
#define BURROW_CRC32C_X86 1
#include <immintrin.h>
#elif defined(__aarch64__) && defined(__GNUC__)
#define BURROW_CRC32C_ARM 1
#if defined(__linux__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif
#endif

namespace burrow::crc32c {

namespace {

constexpr uint32_t kPolynomial = 0x82f63b78u;

constexpr uint32_t TimesX(uint32_t a) { return (a >> 1) ^ (kPolynomial & (0u - (a & 1))); }

using SliceTables = std::array<std::array<uint32_t, 256>, 8>;

constexpr SliceTables MakeSliceTables() {
  SliceTables tables{};
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = TimesX(crc);
    tables[0][byte] = crc;
  }
  for (size_t k = 1; k < 8; ++k) {
    for (size_t byte = 0; byte < 256; ++byte) {
      tables[k][byte] = tables[0][tables[k - 1][byte] & 0xff] ^ (tables[k - 1][byte] >> 8);
    }
  }
  return tables;
}

constexpr SliceTables kSlice = MakeSliceTables();

#if defined(BURROW_CRC32C_X86) || defined(BURROW_CRC32C_ARM)

constexpr uint32_t Multiply(uint32_t a, uint32_t b) {
  uint32_t product = 0;
  for (int bit = 31; bit >= 0; --bit) {
    product ^= b & (0u - ((a >> bit) & 1));
    b = TimesX(b);
  }
  return product;
}

constexpr uint32_t kOne = 1u << 31;

constexpr size_t kMaxWords = 256;  // 8-byte words of one stream in one round: 6 KiB a round, so a 4 KiB block takes one

// shift[k] advances a CRC over k words when it is multiplied with it the way the platform does.
using ShiftTable = std::array<uint32_t, 2 * kMaxWords + 1>;

constexpr ShiftTable MakeShiftTable(uint32_t first) {
  uint32_t word = kOne;
  for (int bit = 0; bit < 64; ++bit) word = TimesX(word);
  ShiftTable table{};
  table[1] = first;
  for (size_t k = 2; k < table.size(); ++k) table[k] = Multiply(table[k - 1], word);
  return table;
}

constexpr uint32_t XToThe(int exponent) {
  uint32_t power = kOne;
  for (int i = 0; i < exponent; ++i) power = TimesX(power);
  return power;
}

#endif

#if defined(BURROW_CRC32C_X86)

// A carry-less product of two reflected 32-bit polynomials is reflected in 63 bits, one short of 64, which is one
// factor x; the CRC instruction that reduces it adds x^32. The constants leave those 33 out.
constexpr ShiftTable kShift = MakeShiftTable(XToThe(64 - 33));

constexpr size_t kThreeStreamsFrom = 192;  // below, joining costs more than it saves

__attribute__((target("sse4.2,pclmul"))) inline uint64_t ShiftProduct(uint64_t crc, size_t words) {
  const __m128i product = _mm_clmulepi64_si128(_mm_cvtsi64_si128(static_cast<int64_t>(crc)),
                                               _mm_cvtsi32_si128(static_cast<int32_t>(kShift[words])), 0);
  return static_cast<uint64_t>(_mm_cvtsi128_si64(product));
}

__attribute__((target("sse4.2,pclmul"))) uint32_t ExtendSse42(uint32_t crc, const char* data, size_t n) {
  uint64_t a = ~crc;
  while (n >= kThreeStreamsFrom) {
    const size_t words = n / 24 < kMaxWords ? n / 24 : kMaxWords;
    const char* const middle = data + words * 8;
    const char* const last = middle + words * 8;
    uint64_t b = 0;
    uint64_t c = 0;
    for (size_t i = 0; i < words * 8; i += 8) {
      a = _mm_crc32_u64(a, DecodeFixed64(data + i));
      b = _mm_crc32_u64(b, DecodeFixed64(middle + i));
      c = _mm_crc32_u64(c, DecodeFixed64(last + i));
    }
    a = c ^ _mm_crc32_u64(0, ShiftProduct(a, 2 * words) ^ ShiftProduct(b, words));
    data += words * 24;
    n -= words * 24;
  }
  for (; n >= 8; data += 8, n -= 8) a = _mm_crc32_u64(a, DecodeFixed64(data));
  auto tail = static_cast<uint32_t>(a);
  if (n & 4) {
    tail = _mm_crc32_u32(tail, DecodeFixed32(data));
    data += 4;
  }
  if (n & 2) {
    tail = _mm_crc32_u16(tail, DecodeFixed16(data));
    data += 2;
  }
  if (n & 1) tail = _mm_crc32_u8(tail, static_cast<uint8_t>(*data));
  return ~tail;
}

#elif defined(BURROW_CRC32C_ARM)

#if defined(__clang__)
#define BURROW_TARGET_CRC __attribute__((target("crc")))
#define BURROW_CRC32C_WORD __builtin_arm_crc32cd
#define BURROW_CRC32C_BYTE __builtin_arm_crc32cb
#else
#define BURROW_TARGET_CRC __attribute__((target("+crc")))
#define BURROW_CRC32C_WORD __builtin_aarch64_crc32cx
#define BURROW_CRC32C_BYTE __builtin_aarch64_crc32cb
#endif

constexpr ShiftTable kShift = MakeShiftTable(XToThe(64));

constexpr size_t kThreeStreamsFrom = 1536;  // joining takes two Multiply() without a polynomial instruction

BURROW_TARGET_CRC uint32_t ExtendArmv8(uint32_t crc, const char* data, size_t n) {
  uint32_t a = ~crc;
  while (n >= kThreeStreamsFrom) {
    const size_t words = n / 24 < kMaxWords ? n / 24 : kMaxWords;
    const char* const middle = data + words * 8;
    const char* const last = middle + words * 8;
    uint32_t b = 0;
    uint32_t c = 0;
    for (size_t i = 0; i < words * 8; i += 8) {
      a = BURROW_CRC32C_WORD(a, DecodeFixed64(data + i));
      b = BURROW_CRC32C_WORD(b, DecodeFixed64(middle + i));
      c = BURROW_CRC32C_WORD(c, DecodeFixed64(last + i));
    }
    a = c ^ Multiply(a, kShift[2 * words]) ^ Multiply(b, kShift[words]);
    data += words * 24;
    n -= words * 24;
  }
  for (; n >= 8; data += 8, n -= 8) a = BURROW_CRC32C_WORD(a, DecodeFixed64(data));
  for (; n > 0; ++data, --n) a = BURROW_CRC32C_BYTE(a, static_cast<uint8_t>(*data));
  return ~a;
}

bool HasArmCrc() {
#if defined(__linux__)
  return (getauxval(AT_HWCAP) & HWCAP_CRC32) != 0;
#elif defined(__APPLE__)
  return true;  // every 64-bit Apple processor since the A10; all Macs
#else
  return false;
#endif
}

#endif

using ExtendFunction = uint32_t (*)(uint32_t, const char*, size_t);

ExtendFunction Choose() {
#if defined(BURROW_CRC32C_X86)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("pclmul")) return &ExtendSse42;
#elif defined(BURROW_CRC32C_ARM)
  if (HasArmCrc()) return &ExtendArmv8;
#endif
  return &ExtendPortable;
}

uint32_t ChooseAndExtend(uint32_t crc, const char* data, size_t n);

// Constant-initialized, so that it works in static constructors and costs no guard.
std::atomic<ExtendFunction> chosen{&ChooseAndExtend};

uint32_t ChooseAndExtend(uint32_t crc, const char* data, size_t n) {
  const ExtendFunction function = Choose();
  chosen.store(function, std::memory_order_relaxed);
  return function(crc, data, n);
}

}  // namespace

uint32_t Extend(uint32_t crc, const char* data, size_t n) {
  return chosen.load(std::memory_order_relaxed)(crc, data, n);
}

uint32_t ExtendPortable(uint32_t crc, const char* data, size_t n) {
  crc = ~crc;
  for (; n >= 8; data += 8, n -= 8) {
    const uint64_t word = DecodeFixed64(data) ^ crc;
    crc = kSlice[7][word & 0xff] ^ kSlice[6][(word >> 8) & 0xff] ^ kSlice[5][(word >> 16) & 0xff] ^
          kSlice[4][(word >> 24) & 0xff] ^ kSlice[3][(word >> 32) & 0xff] ^ kSlice[2][(word >> 40) & 0xff] ^
          kSlice[1][(word >> 48) & 0xff] ^ kSlice[0][word >> 56];
  }
  for (; n > 0; ++data, --n) crc = kSlice[0][(crc ^ static_cast<uint8_t>(*data)) & 0xff] ^ (crc >> 8);
  return ~crc;
}

const char* Implementation() {
#if defined(BURROW_CRC32C_X86)
  if (Choose() == &ExtendSse42) return "sse42-pclmul";
#elif defined(BURROW_CRC32C_ARM)
  if (Choose() == &ExtendArmv8) return "armv8";
#endif
  return "slice8";
}

}  // namespace burrow::crc32c
