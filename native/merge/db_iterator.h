#pragma once

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

  void SeekToFirst();              // within bounds
  void SeekToLast();
  void Seek(Slice user_key);       // first entry >= user_key, within bounds
  void SeekForPrev(Slice user_key);  // last entry <= user_key, within bounds
  void Next();                     // REQUIRES: Valid()
  void Prev();                     // REQUIRES: Valid()

  // Internal records stepped over since construction: tombstones, older versions, covered records.
  uint64_t skipped() const { return skipped_; }

 private:
  void FindNextVisible(bool skip_current_key);
  void FindPrevVisible();
  bool Covered(Slice user_key, SequenceNumber sequence);

  std::unique_ptr<InternalIterator> merged_;
  std::shared_ptr<const FragmentedTombstones> tombstones_;
  const Options options_;
  bool valid_ = false;
  bool forward_ = true;
  Slice key_;
  Slice value_;
  std::string saved_key_;
  std::string saved_value_;
  size_t fragment_ = 0;  // the tombstone fragment near the cursor
  uint64_t skipped_ = 0;
  Status status_;
};

}  // namespace burrow
