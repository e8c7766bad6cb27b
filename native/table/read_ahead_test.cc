#include <atomic>
#include <future>
#include <thread>

#include "table/read_ahead_thread.h"
#include "table/table_iterator.h"
#include "table/table_testing.h"

namespace burrow {
namespace {

using namespace testing;

// A table with what its iterators need. The thread goes before what it uses.
struct Table {
  explicit Table(size_t cache_size = 0) : cache(cache_size) {}

  void Build(int records) {
    Random random(TestSeed());
    for (int i = 0; i < records; i++) {
      std::string value(100, '\0');
      for (char& c : value) c = static_cast<char>(random.Next());
      model[InternalKey(std::to_string(1000000 + i), 1)] = std::move(value);
    }
    TableBuilderOptions options;
    options.block_size = 1000;
    BuildTable(options, model, {}, &bytes);
  }
  void Open(std::unique_ptr<RandomAccessFile> file) {
    CHECK_OK(TableReader::Open(std::move(file), "1.sst", 1, 0, nullptr, &cache, &counters, &reader));
  }
  void Open() { Open(std::make_unique<StringReadableFile>(&bytes)); }
  std::unique_ptr<TableIterator> NewIterator(size_t read_ahead = 4096, bool fill_cache = true) {
    return std::make_unique<TableIterator>(reader->file(), Options(read_ahead, fill_cache), reader);
  }
  TableReadOptions Options(size_t read_ahead, bool fill_cache = true) {
    return {.fill_cache = fill_cache, .read_ahead = read_ahead, .read_ahead_thread = thread.get()};
  }

  Model model;
  std::string bytes;
  BlockCache cache;
  TableReader::Counters counters;
  std::shared_ptr<TableReader> reader;
  std::unique_ptr<ReadAheadThread> thread = std::make_unique<ReadAheadThread>();
};

// Counts reads. One waits at the gate, those of a bad byte fail.
class GuardedFile final : public RandomAccessFile {
 public:
  struct Guard {
    std::atomic<uint64_t> reads{0};
    std::atomic<uint64_t> bad = UINT64_MAX;   // reads of this byte fail
    std::atomic<uint64_t> slow = UINT64_MAX;  // that of this byte waits
    std::promise<void> arrived;
    std::promise<void> gate;
    std::atomic<bool> closed{false};
  };
  GuardedFile(const std::string* bytes, Guard* guard) : file_(bytes), guard_(guard) {}
  ~GuardedFile() override { guard_->closed = true; }

  Status Read(uint64_t offset, size_t n, Slice* result, char* scratch) const override {
    guard_->reads++;
    auto covers = [&](uint64_t byte) { return byte >= offset && byte - offset < n; };
    if (covers(guard_->slow)) {
      guard_->slow = UINT64_MAX;
      guard_->arrived.set_value();
      guard_->gate.get_future().wait();
    }
    if (covers(guard_->bad)) return Status(Code::kIO, "the disk is bad");
    return file_.Read(offset, n, result, scratch);
  }
  uint64_t Size() const override { return file_.Size(); }

