#include "jobs/rate_limiter.h"

#include <algorithm>

namespace burrow {
namespace {

constexpr double kBurstSeconds = 0.010;
constexpr double kShortestSleepSeconds = 0.001;
constexpr double kLongestSleepSeconds = 60;  // far from what the clock's type can hold

}  // namespace

RateLimiter::RateLimiter(uint64_t bytes_per_second) : rate_(bytes_per_second), refilled_at_(Clock::now()) {}

void RateLimiter::Refill() {
  const Clock::time_point now = Clock::now();
  const auto rate = static_cast<double>(rate_);
  granted_ += rate * std::chrono::duration<double>(now - refilled_at_).count();
  granted_ = rate_ == 0 ? asked_ : std::min(granted_, asked_ + rate * kBurstSeconds);
  refilled_at_ = now;
}

bool RateLimiter::limited() {
  std::lock_guard lock(mutex_);
  return rate_ != 0;
}

void RateLimiter::SetRate(uint64_t bytes_per_second) {
  {
    std::lock_guard lock(mutex_);
    Refill();
    rate_ = bytes_per_second;
  }
  changed_.notify_all();
}

void RateLimiter::Request(uint64_t bytes, const std::atomic<bool>& cancelled) {
  std::unique_lock lock(mutex_);
  if (rate_ == 0) return;
  const double ticket = asked_;
  asked_ += static_cast<double>(bytes);
  for (;;) {
    Refill();
    if (granted_ >= ticket) return;
    if (cancelled.load(std::memory_order_acquire)) {
      granted_ += static_cast<double>(bytes);  // not written: those behind need not wait for them
      return;
    }
    const double missing = (ticket - granted_) / static_cast<double>(rate_);
    const double sleep = std::clamp(missing, kShortestSleepSeconds, kLongestSleepSeconds);
    changed_.wait_for(lock, std::chrono::duration<double>(sleep));
  }
}

void RateLimiter::Wake() {
  // The lock is taken so that a waiter between its look at the flag and its sleep is not missed.
  { std::lock_guard lock(mutex_); }
  changed_.notify_all();
}

}  // namespace burrow
