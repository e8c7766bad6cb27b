#include "merge/output_splitter.h"

#include <utility>

namespace burrow {

OutputSplitter::OutputSplitter(uint64_t target_size, uint64_t max_overlap, std::vector<GrandparentTable> grandparents)
    : target_size_(target_size), max_overlap_(max_overlap), grandparents_(std::move(grandparents)) {}

bool OutputSplitter::ShouldSplitBefore(Slice user_key, uint64_t current_size) {
  uint64_t reached = 0;  // bytes of the grandparents that the output would touch only because of this key
  for (; next_ < grandparents_.size() && grandparents_[next_].smallest <= user_key; next_++) {
    reached += grandparents_[next_].size;
  }
  const bool open = current_size > 0;
  const bool split = open && ((target_size_ > 0 && current_size >= target_size_) ||
                              (max_overlap_ > 0 && reached > 0 && overlap_ + reached > max_overlap_));
  if (split || !open) {
    const bool inside = next_ > 0 && grandparents_[next_ - 1].largest >= user_key;
    overlap_ = inside ? grandparents_[next_ - 1].size : 0;
  } else {
    overlap_ += reached;
  }
  return split;
}

}  // namespace burrow
