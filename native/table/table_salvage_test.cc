#include "table/table_salvage.h"

#include <algorithm>
#include <set>

#include "table/block_scanner.h"
#include "table/data_block.h"
#include "table/table_file.h"
#include "table/table_testing.h"

namespace burrow {
namespace {

using testing::BuildTable;
using testing::InternalKey;
using testing::Model;
using testing::RandomModel;
using testing::StringReadableFile;

struct Saved final : SalvageSink {
  Status Add(Slice internal_key, Slice value) override {
    if (!records.empty()) CHECK(CompareInternalKeys(records.back().first, internal_key) < 0);
    records.emplace_back(internal_key, value);
    return Status();
  }
  Status AddRangeTombstone(const RangeTombstone& tombstone) override {
    tombstones.insert({std::string(tombstone.begin), std::string(tombstone.end), tombstone.sequence});
    return Status();
  }
  std::vector<std::pair<std::string, std::string>> records;
  std::set<std::tuple<std::string, std::string, SequenceNumber>> tombstones;
  TableSalvage report;
};

Saved Salvage(const std::string& bytes) {
  Saved saved;
  StringReadableFile file(&bytes);
  CHECK_OK(SalvageTable(file, &saved, &saved.report));
  CHECK_EQ(saved.report.records, saved.records.size());
  CHECK_EQ(saved.report.range_tombstones, saved.tombstones.size());
  uint64_t behind = 0;
  for (const LostRange& lost : saved.report.lost) {
    CHECK(!lost.problem.empty());
    CHECK_GE(lost.offset, behind);
    behind = lost.offset + lost.size;
    CHECK_LE(behind, bytes.size());
    if (lost.after.has_value() && lost.before.has_value()) CHECK(*lost.after <= *lost.before);
  }
  return saved;
}

// A table of random shape, with what is in it.
struct Table {
  explicit Table(Random* random, size_t records) : model(RandomModel(random, records)) {
    options.block_size = 64 + random->Uniform(random->OneIn(4) ? 4000 : 600);
    options.partition_size = random->OneIn(2) ? 200 : 64 << 10;
    options.codec = random->OneIn(2) && CodecAvailable(CodecId::kLz4) ? CodecId::kLz4 : CodecId::kNone;
    options.bloom_bits_per_key = random->OneIn(3) ? 0 : 10;
    std::vector<RangeTombstone> list;
    if (random->OneIn(2)) {
      for (uint64_t i = 1 + random->Uniform(4); i > 0; i--) {
        keys.push_back({testing::RandomKey(random), testing::RandomKey(random)});
        auto& [begin, end] = keys.back();
        if (begin == end) end.push_back('x');
        if (end < begin) std::swap(begin, end);
      }
      SequenceNumber sequence = 1;
      for (const auto& [begin, end] : keys) {
        list.push_back({begin, end, sequence});
        tombstones.insert({begin, end, sequence++});
      }
    }
    properties = BuildTable(options, model, list, &bytes);
    CHECK_OK(DecodeFooter(Slice(bytes).substr(bytes.size() - kTableFooterSize), bytes.size(), &footer));
    FindBlocks();
  }

  void FindBlocks() {
    StringReadableFile file(&bytes);
    BlockScanner scanner(file, 0, properties.data_bytes);
    for (;;) {
      BlockHandle handle;
      bool found;
      CHECK_OK(scanner.Next([](BlockHandle) { return false; }, &handle, &found));
      if (!found) break;
      blocks.push_back(handle);
    }
    if (properties.data_bytes == 0) return;
    CHECK_EQ(blocks.back().offset + blocks.back().size + kBlockTrailerSize, properties.data_bytes);
  }

