#include "base/range_tombstone.h"

#include <algorithm>
#include <cstdio>

#include "util/random.h"
#include "util/testing.h"

namespace burrow {
namespace {

SequenceNumber BruteForce(const std::vector<RangeTombstone>& all, Slice key, SequenceNumber visible) {
  SequenceNumber best = 0;
  for (const RangeTombstone& t : all) {
    if (t.begin <= key && key < t.end && t.sequence <= visible) best = std::max(best, t.sequence);
  }
  return best;
}

void CheckShape(const FragmentedTombstones& set) {
  const auto& fragments = set.fragments();
  for (size_t i = 0; i < fragments.size(); i++) {
    CHECK(fragments[i].begin < fragments[i].end);
    if (i > 0) CHECK(fragments[i - 1].end <= fragments[i].begin);
    CHECK_GT(fragments[i].sequence_count, 0u);
    const SequenceNumber* s = set.sequences(fragments[i]);
    for (uint32_t j = 1; j < fragments[i].sequence_count; j++) CHECK_GT(s[j - 1], s[j]);
  }
}

std::string Key(size_t i) {
  char text[16];
  snprintf(text, sizeof text, "%08zu", i);
  return text;
}

TEST(RangeTombstone, CutsAtEveryBound) {
  auto set = FragmentedTombstones::Build({{"b", "f", 3}, {"d", "h", 7}, {"x", "x", 9}, {"z", "y", 9}});
  CHECK_EQ(set->fragments().size(), 3u);
  CHECK_EQ(set->fragments()[1].begin, "d");
  CHECK_EQ(set->fragments()[1].end, "f");
  CHECK_EQ(set->fragments()[1].sequence_count, 2u);
  CHECK_EQ(set->MaxCovering("a", 10), 0u);
  CHECK_EQ(set->MaxCovering("e", 10), 7u);
  CHECK_EQ(set->MaxCovering("e", 6), 3u);
  CHECK_EQ(set->MaxCovering("e", 2), 0u);
  CHECK_EQ(set->MaxCovering("f", 10), 7u);
  CHECK_EQ(set->MaxCovering("h", 10), 0u);
  CHECK_EQ(set->Find("h"), 3u);
  CHECK_EQ(set->Find("a"), 0u);
}

TEST(RangeTombstone, EmptyInputGivesAnEmptySet) {
  auto set = FragmentedTombstones::Build({});
  CHECK(set->empty());
  CHECK_EQ(set->MaxCovering("a", kMaxSequence), 0u);
  CHECK(FragmentedTombstones::Merge({})->empty());
  CHECK(FragmentedTombstones::Merge({nullptr, set})->empty());
}

TEST(RangeTombstone, AnEmptyBeginIsTheSmallestKey) {
  auto set = FragmentedTombstones::Build({{"", "b", 4}, {"", "a", 5}});
  CHECK_EQ(set->fragments().size(), 2u);
  CHECK_EQ(set->MaxCovering("", 9), 5u);
  CHECK_EQ(set->MaxCovering("a", 9), 4u);
}

TEST(RangeTombstone, AgreesWithBruteForce) {
  Random random(TestSeed());
  for (int round = 0; round < 300; round++) {
    std::vector<std::string> bounds;
    uint64_t alphabet = 1 + random.Uniform(40);
    auto key = [&] {
      std::string k(random.Uniform(3), 'k');
      k.push_back(static_cast<char>(random.Uniform(alphabet) * 6));
      return k;
    };
    size_t n = random.Uniform(24);
    for (size_t i = 0; i < 2 * n; i++) bounds.push_back(key());
    std::vector<RangeTombstone> all;
    for (size_t i = 0; i < n; i++) all.push_back({bounds[2 * i], bounds[2 * i + 1], 1 + random.Uniform(30)});
    auto whole = FragmentedTombstones::Build(all);
    std::vector<std::shared_ptr<const FragmentedTombstones>> parts = {nullptr};
    for (size_t at = 0; at < n;) {
      size_t take = std::min<size_t>(n - at, 1 + random.Uniform(8));
      parts.push_back(FragmentedTombstones::Build(
          {all.begin() + static_cast<ptrdiff_t>(at), all.begin() + static_cast<ptrdiff_t>(at + take)}));
      at += take;
    }
    auto merged = FragmentedTombstones::Merge(parts);
    parts.clear();  // a merge owns its bytes
    CheckShape(*whole);
    CheckShape(*merged);
    for (int probe = 0; probe < 100; probe++) {
      std::string k = key();
      SequenceNumber visible = random.Uniform(32);
      CHECK_EQ(whole->MaxCovering(k, visible), BruteForce(all, k, visible));
      CHECK_EQ(merged->MaxCovering(k, visible), BruteForce(all, k, visible));
      size_t found = whole->Find(k);
      if (found < whole->fragments().size()) CHECK(k < whole->fragments()[found].end);
      if (found > 0) CHECK(whole->fragments()[found - 1].end <= k);
    }
  }
}

// The shapes that queues, prefix drops and repeated truncations make must not cost n^2 memory.
TEST(RangeTombstone, OverlapInOrderStaysLinear) {
  constexpr size_t kCount = 100000;
  std::vector<std::string> keys;
  for (size_t i = 0; i <= 2 * kCount; i++) keys.push_back(Key(i));
  std::vector<RangeTombstone> inner_newer, outer_newer, growing, sliding;
  for (size_t i = 0; i < kCount; i++) {
    inner_newer.push_back({keys[i], keys[2 * kCount - i], i + 1});
    outer_newer.push_back({keys[i], keys[2 * kCount - i], kCount - i});
    growing.push_back({keys[0], keys[i + 1], i + 1});
    sliding.push_back({keys[i], keys[i + 5000], i + 1});
  }
  for (const auto* shape : {&inner_newer, &outer_newer, &growing, &sliding}) {
    auto set = FragmentedTombstones::Build(*shape);
    CHECK_LT(set->MemoryUsage(), kCount * 200);
    for (size_t probe : {size_t{0}, kCount / 3, kCount - 1}) {
      CHECK_EQ(set->MaxCovering(keys[probe], kCount / 2), BruteForce(*shape, keys[probe], kCount / 2));
    }
    auto merged = FragmentedTombstones::Merge({set, set});
    CHECK_EQ(merged->fragments().size(), set->fragments().size());
  }
}

}  // namespace
}  // namespace burrow
