#include "merge/db_iterator.h"

#include <map>

#include "merge/merging_iterator.h"
#include "merge/vector_iterator.h"
#include "util/random.h"
#include "util/testing.h"

namespace burrow {
namespace {

using Records = VectorIterator::Records;
using Model = std::map<std::string, std::string>;

std::unique_ptr<InternalIterator> One(Records records, size_t fail_at = SIZE_MAX) {
  return std::make_unique<VectorIterator>(std::move(records), fail_at);
}

// A random history of puts, deletes and range deletes over a small key space, dealt to a random number of children.
struct History {
  struct Range {
    std::string begin, end;
    SequenceNumber sequence;
  };
  Records records;
  std::vector<Range> ranges;
  SequenceNumber last = 0;

  static std::string Key(uint64_t i) {
    std::string key = "sharedprefix";
    key.resize(i % 3 == 0 ? 5 : 12);
    return key + static_cast<char>('a' + i);
  }

  History(Random* random, uint64_t operations, uint64_t keys) {
    bool hot = random->OneIn(3);  // many versions of few keys
    for (uint64_t i = 0; i < operations; i++) {
      std::string key = Key(random->Uniform(hot && !random->OneIn(4) ? 2 : keys));
      last++;
      if (random->OneIn(12)) {
        ranges.push_back({key, Key(random->Uniform(keys)), last});
      } else if (random->OneIn(4)) {
        records.emplace_back(InternalKey(key, last, Kind::kDelete), "");
      } else {
        records.emplace_back(InternalKey(key, last), key + "@" + std::to_string(last));
      }
    }
  }

  Model ReadAt(SequenceNumber sequence, const DbIterator::Options& bounds) const {
    std::map<std::string, std::pair<SequenceNumber, std::string>> newest;
    for (const auto& [key, value] : records) {
      if (SequenceOf(key) > sequence) continue;
      auto& entry = newest[std::string(UserKey(key))];
      if (SequenceOf(key) > entry.first) entry = {SequenceOf(key), KindOf(key) == Kind::kPut ? "=" + value : ""};
    }
    Model model;
    for (const auto& [key, entry] : newest) {
      bool hidden =
          entry.second.empty() || (bounds.lower && key < *bounds.lower) || (bounds.upper && key >= *bounds.upper);
      for (const Range& r : ranges) {
        hidden |= r.sequence <= sequence && r.sequence > entry.first && r.begin <= key && key < r.end;
      }
      if (!hidden) model[key] = entry.second.substr(1);
    }
    return model;
  }

  std::shared_ptr<const FragmentedTombstones> Tombstones() const {
    std::vector<RangeTombstone> all;
    for (const Range& r : ranges) all.push_back({r.begin, r.end, r.sequence});
    return all.empty() ? nullptr : FragmentedTombstones::Build(all);
  }
};

TEST(DbIterator, RandomMovesMatchABruteForceModel) {
  for (uint64_t round = 0; round < 600; round++) {
    Random random(TestSeed() + round);
    uint64_t keys = 2 + random.Uniform(20);
    History history(&random, random.Uniform(150), keys);
    DbIterator::Options options;
    options.sequence = random.OneIn(2) ? kMaxSequence : random.Uniform(history.last + 2);
    if (random.OneIn(3)) options.lower = History::Key(random.Uniform(keys));
    if (random.OneIn(3)) options.upper = History::Key(random.Uniform(keys));
    const Model model = history.ReadAt(options.sequence, options);

    std::vector<Records> parts(1 + random.Uniform(5));
    for (const auto& record : history.records) parts[random.Uniform(parts.size())].push_back(record);
    std::vector<std::unique_ptr<InternalIterator>> children;
    for (Records& part : parts) children.push_back(One(std::move(part)));
    DbIterator it(NewMergingIterator(std::move(children)), history.Tombstones(), options);

    auto at = model.end();
    auto check = [&] {
      CHECK_OK(it.status());
      CHECK_EQ(it.Valid(), at != model.end());
      if (!it.Valid()) return;
      CHECK_EQ(it.key(), at->first);
      CHECK_EQ(it.value(), at->second);
    };
    auto last_before = [&](Model::const_iterator bound) {
      return bound == model.begin() ? model.end() : std::prev(bound);
    };
    for (int move = 0; move < 60; move++) {
      if (at != model.end() && !random.OneIn(4)) {
        bool forward = random.OneIn(2);
        for (uint64_t steps = 1 + random.Uniform(5); steps > 0 && at != model.end(); steps--) {
          if (forward) {
            it.Next();
            ++at;
          } else {
            it.Prev();
            at = last_before(at);
          }
          check();
        }
        continue;
      }
      std::string target = History::Key(random.Uniform(keys));
      if (random.OneIn(4)) target.push_back('\0');
      switch (random.Uniform(4)) {
        case 0: it.SeekToFirst(), at = model.begin(); break;
        case 1: it.SeekToLast(), at = last_before(model.end()); break;
        case 2: it.Seek(target), at = model.lower_bound(target); break;
        default: it.SeekForPrev(target), at = last_before(model.upper_bound(target)); break;
      }
      check();
    }
  }
}

TEST(DbIterator, SeekingToItsOwnKeyIsAllowed) {
  for (bool forward : {true, false}) {
    DbIterator it(One({{InternalKey("a", 1), "1"}, {InternalKey("b", 2), "2"}}), nullptr, {});
    forward ? it.Seek("b") : it.SeekToLast();
    it.Seek(it.key());
    CHECK_EQ(it.key(), "b");
    it.SeekForPrev(it.key());
    CHECK_EQ(it.value(), "2");
  }
}

TEST(DbIterator, ManyVersionsAreSoughtPastNotSteppedOver) {
  Records records{{InternalKey("a", 1), "a"}, {InternalKey("z", 2), "z"}};
  for (SequenceNumber s = 10; s < 10010; s++) records.emplace_back(InternalKey("m", s), std::to_string(s));
  DbIterator::Options options;
  options.sequence = 5000;
  DbIterator it(One(records), nullptr, options);
  it.SeekToFirst();
  it.Next();
  CHECK_EQ(it.value(), "5000");
  it.Next();
  CHECK_EQ(it.key(), "z");
  it.Prev();
  CHECK_EQ(it.value(), "5000");
  it.Prev();
  CHECK_EQ(it.key(), "a");
  CHECK_LT(it.skipped(), 100);
}

// A file with sound checksums and records out of order, as a writer with an error makes it.
class AstrayIterator final : public InternalIterator {
 public:
  explicit AstrayIterator(Records records) : records_(std::move(records)) {}
  void SeekToFirst() override {
    Follow([this] { records_.SeekToFirst(); });
  }
  void SeekToLast() override {
    Follow([this] { records_.SeekToLast(); });
  }
  void Seek(Slice) override { SeekToFirst(); }
  void SeekBefore(Slice) override { SeekToLast(); }
  void Next() override {
    Follow([this] { records_.Next(); });
  }
  void Prev() override {
    Follow([this] { records_.Prev(); });
  }
  Status status() const override { return records_.status(); }