 private:
  const StringReadableFile file_;
  Guard* const guard_;
};

struct Outcome {
  size_t records = 0;
  std::string status;
  bool operator==(const Outcome&) const = default;
};
Outcome ScanAll(TableIterator* iterator, bool forward) {
  Outcome outcome;
  for (forward ? iterator->SeekToFirst() : iterator->SeekToLast(); iterator->Valid();
       forward ? iterator->Next() : iterator->Prev()) {
    outcome.records++;
  }
  outcome.status = iterator->status().ToString();
  return outcome;
}

void WaitUntilIdle(const BlockWindow& window) {
  while (!window.idle()) std::this_thread::yield();
}

TEST(ReadAhead, AgreesWithAModel) {
  for (uint64_t round = 0; round < 40; round++) {
    Random random(TestSeed() + round);
    constexpr size_t kCacheSizes[] = {0, 3000, 100000, 64 << 20};
    Table table(kCacheSizes[random.Uniform(4)]);
    table.model = RandomModel(&random, 1 + random.Uniform(3000));
    TableBuilderOptions options;
    options.block_size = 1 + random.Uniform(random.OneIn(2) ? 300 : 4000);
    options.partition_size = 1 + random.Uniform(random.OneIn(2) ? 300 : 65536);
    options.codec = static_cast<CodecId>(random.Uniform(3));
    BuildTable(options, table.model, {}, &table.bytes);
    table.Open();
    for (int i = 0; i < 3; i++) {
      const size_t read_ahead = 1 + random.Uniform(random.OneIn(2) ? 300 : 20000);
      CheckIterator(table.NewIterator(read_ahead, random.OneIn(2)).get(), table.model, &random);
    }
  }
}

TEST(ReadAhead, TheThreadMakesAWindow) {
  Table table;
  table.Build(100);
  GuardedFile::Guard guard;
  table.Open(std::make_unique<GuardedFile>(&table.bytes, &guard));
  const TableFile& file = table.reader->file();
  CHECK(!file.partitioned_index());
  for (bool forward : {true, false}) {
    const uint64_t before = table.counters.blocks_read, ahead_before = table.counters.blocks_ahead;
    guard.reads = 0;
    auto window = std::make_shared<BlockWindow>(file, table.Options(1 << 20), table.reader);
    window->Assign(
        {.index = &file.index, .position = forward ? 2 : file.index.size() - 3, .forward = forward, .bytes = 1 << 20});
    table.thread->Submit(window);
    WaitUntilIdle(*window);
    const uint64_t blocks = file.index.size() - 2;
    CHECK(blocks > 5);
    for (uint32_t i = 0; i < blocks; i++) {
      const uint32_t position = forward ? 2 + i : file.index.size() - 3 - i;
      CHECK(window->Has(0, position));
      BlockRef block;
      CHECK_OK(window->Take(position, false, &block));
      CHECK(static_cast<bool>(block));
    }
    CHECK(!window->Has(0, forward ? 1 : file.index.size() - 2));
    CHECK_EQ(guard.reads, 1u);
    CHECK_EQ(table.counters.blocks_read - before, blocks);
    CHECK_EQ(table.counters.blocks_ahead - ahead_before, blocks);
  }
}

TEST(ReadAhead, AWindowReadsWhatIsNotCached) {
  Table table(1 << 20);
  table.Build(100);
  GuardedFile::Guard guard;
  table.Open(std::make_unique<GuardedFile>(&table.bytes, &guard));
  const TableFile& file = table.reader->file();
  auto fill = [&](uint32_t position) {
    BlockHandle handle;
    BlockRef block;
    CHECK(file.index.Handle(position, &handle));
    CHECK_OK(file.FetchBlock(handle, BlockType::kData, {}, &block));
  };
  for (uint32_t i = 0; i < file.index.size(); i++)
    if (i != 4 && i != 6) fill(i);
  auto window = std::make_shared<BlockWindow>(file, table.Options(1 << 20), table.reader);
  const BlockWindow::Request all{.index = &file.index, .bytes = 1 << 20, .look_up = true};
  window->Assign(all);
  uint64_t before = table.counters.blocks_read;
  guard.reads = 0;
  table.thread->Submit(window);
  WaitUntilIdle(*window);
  CHECK(!window->AllCached());
  CHECK_EQ(guard.reads, 1u);
  CHECK_EQ(table.counters.blocks_read - before, 2u);
  window->Cancel(true);
  window->Assign(all);
  table.thread->Submit(window);
  WaitUntilIdle(*window);
  CHECK(window->AllCached());
  CHECK_EQ(guard.reads, 1u);
  // Handed out, a block comes from the cache the next time.
  for (int i = 0; i < 2; i++) {
    BlockRef block;
    CHECK_OK(window->Take(6, false, &block));
    CHECK(static_cast<bool>(block));
  }
  CHECK_EQ(guard.reads, 1u);
  window->Cancel(true);
}

TEST(ReadAhead, AShortScanDoesNotStartTheThread) {
  Table table;
  table.Build(5000);
  GuardedFile::Guard guard;
  table.Open(std::make_unique<GuardedFile>(&table.bytes, &guard));
  Random random(TestSeed());
  auto iterator = table.NewIterator(256 << 10);
  for (int i = 0; i < 200; i++) {
    iterator->Seek(InternalKey(std::to_string(1000000 + random.Uniform(4500)), kMaxSequence));
    for (int step = 0; step < 500; step++, iterator->Next()) CHECK(iterator->Valid());
  }
  CHECK_EQ(table.counters.blocks_ahead, 0u);
}

TEST(ReadAhead, ErrorsAreThoseOfAScanWithoutTheThread) {
  Table table;
  table.Build(3000);
  GuardedFile::Guard guard;
  table.Open(std::make_unique<GuardedFile>(&table.bytes, &guard));
  const uint64_t data_bytes = table.reader->properties().data_bytes;
  for (uint64_t round = 0; round < 40; round++) {
    Random random(TestSeed() + round);
    const size_t read_ahead = 1 + random.Uniform(20000);
    const uint64_t place = random.Uniform(data_bytes);
    const bool forward = random.OneIn(2), corrupt = random.OneIn(2);
    if (corrupt) table.bytes[place] ^= 0x40;
    if (!corrupt) guard.bad = place;
    TableReadOptions alone = table.Options(read_ahead);
    alone.read_ahead_thread = nullptr;
    const Outcome expected =
        ScanAll(std::make_unique<TableIterator>(table.reader->file(), alone, table.reader).get(), forward);
    CHECK(expected.records < table.model.size());
    CHECK(expected.status.find("OK") == std::string::npos);
    for (int i = 0; i < 3; i++) CHECK(ScanAll(table.NewIterator(read_ahead).get(), forward) == expected);
    if (corrupt) table.bytes[place] ^= 0x40;
    guard.bad = UINT64_MAX;
    CHECK_EQ(ScanAll(table.NewIterator(read_ahead).get(), forward).records, table.model.size());
  }
}

// The thread meets the error, nobody looks yet; the window then works as if it had not been there.
TEST(ReadAhead, TheIteratorMeetsTheErrorsOfTheThreadAgain) {
  Table table;
  table.Build(100);
  GuardedFile::Guard guard;
  table.Open(std::make_unique<GuardedFile>(&table.bytes, &guard));
  const TableFile& file = table.reader->file();
  BlockHandle third;
  CHECK(file.index.Handle(3, &third));
  auto made = [&] {
    auto window = std::make_shared<BlockWindow>(file, table.Options(1 << 20), table.reader);
    window->Assign({.index = &file.index, .bytes = 1 << 20});
    table.thread->Submit(window);
    WaitUntilIdle(*window);
    return window;
  };
  guard.bad = third.offset;
  BlockRef block;
  auto window = made();
  CHECK(window->Take(0, true, &block).Is(Code::kIO));
  CHECK_OK(window->Take(0, false, &block));
  CHECK(!block);
  guard.bad = UINT64_MAX;
  CHECK_OK(window->Take(3, true, &block));
  CHECK(static_cast<bool>(block));

  table.bytes[third.offset + 1] ^= 0x40;
  window = made();
  for (uint32_t i = 0; i < file.index.size(); i++) {
    for (int again = 0; again < 2; again++) CHECK_EQ(window->Take(i, true, &block).Is(Code::kCorruption), i == 3);
  }
}

TEST(ReadAhead, NobodyWaitsForAReadOfTheThread) {
  for (bool to_the_end : {false, true}) {
    Table table(1 << 20);
    table.Build(3000);
    GuardedFile::Guard guard;
    table.Open(std::make_unique<GuardedFile>(&table.bytes, &guard));
    auto iterator = table.NewIterator(20000);
    guard.slow = 95000;  // in the first window of the thread's, which begins behind 85 KB
    iterator->SeekToFirst();
    for (int i = 0; i < 640; i++) iterator->Next();  // to the one before
    guard.arrived.get_future().wait();
    if (to_the_end) {
      auto record = std::next(table.model.begin(), 640);
      for (; iterator->Valid(); iterator->Next(), ++record) CHECK_EQ(iterator->value(), record->second);
      CHECK_OK(iterator->status());
      CHECK(record == table.model.end());
    }
    iterator.reset();
    table.reader.reset();
    CHECK(!guard.closed);
    guard.gate.set_value();
    table.thread.reset();
    CHECK(guard.closed.load());
  }
}

TEST(ReadAhead, AWindowThatHadNoTurnIsTakenBack) {
  Table table;
  table.Build(100);
  GuardedFile::Guard guard;
  table.Open(std::make_unique<GuardedFile>(&table.bytes, &guard));
  const TableFile& file = table.reader->file();
  auto submit = [&](uint32_t position) {
    auto window = std::make_shared<BlockWindow>(file, table.Options(1), table.reader);
    window->Assign({.index = &file.index, .position = position});
    table.thread->Submit(window);
    return window;
  };
  guard.reads = 0;
  guard.slow = 0;
  auto under_way = submit(0);
  guard.arrived.get_future().wait();
  auto waiting = submit(1), last = submit(2);
  waiting->Cancel(true);
  table.thread->Withdraw(waiting.get());
  CHECK(waiting->idle());
  CHECK_EQ(waiting.use_count(), 1);
  under_way->Cancel(true);
  table.thread->Withdraw(under_way.get());
  CHECK(!under_way->idle());
  guard.gate.set_value();
  WaitUntilIdle(*last);
  CHECK(under_way->idle());
  CHECK_EQ(guard.reads, 2u);
}

TEST(ReadAhead, ManyScansThatEndAnywhere) {
  Table table(200000);
  table.Build(4000);
  std::vector<std::thread> threads;
  for (uint64_t t = 0; t < 4; t++) {
    threads.emplace_back([&table, t] {
      Random random(TestSeed() + t);
      for (int round = 0; round < 30; round++) {
        // A table each, which ends with its iterator, or before the thread has finished.
        std::shared_ptr<TableReader> reader;
        CHECK_OK(OpenTable(table.bytes, &table.cache, &table.counters, &reader));
        TableIterator iterator(reader->file(), table.Options(1 + random.Uniform(10000), random.OneIn(2)), reader);
        reader.reset();
        auto record = std::next(table.model.begin(), static_cast<ptrdiff_t>(random.Uniform(table.model.size())));
        iterator.Seek(record->first);
        const bool forward = random.OneIn(2);
        for (uint64_t left = random.Uniform(2000); left > 0 && iterator.Valid(); left--) {
          CHECK_EQ(iterator.key(), record->first);
          CHECK_EQ(iterator.value(), record->second);
          if (!forward && record == table.model.begin()) break;
          forward ? ++record : --record;
          forward ? iterator.Next() : iterator.Prev();
        }
        CHECK_OK(iterator.status());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace burrow
