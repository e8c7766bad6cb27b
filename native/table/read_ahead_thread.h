#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>

namespace burrow {

class BlockWindow;

// A thread that reads and decodes windows of blocks ahead of long scans, in the order in which they are handed over. It
// starts with the first. Any number of threads hand over; destroyed when no iterator that does is left, and before the
// caches.
class ReadAheadThread {
 public:
  ReadAheadThread() = default;
  ~ReadAheadThread();
  ReadAheadThread(const ReadAheadThread&) = delete;
  ReadAheadThread& operator=(const ReadAheadThread&) = delete;

  // REQUIRES: the window is idle; it is not until the thread is done with it.
  void Submit(std::shared_ptr<BlockWindow> window);
  // Takes a window back that has not had its turn; it is idle then. Otherwise the thread goes on with it.
  void Withdraw(BlockWindow* window);

 private:
  void Run();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::shared_ptr<BlockWindow>> queue_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace burrow
