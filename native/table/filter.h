#pragma once

#include <cstdint>
#include <string>

#include "util/slice.h"

namespace burrow {

// A bloom filter whose probes for one key stay in one cache line of 64 bytes (docs/formats.md "Table").

// Bytes of the filter of so many keys.
size_t FilterSize(size_t keys, double bits_per_key);
// The filter of keys with these hashes (Hash64 of the user key, each key once).
std::string BuildFilter(const uint64_t* hashes, size_t count, double bits_per_key);

class Filter {
 public:
  // False when the frame does not add up. `contents` is used in place, best aligned to 64 bytes.
  bool Init(Slice contents);
  bool MayContain(uint64_t hash) const;
  void Prefetch(uint64_t hash) const;  // what MayContain reads

 private:
  const char* lines_ = nullptr;
  uint32_t line_count_ = 0;
  uint32_t probes_ = 0;
};

}  // namespace burrow
