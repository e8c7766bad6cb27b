// Data blocks and index blocks against a model, and against bytes that no builder makes.
#include <algorithm>

#include "table/data_block.h"
#include "table/index_block.h"
#include "table/properties.h"
#include "table/table_testing.h"
#include "util/hash.h"

namespace burrow {
namespace {

using namespace testing;

std::string BuildBlock(const Model& model, int restart_interval) {
  DataBlockBuilder builder(restart_interval);
  std::string last;
  for (const auto& [key, value] : model) {
    builder.Add(UserKey(key), Trailer(key), value, CommonPrefix(last, UserKey(key)), Hash64(UserKey(key)));
    last = UserKey(key);
  }
  return std::string(builder.Finish());
}

// Runs every operation; nothing is expected but that it stays inside the block.
void Exercise(Slice contents, Random* random) {
  std::unique_ptr<char[]> exact(new char[contents.size()]);
  memcpy(exact.get(), contents.data(), contents.size());
  Slice bytes(exact.get(), contents.size());
  DataBlock block;
  if (block.Init(bytes)) {
    DataBlockCursor cursor;
    cursor.Reset(block);
    size_t steps = 0;
    for (cursor.SeekToFirst(); cursor.Valid() && steps < 500; cursor.Next()) steps++;
    for (cursor.SeekToLast(); cursor.Valid() && steps < 1000; cursor.Prev()) steps++;
    for (int i = 0; i < 10; i++) {
      std::string user_key = RandomKey(random);
      std::string target = InternalKey(user_key, random->Uniform(100));
      cursor.Seek(target);
      if (cursor.Valid()) cursor.Prev();
      cursor.SeekBefore(target);
      if (cursor.Valid()) cursor.Next();
      uint64_t trailer;
      Slice value;
      if (block.Get(target, Hash64(user_key), &trailer, &value) == DataBlock::Found::kYes) {
        CHECK(value.empty() || (value.data() >= bytes.data() && value.data() + value.size() <= bytes.end()));
      }
    }
  }
  IndexBlock index;
  if (index.Init(bytes)) {
    uint32_t position;
    BlockHandle handle;
    std::string separator;
    for (int i = 0; i < 10; i++) {
      const std::string target = InternalKey(RandomKey(random), 3);
      if (index.Find(target, &position)) CHECK_LE(position, index.size());
      IndexBlock::Narrowed narrowed;
      index.PrefetchFor(target, &narrowed);
      if (index.FindPrefetched(target, narrowed, &position)) CHECK_LE(position, index.size());
    }
    for (uint32_t i = 0; i < index.size(); i++) (void)(index.Handle(i, &handle) && index.Separator(i, &separator));
  }
  TableProperties properties;
  Status status = DecodeProperties(bytes, &properties);
  CHECK(status.ok() || Corrupted(status));
}

TEST(DataBlock, AgreesWithAModel) {
  for (uint64_t round = 0; round < 200; round++) {
    Random random(TestSeed() + round);
    const Model model = RandomModel(&random, 1 + random.Uniform(300));
    const std::string bytes = BuildBlock(model, 1 + static_cast<int>(random.Uniform(20)));
    DataBlock block;
    CHECK(block.Init(bytes));
    DataBlockCursor cursor;
    cursor.Reset(block);
    auto it = model.begin();
    for (cursor.SeekToFirst(); cursor.Valid(); cursor.Next(), ++it) {
      CHECK_EQ(cursor.key(), it->first);
      CHECK_EQ(cursor.value(), it->second);
    }
    CHECK(it == model.end());
    for (cursor.SeekToLast(); cursor.Valid(); cursor.Prev()) CHECK_EQ(cursor.key(), (--it)->first);
    CHECK(it == model.begin());
    CHECK(!cursor.corrupt());
    for (int i = 0; i < 200; i++) {
      std::string key =
          random.OneIn(3) ? RandomKey(&random)
                          : std::string(UserKey(
                                std::next(model.begin(), static_cast<ptrdiff_t>(random.Uniform(model.size())))->first));
      const SequenceNumber sequence = random.Uniform(310);
      LookupKey target(key, sequence);
      it = model.lower_bound(std::string(target.internal_key()));
      cursor.Seek(target.internal_key());
      CHECK_EQ(cursor.Valid(), it != model.end());
      if (cursor.Valid()) CHECK_EQ(cursor.key(), it->first);
      cursor.SeekBefore(target.internal_key());
      CHECK_EQ(cursor.Valid(), it != model.begin());
      if (cursor.Valid()) CHECK_EQ(cursor.key(), std::prev(it)->first);
      Expected expected = Lookup(model, key, sequence);
      uint64_t trailer;
      Slice value;
      auto found = block.Get(target.internal_key(), Hash64(key), &trailer, &value);
      CHECK_EQ(found == DataBlock::Found::kYes, expected.outcome != GetOutcome::kAbsent);
      if (found == DataBlock::Found::kYes) {
        CHECK_EQ(trailer >> 8, expected.sequence);
        CHECK_EQ(value, expected.value);
      }
    }
  }
}

// Otherwise a walk back through its entries would never come to the first.
TEST(DataBlock, TheFirstIntervalBeginsWithTheFirstEntry) {
  Random random(1);
  std::string bytes = BuildBlock(RandomModel(&random, 20), 1);
  DataBlock block;
  CHECK(block.Init(bytes));
  const auto second = static_cast<uint32_t>(block.Restart(1) - block.entries_begin());
  EncodeFixed32(bytes.data() + (block.entries_end() - block.entries_begin()), second);
  CHECK(!block.Init(bytes));
}

TEST(IndexBlock, FindsWhatAModelFinds) {
  for (uint64_t round = 0; round < 100; round++) {
    Random random(TestSeed() + round);
    Model model = RandomModel(&random, 1 + random.Uniform(300));
    const std::string common = random.OneIn(2) ? RandomKey(&random) : "";
    IndexBlockBuilder builder;
    std::vector<std::string> keys;
    uint64_t offset = random.Uniform(1000);
    const uint64_t first = offset;
    for (const auto& [key, value] : model) {
      keys.push_back(common + key);
      builder.Add(keys.back(), offset, offset + 100);
      offset += 100;
    }
    const std::string bytes = builder.Finish();
    IndexBlock index;
    CHECK(index.Init(bytes));
    CHECK_EQ(index.size(), keys.size());
    CHECK_EQ(index.end_offset(), offset);
    for (int i = 0; i < 300; i++) {
      std::string target = InternalKey((random.OneIn(8) ? "" : common) + RandomKey(&random), random.Uniform(300));
      if (random.OneIn(3)) target = keys[random.Uniform(keys.size())];
      auto it = std::lower_bound(keys.begin(), keys.end(), target, InternalKeyLess());
      uint32_t position;
      CHECK(index.Find(target, &position));
      CHECK_EQ(position, it - keys.begin());
      IndexBlock::Narrowed narrowed;
      index.PrefetchFor(target, &narrowed);
      CHECK(index.FindPrefetched(target, narrowed, &position));
      CHECK_EQ(position, it - keys.begin());
      if (it == keys.end()) continue;
      BlockHandle handle;
      std::string separator;
      CHECK(index.Handle(position, &handle) && index.Separator(position, &separator));
      CHECK_EQ(handle.offset, first + position * 100);
      CHECK_EQ(handle.size, 95u);
      CHECK_EQ(separator, *it);
    }
  }
}

// Find goes by the prefixes: one that is not its key's leads astray.
TEST(IndexBlock, APrefixOfAnotherKeyIsNoticed) {
  IndexBlockBuilder builder;
  builder.Add(InternalKey("apple", 7), 0, 100);
  builder.Add(InternalKey("pear", 7), 100, 200);
  std::string bytes = builder.Finish();
  IndexBlock index;
  std::string separator;
  CHECK(index.Init(bytes) && index.Separator(0, &separator) && index.Separator(1, &separator));
  bytes[7]++;
  CHECK(index.Init(bytes) && !index.Separator(0, &separator) && index.Separator(1, &separator));
}

TEST(IndexBlock, SeparatorsLieBetween) {
  Random random(TestSeed());
  for (int i = 0; i < 20000; i++) {
    std::string a = RandomKey(&random), b = RandomKey(&random);
    if (a > b) std::swap(a, b);
    const std::string last = InternalKey(a, 7), next = InternalKey(b, a == b ? 6 : 9);
    std::string separator;
    ShortSeparator(last, b, &separator);
    CHECK_LE(CompareInternalKeys(last, separator), 0);
    CHECK_LT(CompareInternalKeys(separator, next), 0);
    CHECK_LE(separator.size(), last.size());
    CHECK(separator == last || (a < UserKey(separator) && UserKey(separator) < b));
  }
}

TEST(DataBlock, NothingInABlockLeadsOutOfIt) {
  for (uint64_t round = 0; round < 3000; round++) {
    Random random(TestSeed() + round);
    std::string bytes;
    switch (random.Uniform(4)) {
      case 0: {
        bytes.resize(random.Uniform(100));
        for (char& c : bytes) c = static_cast<char>(random.Next());
        break;
      }
      case 1: {
        IndexBlockBuilder builder;
        uint64_t offset = 0;
        for (const auto& [key, value] : RandomModel(&random, 10)) {
          builder.Add(key, offset, offset + 50);
          offset += 50;
        }
        bytes = builder.Finish();
        break;
      }
      case 2: {
        TableProperties properties;
        properties.smallest = properties.largest = RandomKey(&random);
        bytes = EncodeProperties(properties);
        break;
      }
      default:
        bytes = BuildBlock(RandomModel(&random, 1 + random.Uniform(60)), 1 + static_cast<int>(random.Uniform(16)));
    }
    for (int i = 0; i < 30; i++) {
      std::string bad = bytes;
      for (uint64_t n = random.Uniform(4); n > 0 && !bad.empty(); n--) {
        // Mostly at the end, where the frame is.
        const size_t at = random.OneIn(2) ? random.Uniform(bad.size())
                                          : bad.size() - 1 - random.Uniform(std::min(bad.size(), size_t{24}));
        bad[at] = static_cast<char>(random.OneIn(3) ? 0xff : random.Next());
      }
      if (random.OneIn(4)) bad.resize(random.Uniform(bad.size() + 1));
      Exercise(bad, &random);
    }
  }
}

TEST(Properties, AFeatureThatIsNotKnownIsRefusedByName) {
  TableProperties properties, back;
  properties.smallest = "a";
  properties.largest = "b";
  std::string block = EncodeProperties(properties);
  CHECK_OK(DecodeProperties(block, &back));
  std::string extra;
  PutLengthPrefixed(&extra, "zebra");
  PutLengthPrefixed(&extra, "ignored");
  CHECK_OK(DecodeProperties(block + extra, &back));
  std::string feature;
  PutLengthPrefixed(&feature, "!stripes");
  PutLengthPrefixed(&feature, "");
  Status status = DecodeProperties(feature + block, &back);
  CHECK(status.Is(Code::kUnsupported));
  CHECK(status.message().find("stripes") != std::string::npos);
}

}  // namespace
}  // namespace burrow
