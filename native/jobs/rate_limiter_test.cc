#include "jobs/rate_limiter.h"

#include <thread>
#include <vector>

#include "util/testing.h"

namespace burrow {
namespace {

using Clock = std::chrono::steady_clock;

const std::atomic<bool> kNeverCancelled{false};

double Seconds(Clock::time_point since) { return std::chrono::duration<double>(Clock::now() - since).count(); }

TEST(RateLimiter, BytesAreNotGrantedFasterThanTheRate) {
  const auto start = Clock::now();
  RateLimiter limiter(1 << 20);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; t++) {
    threads.emplace_back([&] {
      for (int i = 0; i < 8; i++) limiter.Request(8 << 10, kNeverCancelled);
    });
  }
  for (std::thread& thread : threads) thread.join();
  // 256 KiB at 1 MiB/s; the last request is delayed by the ones before it, and 10 ms may have been saved up.
  CHECK_GE(Seconds(start), (31 * 8.0) / 1024 - 0.011);
}

TEST(RateLimiter, ZeroIsUnlimited) {
  RateLimiter limiter(0);
  for (int i = 0; i < 1000; i++) limiter.Request(uint64_t{1} << 40, kNeverCancelled);
}

TEST(RateLimiter, CancellationWakesAWaiter) {
  RateLimiter limiter(1);
  limiter.Request(uint64_t{1} << 50, kNeverCancelled);
  std::atomic<bool> cancelled{false};
  std::thread waiter([&] { limiter.Request(1, cancelled); });
  cancelled = true;
  limiter.Wake();
  waiter.join();
}

TEST(RateLimiter, AChangedRateReachesWaiters) {
  RateLimiter limiter(1);
  limiter.Request(uint64_t{1} << 50, kNeverCancelled);
  std::thread waiter([&] { limiter.Request(1, kNeverCancelled); });
  limiter.SetRate(0);
  waiter.join();
}

}  // namespace
}  // namespace burrow
