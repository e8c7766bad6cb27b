#include "jobs/completion_queue.h"

namespace burrow {

// Dekker's pattern: either this sees that somebody waits, or Wait sees the new count before it sleeps.
void ProgressSignal::OnProgress() {
  progress_.fetch_add(1, std::memory_order_seq_cst);
  if (waiting_.load(std::memory_order_seq_cst)) {
    std::lock_guard lock(mutex_);
    changed_.notify_one();
  }
  if (next_ != nullptr) next_->OnProgress();
}

bool ProgressSignal::Wait(std::chrono::microseconds timeout) {
  std::unique_lock lock(mutex_);
  waiting_.store(true, std::memory_order_seq_cst);
  const bool progressed =
      changed_.wait_for(lock, timeout, [this] { return progress_.load(std::memory_order_seq_cst) != seen_; });
  waiting_.store(false, std::memory_order_seq_cst);
  seen_ = progress_.load(std::memory_order_seq_cst);
  return progressed;
}

}  // namespace burrow
