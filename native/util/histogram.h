#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace burrow {

// A distribution of unsigned values in log-scaled buckets (the layout of HdrHistogram): values below 32 exactly, others
// within 1/64 of themselves. The unit is the caller's.
namespace histogram {

inline constexpr int kSubBucketBits = 5;  // each power of two is cut into 32 buckets
inline constexpr size_t kBuckets = size_t{64 - kSubBucketBits + 1} << kSubBucketBits;

size_t BucketOf(uint64_t value);
uint64_t BucketLow(size_t bucket);   // the smallest value that falls into it
uint64_t BucketHigh(size_t bucket);  // the largest

}  // namespace histogram

// A copy of a histogram at one time; a plain value.
class HistogramSnapshot {
 public:
  uint64_t count() const { return count_; }
  uint64_t sum() const { return sum_; }
  uint64_t min() const { return count_ == 0 ? 0 : min_; }
  uint64_t max() const { return max_; }
  double Mean() const { return count_ == 0 ? 0 : static_cast<double>(sum_) / static_cast<double>(count_); }
  // The middle of the bucket that holds the value of this rank, within [min, max]; `percent` in [0, 100]. 0 when empty.
  double Percentile(double percent) const;
  void Merge(const HistogramSnapshot& other);

 private:
  friend class Histogram;

  uint64_t count_ = 0;
  uint64_t sum_ = 0;
  uint64_t min_ = UINT64_MAX;
  uint64_t max_ = 0;
  std::vector<uint64_t> buckets_;  // empty or kBuckets
};

// Any thread may record, and any may take a snapshot, without locks. 15 KiB each.
class Histogram {
 public:
  Histogram() = default;
  Histogram(const Histogram&) = delete;
  Histogram& operator=(const Histogram&) = delete;

  void Record(uint64_t value);
  // A value that is being recorded meanwhile may be in some of the snapshot's fields and not in others.
  HistogramSnapshot Snapshot() const;
  // Values recorded meanwhile may be lost or kept.
  void Clear();

 private:
  std::atomic<uint64_t> sum_{0};
  std::atomic<uint64_t> min_{UINT64_MAX};
  std::atomic<uint64_t> max_{0};
  std::array<std::atomic<uint64_t>, histogram::kBuckets> buckets_{};
};

}  // namespace burrow
