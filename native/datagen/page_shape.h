#pragma once

#include <cstdint>

#include "datagen/options.h"

namespace burrow::datagen {

// How a page is put together so that it compresses by a ratio. A page is `pairs` parts of equal length; each begins with
// incompressible bytes, goes on with text (in that pattern only), and is filled up with zeros or with a repetition of its
// own beginning. Lengths are in 1/65536 bytes and on average over parts: see PartLength.
struct PageShape {
  Pattern pattern = Pattern::kZeros;
  uint32_t pairs_shift = 0;  // pairs = 1 << pairs_shift
  uint32_t random = kPageSize << 16;
  uint32_t fresh = kPageSize << 16;  // incompressible bytes and text together

  bool all_random() const { return random >> 16 == kPageSize >> pairs_shift; }
};

// The shape for a ratio, the overhead of codecs taken into account: calibrated, see page_shape.cc.
// REQUIRES: 1 <= ratio <= kMaxCompressRatio.
PageShape ShapeFor(Pattern pattern, double ratio);

// The bytes that part number `part` gets of `average`: floor((part + 1) * average) - floor(part * average). The sum over
// any run of parts is exact to a byte.
inline uint32_t PartLength(uint64_t part, uint32_t average) {
  const auto begun = static_cast<uint32_t>(part * average) & 0xffff;
  return (begun + average) >> 16;
}

}  // namespace burrow::datagen
