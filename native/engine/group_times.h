#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace burrow {

// What it took to log a group of writes.
struct GroupTimes {
  uint64_t index = 0;  // of its last write
  uint64_t write_nanos = 0;
  uint64_t sync_nanos = 0;  // 0: not synced
};

// The last groups since Begin(). Not thread-safe.
class RecentGroups {
 public:
  // Of the groups up to this write nothing is known.
  void Begin(uint64_t index) {
    next_ = 0;
    Add({index, 0, 0});
  }
  void Add(const GroupTimes& group) { groups_[next_++ % groups_.size()] = group; }

  // The group that the write with this index was in; false when that is not known (any more).
  bool Find(uint64_t index, GroupTimes* times) const {
    bool found = false;
    for (size_t age = 1; age <= groups_.size() && age <= next_; ++age) {
      const GroupTimes& group = groups_[(next_ - age) % groups_.size()];
      if (group.index < index) return found;
      *times = group;
      found = true;
    }
    return false;  // it may have been in one that is forgotten
  }

 private:
  std::array<GroupTimes, 64> groups_;  // a ring
  size_t next_ = 0;
};

}  // namespace burrow
