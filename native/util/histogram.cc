#include "util/histogram.h"

#include <algorithm>
#include <bit>

namespace burrow {

namespace histogram {

namespace {
constexpr uint64_t kSubBuckets = uint64_t{1} << kSubBucketBits;
}

// Row 0 holds the values below 32. Row r > 0 holds [32 << (r-1), 64 << (r-1)), 1 << (r-1) values a bucket.
size_t BucketOf(uint64_t value) {
  if (value < kSubBuckets) return value;
  const int shift = std::bit_width(value) - 1 - kSubBucketBits;
  return (static_cast<size_t>(shift) << kSubBucketBits) + (value >> shift);
}

uint64_t BucketLow(size_t bucket) {
  if (bucket < kSubBuckets) return bucket;
  const size_t shift = (bucket >> kSubBucketBits) - 1;
  return ((bucket & (kSubBuckets - 1)) + kSubBuckets) << shift;
}

uint64_t BucketHigh(size_t bucket) {
  if (bucket < kSubBuckets) return bucket;
  const size_t shift = (bucket >> kSubBucketBits) - 1;
  return BucketLow(bucket) + ((uint64_t{1} << shift) - 1);
}

}  // namespace histogram

double HistogramSnapshot::Percentile(double percent) const {
  if (count_ == 0) return 0;
  const double wanted = std::clamp(percent, 0.0, 100.0) / 100 * static_cast<double>(count_);
  uint64_t below = 0;
  for (size_t i = 0; i < buckets_.size(); ++i) {
    if (buckets_[i] == 0) continue;
    below += buckets_[i];
    if (static_cast<double>(below) < wanted) continue;
    const auto low = static_cast<double>(histogram::BucketLow(i));
    const auto high = static_cast<double>(histogram::BucketHigh(i));
    return std::min(std::max(low + (high - low) / 2, static_cast<double>(min())), static_cast<double>(max_));
  }
  return static_cast<double>(max_);
}

void HistogramSnapshot::Merge(const HistogramSnapshot& other) {
  if (other.count_ == 0) return;
  count_ += other.count_;
  sum_ += other.sum_;
  min_ = std::min(min_, other.min_);
  max_ = std::max(max_, other.max_);
  buckets_.resize(histogram::kBuckets);
  for (size_t i = 0; i < histogram::kBuckets; ++i) buckets_[i] += other.buckets_[i];
}

void Histogram::Record(uint64_t value) {
  constexpr auto kRelaxed = std::memory_order_relaxed;
  sum_.fetch_add(value, kRelaxed);
  uint64_t seen = max_.load(kRelaxed);
  while (value > seen && !max_.compare_exchange_weak(seen, value, kRelaxed)) {
  }
  seen = min_.load(kRelaxed);
  while (value < seen && !min_.compare_exchange_weak(seen, value, kRelaxed)) {
  }
  buckets_[histogram::BucketOf(value)].fetch_add(1, kRelaxed);
}

HistogramSnapshot Histogram::Snapshot() const {
  constexpr auto kRelaxed = std::memory_order_relaxed;
  HistogramSnapshot copy;
  copy.buckets_.resize(histogram::kBuckets);
  for (size_t i = 0; i < histogram::kBuckets; ++i) {
    copy.buckets_[i] = buckets_[i].load(kRelaxed);
    copy.count_ += copy.buckets_[i];
  }
  copy.sum_ = sum_.load(kRelaxed);
  copy.min_ = min_.load(kRelaxed);
  copy.max_ = max_.load(kRelaxed);
  return copy;
}

void Histogram::Clear() {
  for (auto& bucket : buckets_) bucket.store(0, std::memory_order_relaxed);
  sum_.store(0, std::memory_order_relaxed);
  min_.store(UINT64_MAX, std::memory_order_relaxed);
  max_.store(0, std::memory_order_relaxed);
}

}  // namespace burrow
