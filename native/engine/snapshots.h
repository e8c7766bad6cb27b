#pragma once

#include <cstdint>
#include <mutex>
#include <set>
#include <vector>

#include "base/internal_key.h"

namespace burrow {

// The sequence numbers that live snapshots read at. Any thread.
class SnapshotList {
 public:
  void Add(SequenceNumber sequence);
  void Remove(SequenceNumber sequence);          // one of those added
  std::vector<SequenceNumber> Distinct() const;  // ascending
  size_t count() const;

 private:
  mutable std::mutex mutex_;
  std::multiset<SequenceNumber> sequences_;
};

}  // namespace burrow
