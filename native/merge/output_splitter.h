#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "util/slice.h"

namespace burrow {

// User-key bounds (inclusive) and size of a table in the level under the output.
struct GrandparentTable {
  std::string smallest;
  std::string largest;
  uint64_t size = 0;
};

// Decides where one output table ends and the next begins: at the target size, and before an output overlaps more than
// `max_overlap` bytes of grandparents (which would make its own later compaction expensive). Only between user keys.
// Either limit is off when it is 0. An output that begins inside a grandparent larger than the limit ends with it.
class OutputSplitter {
 public:
  OutputSplitter(uint64_t target_size, uint64_t max_overlap, std::vector<GrandparentTable> grandparents);

  // Asked with each new user key, ascending, before it is added to an output of `current_size` bytes (0: no open
  // output). True: finish the open output first.
  bool ShouldSplitBefore(Slice user_key, uint64_t current_size);

 private:
  const uint64_t target_size_;
  const uint64_t max_overlap_;
  const std::vector<GrandparentTable> grandparents_;
  size_t next_ = 0;       // the first grandparent that no key has reached
  uint64_t overlap_ = 0;  // bytes of grandparents that the open output touches
};

}  // namespace burrow
