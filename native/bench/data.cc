#include "bench/data.h"

#include <algorithm>
#include <numeric>

namespace burrow::bench {

Key::Key(uint64_t i) {
  for (size_t at = kKeySize; at-- > 0; i /= 10) digits_[at] = static_cast<char>('0' + i % 10);
  digits_[kKeySize] = '.';
}

std::vector<uint32_t> Shuffled(uint64_t n, uint64_t seed) {
  std::vector<uint32_t> order(n);
  std::iota(order.begin(), order.end(), 0u);
  Random random(seed);
  for (uint64_t i = n; i > 1; --i) std::swap(order[i - 1], order[random.Uniform(i)]);
  return order;
}

Values::Values(size_t size, double ratio, uint64_t seed) : size_(size) {
  Random random(seed);
  const size_t unique = std::max<size_t>(1, static_cast<size_t>(static_cast<double>(size) * ratio));
  while (pool_.size() < std::max<size_t>(1 << 20, size)) {
    std::string value;
    for (size_t i = 0; i < size; ++i)
      value += i < unique ? static_cast<char>(' ' + random.Uniform(95)) : value[i - unique];
    pool_ += value.empty() ? " " : value;
  }
}

Slice Values::Next() {
  if (at_ + size_ > pool_.size()) at_ = 0;
  Slice value(pool_.data() + at_, size_);
  at_ += size_;
  return value;
}

}  // namespace burrow::bench
