#include <thread>

#include "table/table_testing.h"

namespace burrow {
namespace {

using namespace testing;

TableBuilderOptions RandomOptions(Random* random) {
  TableBuilderOptions options;
  constexpr size_t kSizes[] = {1, 64, 300, 4096, 32768};
  options.block_size = kSizes[random->Uniform(5)];
  options.restart_interval = 1 + static_cast<int>(random->Uniform(20));
  options.bloom_bits_per_key = random->OneIn(4) ? 0 : 10;
  options.codec = static_cast<CodecId>(random->Uniform(3));
  options.partition_size = kSizes[random->Uniform(5)];
  options.created_at_ms = 1234;
  return options;
}

struct Tombstones {
  std::vector<std::string> bytes;
  std::vector<RangeTombstone> list;
  Tombstones(Random* random, size_t count) {
    for (size_t i = 0; i < 2 * count; i++) bytes.push_back(RandomKey(random));
    for (size_t i = 0; i < count; i++) {
      if (bytes[2 * i] > bytes[2 * i + 1]) std::swap(bytes[2 * i], bytes[2 * i + 1]);
      list.push_back({bytes[2 * i], bytes[2 * i + 1], 1 + random->Uniform(1000)});
    }
  }
};

void CheckGets(const TableReader& reader, const Model& model, Random* random, int count) {
  for (int i = 0; i < count; i++) {
    const std::string key = SomeKey(model, random);
    const SequenceNumber at = random->OneIn(2) ? kMaxSequence : random->Uniform(model.size() + 2);
    PinnedValue value;
    SequenceNumber sequence = 0;
    GetOutcome outcome;
    CHECK_OK(reader.Get(LookupKey(key, at), {}, &value, &sequence, &outcome));
    Expected expected = Lookup(model, key, at);
    CHECK_EQ(outcome, expected.outcome);
    CHECK_EQ(sequence, expected.sequence);
    if (outcome == GetOutcome::kValue) CHECK_EQ(value.value, expected.value);
    if (Lookup(model, key, kMaxSequence).outcome != GetOutcome::kAbsent) CHECK(reader.MayContain(key, {}));
  }
}

TEST(Table, AgreesWithAModel) {
  for (uint64_t round = 0; round < 120; round++) {
    Random random(TestSeed() + round);
    const Model model = RandomModel(&random, 1 + random.Uniform(random.OneIn(10) ? 5000 : 400));
    const Tombstones tombstones(&random, random.Uniform(5));
    const TableBuilderOptions options = RandomOptions(&random);
    std::string bytes;
    const TableProperties built = BuildTable(options, model, tombstones.list, &bytes);

    constexpr size_t kCacheSizes[] = {0, 3000, 64 << 20};
    BlockCache cache(kCacheSizes[random.Uniform(3)]);
    TableReader::Counters counters;
    std::shared_ptr<TableReader> reader;
    CHECK_OK(OpenTable(bytes, random.OneIn(4) ? nullptr : &cache, &counters, &reader));
    const TableProperties& read = reader->properties();
    CHECK_EQ(read.entries, model.size());
    CHECK_EQ(read.file_size, bytes.size());
    CHECK_EQ(read.smallest, built.smallest);
    CHECK_EQ(read.largest, built.largest);
    CHECK_EQ(read.largest_exclusive, built.largest_exclusive);
    CHECK_EQ(read.smallest_sequence, built.smallest_sequence);
    CHECK_EQ(read.largest_sequence, built.largest_sequence);
    CHECK_EQ(read.created_at_ms, 1234u);

    CheckGets(*reader, model, &random, 300);
    TableReadOptions read_options;
    read_options.fill_cache = random.OneIn(2);
    constexpr size_t kReadAhead[] = {0, 100, 20000};
    read_options.read_ahead = kReadAhead[random.Uniform(3)];
    CheckIterator(reader->NewIterator(read_options).get(), model, &random);
    CHECK_OK(reader->Verify());

    auto fragments = FragmentedTombstones::Build(tombstones.list);
    for (int i = 0; i < 50; i++) {
      std::string key = RandomKey(&random);
      SequenceNumber covering =
          reader->range_tombstones() == nullptr ? 0 : reader->range_tombstones()->MaxCovering(key, kMaxSequence);
      CHECK_EQ(covering, fragments->MaxCovering(key, kMaxSequence));
    }
    uint64_t last = 0;
    for (const auto& [key, value] : model) {
      CHECK_LE(last, reader->ApproximateOffsetOf(UserKey(key)));
      last = reader->ApproximateOffsetOf(UserKey(key));
      CHECK_LE(last, read.data_bytes);
    }
  }
}

TEST(Table, OnlyRangeTombstones) {
  std::string bytes;
  const TableProperties properties = BuildTable({}, {}, {{"b", "d", 5}, {"c", "f", 9}}, &bytes);
  CHECK_EQ(properties.smallest, "b");
  CHECK_EQ(properties.largest, "f");
  CHECK(properties.largest_exclusive);
  CHECK_EQ(properties.smallest_sequence, 5u);
  CHECK_EQ(properties.largest_sequence, 9u);
  TableReader::Counters counters;
  std::shared_ptr<TableReader> reader;
  CHECK_OK(OpenTable(bytes, nullptr, &counters, &reader));
  CHECK_OK(reader->Verify());
  CHECK_EQ(reader->range_tombstones()->MaxCovering("c", kMaxSequence), 9u);
  auto iterator = reader->NewIterator({});
  iterator->SeekToFirst();
  CHECK(!iterator->Valid());
  iterator->SeekToLast();
  CHECK(!iterator->Valid());
  CHECK_OK(iterator->status());
  CHECK_EQ(reader->ApproximateOffsetOf("c"), 0u);
}

TEST(Table, BuilderRefusesWhatATableCannotHold) {
  std::string bytes;
  TableProperties properties;
  TableBuilder none({}, std::make_unique<StringWritableFile>(&bytes));
  CHECK(none.Finish(&properties).Is(Code::kInvalidArgument));
  TableBuilder unordered({}, std::make_unique<StringWritableFile>(&bytes));
  CHECK_OK(unordered.Add(InternalKey("b", 5), "v"));
  CHECK(unordered.Add(InternalKey("b", 5), "v").Is(Code::kInvalidArgument));
  CHECK(unordered.Add(InternalKey("c", 5), "v").Is(Code::kInvalidArgument));
  CHECK(unordered.Finish(&properties).Is(Code::kInvalidArgument));
}

TEST(Table, CacheOnlyNeverReadsTheFile) {
  Random random(TestSeed());
  const Model model = RandomModel(&random, 2000);
  TableBuilderOptions options;
  options.block_size = 200;
  options.partition_size = 200;
  std::string bytes;
  BuildTable(options, model, {}, &bytes);
  BlockCache cache(64 << 20);
  TableReader::Counters counters;
  std::shared_ptr<TableReader> reader;
  CHECK_OK(OpenTable(bytes, &cache, &counters, &reader));
  TableReadOptions cache_only;
  cache_only.cache_only = true;
  const uint64_t read = counters.blocks_read;
  const auto ask = [&](Slice key) {
    PinnedValue value;
    SequenceNumber sequence;
    GetOutcome outcome;
    CHECK_OK(reader->Get(LookupKey(key, kMaxSequence), cache_only, &value, &sequence, &outcome));
    return outcome;
  };
  const std::string key(UserKey(model.rbegin()->first));
  CHECK_EQ(ask(key), GetOutcome::kNotCached);
  CHECK(reader->MayContain(key, cache_only));
  CHECK_EQ(counters.blocks_read, read);
  PinnedValue value;
  SequenceNumber sequence;
  GetOutcome outcome;
  CHECK_OK(reader->Get(LookupKey(key, kMaxSequence), {}, &value, &sequence, &outcome));
  CHECK_EQ(ask(key), outcome);
}

TEST(Table, AnotherDatabaseAndAnotherSizeAreRefused) {
  std::string bytes;
  TableBuilderOptions options;
  options.database_id.bytes[0] = 7;
  BuildTable(options, {{InternalKey("a", 1), "v"}}, {}, &bytes);
  TableReader::Counters counters;
  std::shared_ptr<TableReader> reader;
  const auto open = [&](uint64_t size, const DatabaseId& id) {
    return TableReader::Open(std::make_unique<StringReadableFile>(&bytes), "1.sst", 1, size, &id, nullptr, &counters,
                             &reader);
  };
  CHECK_OK(open(bytes.size(), options.database_id));
  CHECK(open(bytes.size(), DatabaseId()).Is(Code::kCorruption));
  CHECK(open(bytes.size() + 1, options.database_id).Is(Code::kCorruption));
}

// Right data or an error, whatever the bytes.
void CheckDamaged(const std::string& bytes, const Model& model) {
  TableReader::Counters counters;
  BlockCache cache(10000);
  std::shared_ptr<TableReader> reader;
  Status opened = OpenTable(bytes, &cache, &counters, &reader);
  if (!opened.ok()) {
    CHECK(Corrupted(opened));
    CHECK_EQ(opened.file(), "1.sst");
    return;
  }
  Status verified = reader->Verify();
  CHECK(Corrupted(verified));
  CHECK_GE(verified.offset(), 0);
  for (const auto& [key, value] : model) {
    PinnedValue found;
    SequenceNumber sequence;
    GetOutcome outcome;
    Status status = reader->Get(LookupKey(UserKey(key), SequenceOf(key)), {}, &found, &sequence, &outcome);
    CHECK(status.ok() || Corrupted(status));
    if (!status.ok()) continue;
    CHECK_EQ(outcome, KindOf(key) == Kind::kPut ? GetOutcome::kValue : GetOutcome::kDeleted);
    if (outcome == GetOutcome::kValue) CHECK_EQ(found.value, value);
  }
  TableReadOptions options;
  options.read_ahead = 500;
  auto iterator = reader->NewIterator(options);
  auto it = model.begin();
  for (iterator->SeekToFirst(); iterator->Valid(); iterator->Next(), ++it) CHECK_EQ(iterator->key(), it->first);
  CHECK(Corrupted(iterator->status()) || (iterator->status().ok() && it == model.end()));
  it = model.end();
  for (iterator->SeekToLast(); iterator->Valid(); iterator->Prev()) CHECK_EQ(iterator->key(), (--it)->first);
  CHECK(Corrupted(iterator->status()) || (iterator->status().ok() && it == model.begin()));
}

TEST(Table, EveryFlippedByteAndEveryTruncationIsNoticed) {
  for (int variant = 0; variant < 4; variant++) {
    Random random(TestSeed() + static_cast<uint64_t>(variant));
    Model model = RandomModel(&random, 40);
    TableBuilderOptions options;
    options.codec = variant % 2 == 0 ? CodecId::kNone : CodecId::kLz4;
    options.block_size = 150;
    options.partition_size = variant < 2 ? 64 << 10 : 100;
    std::string bytes;
    BuildTable(options, model, {{"a", "c", 3}}, &bytes);
    for (size_t i = 0; i < bytes.size(); i++) {
      std::string bad = bytes;
      bad[i] = static_cast<char>(bad[i] ^ (1 << random.Uniform(8)));
      CheckDamaged(bad, model);
      CheckDamaged(bytes.substr(0, i), model);
    }
  }
}

TEST(Table, ManyReadersAndATinyCache) {
  Random random(TestSeed());
  const Model model = RandomModel(&random, 3000);
  TableBuilderOptions options;
  options.block_size = 300;
  options.partition_size = 500;
  std::string bytes;
  BuildTable(options, model, {}, &bytes);
  BlockCache cache(6000);
  TableReader::Counters counters;
  std::shared_ptr<TableReader> reader;
  CHECK_OK(OpenTable(bytes, &cache, &counters, &reader));
  std::vector<std::thread> threads;
  for (uint64_t t = 0; t < 4; t++) {
    threads.emplace_back([&, t] {
      Random mine(TestSeed() + t);
      CheckGets(*reader, model, &mine, 2000);
      CheckIterator(reader->NewIterator({}).get(), model, &mine);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

// Blocks of one large record are read anew until they were asked for often; others are cached when they are first read.
TEST(Table, LargeRecordsAreCachedWhenTheyAreAskedForOften) {
  Random random(TestSeed());
  Model model;
  std::string noise(70000, '\0');
  for (char& c : noise) c = static_cast<char>(random.Next());
  const std::string large = InternalKey("large", 1), stored_raw = InternalKey("raw", 1),
                    small = InternalKey("small", 1);
  model[large] = std::string(70000, 'l');
  model[stored_raw] = noise;
  model[small] = "s";
  std::string many;
  for (int i = 0; i < 1000; i++) model[many = InternalKey("z" + std::to_string(1000 + i), 1)] = std::string(100, 'z');
  TableBuilderOptions options;
  options.block_size = 64 << 10;
  for (size_t capacity : {size_t{0}, size_t{4} << 20, size_t{64} << 20}) {
    std::string bytes;
    BuildTable(options, model, {}, &bytes);
    BlockCache cache(capacity);
    TableReader::Counters counters;
    std::shared_ptr<TableReader> reader;
    CHECK_OK(OpenTable(bytes, &cache, &counters, &reader));
    // How often a record is read until it is read from the cache; at most 20.
    auto reads_of = [&](const std::string& key) {
      for (int reads = 1; reads < 20; reads++) {
        const uint64_t before = counters.blocks_read;
        PinnedValue value;
        SequenceNumber sequence;
        GetOutcome outcome;
        CHECK_OK(reader->Get(LookupKey(UserKey(key), kMaxSequence), {}, &value, &sequence, &outcome));
        CHECK(value.value == model[key]);
        if (counters.blocks_read == before) return reads - 1;
      }
      return 20;
    };
    CHECK_EQ(reads_of(many), capacity == 0 ? 20 : 1);
    const int reads = reads_of(large);
    CHECK(capacity == 0 ? reads == 20 : reads > 1 && reads < 20);
    CHECK_EQ(reads_of(stored_raw), reads);
    if (capacity != 0) CHECK_EQ(reads_of(stored_raw), 0);
  }
}

TEST(Table, ReadAheadReadsInLargePieces) {
  Model model;
  for (int i = 0; i < 5000; i++) model[InternalKey(std::to_string(1000000 + i), 1)] = std::string(100, 'v');
  TableBuilderOptions options;
  options.codec = CodecId::kNone;
  std::string bytes;
  BuildTable(options, model, {}, &bytes);
  BlockCache cache(64 << 20);
  TableReader::Counters counters;
  std::shared_ptr<TableReader> reader;
  CHECK_OK(OpenTable(bytes, &cache, &counters, &reader));
  TableReadOptions read_options;
  read_options.fill_cache = false;
  read_options.read_ahead = 256 << 10;
  Random random(TestSeed());
  CheckIterator(reader->NewIterator(read_options).get(), model, &random);
  CHECK_EQ(cache.GetStats().used_bytes, 0u);
}

TEST(Table, ReadAheadDecodesNoBlockThatIsCached) {
  Model model;
  for (int i = 0; i < 5000; i++) model[InternalKey(std::to_string(1000000 + i), 1)] = std::string(100, 'v');
  std::string bytes;
  BuildTable({}, model, {}, &bytes);
  BlockCache cache(64 << 20);
  TableReader::Counters counters;
  std::shared_ptr<TableReader> reader;
  CHECK_OK(OpenTable(bytes, &cache, &counters, &reader));
  auto data_blocks = [&] { return cache.GetStats().by_type[static_cast<size_t>(BlockType::kData)]; };
  auto read_all = [&] {
    auto records = reader->NewIterator({.read_ahead = 256 << 10});
    size_t found = 0;
    for (records->SeekToFirst(); records->Valid(); records->Next()) found++;
    CHECK_EQ(found, model.size());
  };
  Random random(TestSeed());
  for (int i = 0; i < 60; i++) {
    auto record = reader->NewIterator({});
    record->Seek(InternalKey(std::to_string(1000000 + random.Uniform(5000)), 1));
    CHECK(record->Valid());
  }
  const uint64_t cached = data_blocks().misses, hits = data_blocks().hits;
  CHECK(cached > 10);
  read_all();
  CHECK_EQ(data_blocks().hits - hits, cached);
  const uint64_t blocks = data_blocks().misses;
  CHECK(blocks > 2 * cached);
  read_all();
  CHECK_EQ(data_blocks().hits - hits, cached + blocks);
  CHECK_EQ(data_blocks().misses, blocks);
}

}  // namespace
}  // namespace burrow
