#pragma once

#include <cstdint>

#include "datagen/options.h"

namespace burrow::datagen {

// Which blocks are copies of each other. Blocks come in groups of as many unique blocks as span 16 MiB, and 32 at least;
// within a group each round has all unique blocks, so that copies are evenly spread and beginnings of the data have
// about the ratio that the whole has. A round is two halves, each in an order of its own: copies stay half a group apart,
// farther than compressors look back, and no two blocks follow each other twice, so that nothing repeats off the block
// boundary. (The orders are the rows of a row-complete Latin square: Williams, 1949.)
class BlockMap {
 public:
  // REQUIRES: Validate(options) is ok.
  explicit BlockMap(const Options& options);

  uint64_t blocks() const { return blocks_; }
  uint64_t unique_blocks() const { return unique_; }
  // Blocks with the same identity have the same bytes; identities are 0 to unique_blocks() - 1.
  // REQUIRES: block < blocks().
  uint64_t Identity(uint64_t block) const;

 private:
  uint64_t FirstBlock(uint64_t group) const;
  // The `position`-th of `count` in the `round`-th order.
  static uint64_t InOrder(uint64_t position, uint64_t count, uint64_t round);

  uint64_t blocks_;
  uint64_t unique_;
  uint64_t group_unique_;  // unique blocks of a group; the last one may have up to twice as many, less one
  uint64_t groups_;
};

}  // namespace burrow::datagen
