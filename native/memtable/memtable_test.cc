#include "memtable/memtable.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <thread>
#include <vector>

#include "util/random.h"
#include "util/testing.h"

namespace burrow {
namespace {

struct Descending {
  bool operator()(uint64_t a, uint64_t b) const { return a > b; }
};
// user key → (trailer, newest first) → value
using Model = std::map<std::string, std::map<uint64_t, std::string, Descending>>;

std::string RandomKey(Random& random) {
  // Few distinct keys, shared prefixes longer than the cached eight bytes, zero bytes and 0xff bytes.
  static const char kBytes[] = {'\0', 'a', '\xff', 'b'};
  std::string key = random.OneIn(2) ? "a-long-common-prefix/" : "";
  size_t n = 1 + random.Uniform(9);
  for (size_t i = 0; i < n; i++) key.push_back(kBytes[random.Uniform(random.OneIn(4) ? 4 : 2)]);
  return key;
}

TEST(MemTable, StartsEmpty) {
  MemTable table;
  CHECK(table.empty());
  CHECK_EQ(table.first_sequence(), 0u);
  CHECK(table.range_tombstones() == nullptr);
  Slice value;
  SequenceNumber found;
  CHECK(table.Get(LookupKey("a", kMaxSequence), &value, &found) == LookupResult::kAbsent);
  CHECK_EQ(table.MaxCoveringTombstone("a", kMaxSequence), 0u);
  auto it = table.NewIterator();
  CHECK(!it->Valid());
  it->SeekToFirst();
  CHECK(!it->Valid());
  it->SeekToLast();
  CHECK(!it->Valid());
}

// What keys share is learned from the first ones: the points move to another list, and readers of both see what they may.
TEST(MemTable, LearnsWhatKeysShareUnderReaders) {
  Random random(TestSeed());
  MemTable table;
  std::map<std::string, std::string> model;
  std::atomic<SequenceNumber> published{0};
  const std::string front = "tenant-4711/order/";
  auto key_at = [&](uint64_t i) { return front + std::to_string(1000000 + i * 7919 % 100000); };
  std::thread reader([&] {
    Random own(1);
    for (SequenceNumber last = 0; last < 6000;) {
      last = published.load(std::memory_order_acquire);
      auto it = table.NewIterator();
      SequenceNumber seen = 0;
      for (it->SeekToFirst(); it->Valid(); it->Next()) seen += SequenceOf(it->key()) <= last;
      CHECK_EQ(seen, last);
      if (last == 0) continue;
      const SequenceNumber asked = 1 + own.Uniform(last);
      Slice value;
      SequenceNumber found;
      CHECK(table.Get(LookupKey(key_at(asked), last), &value, &found) == LookupResult::kValue);
      CHECK_EQ(found, asked);
    }
  });
  SequenceNumber sequence = 0;
  std::unique_ptr<InternalIterator> early;
  while (sequence < 6000) {
    std::vector<std::string> keys;
    for (size_t n = random.OneIn(2) ? 1 : 1 + random.Uniform(100); n > 0 && sequence + keys.size() < 6000; n--) {
      keys.push_back(key_at(sequence + keys.size() + 1));
    }
    std::vector<MemTable::Entry> entries;
    for (const std::string& key : keys) {
      model[key] = key;
      if (keys.size() == 1) {
        table.Add(++sequence, Kind::kPut, key, key);
      } else {
        entries.push_back({key, key, PackTrailer(++sequence, Kind::kPut)});
      }
    }
    table.AddAll(&entries);
    published.store(sequence, std::memory_order_release);
    if (early == nullptr && sequence > 500) {
      early = table.NewIterator();
      early->SeekToFirst();
    }
  }
  reader.join();
  auto it = table.NewIterator();
  it->SeekToFirst();
  for (const auto& [key, value] : model) {
    CHECK(it->Valid());
    CHECK(UserKey(it->key()) == key && it->value() == value);
    it->Next();
  }
  CHECK(!it->Valid());
  size_t rest = 0;
  for (; early->Valid(); early->Next()) ++rest;
  CHECK(rest > 500);
  CHECK_EQ(table.shared_prefix(), front + "10");
}

// Any expectation of what keys share gives the same order and answers, and so does any order of insertion.
TEST(MemTable, ManyAtOnceUnderAnyExpectedPrefix) {
  Random random(TestSeed());
  for (int round = 0; round < 60; round++) {
    const char* prefixes[] = {"", "a", "a-long-common-prefix/", "a-long-common-prefix/aa", "b", "\xff\xff", "zzzz"};
    const bool many = round % 20 == 0;  // enough for an index
    MemTable expected, table(prefixes[random.Uniform(std::size(prefixes))], 1 + random.Uniform(4096));
    SequenceNumber sequence = 0;
    for (int batch = 0; batch < 20; batch++) {
      std::vector<std::string> keys;
      for (size_t n = random.Uniform(many ? 1000 : 40); n > 0; n--) keys.push_back(RandomKey(random));
      if (random.OneIn(3)) std::sort(keys.begin(), keys.end());
      std::vector<MemTable::Entry> entries;
      for (const std::string& key : keys) {
        const Kind kind = random.OneIn(4) ? Kind::kDelete : random.OneIn(10) ? Kind::kRangeDelete : Kind::kPut;
        const Slice value = kind == Kind::kDelete ? Slice() : kind == Kind::kRangeDelete ? "zzz" : "value";
        expected.Add(++sequence, kind, key, value);
        entries.push_back({key, value, PackTrailer(sequence, kind)});
      }
      table.AddAll(&entries);
    }
    CHECK_EQ(table.entries(), expected.entries());
    CHECK_EQ(table.last_sequence(), expected.last_sequence());
    CHECK_EQ(table.range_tombstone_count(), expected.range_tombstone_count());
    CHECK_EQ(table.shared_prefix(), expected.shared_prefix());
    auto a = table.NewIterator(), b = expected.NewIterator();
    a->SeekToFirst();
    for (b->SeekToFirst(); b->Valid(); b->Next(), a->Next()) {
      CHECK(a->Valid());
      CHECK_EQ(a->key(), b->key());
      CHECK_EQ(a->value(), b->value());
    }
    CHECK(!a->Valid());
    for (int i = 0; i < 100; i++) {
      const std::string key = RandomKey(random);
      const SequenceNumber at = random.Uniform(sequence + 2);
      Slice value, other;
      SequenceNumber found = 0, other_found = 0;
      const LookupKey lookup(key, at);
      CHECK(table.Get(lookup, &value, &found) == expected.Get(lookup, &other, &other_found));
      CHECK_EQ(found, other_found);
      CHECK_EQ(table.MaxCoveringTombstone(key, at), expected.MaxCoveringTombstone(key, at));
    }
  }
}

TEST(MemTable, AgreesWithAMap) {
  Random random(TestSeed());
  for (int round = 0; round < 20; round++) {
    MemTable table(Slice(), random.OneIn(2) ? 1 + random.Uniform(1 << 20) : 0);
    const bool later = random.OneIn(2);
    Model model;
    SequenceNumber last = 0;
    const size_t n = random.Uniform(random.OneIn(4) ? 9000 : 1500);
    for (size_t i = 0; i < n; i++) {
      last += 1 + random.Uniform(3);
      std::string key = RandomKey(random);
      Kind kind = random.OneIn(4) ? Kind::kDelete : Kind::kPut;
      std::string value = kind == Kind::kPut ? std::string(random.Uniform(40), 'v') + std::to_string(last) : "";
      if (!later) {
        table.Add(last, kind, key, value);
      } else if (random.OneIn(30)) {
        std::vector<MemTable::Entry> entries{{key, value, PackTrailer(last, kind)}};
        table.AddAll(&entries);
      } else if (table.AddLater(last, kind, key, value) && random.OneIn(10)) {
        table.FinishAdding();
      }
      model[key][PackTrailer(last, kind)] = value;
    }
    table.FinishAdding();
    CHECK_EQ(table.entries(), n);
    CHECK_EQ(table.last_sequence(), last);

    std::vector<std::pair<std::string, std::string>> sorted;
    for (const auto& [key, versions] : model) {
      for (const auto& [trailer, value] : versions) {
        sorted.emplace_back("", value);
        AppendInternalKey(&sorted.back().first, key, trailer);
      }
    }
    auto it = table.NewIterator();
    size_t at = 0;
    for (it->SeekToFirst(); it->Valid(); it->Next(), at++) {
      CHECK_EQ(it->key(), sorted[at].first);
      CHECK_EQ(it->value(), sorted[at].second);
    }
    CHECK_EQ(at, sorted.size());
    for (it->SeekToLast(); it->Valid(); it->Prev()) CHECK_EQ(it->key(), sorted[--at].first);
    CHECK_EQ(at, 0u);

    for (int probe = 0; probe < 1000; probe++) {
      LookupKey key(RandomKey(random), random.Uniform(last + 2));
      size_t bound = 0;  // of the first entry at or after the key
      for (size_t low = 0, high = sorted.size(); low <= high;) {
        if (low == high) {
          bound = low;
          break;
        }
        size_t middle = (low + high) / 2;
        if (CompareInternalKeys(sorted[middle].first, key.internal_key()) < 0) {
          low = middle + 1;
        } else {
          high = middle;
        }
      }
      it->Seek(key.internal_key());
      CHECK_EQ(it->Valid(), bound < sorted.size());
      if (it->Valid()) CHECK_EQ(it->key(), sorted[bound].first);
      it->SeekBefore(key.internal_key());
      CHECK_EQ(it->Valid(), bound > 0);
      if (it->Valid()) {
        CHECK_EQ(it->key(), sorted[bound - 1].first);
        it->Next();  // turn around
        CHECK_EQ(it->Valid(), bound < sorted.size());
        if (it->Valid()) {
          it->Prev();
          CHECK_EQ(it->key(), sorted[bound - 1].first);
        }
      }

      Slice value;
      SequenceNumber found = 0;
      LookupResult result = table.Get(key, &value, &found);
      if (bound == sorted.size() || UserKey(sorted[bound].first) != key.user_key()) {
        CHECK(result == LookupResult::kAbsent);
      } else {
        CHECK_EQ(found, SequenceOf(sorted[bound].first));
        CHECK(result == (KindOf(sorted[bound].first) == Kind::kPut ? LookupResult::kValue : LookupResult::kDeleted));
        if (result == LookupResult::kValue) CHECK_EQ(value, sorted[bound].second);
      }
    }
  }
}

TEST(MemTable, RangeTombstonesAgreeWithBruteForce) {
  Random random(TestSeed());
  for (int round = 0; round < 20; round++) {
    MemTable table;
    std::vector<std::pair<std::string, std::string>> bounds;
    auto brute_force = [&](Slice key, SequenceNumber visible) {
      SequenceNumber best = 0;
      for (size_t i = 0; i < bounds.size() && i + 1 <= visible; i++) {
        if (bounds[i].first <= key && key < bounds[i].second) best = i + 1;
      }
      return best;
    };
    const size_t n = random.Uniform(200);
    for (size_t i = 0; i < n; i++) {
      bounds.emplace_back(RandomKey(random), RandomKey(random));
      table.Add(i + 1, Kind::kRangeDelete, bounds.back().first, bounds.back().second);
      for (int probe = 0; probe < 3; probe++) {
        std::string key = RandomKey(random);
        SequenceNumber visible = random.Uniform(i + 3);
        CHECK_EQ(table.MaxCoveringTombstone(key, visible), brute_force(key, visible));
        if (random.OneIn(50)) CHECK_EQ(table.range_tombstones()->MaxCovering(key, visible), brute_force(key, visible));
      }
    }
    CHECK_EQ(table.range_tombstone_count(), n);
    CHECK(table.range_tombstones() == table.range_tombstones());
    auto it = table.NewIterator();
    it->SeekToFirst();
    CHECK(!it->Valid());
  }
}

TEST(MemTable, LargeKeysAndValues) {
  MemTable table;
  std::string key(kMaxUserKeySize, 'k'), value(96 << 20, 'v');
  size_t before = table.MemoryUsage();
  table.Add(1, Kind::kPut, key, value);
  table.Add(2, Kind::kPut, "small", "value");
  CHECK_GE(table.MemoryUsage(), before + key.size() + value.size());
  CHECK_LE(table.MemoryUsage(), before + key.size() + value.size() + (64 << 10));
  Slice got;
  SequenceNumber found;
  CHECK(table.Get(LookupKey(key, 5), &got, &found) == LookupResult::kValue);
  CHECK(got == value);
  CHECK(table.Get(LookupKey("small", 5), &got, &found) == LookupResult::kValue);
  CHECK_EQ(got, "value");
}

// One writer publishes sequence numbers; each reader must see everything up to the one it read, exactly.
TEST(MemTable, OneWriterManyReaders) {
  MemTable table(Slice(), 1);
  constexpr uint64_t kKeys = 64;
  const uint64_t writes = 20000;
  std::atomic<SequenceNumber> published{0};
  // Write number s puts key (s * 37) % kKeys; every 61st is a range delete of one key as well.
  auto key_of = [](uint64_t i) { return "prefix/of/" + std::to_string(1000 + i % kKeys); };
  auto is_range = [](SequenceNumber s) { return s % 61 == 0; };
  auto reader = [&](uint64_t seed) {
    Random random(seed);
    while (published.load(std::memory_order_acquire) < writes) {
      SequenceNumber visible = published.load(std::memory_order_acquire);
      if (random.OneIn(4)) visible = random.Uniform(visible + 1);  // a snapshot
      uint64_t k = random.Uniform(kKeys);
      SequenceNumber expected = 0, expected_range = 0;
      for (SequenceNumber s = visible; s > 0 && (expected == 0 || expected_range == 0); s--) {
        if (s * 37 % kKeys != k) continue;
        (is_range(s) ? expected_range : expected) = std::max(s, is_range(s) ? expected_range : expected);
      }
      Slice value;
      SequenceNumber found = 0;
      LookupResult result = table.Get(LookupKey(key_of(k), visible), &value, &found);
      CHECK_EQ(result == LookupResult::kAbsent ? 0 : found, expected);
      if (expected != 0) CHECK_EQ(value, std::to_string(expected));
      CHECK_EQ(table.MaxCoveringTombstone(key_of(k), visible), expected_range);
      if (random.OneIn(16)) {
        auto it = table.NewIterator();
        std::string previous;
        uint64_t seen = 0, points = visible - visible / 61;
        for (it->SeekToFirst(); it->Valid() && seen < 500; it->Next()) {
          if (!previous.empty()) CHECK_LT(CompareInternalKeys(previous, it->key()), 0);
          previous = it->key();
          if (SequenceOf(it->key()) <= visible) seen++;
        }
        if (!it->Valid()) CHECK_EQ(seen, points);
        for (int i = 0; i < 5 && !previous.empty(); i++) {
          it->SeekBefore(previous);
          if (!it->Valid()) break;
          CHECK_LT(CompareInternalKeys(it->key(), previous), 0);
          previous = it->key();
        }
      }
      CHECK_GT(table.MemoryUsage(), 0u);
    }
  };
  std::vector<std::thread> readers;
  for (uint64_t i = 0; i < 3; i++) readers.emplace_back(reader, TestSeed() + i);
  for (SequenceNumber s = 1; s <= writes; s++) {
    std::string key = key_of(s * 37);
    // What is to be finished is published only then.
    const bool unfinished = is_range(s) ? table.AddLater(s, Kind::kRangeDelete, key, key + '\0')
                                        : table.AddLater(s, Kind::kPut, key, std::to_string(s));
    if (unfinished && s % 7 != 0 && s != writes) continue;
    table.FinishAdding();
    published.store(s, std::memory_order_release);
  }
  for (std::thread& thread : readers) thread.join();
}

// A read must not find the record that is being inserted right now: it is newer than every published sequence number.
// The key that comes next is asked for, by readers that race with its insertion.
TEST(MemTable, ARecordBeingInsertedIsNotFoundByOlderReads) {
  MemTable table(Slice(), 4096);
  const uint64_t writes = 300000;
  std::atomic<SequenceNumber> published{0};
  // Write number s puts a key of its own; their first eight bytes differ and come in no order.
  auto key_of = [](SequenceNumber s) {
    std::string key;
    PutFixed64(&key, s * 0x9e3779b97f4a7c15);
    return key;
  };
  auto reader = [&] {
    auto it = table.NewIterator();
    while (published.load(std::memory_order_acquire) < writes) {
      const SequenceNumber visible = published.load(std::memory_order_acquire);
      const LookupKey key(key_of(visible + 1), visible);
      Slice value;
      SequenceNumber found = 0;
      CHECK(table.Get(key, &value, &found) == LookupResult::kAbsent);
      if (visible > 0) {
        const SequenceNumber older = 1 + static_cast<uint8_t>(key.user_key().front()) % visible;
        CHECK(table.Get(LookupKey(key_of(older), visible), &value, &found) == LookupResult::kValue);
        CHECK_EQ(found, older);
      }
      it->Seek(key.internal_key());
      if (it->Valid()) CHECK_GE(CompareInternalKeys(it->key(), key.internal_key()), 0);
    }
  };
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; i++) readers.emplace_back(reader);
  for (SequenceNumber s = 1; s <= writes; s++) {
    table.Add(s, Kind::kPut, key_of(s), "value");
    published.store(s, std::memory_order_release);
  }
  for (std::thread& thread : readers) thread.join();
}

TEST(MemTable, AnIndexHidesNothing) {
  Random random(TestSeed());
  for (const size_t size : {size_t{1}, size_t{64 << 10}, size_t{2 << 20}}) {
    MemTable memtable(Slice(), size);
    const size_t without = MemTable().MemoryUsage();
    std::vector<std::string> keys;
    std::vector<MemTable::Entry> entries;
    SequenceNumber sequence = 0;
    while (keys.size() < 9000) {
      if (random.OneIn(2)) {
        keys.push_back("key" + std::to_string(random.Uniform(uint64_t{1} << 60)));
        memtable.Add(++sequence, random.OneIn(10) ? Kind::kDelete : Kind::kPut, keys.back(), "value");
        continue;
      }
      std::vector<std::string> batch(1 + random.Uniform(40));
      entries.clear();
      for (std::string& key : batch) {
        key = "key" + std::to_string(random.Uniform(uint64_t{1} << 60));
        entries.push_back({key, "value", PackTrailer(++sequence, Kind::kPut)});
      }
      if (random.OneIn(3)) entries.push_back({"a", "b", PackTrailer(++sequence, Kind::kRangeDelete)});
      memtable.AddAll(&entries);
      keys.insert(keys.end(), batch.begin(), batch.end());
    }
    CHECK_GE(memtable.MemoryUsage(), without + keys.size() * sizeof(uint64_t));
    Slice value;
    SequenceNumber found;
    for (const std::string& key : keys) {
      CHECK(memtable.Get(LookupKey(key, sequence), &value, &found) != LookupResult::kAbsent);
      CHECK(memtable.Get(LookupKey(key + ".", sequence), &value, &found) == LookupResult::kAbsent);
    }
  }
}

// A read that is older than many versions of a key does not walk along all of them, and finds its own.
TEST(MemTable, SnapshotsOfAKeyThatIsWrittenAllTheTime) {
  for (const bool together : {false, true}) {
    MemTable table(Slice(), 64 << 10);
    constexpr SequenceNumber kWrites = 10000;
    std::vector<std::string> values;
    for (SequenceNumber s = 0; s <= kWrites; s++) values.push_back(std::to_string(s));
    std::vector<MemTable::Entry> entries;
    for (SequenceNumber s = 1; s <= kWrites; s++) {
      const Slice key = s % 3 == 0 ? "counter" : s % 3 == 1 ? "counter/" : "count";
      if (!together) {
        table.Add(s, Kind::kPut, key, values[s]);
        continue;
      }
      // A range tombstone may lie between the versions of the key that it begins with.
      const bool is_range = s % 3 != 0 && s % 7 == 0;
      entries.push_back(
          {is_range ? "counter" : key, values[s], PackTrailer(s, is_range ? Kind::kRangeDelete : Kind::kPut)});
      if (entries.size() > 50) {
        table.AddAll(&entries);
        entries.clear();
      }
    }
    table.AddAll(&entries);
    Slice value;
    SequenceNumber found;
    for (SequenceNumber s = 3; s <= kWrites; s++) {
      CHECK(table.Get(LookupKey("counter", s), &value, &found) == LookupResult::kValue);
      CHECK_EQ(found, s / 3 * 3);
      CHECK_EQ(value, values[s / 3 * 3]);
    }
    CHECK(table.Get(LookupKey("counter", 2), &value, &found) == LookupResult::kAbsent);
  }
}

}  // namespace
}  // namespace burrow
