#include "datagen/distinct_counter.h"

#include <cmath>
#include <utility>

namespace burrow::datagen {

namespace {

constexpr size_t kFirstSlots = 1024;
// The hash that looks like a free slot is counted as its neighbour: one in 2^128 is mistaken.
constexpr Hash128 kFree = {};
constexpr Hash128 kNeighbour = {.low = 1, .high = 0};

}  // namespace

DistinctCounter::DistinctCounter(size_t limit) : limit_(limit), slots_(kFirstSlots) {}

void DistinctCounter::Add(Hash128 hash) {
  if (hash == kFree) hash = kNeighbour;
  if (!Sampled(hash) || !Insert(hash)) return;
  ++count_;
  while (count_ > limit_) {
    ++level_;
    Rebuild(slots_.size());
  }
  if (count_ * 2 > slots_.size()) Rebuild(slots_.size() * 2);
}

double DistinctCounter::StandardError() const {
  // Of a binomial sample: each of the different hashes is held with the probability `share`.
  const double share = std::ldexp(1.0, -level_);
  return level_ == 0 ? 0 : std::sqrt((1 - share) / static_cast<double>(count_ == 0 ? 1 : count_));
}

bool DistinctCounter::Insert(Hash128 hash) {
  const size_t mask = slots_.size() - 1;
  for (size_t i = hash.low & mask;; i = (i + 1) & mask) {
    if (slots_[i] == hash) return false;
    if (slots_[i] == kFree) {
      slots_[i] = hash;
      return true;
    }
  }
}

void DistinctCounter::Rebuild(size_t slots) {
  const std::vector<Hash128> before = std::exchange(slots_, std::vector<Hash128>(slots));
  count_ = 0;
  for (const Hash128& hash : before) {
    if (hash != kFree && Sampled(hash)) count_ += Insert(hash) ? 1 : 0;
  }
}

}  // namespace burrow::datagen
