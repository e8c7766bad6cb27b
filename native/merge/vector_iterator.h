#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/internal_key.h"
#include "base/iterator.h"

namespace burrow {

// Test support: an iterator over records in memory that hands out short-lived slices (a key or value kept across a move
// is freed memory, which the address sanitizer reports) and can fail at a given record.
class VectorIterator final : public InternalIterator {
 public:
  using Records = std::vector<std::pair<std::string, std::string>>;  // internal key, value

  explicit VectorIterator(Records records, size_t fail_at = SIZE_MAX)
      : records_(std::move(records)), fail_at_(fail_at) {
    std::sort(records_.begin(), records_.end(),
              [](const auto& a, const auto& b) { return CompareInternalKeys(a.first, b.first) < 0; });
  }

  void SeekToFirst() override { Go(0); }
  void SeekToLast() override { Go(records_.size() - 1); }
  void Seek(Slice target) override { Go(LowerBound(target)); }
  void SeekBefore(Slice target) override { Go(LowerBound(target) - 1); }
  void Next() override { Go(at_ + 1); }
  void Prev() override { Go(at_ - 1); }
  Status status() const override { return status_; }

 private:
  size_t LowerBound(Slice target) const {
    auto before = [](const auto& record, Slice key) { return CompareInternalKeys(record.first, key) < 0; };
    auto it = std::lower_bound(records_.begin(), records_.end(), target, before);
    return static_cast<size_t>(it - records_.begin());
  }

  // Before the first is SIZE_MAX, as unsigned arithmetic has it.
  void Go(size_t at) {
    at_ = at;
    status_ = at < records_.size() && at == fail_at_ ? Status::IO("injected") : Status();
    valid_ = at < records_.size() && status_.ok();
    lent_.reset();
    if (!valid_) return;
    lent_ = std::make_unique<std::pair<std::string, std::string>>(records_[at]);
    lent_->first.shrink_to_fit();
    key_ = lent_->first;
    value_ = lent_->second;
  }

  Records records_;
  const size_t fail_at_;
  size_t at_ = 0;
  std::unique_ptr<std::pair<std::string, std::string>> lent_;
  Status status_;
};

inline std::string InternalKey(Slice user_key, SequenceNumber sequence, Kind kind = Kind::kPut) {
  std::string key;
  AppendInternalKey(&key, user_key, PackTrailer(sequence, kind));
  return key;
}

}  // namespace burrow
