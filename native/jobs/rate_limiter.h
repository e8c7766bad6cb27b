#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace burrow {

// A token bucket over the bytes that background jobs write; 0 bytes a second is unlimited. Any number of threads.
class RateLimiter {
 public:
  explicit RateLimiter(uint64_t bytes_per_second);
  void SetRate(uint64_t bytes_per_second);
  // Blocks until `bytes` may be written, or `cancelled` becomes true (checked when woken; see Wake).
  void Request(uint64_t bytes, const std::atomic<bool>& cancelled);
  void Wake();  // lets waiters look at their cancellation flags

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  uint64_t rate_;
  double available_ = 0;
  int64_t refilled_at_ns_ = 0;
};

}  // namespace burrow
