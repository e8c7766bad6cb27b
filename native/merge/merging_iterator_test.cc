#include "merge/merging_iterator.h"

#include "merge/vector_iterator.h"
#include "util/random.h"
#include "util/testing.h"

namespace burrow {
namespace {

using Records = VectorIterator::Records;

std::string RandomUserKey(Random* random) {
  // Short keys over few letters, zero bytes included, some longer than the cached prefix and equal in it.
  static constexpr char kLetters[] = {'\0', 'a', 'b', '\xff'};
  std::string key = random->OneIn(3) ? "longprefix" : "";
  for (uint64_t i = random->Uniform(4); i > 0; i--) key.push_back(kLetters[random->Uniform(4)]);
  return key.empty() ? "k" : key;
}

void CheckSame(const InternalIterator& merged, const Records& model, size_t at) {
  CHECK_OK(merged.status());
  CHECK_EQ(merged.Valid(), at < model.size());
  if (!merged.Valid()) return;
  CHECK_EQ(merged.key(), model[at].first);
  CHECK_EQ(merged.value(), model[at].second);
}

TEST(MergingIterator, NoChildrenIsEmptyAndOneChildIsItself) {
  auto none = NewMergingIterator({});
  none->SeekToFirst();
  CHECK(!none->Valid());
  none->SeekBefore(InternalKey("a", 1));
  CHECK(!none->Valid());
  CHECK_OK(none->status());

  auto child = std::make_unique<VectorIterator>(Records{{InternalKey("a", 1), "v"}});
  InternalIterator* raw = child.get();
  std::vector<std::unique_ptr<InternalIterator>> children;
  children.push_back(std::move(child));
  CHECK(NewMergingIterator(std::move(children)).get() == raw);
}

TEST(MergingIterator, RandomMovesMatchASortedVector) {
  for (uint64_t round = 0; round < 300; round++) {
    Random random(TestSeed() + round);
    size_t child_count = 2 + random.Uniform(6);
    std::vector<Records> parts(child_count);
    Records model;
    for (uint64_t i = 0, n = random.Uniform(60); i < n; i++) {
      auto record = std::make_pair(InternalKey(RandomUserKey(&random), i + 1), std::to_string(i));
      parts[random.Uniform(child_count)].push_back(record);
      model.push_back(record);
    }
    std::sort(model.begin(), model.end(),
              [](const auto& a, const auto& b) { return CompareInternalKeys(a.first, b.first) < 0; });
    std::vector<std::unique_ptr<InternalIterator>> children;
    for (Records& part : parts) children.push_back(std::make_unique<VectorIterator>(std::move(part)));
    auto merged = NewMergingIterator(std::move(children));

    size_t at = SIZE_MAX;
    for (int move = 0; move < 200; move++) {
      uint64_t choice = random.Uniform(10);
      if (at < model.size() && choice < 8) {
        // Runs in one direction, so that a turn happens at any depth of the heap.
        bool forward = choice < 4;
        for (uint64_t steps = 1 + random.Uniform(5); steps > 0 && at < model.size(); steps--) {
          if (forward) {
            merged->Next();
            at++;
          } else {
            merged->Prev();
            at--;
          }
          CheckSame(*merged, model, at);
        }
        continue;
      }
      std::string target = InternalKey(RandomUserKey(&random), random.Uniform(60));
      size_t bound = static_cast<size_t>(
          std::lower_bound(model.begin(), model.end(), target,
                           [](const auto& r, const auto& key) { return CompareInternalKeys(r.first, key) < 0; }) -
          model.begin());
      switch (random.Uniform(4)) {
        case 0: merged->SeekToFirst(), at = 0; break;
        case 1: merged->SeekToLast(), at = model.size() - 1; break;
        case 2: merged->Seek(target), at = bound; break;
        default: merged->SeekBefore(target), at = bound - 1; break;
      }
      CheckSame(*merged, model, at);
    }
  }
}

TEST(MergingIterator, AnErrorOfAChildStopsTheMergeUntilTheNextSeek) {
  std::vector<std::unique_ptr<InternalIterator>> children;
  children.push_back(std::make_unique<VectorIterator>(Records{{InternalKey("a", 1), ""}, {InternalKey("d", 4), ""}}));
  children.push_back(
      std::make_unique<VectorIterator>(Records{{InternalKey("b", 2), ""}, {InternalKey("c", 3), ""}}, 1));
  auto merged = NewMergingIterator(std::move(children));
  merged->SeekToFirst();
  CHECK(merged->Valid());
  merged->Next();
  CHECK_EQ(merged->key(), InternalKey("b", 2));
  merged->Next();
  CHECK(!merged->Valid());
  CHECK(merged->status().Is(Code::kIO));
  merged->SeekToLast();
  CHECK(!merged->Valid());
  CHECK(merged->status().Is(Code::kIO));
  merged->Seek(InternalKey("d", 9));
  CHECK_OK(merged->status());
  CHECK_EQ(merged->key(), InternalKey("d", 4));
}

}  // namespace
}  // namespace burrow
