#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace burrow::datagen {

struct Hash128 {
  uint64_t low = 0;
  uint64_t high = 0;

  bool operator==(const Hash128&) const = default;
};

// Counts different hashes in bounded memory: exactly up to `limit` of them, by adaptive sampling beyond (Flajolet, "On
// adaptive sampling", 1990): whenever more than `limit` are held, those of half of the hash space are dropped, and from then
// on only the other half is looked at.
class DistinctCounter {
 public:
  // 32 bytes of memory for each of `limit` at most, which is reached only when there are so many. REQUIRES: limit is a power
  // of two, at least 512.
  explicit DistinctCounter(size_t limit);

  // The hash is uniformly distributed.
  void Add(Hash128 hash);

  uint64_t Count() const { return uint64_t{count_} << level_; }
  // Of Count(), as a share of it; 0 while it is exact.
  double StandardError() const;

 private:
  bool Sampled(Hash128 hash) const { return level_ == 0 || hash.high >> (64 - level_) == 0; }
  bool Insert(Hash128 hash);  // false when it is there
  void Rebuild(size_t slots);

  const size_t limit_;
  int level_ = 0;  // hashes are held whose topmost bits, so many, are 0
  size_t count_ = 0;
  std::vector<Hash128> slots_;  // a power of two, at most half of them taken; all zeros: free
};

}  // namespace burrow::datagen
