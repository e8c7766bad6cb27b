#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "datagen/distinct_counter.h"
#include "util/slice.h"

namespace burrow::datagen {

// Cuts a stream of bytes into blocks of several sizes at once and counts how many of each size are different, by their
// 128-bit hashes. The last block is what is left; shorter ones differ from longer ones.
class DedupFinder {
 public:
  struct Found {
    uint64_t block_size = 0;
    uint64_t blocks = 0;
    uint64_t unique_blocks = 0;  // never more than `blocks`, and an estimate when standard_error is not 0
    double standard_error = 0;   // of unique_blocks, as a share of it
  };

  // `limit`: see DistinctCounter; for each size. REQUIRES: no block size is 0.
  DedupFinder(const std::vector<uint64_t>& block_sizes, size_t limit);

  void Add(Slice bytes);
  // To be called once, at the end. In the order of the block sizes.
  std::vector<Found> Finish();

 private:
  struct Blocks {
    Blocks(uint64_t block_size, size_t which, size_t limit) : size(block_size), index(which), distinct(limit) {}
    void AddPiece(Hash128 piece, size_t bytes);
    void End();

    uint64_t size;
    size_t index;  // of Found
    Hash128 hash;  // of the pieces of the block so far
    uint64_t filled = 0;
    uint64_t count = 0;
    DistinctCounter distinct;
  };

  // Bytes are hashed once, in pieces; a block's hash is made of those of its pieces. Sizes that are a multiple of a piece
  // share a lane; any other has one of its own, where pieces begin anew with each block.
  struct Lane {
    void Add(Slice bytes);
    void EndPiece(Slice piece);

    uint64_t block_size;    // a piece ends where a block of this size does
    uint64_t in_block = 0;  // bytes of pieces that ended, since the last such end
    std::string partial;    // a piece that began in an earlier Add
    std::vector<Blocks> sizes;
  };

  size_t count_;
  std::vector<Lane> lanes_;
};

}  // namespace burrow::datagen
