#pragma once

#include <atomic>
#include <memory>

#include "env/env.h"
#include "jobs/rate_limiter.h"

namespace burrow {

// What keeps a job within the rate limit and lets it be stopped.
struct Pace {
  RateLimiter* rate_limiter = nullptr;           // null: unlimited
  const std::atomic<bool>* cancelled = nullptr;  // null: never
};

// Spends a job's share of the rate limit. One thread.
class Pacer {
 public:
  explicit Pacer(const Pace& pace) : pace_(pace) {}
  // Waits until `bytes` may be moved; kAborted once the job is cancelled.
  Status Spend(uint64_t bytes);

 private:
  const Pace pace_;
  uint64_t credit_ = 0;
};

// Counts what is written to `file` in *bytes_written, paces it and stops at cancellation.
std::unique_ptr<WritableFile> NewPacedFile(std::unique_ptr<WritableFile> file, const Pace& pace,
                                           uint64_t* bytes_written);
// The same for reads, which one thread does.
std::unique_ptr<RandomAccessFile> NewPacedFile(std::unique_ptr<RandomAccessFile> file, const Pace& pace,
                                               uint64_t* bytes_read);

}  // namespace burrow
