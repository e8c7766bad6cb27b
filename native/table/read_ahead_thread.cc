#include "table/read_ahead_thread.h"

#include <algorithm>
#include <utility>

#include "table/block_window.h"
#include "util/background_thread.h"

namespace burrow {

ReadAheadThread::~ReadAheadThread() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void ReadAheadThread::Submit(std::shared_ptr<BlockWindow> window) {
  window->SetQueued(true);
  {
    std::lock_guard lock(mutex_);
    queue_.push_back(std::move(window));
    if (!thread_.joinable()) thread_ = StartBackgroundThread("burrow-ahead", [this] { Run(); });
  }
  changed_.notify_one();
}

void ReadAheadThread::Withdraw(BlockWindow* window) {
  std::lock_guard lock(mutex_);
  auto found = std::find_if(queue_.begin(), queue_.end(), [&](const auto& queued) { return queued.get() == window; });
  if (found == queue_.end()) return;
  window->SetQueued(false);
  queue_.erase(found);
}

void ReadAheadThread::Run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    if (stopping_) return;
    std::shared_ptr<BlockWindow> window = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    window->WorkAhead();
    window->SetQueued(false);
    window.reset();
    lock.lock();
  }
}

}  // namespace burrow
