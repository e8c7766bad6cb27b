#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/internal_key.h"
#include "base/iterator.h"
#include "base/range_tombstone.h"

namespace burrow {

// What a user sees: for each user key the newest version at or below a sequence number, without tombstones and without
// what range tombstones cover, within bounds. Not an InternalIterator: key() is a user key.
class DbIterator {
 public:
  struct Options {
    SequenceNumber sequence = kMaxSequence;
    std::optional<std::string> lower;  // inclusive user key
    std::optional<std::string> upper;  // exclusive user key
  };

  // `tombstones` covers every range tombstone of all sources (null: none); only those at or below `sequence` apply.
  DbIterator(std::unique_ptr<InternalIterator> merged, std::shared_ptr<const FragmentedTombstones> tombstones,
             Options options);
  ~DbIterator();

  bool Valid() const { return valid_; }
  Slice key() const { return key_; }      // until the next move
  Slice value() const { return value_; }  // until the next move
  const Status& status() const { return status_; }

  void SeekToFirst();  // within bounds
  void SeekToLast();
  void Seek(Slice user_key);         // first entry >= user_key, within bounds
  void SeekForPrev(Slice user_key);  // last entry <= user_key, within bounds
  void Next();                       // REQUIRES: Valid()
  void Prev();                       // REQUIRES: Valid()

  // Internal records stepped over since construction: tombstones, older versions, covered records.
  uint64_t skipped() const { return skipped_; }

 private:
  // Both stop at the first user key, from the merged position on, that has something to show, or become invalid.
  void FindNextVisible(bool skip_saved_key);
  void FindPrevVisible();
  void Show(Slice key, Slice value);
  void Invalidate(Status status);
  bool Leap(Slice target);  // past a crowd of versions; false, with an error, where the source leads back into it
  bool Covered(Slice user_key, SequenceNumber sequence) {
    return tombstones_ != nullptr && CoveredBy(*tombstones_, user_key, sequence);
  }
  bool CoveredBy(const FragmentedTombstones& tombstones, Slice user_key, SequenceNumber sequence);
  void SaveKey(Slice key);  // in saved_key_
  void SaveValue(Slice value);

  std::unique_ptr<InternalIterator> merged_;
  std::shared_ptr<const FragmentedTombstones> tombstones_;  // null when there are none
  const Options options_;
  bool valid_ = false;
  // Forward: merged_ stands at the entry shown, whose bytes key_ and value_ borrow. Backward: merged_ stands before all
  // versions of the key shown, and saved_key_ and saved_value_ hold the entry.
  bool forward_ = true;
  Slice key_;
  Slice value_;
  std::string saved_key_;
  std::string saved_value_;
  size_t fragment_ = SIZE_MAX;   // the tombstone fragment that contains the last key asked for, or the first after it
  SequenceNumber covering_ = 0;  // the newest visible sequence number of that fragment
  uint64_t skipped_ = 0;
  Status status_;
};

}  // namespace burrow
