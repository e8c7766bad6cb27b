#pragma once

#include "util/slice.h"
#include "util/status.h"

namespace burrow {

// A cursor over (internal key, value) pairs in internal-key order: one table block, a table, a memtable, a merge.
//
// Only moves are virtual. Each move leaves the position in valid_, key_ and value_, so that looking is free and
// wrappers need no cache of their own.
//
// - A new iterator is not positioned: Valid() is false until a Seek.
// - key() and value() live until the next move or the end of the iterator.
// - An error makes the iterator invalid; status() keeps it until the next absolute positioning (Seek...).
//   An iterator that ran off either end is invalid with an ok status.
// - One thread uses an iterator at a time.
class InternalIterator {
 public:
  virtual ~InternalIterator() = default;
  InternalIterator() = default;
  InternalIterator(const InternalIterator&) = delete;
  InternalIterator& operator=(const InternalIterator&) = delete;

  bool Valid() const { return valid_; }
  Slice key() const { return key_; }      // REQUIRES: Valid()
  Slice value() const { return value_; }  // REQUIRES: Valid()

  virtual void SeekToFirst() = 0;
  virtual void SeekToLast() = 0;
  // The first entry at or after `target` (an internal key).
  virtual void Seek(Slice target) = 0;
  // The last entry strictly before `target` (an internal key).
  virtual void SeekBefore(Slice target) = 0;
  // A hint, in steps from 0 to kPrepareSteps - 1, that Seek(target) or SeekBefore(target) comes next. Each step does a
  // part of it and asks for the memory that the next one needs, without waiting for that: who goes through the steps
  // with several iterators in turn waits for all of them at once. In between the iterator has no position.
  static constexpr int kPrepareSteps = 4;
  virtual void Prepare(Slice /*target*/, int /*step*/) {}
  virtual void Next() = 0;  // REQUIRES: Valid()
  virtual void Prev() = 0;  // REQUIRES: Valid()
  virtual Status status() const = 0;

 protected:
  bool valid_ = false;
  Slice key_;
  Slice value_;
};

}  // namespace burrow
