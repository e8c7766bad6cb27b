#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "util/random.h"
#include "util/slice.h"

namespace burrow::bench {

inline constexpr size_t kKeySize = 16;

// Key number i: sixteen decimal digits.
class Key {
 public:
  explicit Key(uint64_t i);
  Slice slice() const { return Slice(digits_, kKeySize); }
  // A key that is in no database of ours but sorts between those that are.
  Slice missing() const { return Slice(digits_, kKeySize + 1); }

 private:
  char digits_[kKeySize + 1];
};

// 0 to n - 1 in random order.
std::vector<uint32_t> Shuffled(uint64_t n, uint64_t seed);

// Values of printable bytes that compress to about `ratio` of their size: each begins with random bytes and repeats
// them. Slices of one pool of a megabyte, so that making one costs nothing.
class Values {
 public:
  Values(size_t size, double ratio, uint64_t seed);
  Slice Next();

 private:
  const size_t size_;
  std::string pool_;
  size_t at_ = 0;
};

}  // namespace burrow::bench
