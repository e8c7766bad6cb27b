#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "base/internal_key.h"
#include "base/iterator.h"

namespace burrow {

// The records between two user keys that an iterator came to stand on.
struct RecordCounts {
  uint64_t passed = 0;
  uint64_t tombstones = 0;  // point tombstones among them
};

// Counts the records of another iterator, which it otherwise is, from `lower`, included, to `upper`, excluded; null: no
// bound. Counts and bounds outlive it.
class CountingIterator final : public InternalIterator {
 public:
  CountingIterator(std::unique_ptr<InternalIterator> records, const std::string* lower, const std::string* upper,
                   RecordCounts* counts)
      : records_(std::move(records)), lower_(lower), upper_(upper), counts_(counts) {}

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
    if (lower_ != nullptr && UserKey(key_) < Slice(*lower_)) return;
    if (upper_ != nullptr && UserKey(key_) >= Slice(*upper_)) return;
    ++counts_->passed;
    if (RawKindOf(key_) == static_cast<uint8_t>(Kind::kDelete)) ++counts_->tombstones;
  }

  const std::unique_ptr<InternalIterator> records_;
  const std::string* const lower_;
  const std::string* const upper_;
  RecordCounts* const counts_;
};

}  // namespace burrow
