#include "table/table_cache.h"

#include <cerrno>
#include <thread>

#include "env/fault_env.h"
#include "env/file_names.h"
#include "table/table_testing.h"

namespace burrow {
namespace {

using namespace testing;

struct Tables {
  std::shared_ptr<Env> env = Env::NewMemory();
  DatabaseId id;
  BlockCache blocks{1 << 20};
  uint64_t size = 0;

  explicit Tables(uint64_t count) {
    CHECK_OK(env->CreateDirs("/db"));
    for (uint64_t number = 1; number <= count; number++) {
      std::unique_ptr<WritableFile> file;
      CHECK_OK(env->NewWritableFile(FileName("/db", FileKind::kTable, number), Env::OpenMode::kTruncate, &file));
      TableBuilder builder({}, std::move(file));
      CHECK_OK(builder.Add(InternalKey("key", number), "value"));
      TableProperties properties;
      CHECK_OK(builder.Finish(&properties));
      size = properties.file_size;
    }
  }
};

TEST(TableCache, ClosesWhatWasNotUsedLately) {
  Tables tables(10);
  TableCache cache(tables.env.get(), "/db", tables.id, 3, &tables.blocks);
  std::vector<std::shared_ptr<TableHandle>> handles;
  for (uint64_t number = 1; number <= 10; number++) handles.push_back(cache.NewHandle(number, 0));
  std::shared_ptr<TableReader> reader;
  CHECK_OK(handles[0]->Acquire(true, &reader));
  CHECK(reader == nullptr);
  for (auto& handle : handles) {
    CHECK_OK(handle->Acquire(false, &reader));
    CHECK_EQ(reader->file_number(), handle->number());
    CHECK_LE(cache.GetStats().open, 3u);
    CHECK_OK(handle->Acquire(true, &reader));
    CHECK(reader != nullptr);
  }
  TableCache::Stats stats = cache.GetStats();
  CHECK_EQ(stats.misses, 10u);
  CHECK_EQ(stats.evictions, 7u);
  CHECK_EQ(stats.hits, 10u);
  CHECK_GT(stats.memory_bytes, 0u);
  reader.reset();
  handles.clear();
  stats = cache.GetStats();
  CHECK_EQ(stats.open, 0u);
  CHECK_EQ(stats.memory_bytes, 0u);
  CHECK_EQ(stats.hits, 10u);
  CHECK_EQ(tables.blocks.GetStats().used_bytes, 0u);
}

TEST(TableCache, AMissingFileIsCorruption) {
  Tables tables(1);
  TableCache cache(tables.env.get(), "/db", tables.id, 3, &tables.blocks);
  auto handle = cache.NewHandle(77, 0);
  std::shared_ptr<TableReader> reader;
  for (int i = 0; i < 5; i++) {
    Status status = handle->Acquire(false, &reader);
    CHECK(status.Is(Code::kCorruption));
    CHECK(status.file().find("77") != std::string::npos);
  }
  auto wrong_size = cache.NewHandle(1, tables.size + 1);
  CHECK(wrong_size->Acquire(false, &reader).Is(Code::kCorruption));
  auto good = cache.NewHandle(1, tables.size);
  CHECK_OK(good->Acquire(false, &reader));
  CHECK_EQ(cache.GetStats().open, 1u);
}

TEST(TableCache, AMissingDirectoryIsNotCorruption) {
  Tables tables(1);
  TableCache cache(tables.env.get(), "/gone", tables.id, 3, &tables.blocks);
  std::shared_ptr<TableReader> reader;
  CHECK(cache.NewHandle(1, tables.size)->Acquire(false, &reader).Is(Code::kNotFound));
}

TEST(TableCache, GivesDescriptorsBackWhenTheProcessHasNoneLeft) {
  Tables tables(9);
  FaultEnv faults(tables.env.get());
  TableCache cache(&faults, "/db", tables.id, 100, &tables.blocks);
  std::vector<std::shared_ptr<TableHandle>> handles;
  std::shared_ptr<TableReader> reader;
  for (uint64_t number = 1; number <= 8; number++) {
    handles.push_back(cache.NewHandle(number, 0));
    CHECK_OK(handles.back()->Acquire(false, &reader));
  }
  const auto last = cache.NewHandle(9, 0);
  faults.AddRule({.operations = fault::kOpen, .error_number = EMFILE});
  faults.AddRule({.operations = fault::kOpen, .countdown = 2, .error_number = ENFILE});
  CHECK_OK(last->Acquire(false, &reader));
  CHECK_EQ(cache.GetStats().open, 3u);  // of eight, half were closed and half of the rest
  for (const auto& handle : handles) CHECK_OK(handle->Acquire(false, &reader));

  faults.AddRule({.operations = fault::kOpen, .forever = true, .error_number = EMFILE});
  const auto again = cache.NewHandle(9, 0);
  const Status status = again->Acquire(false, &reader);
  CHECK(status.Is(Code::kIO));
  CHECK_EQ(status.error_number(), EMFILE);
  CHECK_EQ(cache.GetStats().open, 0u);
}

TEST(TableCache, ManyThreads) {
  Tables tables(8);
  TableCache cache(tables.env.get(), "/db", tables.id, 3, &tables.blocks);
  std::vector<std::shared_ptr<TableHandle>> handles;
  for (uint64_t number = 1; number <= 8; number++) handles.push_back(cache.NewHandle(number, 0));
  std::vector<std::thread> threads;
  for (uint64_t t = 0; t < 4; t++) {
    threads.emplace_back([&, t] {
      Random random(TestSeed() + t);
      for (int i = 0; i < 3000; i++) {
        TableHandle& handle = *handles[random.Uniform(handles.size())];
        std::shared_ptr<TableReader> reader;
        CHECK_OK(handle.Acquire(false, &reader));
        PinnedValue value;
        SequenceNumber sequence;
        GetOutcome outcome;
        CHECK_OK(reader->Get(LookupKey("key", kMaxSequence), {}, &value, &sequence, &outcome));
        CHECK_EQ(sequence, handle.number());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK_LE(cache.GetStats().open, 3u);
}

TEST(TableCache, ConcurrentFirstUsesOpenOnce) {
  Tables tables(1);
  TableCache cache(tables.env.get(), "/db", tables.id, 3, &tables.blocks);
  auto handle = cache.NewHandle(1, tables.size);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; t++) {
    threads.emplace_back([&] {
      std::shared_ptr<TableReader> reader;
      CHECK_OK(handle->Acquire(false, &reader));
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK_EQ(cache.GetStats().misses, 1u);
}

}  // namespace
}  // namespace burrow