 private:
  template <typename Move>
  void Follow(Move move) {
    move();
    valid_ = records_.Valid();
    if (valid_) key_ = records_.key(), value_ = records_.value();
  }
  VectorIterator records_;
};

TEST(DbIterator, ASourceOutOfOrderIsAnErrorAndNotALoop) {
  Records records;
  for (SequenceNumber s = 1; s <= 100; s++) records.emplace_back(InternalKey("m", s), std::to_string(s));
  for (SequenceNumber sequence : {SequenceNumber{50}, SequenceNumber{100}}) {
    DbIterator::Options options;
    options.sequence = sequence;
    for (bool forward : {true, false}) {
      DbIterator it(std::make_unique<AstrayIterator>(records), nullptr, options);
      forward ? it.SeekToFirst() : it.SeekToLast();
      for (int moves = 0; it.Valid() && moves < 1000; moves++) forward ? it.Next() : it.Prev();
      CHECK(!it.Valid());
      CHECK(it.status().Is(Code::kCorruption));
    }
  }
}

TEST(DbIterator, AnUnknownKindIsUnsupportedOnlyWhereItWouldBeSeen) {
  auto future = static_cast<Kind>(9);
  DbIterator::Options at_5;
  at_5.sequence = 5;
  for (bool forward : {true, false}) {
    DbIterator it(One({{InternalKey("a", 3, future), ""}}), nullptr, at_5);
    forward ? it.SeekToFirst() : it.SeekToLast();
    CHECK(!it.Valid());
    CHECK(it.status().Is(Code::kUnsupported));

    const Records around{
        {InternalKey("a", 3, future), ""}, {InternalKey("a", 4), "new"}, {InternalKey("a", 8, future), ""}};
    DbIterator shadowed(One(around), nullptr, at_5);
    forward ? shadowed.SeekToFirst() : shadowed.SeekToLast();
    CHECK_OK(shadowed.status());
    CHECK_EQ(shadowed.value(), "new");
  }
}

TEST(DbIterator, AReadErrorIsNeverTakenForTheEnd) {
  const Records records{{InternalKey("a", 5), "new"}, {InternalKey("a", 1), "old"}, {InternalKey("b", 2), "b"}};
  // Backward the newest version of `a` cannot be read: the old one must not be shown instead.
  DbIterator backward(One(records, 0), nullptr, {});
  backward.SeekToLast();
  CHECK_EQ(backward.key(), "b");
  backward.Prev();
  CHECK(!backward.Valid());
  CHECK(backward.status().Is(Code::kIO));
  backward.Seek("b");
  CHECK_OK(backward.status());
  CHECK_EQ(backward.value(), "b");

  DbIterator forward(One(records, 2), nullptr, {});
  forward.SeekToFirst();
  CHECK_EQ(forward.value(), "new");
  forward.Next();
  CHECK(!forward.Valid());
  CHECK(forward.status().Is(Code::kIO));
}

}  // namespace
}  // namespace burrow
