#include "engine/snapshots.h"

namespace burrow {

void SnapshotList::Add(SequenceNumber sequence) {
  std::lock_guard<std::mutex> lock(mutex_);
  sequences_.insert(sequence);
}

void SnapshotList::Remove(SequenceNumber sequence) {
  std::lock_guard<std::mutex> lock(mutex_);
  auto found = sequences_.find(sequence);
  if (found != sequences_.end()) sequences_.erase(found);
}

std::vector<SequenceNumber> SnapshotList::Distinct() const {
  std::lock_guard<std::mutex> lock(mutex_);
  std::vector<SequenceNumber> distinct;
  for (auto it = sequences_.begin(); it != sequences_.end(); it = sequences_.upper_bound(*it)) {
    distinct.push_back(*it);
  }
  return distinct;
}

size_t SnapshotList::count() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return sequences_.size();
}

}  // namespace burrow
