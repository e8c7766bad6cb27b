#pragma once

#include <cstddef>
#include <cstdint>

#include "util/slice.h"

namespace burrow::crc32c {

// CRC-32C (Castagnoli, reflected polynomial 0x82f63b78, RFC 3720). The implementation is chosen once at run time:
// SSE4.2 with PCLMUL folding of three streams, ARMv8 CRC instructions, or slicing-by-8.

// The CRC of concat(A, data), where `crc` is that of A.
uint32_t Extend(uint32_t crc, const char* data, size_t n);

inline uint32_t Value(Slice data) { return Extend(0, data.data(), data.size()); }

// A CRC stored beside the data it covers is masked, so that a CRC over data that embeds CRCs stays meaningful
// (LevelDB's rotation and constant).
inline constexpr uint32_t kMaskDelta = 0xa282ead8u;
inline uint32_t Mask(uint32_t crc) { return ((crc >> 15) | (crc << 17)) + kMaskDelta; }
inline uint32_t Unmask(uint32_t masked) {
  uint32_t rotated = masked - kMaskDelta;
  return (rotated >> 17) | (rotated << 15);
}

// "sse42-pclmul", "armv8" or "slice8": for stats and the benchmark.
const char* Implementation();

// The portable implementation, for tests that hold the others against it.
uint32_t ExtendPortable(uint32_t crc, const char* data, size_t n);

}  // namespace burrow::crc32c
