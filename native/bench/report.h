#pragma once

#include <time.h>

#include <cstdint>
#include <string>
#include <vector>

#include "bench/flags.h"

namespace burrow::bench {

struct Elapsed {
  double seconds = 0;
  double cpu_seconds = 0;  // of the calling thread: what a loaded machine falsifies least
};

class Timer {
 public:
  Elapsed Stop() const { return {Now(CLOCK_MONOTONIC) - start_, Now(CLOCK_THREAD_CPUTIME_ID) - cpu_start_}; }

 private:
  static double Now(clockid_t clock) {
    timespec now;
    clock_gettime(clock, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
  }
  const double start_ = Now(CLOCK_MONOTONIC);
  const double cpu_start_ = Now(CLOCK_THREAD_CPUTIME_ID);
};

// What one workload measured.
struct Result {
  std::string name;
  uint64_t ops = 0;
  uint64_t bytes = 0;  // 0: not a matter of bytes
  Elapsed elapsed;
  std::string note;  // what else is worth knowing
};

void PrintLine(const Result& result);
void PrintJson(const Flags& flags, const std::vector<Result>& results);

}  // namespace burrow::bench
