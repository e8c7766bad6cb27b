#include "engine/multi_get.h"

#include "env/file_names.h"
#include "table/table_testing.h"

namespace burrow {
namespace {

using namespace testing;

// A view of a memtable and of two tables of level 0 and one of level 1, with a range tombstone in each.
struct Sources {
  std::shared_ptr<Env> env = Env::NewMemory();
  BlockCache blocks{4 << 20};
  TableCache tables{env.get(), "/db", DatabaseId(), 10, &blocks};
  std::shared_ptr<const ReadView> view;

  Sources(const Model& model, SequenceNumber records, Random* random) {
    CHECK_OK(env->CreateDirs("/db"));
    auto memtable = std::make_shared<MemTable>();
    Model parts[3];
    for (const auto& [key, value] : model) {
      const SequenceNumber part = SequenceOf(key) * 4 / (records + 1);
      if (part < 3) parts[part].emplace(key, value);
    }
    if (random->OneIn(3)) parts[1].clear();  // a table of nothing but its range tombstone
    LevelsDelta delta;
    for (uint64_t i = 0; i < 3; i++) {
      const SequenceNumber last = (records + 1) * (i + 1) / 4;
      delta.added.push_back({i == 0 ? 1 : 0, NewTable(i + 1, parts[i], last, random)});
    }
    auto levels = std::make_shared<const Levels>();
    CHECK_OK(Levels::Apply(*levels, delta, &levels));
    std::map<SequenceNumber, const Model::value_type*> newest;
    for (const auto& record : model) {
      if (SequenceOf(record.first) * 4 / (records + 1) == 3) newest.emplace(SequenceOf(record.first), &record);
    }
    for (const auto& [sequence, record] : newest) {
      memtable->Add(sequence, KindOf(record->first), UserKey(record->first), record->second);
    }
    memtable->Add(records + 1, Kind::kRangeDelete, "bb", "c");
    view = std::make_shared<const ReadView>(memtable, std::vector<std::shared_ptr<MemTable>>(), levels);
  }

  TableRef NewTable(uint64_t number, const Model& model, SequenceNumber last, Random* random) {
    std::unique_ptr<WritableFile> file;
    CHECK_OK(env->NewWritableFile(Path(number), Env::OpenMode::kTruncate, &file));
    TableBuilderOptions options;
    options.block_size = 64 + random->Uniform(1000);
    options.partition_size = 200 + random->Uniform(2000);
    options.bloom_bits_per_key = random->OneIn(3) ? 0 : 10;
    TableBuilder builder(options, std::move(file));
    for (const auto& [key, value] : model) CHECK_OK(builder.Add(key, value));
    if (number > 1) builder.AddRangeTombstone({"a", "aa", last});
    TableProperties properties;
    CHECK_OK(builder.Finish(&properties));
    auto table = std::make_shared<TableEntry>();
    table->number = number;
    table->size = properties.file_size;
    table->smallest = properties.smallest;
    table->largest = properties.largest;
    table->largest_exclusive = properties.largest_exclusive;
    table->range_tombstones = properties.range_tombstones;
    table->largest_sequence = properties.largest_sequence;
    table->handle = tables.NewHandle(number, properties.file_size);
    return table;
  }
  static std::string Path(uint64_t number) { return FileName("/db", FileKind::kTable, number); }
};

std::vector<std::string> RandomKeys(Random* random) {
  std::vector<std::string> keys(random->Uniform(MultiGet::kMaxKeys + 1));
  for (std::string& key : keys) key = RandomKey(random);
  return keys;
}

TEST(MultiGet, FindsWhatReadsOneByOneFind) {
  for (uint64_t round = 0; round < 10; round++) {
    Random random(TestSeed() + round);
    const SequenceNumber records = 100 + random.Uniform(2000);
    const Sources sources(RandomModel(&random, records), records, &random);
    for (int i = 0; i < 200; i++) {
      const std::vector<std::string> keys = RandomKeys(&random);
      const std::vector<Slice> slices(keys.begin(), keys.end());
      // Nothing is in memory at first, and later everything.
      const TableReadOptions options{.fill_cache = random.OneIn(2), .cache_only = random.OneIn(3)};
      const SequenceNumber sequence = random.Uniform(records + 3);
      bool expect_cached = true;
      std::vector<GetResult> expected(keys.size());
      for (size_t k = 0; k < keys.size(); k++) {
        TableReadOptions alike = options;
        alike.fill_cache = false;
        CHECK_OK(PointGet(*sources.view, keys[k], sequence, alike, &expected[k]));
        if (expected[k].outcome == GetOutcome::kNotCached) expect_cached = false;
      }
      MultiGet reads(*sources.view, sequence, options);
      bool cached;
      CHECK_OK(reads.Get(slices, &cached));
      CHECK_EQ(cached, expect_cached);
      for (size_t k = 0; cached && k < keys.size(); k++) {
        CHECK(reads.result(k).outcome == expected[k].outcome);
        if (expected[k].outcome == GetOutcome::kValue) CHECK_EQ(reads.result(k).value.value, expected[k].value.value);
      }
    }
  }
}

TEST(MultiGet, TellsOfATableThatIsGone) {
  int failures = 0;
  for (uint64_t number = 1; number <= 3; number++) {
    Random random(TestSeed() + number);
    const Sources sources(RandomModel(&random, 1000), 1000, &random);
    CHECK_OK(sources.env->RemoveFile(Sources::Path(number)));
    for (int i = 0; i < 50; i++) {
      const std::vector<std::string> keys = RandomKeys(&random);
      const std::vector<Slice> slices(keys.begin(), keys.end());
      const TableReadOptions options;
      bool fails = false;
      for (const std::string& key : keys) {
        GetResult result;
        if (!PointGet(*sources.view, key, kMaxSequence, options, &result).ok()) fails = true;
      }
      MultiGet reads(*sources.view, kMaxSequence, options);
      bool cached;
      CHECK_EQ(!reads.Get(slices, &cached).ok(), fails);
      failures += fails;
    }
  }
  CHECK_GE(failures, 10);
}

}  // namespace
}  // namespace burrow