  // The keys of a data block.
  std::vector<std::string> KeysOf(BlockHandle handle) const {
    BlockRef block;
    CHECK_OK(
        DecodeBlock(Slice(bytes).substr(handle.offset, handle.size + kBlockTrailerSize), BlockType::kData, &block));
    DataBlock data;
    CHECK(data.Init(block.contents()));
    DataBlockCursor cursor;
    cursor.Reset(data);
    std::vector<std::string> found;
    for (cursor.SeekToFirst(); cursor.Valid(); cursor.Next()) found.emplace_back(cursor.key());
    return found;
  }

  Model model;
  TableBuilderOptions options;
  std::vector<std::pair<std::string, std::string>> keys;
  std::set<std::tuple<std::string, std::string, SequenceNumber>> tombstones;
  TableProperties properties;
  std::string bytes;
  TableFooter footer;
  std::vector<BlockHandle> blocks;
};

void CheckOriginal(const Saved& saved, const Table& table) {
  for (const auto& [key, value] : saved.records) {
    auto it = table.model.find(key);
    CHECK(it != table.model.end());
    CHECK(it->second == value);
  }
  for (const auto& tombstone : saved.tombstones) CHECK(table.tombstones.contains(tombstone));
}

// Every record of each block whose bytes are as they were.
void CheckWholeBlocks(const Saved& saved, const Table& table, Slice damaged) {
  std::set<std::string> keys;
  for (const auto& [key, value] : saved.records) keys.insert(key);
  for (BlockHandle handle : table.blocks) {
    const size_t size = handle.size + kBlockTrailerSize;
    if (handle.offset + size > damaged.size()) break;
    const bool whole = damaged.substr(handle.offset, size) == Slice(table.bytes).substr(handle.offset, size);
    size_t found = 0;
    const std::vector<std::string> of_block = table.KeysOf(handle);
    for (const std::string& key : of_block) found += keys.contains(key);
    CHECK_EQ(found, whole ? of_block.size() : 0);
    const bool told = std::any_of(saved.report.lost.begin(), saved.report.lost.end(), [&](const LostRange& lost) {
      return lost.offset <= handle.offset && lost.offset + lost.size >= handle.offset + size;
    });
    CHECK_EQ(told, !whole);
  }
}

TEST(TableSalvage, SavesAllOfAWholeTable) {
  for (uint64_t round = 0; round < 40; round++) {
    Random random(TestSeed() + round);
    Table table(&random, 1 + random.Uniform(400));
    const Saved saved = Salvage(table.bytes);
    CheckOriginal(saved, table);
    CHECK_EQ(saved.records.size(), table.model.size());
    CHECK_EQ(saved.tombstones.size(), table.tombstones.size());
    CHECK(saved.report.lost.empty());
    CHECK_EQ(saved.report.properties->entries, table.properties.entries);
  }
}

TEST(TableSalvage, SavesEveryWholeBlockWithoutFooterAndIndex) {
  for (uint64_t round = 0; round < 40; round++) {
    Random random(TestSeed() + round);
    Table table(&random, 1 + random.Uniform(400));
    std::string bytes = table.bytes;
    bytes[bytes.size() - 1 - random.Uniform(kTableFooterSize)] ^= 4;
    // Properties tell how much data there was, and what is the block of range tombstones.
    const Saved all = Salvage(bytes);
    CheckOriginal(all, table);
    CHECK_EQ(all.records.size(), table.model.size());
    CHECK_EQ(all.tombstones.size(), table.tombstones.size());
    CHECK(all.report.lost.empty());
    // Without them it is not known.
    bytes.resize(table.footer.properties.offset + random.Uniform(table.footer.properties.size));
    const Saved unknown = Salvage(bytes);
    CheckOriginal(unknown, table);
    CHECK_EQ(unknown.records.size(), table.model.size());
    CHECK(unknown.tombstones.empty());
    CHECK(!unknown.report.lost.empty());
    CHECK(unknown.report.lost.back().problem.find("the table's end is lost") == 0);
  }
}

// Damage in the data: each block that was not touched is saved, with the index and without.
TEST(TableSalvage, SavesEveryBlockThatWasNotTouched) {
  for (uint64_t round = 0; round < 150; round++) {
    Random random(TestSeed() + round);
    Table table(&random, 20 + random.Uniform(400));
    std::string bytes = table.bytes;
    for (uint64_t i = 1 + random.Uniform(5); i > 0; i--) {
      const size_t at = random.Uniform(table.properties.data_bytes);
      bytes[at] = static_cast<char>(bytes[at] ^ (1 << random.Uniform(8)));
    }
    const Saved saved = Salvage(bytes);
    CheckOriginal(saved, table);
    CheckWholeBlocks(saved, table, bytes);
    CHECK_EQ(saved.tombstones.size(), table.tombstones.size());
    if (table.footer.index.size == 0) continue;

    bytes[table.footer.index.offset] ^= 1;
    const Saved scanned = Salvage(bytes);
    CheckOriginal(scanned, table);
    CheckWholeBlocks(scanned, table, bytes);
    CHECK(scanned.records == saved.records);
    CHECK_EQ(scanned.tombstones.size(), table.tombstones.size());
  }
}

TEST(TableSalvage, WalksAroundDamagedIndexPartitions) {
  for (uint64_t round = 0; round < 40; round++) {
    Random random(TestSeed() + round);
    Table table(&random, 300);
    if ((table.footer.flags & kPartitionedIndex) == 0) continue;
    BlockRef block;
    const BlockHandle list = table.footer.index;
    CHECK_OK(
        DecodeBlock(Slice(table.bytes).substr(list.offset, list.size + kBlockTrailerSize), BlockType::kIndex, &block));
    IndexBlock index;
    CHECK(index.Init(block.contents()));
    std::string bytes = table.bytes;
    for (uint32_t i = 0; i < index.size(); i++) {
      BlockHandle part;
      CHECK(index.Handle(i, &part));
      if (random.OneIn(2)) bytes[part.offset + random.Uniform(part.size)] ^= 1;
    }
    const size_t at = random.Uniform(table.properties.data_bytes);
    bytes[at] = static_cast<char>(bytes[at] ^ 1);
    const bool no_properties = random.OneIn(2);
    if (no_properties) bytes[table.footer.properties.offset] ^= 1;
    const Saved saved = Salvage(bytes);
    CheckOriginal(saved, table);
    CheckWholeBlocks(saved, table, bytes);
  }
}

TEST(TableSalvage, TellsThatRangeTombstonesAreLost) {
  Random random(TestSeed());
  for (;;) {
    Table table(&random, 50);
    if (table.tombstones.empty()) continue;
    std::string bytes = table.bytes;
    bytes[table.footer.range_tombstones.offset] ^= 1;
    for (int footer = 1; footer >= 0; footer--) {
      if (footer == 0) bytes.back() ^= 1;
      const Saved saved = Salvage(bytes);
      CHECK_EQ(saved.records.size(), table.model.size());
      CHECK_EQ(saved.report.lost.size(), 1);
      CHECK(saved.report.lost[0].problem.find("range tombstones are lost") == 0);
    }
    return;
  }
}

// Where neither index nor properties tell where the data ends, they are in a stretch that is lost as a whole.
TEST(TableSalvage, TellsOnceThatAStretchWithRangeTombstonesIsLost) {
  for (uint64_t round = 0; round < 40; round++) {
    Random random(TestSeed() + round);
    Table table(&random, 1 + random.Uniform(200));
    if (table.tombstones.empty()) continue;
    const BlockHandle tombstones = table.footer.range_tombstones;
    std::string bytes = table.bytes;
    for (uint64_t offset : {tombstones.offset, table.footer.index.offset, table.footer.properties.offset}) {
      bytes[offset + 1] ^= 1;
    }
    const Saved saved = Salvage(bytes);
    CHECK_EQ(saved.records.size(), table.model.size());
    CHECK(saved.tombstones.empty());
    size_t told = 0;
    for (const LostRange& lost : saved.report.lost) {
      if (lost.problem.find("range tombstones are lost") == std::string::npos) continue;
      CHECK_LE(lost.offset, tombstones.offset);
      CHECK_GE(lost.offset + lost.size, tombstones.offset + tombstones.size + kBlockTrailerSize);
      told++;
    }
    CHECK_EQ(told, 1);
  }
}

// Anything may be anywhere: nothing comes out that was not in the table.
TEST(TableSalvage, NeverMakesRecordsUp) {
  for (uint64_t round = 0; round < 300; round++) {
    Random random(TestSeed() + round);
    Table table(&random, 1 + random.Uniform(200));
    std::string bytes = table.bytes;
    for (uint64_t i = 1 + random.Uniform(6); i > 0 && !bytes.empty(); i--) {
      const size_t at = random.Uniform(bytes.size());
      const size_t n = std::min<size_t>(bytes.size() - at, 1 + random.Uniform(500));
      switch (random.Uniform(5)) {
        case 0: bytes[at] = static_cast<char>(random.Next()); break;
        case 1: bytes.erase(at, n); break;
        case 2: bytes.insert(at, bytes.substr(random.Uniform(bytes.size()), n)); break;
        case 3: bytes.replace(at, n, n, '\0'); break;
        case 4:
          if (random.OneIn(3)) bytes.resize(at);
          break;
      }
    }
    CheckOriginal(Salvage(bytes), table);
  }
}

// A value that holds a table is no table.
TEST(TableSalvage, DoesNotTakeValuesForBlocks) {
  Random random(TestSeed());
  TableBuilderOptions options;
  options.codec = CodecId::kNone;
  options.block_size = 256;
  Model inner, outer;
  for (uint64_t i = 0; i < 50; i++) inner[InternalKey("inner" + std::to_string(i), i + 1)] = "value";
  std::string bytes;
  BuildTable(options, inner, {}, &bytes);
  for (uint64_t i = 100; i < 120; i++) outer[InternalKey("outer" + std::to_string(i), i)] = i % 3 == 0 ? bytes : "v";
  std::string table;
  BuildTable(options, outer, {}, &table);
  table.resize(table.size() - 10);
  const Saved saved = Salvage(table);
  CHECK_EQ(saved.records.size(), outer.size());
}

// Blocks larger than what is looked for behind damage are found where the one before ends.
TEST(BlockScanner, FindsLargeBlocksAndGoesOnBehindDamage) {
  Random random(TestSeed());
  std::string bytes;
  std::vector<BlockHandle> blocks;
  for (size_t size : {100, 3000, 700'000, 10, 200'000, 50, 5000, 60, 1'000'000, 40}) {
    std::string payload(size, '\0');
    for (char& c : payload) c = static_cast<char>(random.Uniform(6));
    const uint64_t offset = bytes.size();
    blocks.push_back({offset, AppendBlock(CodecId::kNone, 0, payload, &bytes)});
  }
  // By chance, some bytes in between have the right checksum.
  const auto believes = [&](BlockHandle candidate) {
    return std::any_of(blocks.begin(), blocks.end(),
                       [&](BlockHandle b) { return b.offset == candidate.offset && b.size == candidate.size; });
  };
  auto scan = [&] {
    StringReadableFile file(&bytes);
    BlockScanner scanner(file, 0, bytes.size());
    std::vector<uint64_t> offsets;
    for (;;) {
      BlockHandle handle;
      bool found;
      CHECK_OK(scanner.Next(believes, &handle, &found));
      if (!found) return offsets;
      offsets.push_back(handle.offset);
      CHECK(believes(handle));
    }
  };
  CHECK_EQ(scan().size(), blocks.size());
  bytes[blocks[1].offset + 5] ^= 1;  // behind it a block that is too large to be found without its beginning
  bytes[blocks[6].offset + 5] ^= 1;
  const std::vector<uint64_t> offsets = scan();
  CHECK_EQ(offsets.size(), blocks.size() - 3);
}

}  // namespace
}  // namespace burrow
