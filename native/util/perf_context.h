#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <span>

namespace burrow {

// The parts that the time of an operation or a job is split into: see lib/base/phases.ts, which has the same list.
enum class Phase : uint8_t {
  kWait,
  kWalWrite,
  kFsync,
  kMemtable,
  kFilter,
  kIndex,
  kBlockCache,
  kBlockRead,
  kDecode,
  kMerge,
  kEncode,
  kTableWrite,
  kOther,  // is measured, so that it goes to none of the others, and not reported
};
inline constexpr size_t kPhases = 12;  // reported ones
inline constexpr std::array<const char*, kPhases> kPhaseNames = {"wait",   "walWrite", "fsync",      "memtable",
                                                                 "filter", "index",    "blockCache", "blockRead",
                                                                 "decode", "merge",    "encode",     "tableWrite"};

// Splits the time of one thread's work into phases, as RocksDB's PerfContext does: each lap ends one stretch of time and
// begins the next, so that no time counts twice. One thread at a time.
//
// What is rare (a block read or decoded, a file synced) asks Current(), a thread-local; that is a function call in a
// shared library, so hot code is told by its caller (TableReadOptions::measured, WriteMode::measured) and asks nothing.
class PerfContext {
 public:
  struct Time {
    uint64_t count = 0;
    uint64_t nanos = 0;
  };

  // The one that this thread's work is measured in, from the innermost PerfScope; null: none.
  static PerfContext* Current() { return current_; }

  // The time since the last lap was spent in `phase`, which has happened once more.
  void Lap(Phase phase) {
    Time& time = times_[static_cast<size_t>(phase)];
    ++time.count;
    time.nanos += Step();
  }
  // The time since the last lap was spent in what the scope is about.
  void Leave() { times_[static_cast<size_t>(around_)].nanos += Step(); }

  std::span<const Time, kPhases> times() const { return std::span<const Time, kPhases>(times_.data(), kPhases); }
  const Time& of(Phase phase) const { return times_[static_cast<size_t>(phase)]; }
  void Clear() { times_ = {}; }

 private:
  friend class PerfScope;

  uint64_t Step() {
    const Clock::time_point now = Clock::now();
    const auto nanos = static_cast<uint64_t>((now - mark_).count());
    mark_ = now;
    return nanos;
  }

  using Clock = std::chrono::steady_clock;
  static_assert(std::is_same_v<Clock::duration, std::chrono::nanoseconds>);
  static inline constinit thread_local PerfContext* current_ = nullptr;

  std::array<Time, kPhases + 1> times_{};
  Phase around_ = Phase::kOther;
  Clock::time_point mark_{};
};

// Lets this thread's work be measured in `context` while it lives; null: as before. Time that no lap claims is spent in
// `around`.
class PerfScope {
 public:
  explicit PerfScope(PerfContext* context, Phase around = Phase::kOther) : context_(context) {
    if (context == nullptr) return;
    outer_ = PerfContext::current_;
    PerfContext::current_ = context;
    context->around_ = around;
    context->mark_ = PerfContext::Clock::now();
  }
  ~PerfScope() {
    if (context_ == nullptr) return;
    context_->Leave();
    PerfContext::current_ = outer_;
  }
  PerfScope(const PerfScope&) = delete;
  PerfScope& operator=(const PerfScope&) = delete;

 private:
  PerfContext* const context_;
  PerfContext* outer_ = nullptr;
};

// The same as the members of PerfContext, for the current one if there is one.
inline void PerfLap(Phase phase) {
  if (PerfContext* perf = PerfContext::Current()) perf->Lap(phase);
}
inline void PerfLeave() {
  if (PerfContext* perf = PerfContext::Current()) perf->Leave();
}

}  // namespace burrow
