#include "datagen/page_shape.h"

namespace burrow::datagen {

PageShape ShapeFor(Pattern pattern, double ratio) {
  PageShape shape;
  shape.pattern = pattern;
  const auto ratio16 = static_cast<uint64_t>(ratio * 65536 + 0.5);
  if (ratio16 == 65536) return shape;
  const uint64_t target = (uint64_t{kPageSize} << 32) / ratio16;
  shape.pairs_shift = 2;
  shape.random = static_cast<uint32_t>(target >> shape.pairs_shift);
  shape.fresh = pattern == Pattern::kText ? static_cast<uint32_t>(kPageSize << 16 >> shape.pairs_shift) : shape.random;
  return shape;
}

}  // namespace burrow::datagen
