#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/internal_key.h"
#include "base/iterator.h"
#include "base/range_tombstone.h"

namespace burrow {

// Decides which versions survive a flush or compaction. Live snapshots cut the sequence numbers into stripes; within a
// stripe only the newest version of a key is visible to anyone, so the rest goes. A tombstone goes too when it is in
// the last stripe (no snapshot is older) and no deeper level can hold the key. A version covered by a range tombstone
// of the same stripe goes.
class CompactionIterator {
 public:
  struct Counters {
    uint64_t input_records = 0, input_bytes = 0;  // keys and values
    uint64_t dropped_shadowed = 0, dropped_tombstones = 0, dropped_covered = 0;
  };

  // `snapshots`: ascending, without duplicates. `key_absent_below(user_key)`: true when no level under the output can
  // hold the key; called with ascending keys. `tombstones`: all range tombstones of the inputs, or null. `cancelled`
  // (null: never) is looked at every 64 KiB of input, whether that survives or not.
  CompactionIterator(std::unique_ptr<InternalIterator> input, std::vector<SequenceNumber> snapshots,
                     std::shared_ptr<const FragmentedTombstones> tombstones,
                     std::function<bool(Slice user_key)> key_absent_below,
                     const std::atomic<bool>* cancelled = nullptr);

  void SeekToFirst();
  bool Valid() const { return valid_; }
  Slice key() const { return key_; }  // internal key
  Slice value() const { return value_; }
  void Next();
  // Of the input; or kUnsupported for a record of an unknown kind, or kAborted: each stops the iteration.
  const Status& status() const { return status_; }
  const Counters& counters() const { return counters_; }

 private:
  void FindSurvivor();
  bool Covered(Slice user_key, SequenceNumber sequence, size_t stripe);  // by a range tombstone of the same stripe

  std::unique_ptr<InternalIterator> input_;
  const std::vector<SequenceNumber> snapshots_;
  std::shared_ptr<const FragmentedTombstones> tombstones_;
  std::function<bool(Slice)> key_absent_below_;
  const std::atomic<bool>* const cancelled_;
  uint64_t next_look_ = 0;  // input_bytes at which cancelled_ is looked at again
  bool valid_ = false;
  Slice key_;
  Slice value_;
  std::string current_user_key_;
  bool has_current_key_ = false;
  size_t last_stripe_ = 0;  // of the newest version of the current key that is not shadowed
  size_t fragment_ = 0;     // the first one that ends after the current key
  Counters counters_;
  Status status_;
};

// The range tombstones that survive: per fragment only the newest of each stripe, and none of the last stripe where
// `range_absent_below(begin, end)` (called with ascending ranges) says that nothing under the output overlaps. Sorted
// by begin; they may overlap. Their bytes belong to `tombstones`.
std::vector<RangeTombstone> SurvivingTombstones(const FragmentedTombstones& tombstones,
                                                const std::vector<SequenceNumber>& snapshots,
                                                const std::function<bool(Slice begin, Slice end)>& range_absent_below);

}  // namespace burrow
