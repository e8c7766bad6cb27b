#include "util/perf_context.h"

#include <chrono>
#include <string>
#include <thread>

#include "util/testing.h"

namespace burrow {

namespace {

void Spend() { std::this_thread::sleep_for(std::chrono::microseconds(200)); }

}  // namespace

TEST(PerfContext, SplitsTimeIntoLaps) {
  PerfContext perf;
  {
    PerfScope scope(&perf, Phase::kMerge);
    Spend();
    PerfLeave();
    PerfLap(Phase::kDecode);
    Spend();
    PerfLap(Phase::kBlockRead);
    Spend();
    PerfLap(Phase::kBlockRead);
    Spend();
  }
  CHECK_EQ(perf.of(Phase::kMerge).count, 0u);
  CHECK(perf.of(Phase::kMerge).nanos >= 400'000);
  CHECK_EQ(perf.of(Phase::kDecode).count, 1u);
  CHECK_EQ(perf.of(Phase::kBlockRead).count, 2u);
  CHECK(perf.of(Phase::kBlockRead).nanos >= 400'000);
  CHECK_EQ(perf.of(Phase::kFsync).nanos, 0u);
  perf.Clear();
  CHECK_EQ(perf.of(Phase::kBlockRead).count, 0u);
}

TEST(PerfContext, IsOfOneThreadAndNests) {
  CHECK(PerfContext::Current() == nullptr);
  PerfLap(Phase::kIndex);
  PerfContext outer, inner;
  {
    PerfScope scope(&outer);
    {
      PerfScope nothing(nullptr);
      PerfScope within(&inner, Phase::kIndex);
      PerfLap(Phase::kFilter);
      std::thread other([] { CHECK(PerfContext::Current() == nullptr); });
      other.join();
    }
    CHECK(PerfContext::Current() == &outer);
    PerfLap(Phase::kFilter);
  }
  CHECK(PerfContext::Current() == nullptr);
  CHECK_EQ(inner.of(Phase::kFilter).count, 1u);
  CHECK_EQ(outer.of(Phase::kFilter).count, 1u);
}

TEST(PerfContext, NamesEveryPhaseOnce) {
  CHECK_EQ(static_cast<size_t>(Phase::kOther), kPhases);
  for (size_t i = 0; i < kPhases; ++i) CHECK(std::string(kPhaseNames[i]).size() > 2);
}

}  // namespace burrow
