#pragma once

#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "util/random.h"

namespace burrow {

// Background work without threads, for simulations: what would run on threads of its own is registered here, and the
// owner's thread runs it, piece by piece, in an order that a seed gives. One thread.
class Schedule {
 public:
  using Step = std::function<bool()>;  // does one piece of work; false when there was none

  // `wake` has the owner call RunSome soon.
  Schedule(uint64_t seed, std::function<void()> wake) : random_(seed), wake_(std::move(wake)) {}

  int Add(Step step);  // REQUIRES: not called from a step; nor is Remove
  void Remove(int id);
  void Wake() { wake_(); }  // a step has work now

  bool RunOne();   // one piece from any step that has work; false when none has
  void RunSome();  // a few pieces, perhaps none; wakes the owner when there may be more

 private:
  struct Source {
    int id;
    Step step;
  };
  Random random_;
  const std::function<void()> wake_;
  std::vector<Source> sources_;
  int last_id_ = 0;
};

}  // namespace burrow
