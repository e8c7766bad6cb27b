#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "util/schedule.h"

namespace burrow {

// Lower runs first.
enum class Priority : uint8_t { kFlush = 0, kL0Compaction = 1, kCompaction = 2, kHousekeeping = 3 };
inline constexpr int kPriorities = 4;

// A fixed set of threads over one priority queue, first in first out within a priority. `reserved_for_flush` threads
// never take anything but kFlush, so that a flush starts at once while compactions occupy the rest.
class ThreadPool {
 public:
  // `threads` counts the reserved ones; when all are reserved, nothing but flushes runs. With a schedule, which outlives
  // the pool, there are no threads: it runs the tasks.
  ThreadPool(int threads, int reserved_for_flush, const char* name, Schedule* schedule = nullptr);
  ~ThreadPool();  // Shutdown()

  // False after Shutdown: the task will not run.
  bool Submit(Priority priority, std::function<void()> task);
  // Drops what has not begun (its closures are destroyed), waits for what has, joins. Idempotent.
  // REQUIRES: not called from a task.
  void Shutdown();
  size_t queued() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// One thread, strict order: manifest appends and what must not overtake them.
class SerialQueue {
 public:
  explicit SerialQueue(const char* name, Schedule* schedule = nullptr);
  ~SerialQueue();
  bool Submit(std::function<void()> task);
  // `drain`: run what is queued first; otherwise drop it. Idempotent. REQUIRES: not called from a task.
  void Shutdown(bool drain);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace burrow
