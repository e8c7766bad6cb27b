// docs/formats.md, "Key hash", is the normative description. The multiply-fold idea is Wang Yi's (wyhash).
#include "util/hash.h"

#include "util/coding.h"

namespace burrow {

namespace {

__extension__ using uint128 = unsigned __int128;

constexpr uint64_t kA = 0x8f1d3ac9b5e2674bu;
constexpr uint64_t kB = 0xd36ea1574c9b2e85u;
constexpr uint64_t kC = 0x5ac7e94d138f6b21u;

// Both factors stay in the result, so that a factor of zero does not swallow the other.
uint64_t Fold(uint64_t a, uint64_t b) {
  const uint128 product = static_cast<uint128>(a) * b;
  return (a ^ static_cast<uint64_t>(product)) ^ (b ^ static_cast<uint64_t>(product >> 64));
}

}  // namespace

uint64_t Hash64(Slice key, uint64_t seed) {
  const char* p = key.data();
  const size_t n = key.size();
  uint64_t h = seed ^ kA;
  uint64_t a = 0;
  uint64_t b = 0;
  if (n > 16) {
    for (size_t rest = n; rest > 16; rest -= 16, p += 16) {
      h = Fold(DecodeFixed64(p) ^ kB, DecodeFixed64(p + 8) ^ h);
    }
    const char* const end = key.data() + n;
    a = DecodeFixed64(end - 16);
    b = DecodeFixed64(end - 8);
  } else if (n >= 8) {
    a = DecodeFixed64(p);
    b = DecodeFixed64(p + n - 8);
  } else if (n >= 4) {
    a = DecodeFixed32(p);
    b = DecodeFixed32(p + n - 4);
  } else if (n > 0) {
    a = static_cast<uint64_t>(static_cast<uint8_t>(p[0])) << 16 |
        static_cast<uint64_t>(static_cast<uint8_t>(p[n / 2])) << 8 | static_cast<uint8_t>(p[n - 1]);
  }
  return Fold(Fold(a ^ kB, b ^ h) ^ kC, n ^ kA);
}

}  // namespace burrow
