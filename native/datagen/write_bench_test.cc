#include "datagen/write_bench.h"

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <mutex>
#include <string>
#include <thread>

#include "env/env.h"
#include "util/testing.h"

namespace burrow::datagen {

namespace {

// A pure function of the offset, as generated data is.
char ByteAt(uint64_t offset) { return static_cast<char>((offset * 0x9e3779b97f4a7c15u) >> 56); }

Status FillBytes(uint64_t offset, char* to, size_t n) {
  for (size_t i = 0; i < n; ++i) to[i] = ByteAt(offset + i);
  return Status();
}

void CheckContents(const std::string& path, uint64_t size) {
  std::string data;
  CHECK_OK(ReadFileToString(Env::Posix(), path, 1 << 30, &data));
  CHECK_EQ(data.size(), size);
  for (uint64_t i = 0; i < size; ++i) CHECK_EQ(data[i], ByteAt(i));
}

bool Exists(const std::string& path) { return Env::Posix()->FileExists(path).ok(); }

WriteBenchJob JobFor(const std::string& path, uint64_t size, size_t write_size) {
  return {.path = path,
          .file = {},
          .pipeline = {.size = size, .write_size = write_size, .producers = 3, .writers = 2, .buffers = 4},
          .sync = false,
          .keep = true};
}

// A device whose writes are what the test says.
class FakeFile final : public PositionalFile {
 public:
  explicit FakeFile(std::function<Status(uint64_t, Slice)> write) : write_(std::move(write)) {}
  Status WriteAt(uint64_t offset, Slice data) override { return write_(offset, data); }
  Status Sync() override { return Status(); }
  Status Truncate(uint64_t) override { return Status(); }
  Status Close() override { return Status(); }
  bool Regular() const override { return true; }

