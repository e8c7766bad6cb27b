#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/internal_key.h"
#include "table/format.h"

namespace burrow {

// A list of blocks that follow each other in the file, each with a separator: an internal key at or after every key of
// the block and before every key of the next one. It serves data blocks, index partitions and filter partitions.
// Columns instead of entries: a search runs over an array of eight-byte key prefixes (docs/formats.md "Table").

class IndexBlockBuilder {
 public:
  // A block that begins at `offset` and ends, with its trailer, at `end`. REQUIRES: separators ascending, and `offset`
  // is the `end` of the block before.
  void Add(Slice separator, uint64_t offset, uint64_t end);
  std::string Finish() const;
  void Reset();
  bool empty() const { return ends_.empty(); }
  size_t EstimatedSize() const { return keys_.size() + ends_.size() * 20; }

 private:
  Slice KeyAt(size_t i) const;

  std::string keys_;
  std::vector<uint32_t> ends_;  // in keys_
  std::vector<uint64_t> offsets_;
  uint64_t last_end_ = 0;
};

// A view of such a block. Everything read from it is checked.
class IndexBlock {
 public:
  // False when the frame does not add up.
  bool Init(Slice contents);

  uint32_t size() const { return count_; }
  // The first block whose separator is at or after the internal key `target`; size() when none is. False for a corrupt
  // block.
  bool Find(Slice target, uint32_t* position) const;
  // The same in two steps, for who has several searches under way: the first asks for the memory that the second reads.
  // REQUIRES: size() > 0.
  struct Narrowed {
    uint64_t prefix;
    uint32_t first;
    uint32_t count;  // of positions from `first` on; 0: the target is not between the block's keys
  };
  void PrefetchFor(Slice target, Narrowed* narrowed) const;
  bool FindPrefetched(Slice target, const Narrowed& narrowed, uint32_t* position) const;
  // REQUIRES: i < size(). False for a corrupt one. The block may still lie outside of the file.
  bool Handle(uint32_t i, BlockHandle* handle) const;
  bool Separator(uint32_t i, std::string* separator) const;  // also false when its prefix, which Find uses, is another
  uint64_t begin_offset() const { return DecodeFixed64(offsets_); }
  uint64_t end_offset() const { return DecodeFixed64(offsets_ + count_ * sizeof(uint64_t)); }

 private:
  // Where a target belongs that does not begin as the keys do.
  uint32_t Outside(Slice target) const;
  // Of the positions with this prefix, of which the first is `low`, the one to find.
  bool Decide(Slice suffix, uint64_t prefix, uint32_t low, uint32_t* position) const;
  // What is left of the target behind the common prefix, and its prefix; false when it begins otherwise.
  bool Enter(Slice target, Slice* suffix, uint64_t* prefix) const;
  // How many positions, from *first on, are left when the fences have been looked at: at least 1.
  uint32_t Begin(uint64_t prefix, const char** first) const;
  bool Suffix(uint32_t i, Slice* suffix) const;  // the separator without the common prefix
  uint64_t PrefixAt(uint32_t i) const { return DecodeFixed64(prefixes_ + i * sizeof(uint64_t)); }

  uint32_t count_ = 0;
  // The last prefix of each stretch of stride_ positions but the last stretch, where a search begins: to step through the
  // block would be a cache miss each. Filled up with the greatest number.
  static constexpr uint32_t kFences = 15;
  uint32_t stride_ = 0;
  uint64_t fences_[kFences] = {};
  const char* prefixes_ = nullptr;
  const char* offsets_ = nullptr;
  const char* key_ends_ = nullptr;
  Slice common_;  // at the front of every user key
  Slice keys_;
};

// Writes to *separator an internal key s with last <= s < next: a short one when their user keys differ.
void ShortSeparator(Slice last, Slice next_user_key, std::string* separator);

}  // namespace burrow
