#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace burrow {

// A token bucket over the bytes that background jobs write; 0 bytes a second is unlimited. Any number of threads,
// served in the order in which they ask. What was not used is kept for 10 ms at most, so the flow is smooth.
class RateLimiter {
 public:
  explicit RateLimiter(uint64_t bytes_per_second);
  void SetRate(uint64_t bytes_per_second);
  bool limited();
  // Blocks until `bytes` may be written, or `cancelled` becomes true (checked when woken; see Wake). A request passes
  // when the ones before it are paid for; its own bytes delay the next, so it may be of any size.
  void Request(uint64_t bytes, const std::atomic<bool>& cancelled);
  void Wake();  // lets waiters look at their cancellation flags

 private:
  using Clock = std::chrono::steady_clock;
  void Refill();  // REQUIRES: mutex_ is held

  std::mutex mutex_;
  std::condition_variable changed_;
  uint64_t rate_;
  double asked_ = 0;    // bytes of all requests so far
  double granted_ = 0;  // bytes that time has paid for; a request waits until it reaches what was asked before it
  Clock::time_point refilled_at_;
};

}  // namespace burrow
