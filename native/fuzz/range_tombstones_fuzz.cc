// Range tombstones, read from the bytes of their block: the fragments are in order and disjoint, and cover at every
// key and moment what the list covers, also when two halves are merged.
#include <algorithm>
#include <set>

#include "base/range_tombstone.h"
#include "fuzz/fuzzing.h"
#include "util/coding.h"

using namespace burrow;

namespace {

constexpr size_t kMost = 24;  // the check is cubic

SequenceNumber Covering(const std::vector<RangeTombstone>& list, Slice key, SequenceNumber visible) {
  SequenceNumber newest = 0;
  for (const auto& tombstone : list) {
    const bool covers = tombstone.begin <= key && key < tombstone.end && tombstone.sequence <= visible;
    if (covers) newest = std::max(newest, tombstone.sequence);
  }
  return newest;
}

void CheckFragments(const FragmentedTombstones& fragmented) {
  const auto& fragments = fragmented.fragments();
  for (size_t i = 0; i < fragments.size(); i++) {
    CHECK_LT(fragments[i].begin, fragments[i].end);
    if (i > 0) CHECK_LE(fragments[i - 1].end, fragments[i].begin);
    CHECK_GT(fragments[i].sequence_count, 0);
    const SequenceNumber* sequences = fragmented.sequences(fragments[i]);
    CHECK(std::is_sorted(sequences, sequences + fragments[i].sequence_count, std::greater<>()));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string block(fuzz::AsSlice(data, size));
  std::vector<RangeTombstone> list;
  Decoder in(block);
  RangeTombstone read;
  while (list.size() < kMost && in.LengthPrefixed(&read.begin) && in.LengthPrefixed(&read.end) &&
         in.Varint64(&read.sequence)) {
    read.sequence = 1 + read.sequence % kMaxSequence;
    list.push_back(read);
  }
  const auto built = FragmentedTombstones::Build(list);
  const auto half = list.begin() + static_cast<ptrdiff_t>(list.size() / 2);
  const auto merged = FragmentedTombstones::Merge(
      {FragmentedTombstones::Build({list.begin(), half}), nullptr, FragmentedTombstones::Build({half, list.end()})});
  CheckFragments(*built);
  if (merged != nullptr) CheckFragments(*merged);

  std::set<std::string> keys{""};
  for (const auto& tombstone : list) {
    for (Slice bound : {tombstone.begin, tombstone.end}) {
      keys.emplace(bound);
      keys.insert(std::string(bound) + '\0');
      keys.emplace(bound.substr(0, bound.size() / 2));
    }
  }
  for (const std::string& key : keys) {
    for (const auto& tombstone : list) {
      for (SequenceNumber visible : {tombstone.sequence, tombstone.sequence - 1}) {
        const SequenceNumber expected = Covering(list, key, visible);
        CHECK_EQ(built->MaxCovering(key, visible), expected);
        CHECK_EQ(merged == nullptr ? 0 : merged->MaxCovering(key, visible), expected);
      }
    }
  }
  return 0;
}
