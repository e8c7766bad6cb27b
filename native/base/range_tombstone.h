#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/internal_key.h"

namespace burrow {

// Deletes every version below `sequence` of every user key in [begin, end).
struct RangeTombstone {
  Slice begin;
  Slice end;
  SequenceNumber sequence;
};

// An immutable set of range tombstones, cut at every begin and end into disjoint fragments sorted by key, each with the
// sequence numbers that cover it in descending order. Owns its bytes. Built once (per table, per memtable state, per
// read view) and shared; any number of threads may read it.
class FragmentedTombstones {
 public:
  struct Fragment {
    Slice begin;
    Slice end;
    uint32_t first_sequence;  // index into sequences()
    uint32_t sequence_count;
  };

  // Input in any order; empty ranges are dropped. O(n log n) plus output. Fragments share one array of the n sequence
  // numbers wherever the numbers that cover them are neighbours in it, as with disjoint, nested, growing and sliding
  // ranges; only where old and new ranges interleave over one key does a fragment store a list of its own. The worst
  // case is k ranges that overlap in random order: 8 bytes x k^2, because every snapshot may need a different one.
  static std::shared_ptr<const FragmentedTombstones> Build(const std::vector<RangeTombstone>& tombstones);
  // One that covers what all parts cover. Null parts are allowed.
  static std::shared_ptr<const FragmentedTombstones> Merge(
      const std::vector<std::shared_ptr<const FragmentedTombstones>>& parts);

  bool empty() const { return fragments_.empty(); }
  const std::vector<Fragment>& fragments() const { return fragments_; }
  const SequenceNumber* sequences(const Fragment& f) const { return &sequences_[f.first_sequence]; }

  // Index of the fragment that contains user_key, or of the first one after it (fragments().size() when none).
  size_t Find(Slice user_key) const;
  // The newest tombstone at or below `visible` that covers user_key; 0 when none. (Sequence numbers start at 1.)
  SequenceNumber MaxCovering(Slice user_key, SequenceNumber visible) const;
  SequenceNumber MaxCoveringIn(const Fragment& f, SequenceNumber visible) const;
  size_t MemoryUsage() const;

 private:
  std::string bytes_;
  std::vector<RangeTombstone> sources_;  // what was built from: a merge of fragment lists would be quadratic
  std::vector<Fragment> fragments_;
  std::vector<SequenceNumber> sequences_;
};

}  // namespace burrow
