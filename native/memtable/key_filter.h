#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "util/hash.h"

namespace burrow {

// Tells of most keys that are not in a memtable that they are not: a search for one costs a dozen cache misses, this one.
// A bloom filter whose bits of a key lie in one cache line. One thread adds at a time; any number read at the same time
// without locks, and see what was added before the sequence number that they read at was published.
class KeyFilter {
 public:
  explicit KeyFilter(size_t bytes)
      : lines_(bytes < sizeof(Line) ? 1 : bytes / sizeof(Line)), data_(std::make_unique<Line[]>(lines_)) {}

  static uint64_t HashOf(Slice user_key) { return Hash64(user_key); }

  void Prefetch(uint64_t hash) const { __builtin_prefetch(&LineOf(hash), 1); }

  void Add(uint64_t hash) {
    Line& line = LineOf(hash);
    ForEachBit(hash, [&](size_t word, uint64_t bit) {
      line.words[word].store(line.words[word].load(std::memory_order_relaxed) | bit, std::memory_order_relaxed);
      return true;
    });
  }

  bool MayContain(uint64_t hash) const {
    const Line& line = LineOf(hash);
    return ForEachBit(
        hash, [&](size_t word, uint64_t bit) { return (line.words[word].load(std::memory_order_relaxed) & bit) != 0; });
  }

  size_t bytes() const { return lines_ * sizeof(Line); }

 private:
  static constexpr int kBits = 6;  // of a key: a line has 512, numbered by nine bits of the hash
  struct alignas(64) Line {
    std::atomic<uint64_t> words[8];
  };

  Line& LineOf(uint64_t hash) const { return data_[(hash >> 32) * lines_ >> 32]; }

  // False as soon as `each` is.
  template <typename Each>
  static bool ForEachBit(uint64_t hash, Each each) {
    uint64_t rest = hash * 0x9e3779b97f4a7c15;  // the upper half of the hash chose the line
    for (int i = 0; i < kBits; i++, rest <<= 9) {
      const uint64_t number = rest >> 55;
      if (!each(number >> 6, uint64_t{1} << (number & 63))) return false;
    }
    return true;
  }

  const uint64_t lines_;
  const std::unique_ptr<Line[]> data_;
};

}  // namespace burrow
