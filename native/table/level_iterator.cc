#include "table/level_iterator.h"

#include <algorithm>
#include <optional>

#include "table/table_iterator.h"

namespace burrow {
namespace {

class LevelIterator final : public InternalIterator {
 public:
  LevelIterator(std::span<const RunTable> tables, const TableReadOptions& options)
      : tables_(tables), options_(options) {}
  LevelIterator(std::vector<RunTable> tables, const TableReadOptions& options)
      : own_(std::move(tables)), tables_(own_), options_(options) {}

  void SeekToFirst() override {
    if (!Enter(0)) return;
    table_->SeekToFirst();
    Forward();
  }

  void SeekToLast() override {
    if (!Enter(tables_.size() - 1)) return;
    table_->SeekToLast();
    Backward();
  }

  void Seek(Slice target) override {
    if (!Enter(Find(target))) return;
    table_->Seek(target);
    Forward();
  }

  void SeekBefore(Slice target) override {
    if (!Enter(std::min(Find(target), tables_.size() - 1))) return;
    table_->SeekBefore(target);
    Backward();
  }

  void Prepare(Slice target, int step) override {
    if (step == 0) preparing_ = Enter(Find(target));
    if (preparing_) table_->Prepare(target, step);
  }

  void Next() override {
    table_->Next();
    Forward();
  }

  void Prev() override {
    table_->Prev();
    Backward();
  }

  Status status() const override { return status_; }

 private:
  // The first table that may hold the target's user key or a later one. One table is searched whatever its bounds are.
  size_t Find(Slice target) const {
    if (tables_.size() == 1) return 0;
    auto ends_before = [](const RunTable& table, Slice user_key) {
      const int order = table.largest.compare(user_key);
      return order < 0 || (order == 0 && table.largest_exclusive);
    };
    auto found = std::lower_bound(tables_.begin(), tables_.end(), UserKey(target), ends_before);
    return static_cast<size_t>(found - tables_.begin());
  }

  // Puts table_ on that table; false behind the last one and when it cannot be opened.
  bool Enter(size_t position) {
    valid_ = false;
    status_ = Status();
    if (position >= tables_.size()) return false;
    if (table_ && position == position_) return true;
    table_.reset();
    MemoryOnly* memory = options_.memory_only;
    status_ = tables_[position].handle->Acquire(memory != nullptr && memory->on, &reader_);
    if (status_.ok() && reader_ == nullptr) status_ = memory->Miss();
    if (!status_.ok()) return false;
    position_ = position;
    table_.emplace(reader_->file(), options_, reader_);
    return true;
  }

  void Forward() {
    while (!table_->Valid()) {
      if (Stopped() || !Enter(position_ + 1)) return;
      table_->SeekToFirst();
    }
    Settle();
  }

  void Backward() {
    while (!table_->Valid()) {
      if (Stopped() || position_ == 0 || !Enter(position_ - 1)) return;
      table_->SeekToLast();
    }
    Settle();
  }

  bool Stopped() {
    valid_ = false;
    status_ = table_->status();
    return !status_.ok();
  }

  void Settle() {
    valid_ = true;
    key_ = table_->key();
    value_ = table_->value();
  }

  const std::vector<RunTable> own_;
  const std::span<const RunTable> tables_;
  const TableReadOptions options_;
  Status status_;
  size_t position_ = 0;
  bool preparing_ = false;
  std::shared_ptr<TableReader> reader_;
  std::optional<TableIterator> table_;  // of reader_; empty while no table is entered
};

}  // namespace

std::unique_ptr<InternalIterator> NewLevelIterator(std::vector<RunTable> tables, const TableReadOptions& options) {
  return std::make_unique<LevelIterator>(std::move(tables), options);
}

std::unique_ptr<InternalIterator> NewRunIterator(std::span<const RunTable> tables, const TableReadOptions& options) {
  return std::make_unique<LevelIterator>(tables, options);
}

std::unique_ptr<InternalIterator> NewTableIterator(std::shared_ptr<TableHandle> table,
                                                   const TableReadOptions& options) {
  std::vector<RunTable> run;
  run.push_back({std::move(table), Slice(), Slice(), false});
  return NewLevelIterator(std::move(run), options);
}

}  // namespace burrow
