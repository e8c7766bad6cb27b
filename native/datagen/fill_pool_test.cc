#include "datagen/fill_pool.h"

#include <algorithm>
#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <string>
#include <thread>

#include "util/random.h"
#include "util/testing.h"

namespace burrow::datagen {

namespace {

Source TestSource(uint64_t seed) {
  Options options;
  options.size = 64 << 20;
  options.seed = seed;
  options.compress_ratio = 2;
  options.block_size = 64 << 10;
  options.dedup_ratio = 1.5;
  return Source(options, BestKernel());
}

std::string Expected(const Source& source, uint64_t offset, size_t n) {
  std::string bytes(n, 0);
  source.Fill(offset, n, bytes.data(), false);
  return bytes;
}

// Counts answers.
struct Answers {
  std::mutex mutex;
  std::condition_variable changed;
  int count = 0;

  std::function<void()> Callback() {
    return [this] {
      std::lock_guard lock(mutex);
      ++count;
      changed.notify_all();
    };
  }
  void Wait(int expected) {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return count == expected; });
  }
};

}  // namespace

TEST(FillPool, EveryNumberOfThreadsWritesTheSameBytes) {
  Random random(TestSeed());
  const Source source = TestSource(random.Next());
  for (int threads : {1, 2, 3, 7}) {
    FillPool pool({{-1, threads, {}}}, false);
    CHECK_EQ(pool.threads(), threads);
    for (size_t n : {size_t{0}, size_t{1}, size_t{1000}, FillPool::kAlone, FillPool::kAlone + 1,
                     FillPool::kShareFrom - 1, FillPool::kShareFrom, size_t{3'000'001}, size_t{6 << 20}}) {
      const uint64_t offset = random.Uniform(10 << 20);
      std::string bytes(n + 1, '#');
      pool.Fill(source, offset, n, bytes.data());
      CHECK_EQ(bytes.back(), '#');
      bytes.pop_back();
      CHECK(bytes == Expected(source, offset, n));
      if (n == 0) continue;
      Answers answers;
      std::string again(n, 0);
      pool.Start(source, offset, n, again.data(), answers.Callback());
      answers.Wait(1);
      CHECK(again == bytes);
    }
  }
}

TEST(FillPool, GroupsShareABuffer) {
  Random random(TestSeed());
  const Source source = TestSource(random.Next());
  FillPool pool({{0, 1, {}}, {1, 3, {}}, {4, 2, {}}}, false);
  CHECK_EQ(pool.threads(), 6);
  for (size_t n : {size_t{300'000}, size_t{1} << 20, size_t{5'000'000}}) {
    std::string bytes(n, 0);
    pool.Fill(source, 77, n, bytes.data());
    CHECK(bytes == Expected(source, 77, n));
  }
}

// Memory of node 0 is there on every Linux machine that lets it be asked for; where it is not, the fill works, too.
TEST(FillPool, BoundThreadsWriteTheSameBytes) {
  const Source source = TestSource(8);
  FillPool pool({{0, 1, {}}}, true);
  std::string bytes(3'000'000, 0);
  pool.Fill(source, 5, bytes.size(), bytes.data());
  CHECK(bytes == Expected(source, 5, bytes.size()));
  printf("problem: %s\n", pool.problem().c_str());
}

TEST(FillPool, FillsOfManyThreadsAtOnce) {
  Random random(TestSeed());
  const uint64_t seed = random.Next();
  FillPool pool({{-1, 3, {}}}, false);
  std::vector<std::thread> threads;
  for (uint64_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      const Source source = TestSource(seed + t);
      for (uint64_t round = 0; round < 5; ++round) {
        const size_t n = 700'000 + 100'000 * t;
        std::string direct(n, 0), started(n, 0);
        Answers answers;
        pool.Start(source, round * n, n, started.data(), answers.Callback());
        pool.Fill(source, round * n, n, direct.data());
        answers.Wait(1);
        CHECK(direct == Expected(source, round * n, n));
        CHECK(started == direct);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(FillPool, EndsAfterWhatWasBegun) {
  const Source source = TestSource(5);
  std::vector<std::string> buffers(20, std::string(500'000, 0));
  Answers answers;
  {
    FillPool pool({{-1, 2, {}}}, false);
    for (std::string& buffer : buffers) pool.Start(source, 0, buffer.size(), buffer.data(), answers.Callback());
  }
  CHECK_EQ(answers.count, 20);
  const std::string expected = Expected(source, 0, 500'000);
  for (const std::string& buffer : buffers) CHECK(buffer == expected);
}

TEST(FillPool, OneOfAKindForAsLongAsItIsUsed) {
  const std::vector<ThreadGroup> two = {{-1, 2, {}}}, pinned = {{0, 2, {0}}};
  std::shared_ptr<FillPool> pool = FillPool::Shared(two, false);
  CHECK(FillPool::Shared(two, false) == pool);
  CHECK(FillPool::Shared(pinned, false) != pool);
  CHECK(FillPool::Shared(pinned, true) != FillPool::Shared(pinned, false));
}

// A CPU that is not there: the fill works, and what is missing is said.
TEST(FillPool, SaysWhatCouldNotBePinned) {
  FillPool pool({{0, 1, {60'000}}}, false);
  CHECK_EQ(pool.problem(), "");
  const Source source = TestSource(6);
  std::string bytes(1 << 20, 0);
  Answers answers;
  pool.Start(source, 0, bytes.size(), bytes.data(), answers.Callback());
  answers.Wait(1);
  CHECK(bytes == Expected(source, 0, bytes.size()));
  CHECK(!pool.problem().empty());
}

}  // namespace burrow::datagen
