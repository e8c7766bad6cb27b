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
  bool limited() const { return pace_.rate_limiter != nullptr && pace_.rate_limiter->limited(); }

 private:
  const Pace pace_;
  uint64_t credit_ = 0;
};

// Counts what is written to `file` in *bytes_written, paces it and stops at cancellation. Has the system write it to the
// disk from the beginning on, so that the Sync at the end is short.
std::unique_ptr<WritableFile> NewPacedFile(std::unique_ptr<WritableFile> file, const Pace& pace,
                                           uint64_t* bytes_written);
// The same for reads, which one thread does.
std::unique_ptr<RandomAccessFile> NewPacedFile(std::unique_ptr<RandomAccessFile> file, const Pace& pace,
                                               uint64_t* bytes_read);

}  // namespace burrow
