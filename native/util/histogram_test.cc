#include "util/histogram.h"

#include <algorithm>
#include <thread>

#include "util/random.h"
#include "util/testing.h"

namespace burrow {

TEST(Histogram, BucketsTileAllValues) {
  CHECK_EQ(histogram::BucketLow(0), 0u);
  for (size_t i = 0; i + 1 < histogram::kBuckets; ++i) {
    CHECK_EQ(histogram::BucketHigh(i) + 1, histogram::BucketLow(i + 1));
    CHECK_EQ(histogram::BucketOf(histogram::BucketLow(i)), i);
    CHECK_EQ(histogram::BucketOf(histogram::BucketHigh(i)), i);
  }
  CHECK_EQ(histogram::BucketOf(UINT64_MAX), histogram::kBuckets - 1);
  CHECK_EQ(histogram::BucketHigh(histogram::kBuckets - 1), UINT64_MAX);
}

TEST(Histogram, EmptyIsZero) {
  const HistogramSnapshot empty = Histogram().Snapshot();
  CHECK_EQ(empty.count(), 0u);
  CHECK_EQ(empty.min(), 0u);
  CHECK_EQ(empty.max(), 0u);
  CHECK_EQ(empty.Mean(), 0.0);
  CHECK_EQ(empty.Percentile(99), 0.0);
}

TEST(Histogram, PercentilesAreWithinTheBucketError) {
  Histogram histogram;
  Random random(TestSeed());
  std::vector<uint64_t> values;
  for (int i = 0; i < 20000; ++i) {
    values.push_back(random.Next() >> (random.Uniform(50) + 10));
    histogram.Record(values.back());
  }
  std::sort(values.begin(), values.end());
  const HistogramSnapshot snapshot = histogram.Snapshot();
  CHECK_EQ(snapshot.count(), values.size());
  CHECK_EQ(snapshot.min(), values.front());
  CHECK_EQ(snapshot.max(), values.back());
  for (int percent = 1; percent <= 100; ++percent) {
    const auto exact = static_cast<double>(values[values.size() * static_cast<size_t>(percent) / 100 - 1]);
    const double got = snapshot.Percentile(percent);
    CHECK_GE(got, exact * (1 - 1.0 / 32));
    CHECK_LE(got, exact * (1 + 1.0 / 32));
  }
}

TEST(Histogram, OneValueIsEveryPercentile) {
  Histogram histogram;
  histogram.Record(1000003);
  for (double percent : {-1.0, 0.0, 50.0, 100.0, 200.0}) CHECK_EQ(histogram.Snapshot().Percentile(percent), 1000003.0);
  histogram.Clear();
  CHECK_EQ(histogram.Snapshot().count(), 0u);
}

TEST(Histogram, MergeIsTheSameAsRecordingBoth) {
  Histogram left;
  Histogram right;
  Histogram both;
  for (uint64_t v = 0; v < 5000; ++v) {
    (v % 3 == 0 ? left : right).Record(v * v);
    both.Record(v * v);
  }
  HistogramSnapshot merged;
  merged.Merge(left.Snapshot());
  merged.Merge(Histogram().Snapshot());
  merged.Merge(right.Snapshot());
  const HistogramSnapshot expected = both.Snapshot();
  CHECK_EQ(merged.count(), expected.count());
  CHECK_EQ(merged.sum(), expected.sum());
  CHECK_EQ(merged.min(), expected.min());
  CHECK_EQ(merged.max(), expected.max());
  for (int percent = 0; percent <= 100; ++percent) CHECK_EQ(merged.Percentile(percent), expected.Percentile(percent));
}

TEST(Histogram, ManyThreadsRecord) {
  Histogram histogram;
  std::vector<std::thread> threads;
  for (uint64_t t = 1; t <= 4; ++t) {
    threads.emplace_back([&histogram, t] {
      for (uint64_t i = 0; i < 10000; ++i) histogram.Record(i * t);
    });
  }
  for (int i = 0; i < 100; ++i) CHECK_LE(histogram.Snapshot().count(), 40000u);
  for (std::thread& thread : threads) thread.join();
  const HistogramSnapshot snapshot = histogram.Snapshot();
  CHECK_EQ(snapshot.count(), 40000u);
  CHECK_EQ(snapshot.max(), 39996u);
  CHECK_EQ(snapshot.min(), 0u);
  CHECK_EQ(snapshot.sum(), 10u * (9999u * 10000u / 2));
}

}  // namespace burrow
