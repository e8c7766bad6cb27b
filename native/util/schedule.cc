#include "util/schedule.h"

namespace burrow {

namespace {

constexpr uint64_t kMostAtOnce = 3;

}  // namespace

int Schedule::Add(Step step) {
  sources_.push_back({++last_id_, std::move(step)});
  return last_id_;
}

void Schedule::Remove(int id) {
  std::erase_if(sources_, [id](const Source& source) { return source.id == id; });
}

bool Schedule::RunOne() {
  const size_t count = sources_.size();
  if (count == 0) return false;
  const size_t first = random_.Uniform(count);
  for (size_t i = 0; i < count; ++i) {
    if (sources_[(first + i) % count].step()) return true;
  }
  return false;
}

void Schedule::RunSome() {
  for (uint64_t left = random_.Uniform(kMostAtOnce + 1); left > 0; --left) {
    if (!RunOne()) return;
  }
  Wake();
}

}  // namespace burrow
