#pragma once

#include <cstdint>

namespace burrow {

// xoshiro256** (Blackman and Vigna, 2018), seeded by splitmix64. Not for secrets.
class Random {
 public:
  explicit Random(uint64_t seed);
  uint64_t Next();
  // Uniform in [0, n). REQUIRES: n > 0.
  uint64_t Uniform(uint64_t n);
  bool OneIn(uint64_t n) { return Uniform(n) == 0; }

 private:
  uint64_t state_[4];
};

}  // namespace burrow
