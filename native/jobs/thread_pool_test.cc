#include "jobs/thread_pool.h"

#include <atomic>
#include <future>
#include <thread>
#include <vector>

#ifndef _WIN32
#include <pthread.h>
#include <signal.h>
#endif

#include "util/testing.h"

namespace burrow {
namespace {

// Occupies a thread until it is opened.
class Gate {
 public:
  void Open() { promise_.set_value(); }
  void Wait() { opened_.wait(); }

 private:
  std::promise<void> promise_;
  std::shared_future<void> opened_ = promise_.get_future().share();
};

TEST(ThreadPool, RunsByPriorityAndInOrderWithinOne) {
  Gate gate;
  std::promise<void> done;
  std::vector<int> order;  // only the pool's one thread writes it
  ThreadPool pool(1, 0, "test");
  CHECK(pool.Submit(Priority::kFlush, [&] { gate.Wait(); }));
  while (pool.queued() > 0) std::this_thread::yield();
  CHECK(pool.Submit(Priority::kHousekeeping, [&] { done.set_value(); }));
  CHECK(pool.Submit(Priority::kCompaction, [&] { order.push_back(3); }));
  CHECK(pool.Submit(Priority::kFlush, [&] { order.push_back(1); }));
  CHECK(pool.Submit(Priority::kCompaction, [&] { order.push_back(4); }));
  CHECK(pool.Submit(Priority::kL0Compaction, [&] { order.push_back(2); }));
  CHECK_EQ(pool.queued(), 5u);
  gate.Open();
  done.get_future().wait();
  CHECK(order == std::vector<int>({1, 2, 3, 4}));
}

TEST(ThreadPool, AScheduleRunsTheTasksOnTheCallersThread) {
  int wakes = 0;
  Schedule schedule(1, [&] { ++wakes; });
  const auto caller = std::this_thread::get_id();
  std::vector<int> order;
  const auto note = [&](int what) {
    return [&, what] {
      CHECK(std::this_thread::get_id() == caller);
      order.push_back(what);
    };
  };
  {
    ThreadPool pool(4, 1, "test", &schedule);
    CHECK(pool.Submit(Priority::kCompaction, note(2)));
    CHECK(pool.Submit(Priority::kFlush, note(1)));
    CHECK_EQ(wakes, 2);
    while (schedule.RunOne()) {
    }
    CHECK(order == std::vector<int>({1, 2}));
    CHECK(pool.Submit(Priority::kFlush, note(0)));  // dropped
  }
  SerialQueue queue("test", &schedule);
  CHECK(queue.Submit(note(3)));
  CHECK(queue.Submit(note(4)));
  CHECK(schedule.RunOne());
  queue.Shutdown(true);
  CHECK(order == std::vector<int>({1, 2, 3, 4}));
  CHECK(!schedule.RunOne());
}

TEST(ThreadPool, AFlushRunsWhileCompactionsOccupyTheRest) {
  Gate gate;
  std::promise<void> flushed;
  ThreadPool pool(3, 1, "test");
  for (int i = 0; i < 5; i++) CHECK(pool.Submit(Priority::kCompaction, [&] { gate.Wait(); }));
  CHECK(pool.Submit(Priority::kFlush, [&] { flushed.set_value(); }));
  flushed.get_future().wait();
  CHECK_GE(pool.queued(), 3u);  // the reserved thread left them alone
  gate.Open();
}

TEST(ThreadPool, ShutdownDropsWhatHasNotBegunAndWaitsForWhatHas) {
  Gate gate;
  std::promise<void> begun;
  std::atomic<bool> finished{false}, ran{false};
  ThreadPool pool(2, 0, "test");
  auto token = std::make_shared<int>(0);
  std::weak_ptr<int> watch = token;
  CHECK(pool.Submit(Priority::kFlush, [&] {
    begun.set_value();
    gate.Wait();
    finished = true;
  }));
  begun.get_future().wait();
  CHECK(pool.Submit(Priority::kFlush, [&] { gate.Wait(); }));
  while (pool.queued() > 0) std::this_thread::yield();
  CHECK(pool.Submit(Priority::kFlush, [&ran, token = std::move(token)] { ran = true; }));
  std::thread opener([&] {
    while (!watch.expired()) std::this_thread::yield();  // dropped closures are destroyed before running tasks end
    gate.Open();
  });
  pool.Shutdown();
  CHECK(finished.load());
  CHECK(!ran.load());
  CHECK(!pool.Submit(Priority::kFlush, [] {}));
  pool.Shutdown();
  opener.join();
}

TEST(ThreadPool, ManyThreadsSubmitAndEverythingRuns) {
  std::atomic<int> ran{0};
  std::promise<void> all;
  ThreadPool pool(4, 1, "test");
  std::vector<std::thread> submitters;
  for (int t = 0; t < 4; t++) {
    submitters.emplace_back([&, t] {
      for (int i = 0; i < 1000; i++) {
        CHECK(pool.Submit(static_cast<Priority>((i + t) % kPriorities), [&] {
          if (ran.fetch_add(1) + 1 == 4000) all.set_value();
        }));
      }
    });
  }
  for (std::thread& thread : submitters) thread.join();
  all.get_future().wait();
}

#ifndef _WIN32
TEST(ThreadPool, ThreadsAreNamedAndTakeNoSignals) {
  std::promise<std::string> of_pool, of_serial;
  ThreadPool pool(1, 0, "burrow-long-name");
  SerialQueue serial("burrow-serial");
  auto look = [](std::promise<std::string>* name) {
    return [name] {
      sigset_t blocked;
      CHECK_EQ(pthread_sigmask(SIG_SETMASK, nullptr, &blocked), 0);
      for (int signal : {SIGINT, SIGTERM, SIGUSR1, SIGPROF, SIGCHLD, SIGPIPE}) CHECK(sigismember(&blocked, signal));
      char text[64];
      CHECK_EQ(pthread_getname_np(pthread_self(), text, sizeof text), 0);
      name->set_value(text);
    };
  };
  CHECK(pool.Submit(Priority::kFlush, look(&of_pool)));
  CHECK(serial.Submit(look(&of_serial)));
  CHECK_EQ(of_pool.get_future().get(), "burrow-long-nam");
  CHECK_EQ(of_serial.get_future().get(), "burrow-serial");
  sigset_t mine;
  CHECK_EQ(pthread_sigmask(SIG_SETMASK, nullptr, &mine), 0);
  CHECK(!sigismember(&mine, SIGTERM));
}
#endif

TEST(SerialQueue, RunsInOrderAndDrains) {
  std::vector<int> order;
  SerialQueue queue("test");
  for (int i = 0; i < 1000; i++) CHECK(queue.Submit([&order, i] { order.push_back(i); }));
  queue.Shutdown(true);
  CHECK_EQ(order.size(), 1000u);
  for (int i = 0; i < 1000; i++) CHECK_EQ(order[static_cast<size_t>(i)], i);
  CHECK(!queue.Submit([] {}));
  queue.Shutdown(false);
}

TEST(SerialQueue, ShutdownWithoutDrainDrops) {
  Gate gate;
  std::promise<void> begun;
  std::atomic<bool> ran{false};
  auto token = std::make_shared<int>(0);
  std::weak_ptr<int> watch = token;
  SerialQueue queue("test");
  CHECK(queue.Submit([&] {
    begun.set_value();
    gate.Wait();
  }));
  begun.get_future().wait();
  CHECK(queue.Submit([&ran, token = std::move(token)] { ran = true; }));
  std::thread opener([&] {
    while (!watch.expired()) std::this_thread::yield();
    gate.Open();
  });
  queue.Shutdown(false);
  CHECK(!ran.load());
  opener.join();
}

}  // namespace
}  // namespace burrow
