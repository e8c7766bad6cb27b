#include "table/filter.h"

#include <algorithm>
#include <cmath>

#include "util/coding.h"

namespace burrow {
namespace {

constexpr size_t kLineSize = 64;
constexpr size_t kFooter = 8;  // line count u32, probes u8, three zeros
constexpr uint32_t kMaxProbes = 30;
constexpr uint32_t kStep = 0x9e3779b9;  // 2^32 / golden ratio

// Where each number of probes stops being the best one; beyond the table half the bits, as lines fill unevenly.
uint32_t ProbesFor(double bits_per_key) {
  constexpr double kUpTo[] = {2.08, 3.58, 5.1, 6.64, 8.3, 10.07, 11.72, 14.0, 16.05, 18.3, 22.0, 25.5};
  const auto* found = std::lower_bound(std::begin(kUpTo), std::end(kUpTo), bits_per_key);
  if (found != std::end(kUpTo)) return static_cast<uint32_t>(found - kUpTo) + 1;
  return std::min(kMaxProbes, static_cast<uint32_t>(bits_per_key / 2));
}

uint64_t LinesFor(size_t keys, double bits_per_key) {
  const double lines = std::ceil(static_cast<double>(keys) * bits_per_key / (kLineSize * 8));
  return static_cast<uint64_t>(std::clamp(lines, 1.0, static_cast<double>(UINT32_MAX)));
}

inline size_t LineOf(uint64_t hash, uint32_t lines) { return static_cast<size_t>((hash >> 32) * lines >> 32); }

}  // namespace

size_t FilterSize(size_t keys, double bits_per_key) { return LinesFor(keys, bits_per_key) * kLineSize + kFooter; }

std::string BuildFilter(const uint64_t* hashes, size_t count, double bits_per_key) {
  const auto lines = static_cast<uint32_t>(LinesFor(count, bits_per_key));
  const uint32_t probes = ProbesFor(bits_per_key);
  std::string filter(size_t{lines} * kLineSize, '\0');
  for (size_t i = 0; i < count; i++) {
    char* line = filter.data() + LineOf(hashes[i], lines) * kLineSize;
    auto h = static_cast<uint32_t>(hashes[i]);
    for (uint32_t probe = 0; probe < probes; probe++) {
      h *= kStep;
      const uint32_t bit = h >> 23;
      line[bit / 8] = static_cast<char>(line[bit / 8] | 1 << bit % 8);
    }
  }
  PutFixed32(&filter, lines);
  PutFixed32(&filter, probes);
  return filter;
}

bool Filter::Init(Slice contents) {
  if (contents.size() < kFooter) return false;
  const size_t size = contents.size() - kFooter;
  line_count_ = DecodeFixed32(contents.data() + size);
  probes_ = DecodeFixed32(contents.data() + size + 4);
  lines_ = contents.data();
  return line_count_ > 0 && size == uint64_t{line_count_} * kLineSize && probes_ > 0 && probes_ <= kMaxProbes;
}

void Filter::Prefetch(uint64_t hash) const { __builtin_prefetch(lines_ + LineOf(hash, line_count_) * kLineSize); }

bool Filter::MayContain(uint64_t hash) const {
  const char* line = lines_ + LineOf(hash, line_count_) * kLineSize;
  auto h = static_cast<uint32_t>(hash);
  for (uint32_t probe = 0; probe < probes_; probe++) {
    h *= kStep;
    const uint32_t bit = h >> 23;
    if ((line[bit / 8] >> bit % 8 & 1) == 0) return false;
  }
  return true;
}

}  // namespace burrow
