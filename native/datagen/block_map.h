#pragma once

#include <cstdint>

#include "datagen/options.h"

namespace burrow::datagen {

// Which blocks are copies of each other. Blocks come in groups of as many unique blocks as span 8 MiB, and 16 at least;
// within a group the unique blocks follow each other round and round, so that copies are evenly spread, farther apart
// than compressors look back, and every beginning of the data has about the ratio that the whole has.
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

  uint64_t blocks_;
  uint64_t unique_;
  uint64_t group_unique_;  // unique blocks of a group; the last one may have up to twice as many, less one
  uint64_t groups_;
};

}  // namespace burrow::datagen
