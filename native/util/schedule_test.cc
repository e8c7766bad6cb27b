#include "util/schedule.h"

#include <string>

#include "util/testing.h"

namespace burrow {

namespace {

// Which of three sources, with so many pieces of work each, ran in which order.
std::string OrderOf(uint64_t seed, int pieces) {
  std::string order;
  int wakes = 0;
  Schedule schedule(seed, [&] { ++wakes; });
  int left[] = {pieces, pieces, pieces};
  for (int i = 0; i < 3; ++i) {
    schedule.Add([&order, &left, i] {
      if (left[i] == 0) return false;
      --left[i];
      order.push_back(static_cast<char>('a' + i));
      return true;
    });
  }
  do {
    wakes = 0;
    schedule.RunSome();
  } while (wakes > 0);
  return order;
}

}  // namespace

TEST(Schedule, RunsEverythingInAnOrderThatTheSeedGives) {
  const std::string order = OrderOf(1, 20);
  CHECK_EQ(order.size(), 60u);
  CHECK_EQ(order, OrderOf(1, 20));
  CHECK(order != OrderOf(2, 20));
}

TEST(Schedule, ForgetsWhatIsRemoved) {
  Schedule schedule(1, [] {});
  CHECK(!schedule.RunOne());
  const int id = schedule.Add([] { return true; });
  CHECK(schedule.RunOne());
  schedule.Remove(id);
  CHECK(!schedule.RunOne());
}

}  // namespace burrow
