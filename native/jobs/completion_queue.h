#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <utility>
#include <vector>

#include "base/listener.h"

namespace burrow {

// Lets the owner thread block until any background thread has made progress, and passes the news on.
class ProgressSignal final : public ProgressListener {
 public:
  // `next` is told too, on the thread that made the progress; it outlives this object. May be null.
  explicit ProgressSignal(ProgressListener* next) : next_(next) {}

  void OnProgress() override;  // any thread; cheap while nobody waits
  // Blocks until there was progress since the last Wait returned; false when `timeout` passed first. One thread.
  bool Wait(std::chrono::microseconds timeout);

 private:
  ProgressListener* const next_;
  std::atomic<uint64_t> progress_{0};
  std::atomic<bool> waiting_{false};
  uint64_t seen_ = 0;  // the waiting thread's
  std::mutex mutex_;
  std::condition_variable changed_;
};

// What background threads leave for the owner thread, in the order in which it was pushed.
template <typename T>
class CompletionQueue {
 public:
  explicit CompletionQueue(ProgressListener* listener) : listener_(listener) {}

  void Push(T completion) {  // any thread
    {
      std::lock_guard lock(mutex_);
      completions_.push_back(std::move(completion));
      waiting_.store(true, std::memory_order_release);
    }
    listener_->OnProgress();
  }

  bool empty() const { return !waiting_.load(std::memory_order_acquire); }  // one load

  std::vector<T> Take() {
    std::lock_guard lock(mutex_);
    waiting_.store(false, std::memory_order_release);
    return std::exchange(completions_, {});
  }

 private:
  ProgressListener* const listener_;
  std::mutex mutex_;
  std::vector<T> completions_;
  std::atomic<bool> waiting_{false};
};

}  // namespace burrow
