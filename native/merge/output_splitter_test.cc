#include "merge/output_splitter.h"

#include "util/random.h"
#include "util/testing.h"

namespace burrow {
namespace {

TEST(OutputSplitter, SplitsAtTheTargetSize) {
  OutputSplitter splitter(100, 0, {});
  CHECK(!splitter.ShouldSplitBefore("a", 0));
  CHECK(!splitter.ShouldSplitBefore("b", 99));
  CHECK(splitter.ShouldSplitBefore("c", 100));
}

TEST(OutputSplitter, ZeroSwitchesALimitOff) {
  OutputSplitter splitter(0, 0, {{"a", "c", 1000}, {"d", "f", 1000}});
  CHECK(!splitter.ShouldSplitBefore("a", 0));
  CHECK(!splitter.ShouldSplitBefore("e", uint64_t{1} << 40));
}

TEST(OutputSplitter, SplitsBeforeTooMuchGrandparentOverlap) {
  OutputSplitter splitter(0, 20, {{"b", "c", 10}, {"e", "f", 10}, {"h", "i", 10}, {"m", "n", 10}});
  CHECK(!splitter.ShouldSplitBefore("a", 0));
  CHECK(!splitter.ShouldSplitBefore("c", 1));
  CHECK(!splitter.ShouldSplitBefore("e", 1));
  CHECK(!splitter.ShouldSplitBefore("g", 1));
  CHECK(splitter.ShouldSplitBefore("h", 1));  // a third one; the new output touches only h-i
  CHECK(!splitter.ShouldSplitBefore("m", 1));
}

TEST(OutputSplitter, AHugeGrandparentDoesNotCutEachKeyOff) {
  OutputSplitter splitter(0, 20, {{"b", "f", 1000}, {"h", "i", 10}});
  CHECK(!splitter.ShouldSplitBefore("a", 0));
  CHECK(splitter.ShouldSplitBefore("b", 1));
  CHECK(!splitter.ShouldSplitBefore("c", 1));
  CHECK(!splitter.ShouldSplitBefore("g", 1));
  CHECK(splitter.ShouldSplitBefore("h", 1));
}

TEST(OutputSplitter, NoOutputTouchesMoreThanTheLimit) {
  for (uint64_t round = 0; round < 200; round++) {
    Random random(TestSeed() + round);
    auto key = [](uint64_t i) {
      std::string digits = std::to_string(i);
      return std::string(6 - digits.size(), '0') + digits;
    };
    std::vector<GrandparentTable> grandparents;
    for (uint64_t at = random.Uniform(10); at < 1000; at += 1 + random.Uniform(30)) {
      uint64_t first = at;
      at += random.Uniform(30);
      grandparents.push_back({key(first), key(at), 1 + random.Uniform(50)});
    }
    const uint64_t limit = 60;
    OutputSplitter splitter(0, limit, grandparents);
    std::string first, last;
    auto check_output = [&] {
      uint64_t overlap = 0, touched = 0;
      for (const auto& g : grandparents) {
        if (g.smallest > last || g.largest < first) continue;
        overlap += g.size;
        touched++;
      }
      CHECK(overlap <= limit || touched == 1);
    };
    for (uint64_t i = random.Uniform(20); i < 1100; i += 1 + random.Uniform(20)) {
      if (splitter.ShouldSplitBefore(key(i), last.empty() ? 0 : 1)) {
        check_output();
        first.clear();
      }
      if (first.empty()) first = key(i);
      last = key(i);
    }
    check_output();
  }
}

}  // namespace
}  // namespace burrow
