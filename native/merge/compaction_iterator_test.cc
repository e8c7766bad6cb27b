#include "merge/compaction_iterator.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "merge/vector_iterator.h"
#include "util/random.h"
#include "util/testing.h"

namespace burrow {
namespace {

using Records = VectorIterator::Records;

struct Range {
  std::string begin, end;
  SequenceNumber sequence;
};

struct Data {
  Records records;
  std::vector<Range> ranges;

  std::shared_ptr<const FragmentedTombstones> Tombstones() const {
    std::vector<RangeTombstone> all;
    for (const Range& r : ranges) all.push_back({r.begin, r.end, r.sequence});
    return FragmentedTombstones::Build(all);
  }
};

std::string Key(uint64_t i) { return std::string(1, static_cast<char>('a' + i)); }

Data RandomHistory(Random* random, uint64_t operations, uint64_t keys, SequenceNumber* last) {
  Data data;
  for (uint64_t i = 0; i < operations; i++) {
    std::string key = Key(random->Uniform(keys));
    ++*last;
    if (random->OneIn(6)) {
      data.ranges.push_back({key, Key(random->Uniform(keys + 1)), *last});
    } else if (random->OneIn(3)) {
      data.records.emplace_back(InternalKey(key, *last, Kind::kDelete), "");
    } else {
      data.records.emplace_back(InternalKey(key, *last), std::to_string(*last));
    }
  }
  return data;
}

std::optional<std::string> Read(const std::vector<const Data*>& layers, const std::string& key,
                                SequenceNumber snapshot) {
  SequenceNumber newest = 0;
  std::optional<std::string> value;
  for (const Data* data : layers) {
    for (const auto& [internal_key, bytes] : data->records) {
      SequenceNumber sequence = SequenceOf(internal_key);
      if (UserKey(internal_key) != key || sequence > snapshot || sequence < newest) continue;
      newest = sequence;
      value = KindOf(internal_key) == Kind::kPut ? std::optional(bytes) : std::nullopt;
    }
    for (const Range& r : data->ranges) {
      if (r.begin > key || key >= r.end || r.sequence > snapshot || r.sequence < newest) continue;
      newest = r.sequence;
      value = std::nullopt;
    }
  }
  return value;
}

Data Compact(const Data& input, const std::vector<SequenceNumber>& snapshots,
             const std::function<bool(Slice)>& key_absent_below,
             const std::function<bool(Slice, Slice)>& range_absent_below,
             CompactionIterator::Counters* counters = nullptr) {
  auto tombstones = input.Tombstones();
  CompactionIterator it(std::make_unique<VectorIterator>(input.records), snapshots, tombstones, key_absent_below);
  Data output;
  for (it.SeekToFirst(); it.Valid(); it.Next()) output.records.emplace_back(it.key(), it.value());
  CHECK_OK(it.status());
  for (const RangeTombstone& t : SurvivingTombstones(*tombstones, snapshots, range_absent_below)) {
    output.ranges.push_back({std::string(t.begin), std::string(t.end), t.sequence});
  }
  if (counters != nullptr) *counters = it.counters();
  return output;
}

bool Never(Slice) { return false; }
bool NeverRange(Slice, Slice) { return false; }
bool Always(Slice) { return true; }
bool AlwaysRange(Slice, Slice) { return true; }

TEST(CompactionIterator, EverySnapshotReadsTheSameBeforeAndAfter) {
  for (uint64_t round = 0; round < 2000; round++) {
    Random random(TestSeed() + round);
    const uint64_t keys = 1 + random.Uniform(8);
    SequenceNumber last = 0;
    const Data below = RandomHistory(&random, random.OneIn(3) ? 0 : random.Uniform(20), keys, &last);
    const Data input = RandomHistory(&random, random.Uniform(60), keys, &last);
    std::set<SequenceNumber> chosen;
    for (uint64_t n = random.Uniform(6); n > 0; n--) chosen.insert(1 + random.Uniform(last + 2));
    const std::vector<SequenceNumber> snapshots(chosen.begin(), chosen.end());

    // Truthful, except that "present" may be said of a key that is absent, as bounds of tables do.
    const bool shy = random.OneIn(4);
    auto key_absent = [&](Slice key) {
      if (shy && key[0] % 2 == 0) return false;
      return std::none_of(below.records.begin(), below.records.end(),
                          [&](const auto& r) { return UserKey(r.first) == key; });
    };
    auto range_absent = [&](Slice begin, Slice end) {
      return !shy && std::none_of(below.records.begin(), below.records.end(),
                                  [&](const auto& r) { return UserKey(r.first) >= begin && UserKey(r.first) < end; });
    };
    CompactionIterator::Counters counters;
    const Data output = Compact(input, snapshots, key_absent, range_absent, &counters);

    CHECK_EQ(counters.input_records, input.records.size());
    CHECK_EQ(
        counters.input_records - counters.dropped_shadowed - counters.dropped_tombstones - counters.dropped_covered,
        output.records.size());
    std::vector<SequenceNumber> readers = snapshots;
    readers.push_back(kMaxSequence);
    for (SequenceNumber reader : readers) {
      for (uint64_t i = 0; i < keys; i++) {
        CHECK(Read({&below, &input}, Key(i), reader) == Read({&below, &output}, Key(i), reader));
      }
    }
    // Nothing is kept without a reader: at most one version of a key in each stripe, the same for tombstones.
    for (uint64_t i = 0; i < keys; i++) {
      std::set<size_t> stripes, range_stripes;
      auto stripe_of = [&](SequenceNumber s) {
        return std::lower_bound(snapshots.begin(), snapshots.end(), s) - snapshots.begin();
      };
      for (const auto& r : output.records) {
        if (UserKey(r.first) == Key(i)) CHECK(stripes.insert(stripe_of(SequenceOf(r.first))).second);
      }
      for (const Range& r : output.ranges) {
        if (r.begin <= Key(i) && Key(i) < r.end) CHECK(range_stripes.insert(stripe_of(r.sequence)).second);
      }
    }
  }
}

TEST(CompactionIterator, AtTheBottomWithoutSnapshotsOnlyLiveRecordsRemain) {
  Data input;
  input.records = {{InternalKey("a", 1), "old"},     {InternalKey("a", 5), "new"},
                   {InternalKey("b", 2), ""},        {InternalKey("b", 6, Kind::kDelete), ""},
                   {InternalKey("c", 3), "covered"}, {InternalKey("d", 9), "after the range"}};
  input.ranges = {{"c", "e", 7}};
  CompactionIterator::Counters counters;
  Data output = Compact(input, {}, Always, AlwaysRange, &counters);
  CHECK_EQ(output.records.size(), 2u);
  CHECK_EQ(output.records[0].second, "new");
  CHECK_EQ(output.records[1].second, "after the range");
  CHECK(output.ranges.empty());
  CHECK_EQ(counters.dropped_shadowed, 2u);
  CHECK_EQ(counters.dropped_tombstones, 1u);
  CHECK_EQ(counters.dropped_covered, 1u);
}

TEST(CompactionIterator, ASnapshotKeepsWhatItSees) {
  Data input;
  input.records = {
      {InternalKey("a", 2), "seen"}, {InternalKey("a", 1), "shadowed"}, {InternalKey("b", 1), "covered later"}};
  input.records.emplace_back(InternalKey("a", 8, Kind::kDelete), "");
  input.ranges = {{"b", "c", 9}, {"b", "c", 7}};
  Data output = Compact(input, {4}, Always, AlwaysRange);
  CHECK_EQ(output.records.size(), 3u);
  CHECK_EQ(output.ranges.size(), 1u);
  CHECK_EQ(output.ranges[0].sequence, 9u);
}

TEST(SurvivingTombstones, FragmentsThatTouchBecomeOneAgain) {
  Data input;
  input.ranges = {{"a", "z", 10}, {"c", "d", 5}, {"f", "g", 20}};
  Data output = Compact(input, {}, Never, NeverRange);
  // The one below vanishes; the one above cuts the long one, whose part under it goes.
  CHECK_EQ(output.ranges.size(), 3u);
  CHECK_EQ(output.ranges[0].begin, "a");
  CHECK_EQ(output.ranges[0].end, "f");
  CHECK_EQ(output.ranges[1].sequence, 20u);
  CHECK_EQ(output.ranges[2].end, "z");

  output = Compact(input, {4, 15}, Never, NeverRange);
  CHECK_EQ(output.ranges.size(), 2u);
  CHECK_EQ(output.ranges[0].end, "z");
}

TEST(CompactionIterator, ErrorsAndUnknownKindsStopIt) {
  const Records records{{InternalKey("a", 1), ""}, {InternalKey("b", 2), ""}};
  CompactionIterator failing(std::make_unique<VectorIterator>(records, 1), {}, nullptr, Never);
  failing.SeekToFirst();
  CHECK(failing.Valid());
  failing.Next();
  CHECK(!failing.Valid());
  CHECK(failing.status().Is(Code::kIO));

  CompactionIterator future(std::make_unique<VectorIterator>(Records{{InternalKey("a", 1, static_cast<Kind>(7)), ""}}),
                            {}, nullptr, Never);
  future.SeekToFirst();
  CHECK(!future.Valid());
  CHECK(future.status().Is(Code::kUnsupported));
}

}  // namespace
}  // namespace burrow
