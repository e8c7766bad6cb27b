#pragma once

#include <array>
#include <chrono>
#include <cstdint>

#include "util/histogram.h"

namespace burrow::binding {

enum class Operation : uint8_t {
  kGet,
  kGetMany,
  kPut,
  kDelete,
  kBatch,
  kDeleteRange,
  kScan,  // scans opened
  kNext,  // batches of a scan
  kSync,
  kCommit,  // writes that waited until they were durable; they count under their own kind, too
};
inline constexpr int kOperations = 10;
inline constexpr const char* kOperationNames[kOperations] = {"get",         "getMany", "put",  "delete", "batch",
                                                             "deleteRange", "scan",    "next", "sync",   "commit"};

// Counts of one operation; the JavaScript thread's alone.
struct OperationCounter {
  uint64_t count = 0;
  uint64_t errors = 0;
  uint64_t bytes_in = 0;
  uint64_t bytes_out = 0;
  Histogram nanos;
};
using OperationCounters = std::array<OperationCounter, kOperations>;

// Counts an operation and, for one in `every`, measures how long it lives.
class Measure {
 public:
  static constexpr uint64_t kSampled = 16;  // of operations that stay in memory; a power of two

  Measure(OperationCounter& counter, bool timed, uint64_t every) : counter_(counter) {
    if (timed && (counter.count & (every - 1)) == 0) begin_ = Clock::now();
    ++counter.count;
  }
  ~Measure() {
    if (begin_ != Clock::time_point()) counter_.nanos.Record(static_cast<uint64_t>((Clock::now() - begin_).count()));
  }
  Measure(const Measure&) = delete;
  Measure& operator=(const Measure&) = delete;

 private:
  using Clock = std::chrono::steady_clock;
  static_assert(std::is_same_v<Clock::duration, std::chrono::nanoseconds>);
  OperationCounter& counter_;
  Clock::time_point begin_{};
};

}  // namespace burrow::binding
