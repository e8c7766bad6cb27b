#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "env/env.h"
#include "table/format.h"

namespace burrow {

// Finds stored blocks (docs/formats.md "Stored block") in bytes that no index describes, by their checksums alone.
//
// A block that begins where the one before ended is found whatever its size. Behind damage every offset may be where a
// block begins; such a block is found when it is not larger than kFarthest. Time is linear in the bytes: a checksum is
// the remainder of a polynomial, so the state of "begins at p" and of "ends at q, with this checksum" can both be moved
// to one common place, where they are equal when the block [p, q) is whole. Beginnings are kept in a hash table.
class BlockScanner {
 public:
  static constexpr uint64_t kFarthest = 256 << 10;

  // [begin, end) of the file, which outlives the scanner.
  BlockScanner(const RandomAccessFile& file, uint64_t begin, uint64_t end);
  ~BlockScanner();

  // The next block; its trailer lies in front of the end, too. One behind damage is taken only when `believes` it: it
  // may be part of a value. *found is false when there is none. An error is one of reading.
  Status Next(const std::function<bool(BlockHandle)>& believes, BlockHandle* block, bool* found);

 private:
  class Beginnings;

  // Makes [offset, offset + n) readable at At(offset); n is cut at the end.
  Status Load(uint64_t offset, uint64_t n);
  const char* At(uint64_t offset) const { return loaded_.data() + (offset - loaded_at_); }
  Status FindNear(BlockHandle* block, bool* found);
  Status FindFar(const std::function<bool(BlockHandle)>& believes, BlockHandle* block, bool* found);

  const RandomAccessFile& file_;
  uint64_t position_;  // where the block before ended
  const uint64_t end_;
  std::unique_ptr<char[]> scratch_;
  uint64_t capacity_ = 0;
  Slice loaded_;
  uint64_t loaded_at_ = 0;
  std::unique_ptr<Beginnings> beginnings_;
};

}  // namespace burrow
