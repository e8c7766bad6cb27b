#include "jobs/thread_pool.h"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "util/background_thread.h"

namespace burrow {

using Task = std::function<void()>;

struct ThreadPool::Impl {
  mutable std::mutex mutex;
  std::condition_variable flush_work;  // reserved threads wait here
  std::condition_variable any_work;    // the others
  std::array<std::deque<Task>, kPriorities> queues;
  bool stopping = false;
  int idle_reserved = 0;
  std::mutex join_mutex;  // a second Shutdown returns only when the first has joined
  std::vector<std::thread> threads;
  Schedule* schedule = nullptr;
  int step = 0;  // the schedule's id for this

  // Runs the first task; false when there is none.
  bool Step() {
    Task task;
    {
      std::lock_guard lock(mutex);
      auto queue = std::find_if(queues.begin(), queues.end(), [](const auto& tasks) { return !tasks.empty(); });
      if (queue == queues.end()) return false;
      task = std::move(queue->front());
      queue->pop_front();
    }
    task();
    return true;
  }

  void Work(bool reserved) {
    const int last_priority = reserved ? 0 : kPriorities - 1;
    std::condition_variable& work = reserved ? flush_work : any_work;
    std::unique_lock lock(mutex);
    while (!stopping) {
      int priority = 0;
      while (priority <= last_priority && queues[static_cast<size_t>(priority)].empty()) priority++;
      if (priority > last_priority) {
        idle_reserved += reserved;
        work.wait(lock);
        idle_reserved -= reserved;
        continue;
      }
      auto& queue = queues[static_cast<size_t>(priority)];
      Task task = std::move(queue.front());
      queue.pop_front();
      lock.unlock();
      task();
      task = nullptr;  // what the closure holds is released without the lock
      lock.lock();
    }
  }
};

ThreadPool::ThreadPool(int threads, int reserved_for_flush, const char* name, Schedule* schedule)
    : impl_(std::make_unique<Impl>()) {
  impl_->schedule = schedule;
  if (schedule != nullptr) {
    impl_->step = schedule->Add([impl = impl_.get()] { return impl->Step(); });
    return;
  }
  for (int i = 0; i < threads; i++) {
    const bool reserved = i < reserved_for_flush;
    impl_->threads.push_back(StartBackgroundThread(std::string(name) + (reserved ? "-flush-" : "-") + std::to_string(i),
                                                   [impl = impl_.get(), reserved] { impl->Work(reserved); }));
  }
}

ThreadPool::~ThreadPool() { Shutdown(); }

bool ThreadPool::Submit(Priority priority, Task task) {
  std::lock_guard lock(impl_->mutex);
  if (impl_->stopping) return false;
  impl_->queues[static_cast<size_t>(priority)].push_back(std::move(task));
  // Both kinds of threads may take a flush. An idle reserved one that is woken might find that an unreserved thread was
  // faster, which is harmless; that nobody comes is not.
  if (priority == Priority::kFlush && impl_->idle_reserved > 0) impl_->flush_work.notify_one();
  impl_->any_work.notify_one();
  if (impl_->schedule != nullptr) impl_->schedule->Wake();
  return true;
}

void ThreadPool::Shutdown() {
  std::array<std::deque<Task>, kPriorities> dropped;
  {
    std::lock_guard lock(impl_->mutex);
    impl_->stopping = true;
    dropped.swap(impl_->queues);
  }
  impl_->flush_work.notify_all();
  impl_->any_work.notify_all();
  for (auto& queue : dropped) queue.clear();
  std::lock_guard lock(impl_->join_mutex);
  for (std::thread& thread : impl_->threads) thread.join();
  impl_->threads.clear();
  if (impl_->schedule != nullptr) std::exchange(impl_->schedule, nullptr)->Remove(impl_->step);
}

size_t ThreadPool::queued() const {
  std::lock_guard lock(impl_->mutex);
  size_t count = 0;
  for (const auto& queue : impl_->queues) count += queue.size();
  return count;
}

struct SerialQueue::Impl {
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<Task> queue;
  bool stopping = false;
  std::mutex join_mutex;
  std::thread thread;
  Schedule* schedule = nullptr;
  int step = 0;  // the schedule's id for this

  // Runs the first task; false when there is none.
  bool Step() {
    Task task;
    {
      std::lock_guard lock(mutex);
      if (queue.empty()) return false;
      task = std::move(queue.front());
      queue.pop_front();
    }
    task();
    return true;
  }

  void Work() {
    std::unique_lock lock(mutex);
    for (;;) {
      changed.wait(lock, [this] { return stopping || !queue.empty(); });
      if (queue.empty()) return;
      Task task = std::move(queue.front());
      queue.pop_front();
      lock.unlock();
      task();
      task = nullptr;
      lock.lock();
    }
  }
};

SerialQueue::SerialQueue(const char* name, Schedule* schedule) : impl_(std::make_unique<Impl>()) {
  impl_->schedule = schedule;
  if (schedule != nullptr) {
    impl_->step = schedule->Add([impl = impl_.get()] { return impl->Step(); });
    return;
  }
  impl_->thread = StartBackgroundThread(name, [impl = impl_.get()] { impl->Work(); });
}

SerialQueue::~SerialQueue() { Shutdown(false); }

bool SerialQueue::Submit(Task task) {
  {
    std::lock_guard lock(impl_->mutex);
    if (impl_->stopping) return false;
    impl_->queue.push_back(std::move(task));
  }
  impl_->changed.notify_one();
  if (impl_->schedule != nullptr) impl_->schedule->Wake();
  return true;
}

void SerialQueue::Shutdown(bool drain) {
  std::deque<Task> dropped;
  {
    std::lock_guard lock(impl_->mutex);
    impl_->stopping = true;
    if (!drain) dropped.swap(impl_->queue);
  }
  impl_->changed.notify_all();
  dropped.clear();
  std::lock_guard lock(impl_->join_mutex);
  if (impl_->thread.joinable()) impl_->thread.join();
  if (impl_->schedule == nullptr) return;
  while (impl_->Step()) {
  }
  std::exchange(impl_->schedule, nullptr)->Remove(impl_->step);
}

}  // namespace burrow
