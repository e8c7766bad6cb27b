#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/internal_key.h"

namespace burrow {

// A stretch of a damaged file that could not be read.
struct LostRange {
  uint64_t offset = 0;
  uint64_t size = 0;  // up to the end of the file where nothing behind could be read
  std::string problem;
  // Of a table: the last user key that could be read before it, and the first one behind; none at the ends.
  std::optional<std::string> after, before;
  // Of a log: the last sequence number before it, and the first one behind; 0 at the ends.
  SequenceNumber after_sequence = 0, before_sequence = 0;
};

}  // namespace burrow
