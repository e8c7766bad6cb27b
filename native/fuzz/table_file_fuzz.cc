// A table file. Whatever it is, opening, verifying, reading and seeking end, with a status that names the file; one that
// verifies reads the same forwards, backwards, by seeks and by gets, with and without a cache. See table_mutator.h.
#include <algorithm>
#include <deque>
#include <vector>

#include "fuzz/fuzzing.h"
#include "fuzz/table_mutator.h"
#include "table/table_iterator.h"
#include "table/table_lookup.h"
#include "table/table_testing.h"
#include "util/hash.h"

using namespace burrow;

namespace {

using Records = std::vector<std::pair<std::string, std::string>>;

void CheckError(const Status& status) {
  if (status.ok()) return;
  CHECK(testing::Corrupted(status));
  CHECK_EQ(status.file(), "1.sst");
}

Status Walk(const TableReader& table, bool forward, size_t read_ahead, size_t limit, Records* records) {
  TableReadOptions options;
  options.read_ahead = read_ahead;
  auto iterator = table.NewIterator(options);
  for (forward ? iterator->SeekToFirst() : iterator->SeekToLast(); iterator->Valid();
       forward ? iterator->Next() : iterator->Prev()) {
    CHECK_GE(iterator->key().size(), kTrailerSize);
    records->emplace_back(iterator->key(), iterator->value());
    CHECK_LE(records->size(), limit);
  }
  CheckError(iterator->status());
  return iterator->status();
}

// Every kind of question about a key that may or may not be there. True when the table has this very version.
bool Ask(const TableReader& table, const std::string& key, Slice value) {
  const LookupKey lookup(UserKey(key), SequenceOf(key) & kMaxSequence);
  PinnedValue found;
  SequenceNumber sequence = 0;
  GetOutcome outcome = GetOutcome::kAbsent;
  (void)table.MayContain(lookup.user_key(), {});
  (void)table.MayContain(lookup.user_key(), {.cache_only = true});
  (void)table.ApproximateOffsetOf(lookup.user_key());
  CheckError(table.Get(lookup, {.cache_only = true}, &found, &sequence, &outcome));
  const Status status = table.Get(lookup, {}, &found, &sequence, &outcome);
  CheckError(status);
  return status.ok() && sequence == SequenceOf(key) &&
         (outcome == GetOutcome::kValue ? KindOf(key) == Kind::kPut && found.value == value
                                        : outcome == GetOutcome::kDeleted && KindOf(key) == Kind::kDelete);
}

// Turns amid a scan, behind seeks that were prepared to any step. In a sound table each arrives where it should.
void Wander(const TableReader& table, const Records& records, bool sound) {
  TableIterator iterator(table.file(), {});
  const size_t stride = 1 + records.size() / 16;
  for (size_t i = 0; i < records.size(); i += stride) {
    const Slice target = records[i].first;
    for (int step = 0; step < static_cast<int>(i % 5); step++) iterator.Prepare(target, step);
    size_t at = i % 3 == 0 ? i - 1 : i;  // SIZE_MAX: in front of the first
    i % 3 == 0 ? iterator.SeekBefore(target) : iterator.Seek(target);
    for (uint32_t turns = static_cast<uint32_t>(Hash64(target)), n = 0; n < 12 && iterator.Valid(); n++, turns >>= 1) {
      if (sound) CHECK(iterator.key() == records[at].first && iterator.value() == records[at].second);
      (turns & 1) != 0 ? iterator.Next() : iterator.Prev();
      at += (turns & 1) != 0 ? 1 : SIZE_MAX;
    }
    CheckError(iterator.status());
    if (sound) CHECK_EQ(iterator.Valid(), at < records.size());
  }
}

// Several lookups, each step of all of them before the next of any; and what explains a lookup agrees with it.
void AskTogether(const TableReader& table, const Records& records) {
  constexpr size_t kLanes = 4;
  const TableReadOptions options;
  for (size_t i = 0; i + kLanes <= std::min<size_t>(records.size(), 16); i += kLanes) {
    std::deque<LookupKey> keys;
    for (size_t k = 0; k < kLanes; k++) keys.emplace_back(UserKey(records[i + k].first), kMaxSequence);
    TableLookup lookups[kLanes];
    bool on[kLanes];
    FilterAnswers answers;
    PinnedValue values[kLanes];
    for (size_t k = 0; k < kLanes; k++) {
      lookups[k].Start(table.file(), keys[k], Hash64(keys[k].user_key()), options);
      lookups[k].PrefetchFilter();
    }
    for (size_t k = 0; k < kLanes; k++) {
      on[k] = lookups[k].PassFilter(&answers) && lookups[k].FindPart();
      if (on[k]) lookups[k].PrefetchIndex();
    }
    for (size_t k = 0; k < kLanes; k++) on[k] = on[k] && lookups[k].FindPosition();
    for (size_t k = 0; k < kLanes; k++) on[k] = on[k] && lookups[k].ReadHandle();
    for (int step : {0, 1}) {
      for (size_t k = 0; k < kLanes; k++) {
        if (on[k]) lookups[k].PrefetchCache(step);
      }
    }
    for (size_t k = 0; k < kLanes; k++) on[k] = on[k] && lookups[k].LoadBlock();
    for (int step : {0, 1}) {
      for (size_t k = 0; k < kLanes; k++) {
        if (on[k]) lookups[k].PrefetchEntries(step);
      }
    }
    for (size_t k = 0; k < kLanes; k++) {
      if (on[k]) lookups[k].Search(&values[k]);
      CheckError(lookups[k].status());
      PinnedValue explained;
      SequenceNumber sequence = 0;
      GetOutcome outcome = GetOutcome::kAbsent;
      TableGetReport report;
      const Status status = table.Explain(keys[k], options, &explained, &sequence, &outcome, &report);
      CHECK_EQ(status.ok(), lookups[k].status().ok());
      if (!status.ok()) continue;
      CHECK(outcome == lookups[k].outcome());
      CHECK_EQ(explained.value, values[k].value);
    }
  }
}

void CheckSamples(const TableReader& table, const Records& records, bool sound) {
  for (uint64_t stride : {1, 3}) {
    size_t seen = 0;
    const Status status = table.Sample(stride, [&](Slice key, Slice) {
      CHECK_GE(key.size(), kTrailerSize);
      seen++;
    });
    CheckError(status);
    if (!sound) continue;
    CHECK_OK(status);
    CHECK(stride == 1 ? seen == records.size() : seen <= records.size() && (seen > 0 || records.empty()));
  }
}

void CheckVerified(const TableReader& table, const Records& forward) {
  CHECK_EQ(forward.size(), table.properties().entries);
  const size_t step = 1 + forward.size() / 32;
  auto iterator = table.NewIterator({});
  for (size_t i = 0; i < forward.size(); i += step) {
    const auto& [key, value] = forward[i];
    if (i > 0) CHECK_LT(CompareInternalKeys(forward[i - 1].first, key), 0);
    CHECK(Ask(table, key, value));
    CHECK(table.MayContain(UserKey(key), {}));
    iterator->Seek(key);
    CHECK(iterator->Valid());
    CHECK_EQ(iterator->key(), key);
    CHECK_EQ(iterator->value(), value);
    iterator->SeekBefore(key);
    CHECK_EQ(iterator->Valid(), i > 0);
    if (i > 0) CHECK_EQ(iterator->key(), forward[i - 1].first);
  }
  CHECK_OK(iterator->status());
}

void Check(const std::string& bytes, BlockCache* cache) {
  TableReader::Counters counters;
  std::shared_ptr<TableReader> table;
  const Status opened = testing::OpenTable(bytes, cache, &counters, &table);
  CheckError(opened);
  if (!opened.ok()) return;
  const Status verified = table->Verify();
  CheckError(verified);

  const size_t limit = bytes.size() * 256;  // no codec makes more of a byte here, and an entry takes more than one
  Records forward, backward, ahead;
  const bool whole = Walk(*table, true, 0, limit, &forward).ok();
  const bool whole_ahead = Walk(*table, true, 4096, limit, &ahead).ok();
  const bool whole_backward = Walk(*table, false, 0, limit, &backward).ok();
  for (size_t i = 0; i < std::min<size_t>(forward.size(), 16); i++) (void)Ask(*table, forward[i].first, Slice());
  AskTogether(*table, forward);
  Wander(*table, forward, verified.ok());
  CheckSamples(*table, forward, verified.ok());
  if (!verified.ok()) return;
  CHECK(whole && whole_ahead && whole_backward);
  std::reverse(backward.begin(), backward.end());
  CHECK(forward == backward);
  CHECK(forward == ahead);
  CheckVerified(*table, forward);
}

}  // namespace

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned seed) {
  return fuzz::Return(fuzz::MutateTable(fuzz::AsSlice(data, size), max_size, seed), data, max_size);
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string bytes(fuzz::AsSlice(data, size));
  Check(bytes, nullptr);
  BlockCache cache(64 << 10);
  Check(bytes, &cache);
  return 0;
}