 private:
  const std::function<Status(uint64_t, Slice)> write_;
};

void Sleep() { std::this_thread::sleep_for(std::chrono::milliseconds(2)); }

}  // namespace

TEST(WriteBench, WritesEveryByteOnce) {
  const std::string path = TestDir() + "/file";
  for (const uint64_t size : {1u, 4096u, 100'000u, 1'000'001u}) {
    WriteBenchJob job = JobFor(path, size, 7000);
    job.file.replace = true;
    job.sync = true;
    WriteBench bench(job, FillBytes);
    const WriteBenchResult result = bench.Run();
    CHECK_OK(result.status);
    CHECK(result.kept);
    CHECK_EQ(result.times.bytes, size);
    CHECK_EQ(bench.written(), size);
    CHECK_EQ(result.times.writes, (size + 6999) / 7000);
    CHECK_EQ(result.times.latency.count(), result.times.writes);
    CHECK_GT(result.sync_nanos, 0u);
    CheckContents(path, size);
  }
}

TEST(WriteBench, WritesPastThePageCacheUpToAnySize) {
  const std::string path = TestDir() + "/file";
  WriteBenchJob job = JobFor(path, 100'001, 8192);
  job.file.direct = true;
  const WriteBenchResult result = WriteBench(job, FillBytes).Run();
  // Not every file system that holds a build can.
  if (result.status.Is(Code::kUnsupported)) {
    CHECK(!Exists(path));
    return;
  }
  CHECK_OK(result.status);
  CheckContents(path, 100'001);
}

TEST(WriteBench, RemovesTheFileUnlessItIsToBeKept) {
  const std::string path = TestDir() + "/file";
  WriteBenchJob job = JobFor(path, 50'000, 4096);
  job.keep = false;
  const WriteBenchResult result = WriteBench(job, FillBytes).Run();
  CHECK_OK(result.status);
  CHECK(!result.kept);
  CHECK(!Exists(path));
}

TEST(WriteBench, LeavesAloneWhatIsThere) {
  const std::string path = TestDir() + "/file";
  CHECK_OK(WriteBench(JobFor(path, 5000, 4096), FillBytes).Run().status);
  WriteBenchJob job = JobFor(path, 100, 4096);
  job.keep = false;
  CHECK(WriteBench(job, FillBytes).Run().status.Is(Code::kExists));
  CheckContents(path, 5000);
}

TEST(WriteBench, EndsWithTheFirstErrorOfAProducer) {
  const std::string path = TestDir() + "/file";
  std::atomic<int> fills{0};
  const auto fill = [&fills](uint64_t offset, char* to, size_t n) {
    return fills++ == 10 ? Status::Internal("no bytes") : FillBytes(offset, to, n);
  };
  WriteBenchJob job = JobFor(path, 1 << 20, 4096);
  const WriteBenchResult kept = WriteBench(job, fill).Run();
  CHECK_EQ(kept.status.message(), "no bytes");
  CHECK(kept.kept);
  CHECK(Exists(path));
  fills = 0;
  job.keep = false;
  job.file.replace = true;
  CHECK_EQ(WriteBench(job, fill).Run().status.message(), "no bytes");
  CHECK(!Exists(path));
}

#if defined(__linux__)
TEST(WriteBench, TellsThatTheDeviceIsFullAndKeepsIt) {
  WriteBenchJob job = JobFor("/dev/full", 1 << 20, 4096);
  job.file.replace = true;
  job.keep = false;
  const WriteBenchResult result = WriteBench(job, FillBytes).Run();
  CHECK(result.status.Is(Code::kNoSpace));
  CHECK_EQ(result.times.writes, 0u);
  CHECK(Exists("/dev/full"));
}
#endif

TEST(WriteBench, IsCancelledWhereverItIs) {
  const std::string path = TestDir() + "/file";
  for (const uint64_t after : {0u, 1u, 20u}) {
    WriteBench* bench = nullptr;
    std::atomic<uint64_t> fills{0};
    const auto fill = [&](uint64_t offset, char* to, size_t n) {
      if (fills++ == after) bench->Cancel();
      return FillBytes(offset, to, n);
    };
    WriteBenchJob job = JobFor(path, 1 << 22, 4096);
    job.keep = false;
    WriteBench running(job, fill);
    bench = &running;
    CHECK(running.Run().status.Is(Code::kAborted));
    CHECK(!Exists(path));
  }
  WriteBench early(JobFor(path, 1 << 20, 4096), FillBytes);
  early.Cancel();
  CHECK(early.Run().status.Is(Code::kAborted));
}

TEST(WritePipeline, TellsWhichSideWaits) {
  const auto judge = [](bool slow_fill, bool slow_write) {
    const auto fill = [slow_fill](uint64_t, char*, size_t) {
      if (slow_fill) Sleep();
      return Status();
    };
    FakeFile file([slow_write](uint64_t, Slice) {
      if (slow_write) Sleep();
      return Status();
    });
    WritePipeline pipeline({.size = 60 * 4096, .write_size = 4096, .producers = 1, .writers = 1, .buffers = 4}, fill);
    PipelineTimes times;
    CHECK_OK(pipeline.Run(&file, &times));
    CHECK_EQ(times.bytes, 60u * 4096);
    CHECK_LE(times.device_nanos, times.elapsed_nanos);
    CHECK_LE(times.producers.working_nanos, times.producers.active_nanos);
    CHECK_LE(times.writers.working_nanos, times.writers.active_nanos);
    CHECK_LE(times.writers.working_nanos, times.device_nanos);
    return Judge(times.producers.WaitingShare(), times.writers.WaitingShare());
  };
  CHECK_EQ(BottleneckName(judge(true, false)), std::string("generator"));
  CHECK_EQ(BottleneckName(judge(false, true)), std::string("device"));
}

TEST(WritePipeline, WritesNeverExceedTheWriters) {
  std::atomic<int> under_way{0}, most{0};
  FakeFile file([&](uint64_t, Slice) {
    const int now = ++under_way;
    int seen = most.load();
    while (now > seen && !most.compare_exchange_weak(seen, now)) continue;
    std::this_thread::yield();
    --under_way;
    return Status();
  });
  WritePipeline pipeline({.size = 500 * 512, .write_size = 512, .producers = 2, .writers = 3, .buffers = 8}, FillBytes);
  PipelineTimes times;
  CHECK_OK(pipeline.Run(&file, &times));
  CHECK_GE(most.load(), 1);
  CHECK_LE(most.load(), 3);
  CHECK_EQ(times.writes, 500u);
}

TEST(WriteBench, JudgesByTheWaiting) {
  const auto judge = [](double producers, double writers) {
    return std::string(BottleneckName(Judge(producers, writers)));
  };
  CHECK_EQ(judge(0, 0), "balanced");
  CHECK_EQ(judge(0.09, 0.09), "balanced");
  CHECK_EQ(judge(0.01, 0.1), "generator");
  CHECK_EQ(judge(0.9, 0.1), "device");
  CHECK_EQ(judge(0.3, 0.2), "queue");
  CHECK_EQ(judge(0.5, 0.5), "queue");
}

}  // namespace burrow::datagen
