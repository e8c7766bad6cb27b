#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include "base/internal_key.h"
#include "base/iterator.h"

namespace burrow {

// The records that an iterator came to stand on.
struct RecordCounts {
  uint64_t passed = 0;
  uint64_t tombstones = 0;  // point tombstones among them
};

// Counts the records of another iterator, which it otherwise is. The counts outlive it.
class CountingIterator final : public InternalIterator {
 public:
  CountingIterator(std::unique_ptr<InternalIterator> records, RecordCounts* counts)
      : records_(std::move(records)), counts_(counts) {}

  void SeekToFirst() override {
    records_->SeekToFirst();
    Settle();
  }
  void SeekToLast() override {
    records_->SeekToLast();
    Settle();
  }
  void Seek(Slice target) override {
    records_->Seek(target);
    Settle();
  }
  void SeekBefore(Slice target) override {
    records_->SeekBefore(target);
    Settle();
  }
  void Next() override {
    records_->Next();
    Settle();
  }
  void Prev() override {
    records_->Prev();
    Settle();
  }
  Status status() const override { return records_->status(); }

 private:
  void Settle() {
    valid_ = records_->Valid();
    if (!valid_) return;
    key_ = records_->key();
    value_ = records_->value();
    ++counts_->passed;
    if (RawKindOf(key_) == static_cast<uint8_t>(Kind::kDelete)) ++counts_->tombstones;
  }

  const std::unique_ptr<InternalIterator> records_;
  RecordCounts* const counts_;
};

}  // namespace burrow
