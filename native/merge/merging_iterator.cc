#include "merge/merging_iterator.h"

#include <utility>

#include "base/internal_key.h"
#include "util/coding.h"

namespace burrow {
namespace {

// The first eight bytes of a user key as a big-endian number, zeros after its end: keys with different prefixes are in
// the order of their prefixes, equal prefixes say nothing.
uint64_t KeyPrefix(Slice internal_key) {
  size_t size = internal_key.size() - kTrailerSize;
  uint64_t prefix = __builtin_bswap64(DecodeFixed64(internal_key.data()));  // the trailer makes it 8 readable bytes
  if (size >= 8) return prefix;
  return size == 0 ? 0 : prefix & (~uint64_t{0} << (64 - 8 * size));
}

// The child with the next key stands apart from the others, which form a binary heap: as long as it stays ahead of the
// heap's root (the runner-up) a step costs one comparison and leaves the heap alone, and two children need no heap
// work at all. Moving forward the heap's root is its smallest key, moving backward its largest.
class MergingIterator final : public InternalIterator {
 public:
  explicit MergingIterator(std::vector<std::unique_ptr<InternalIterator>> children) : children_(std::move(children)) {
    heap_.reserve(children_.size());
  }

  void SeekToFirst() override {
    for (auto& child : children_) child->SeekToFirst();
    Rebuild<true>();
  }
  void SeekToLast() override {
    for (auto& child : children_) child->SeekToLast();
    Rebuild<false>();
  }
  void Seek(Slice target) override {
    PrepareAll(target);
    for (auto& child : children_) child->Seek(target);
    Rebuild<true>();
  }
  void SeekBefore(Slice target) override {
    PrepareAll(target);
    for (auto& child : children_) child->SeekBefore(target);
    Rebuild<false>();
  }

  void Next() override {
    if (forward_) {
      Advance<true>();
      return;
    }
    // Sought, not stepped: a memtable child may have grown since it was positioned.
    for (auto& child : children_) {
      if (child.get() != top_.child) child->Seek(key_);
    }
    top_.child->Next();
    Rebuild<true>();
  }
  void Prev() override {
    if (!forward_) {
      Advance<false>();
      return;
    }
    for (auto& child : children_) {
      if (child.get() != top_.child) child->SeekBefore(key_);
    }
    top_.child->Prev();
    Rebuild<false>();
  }

  Status status() const override { return status_; }

 private:
  struct Cursor {
    explicit Cursor(InternalIterator* iterator) : child(iterator) {}
    Cursor() = default;
    void Load() {
      key = child->key();
      prefix = KeyPrefix(key);
    }

    uint64_t prefix = 0;
    Slice key;
    InternalIterator* child = nullptr;
  };

  template <bool kForward>
  static bool Before(const Cursor& a, const Cursor& b) {
    if (a.prefix != b.prefix) return kForward == (a.prefix < b.prefix);
    return kForward ? CompareInternalKeys(a.key, b.key) < 0 : CompareInternalKeys(a.key, b.key) > 0;
  }

  void PrepareAll(Slice target) {
    for (int step = 0; step < kPrepareSteps; step++) {
      for (auto& child : children_) child->Prepare(target, step);
    }
  }

  template <bool kForward>
  void Advance() {
    InternalIterator* child = top_.child;
    if constexpr (kForward) {
      child->Next();
    } else {
      child->Prev();
    }
    if (child->Valid()) [[likely]] {
      top_.Load();
      if (!heap_.empty() && Before<kForward>(heap_[0], top_)) {
        std::swap(heap_[0], top_);
        SiftDown<kForward>(0);
      }
    } else {
      status_ = child->status();
      if (!status_.ok() || heap_.empty()) {
        valid_ = false;
        return;
      }
      top_ = heap_[0];
      heap_[0] = heap_.back();
      heap_.pop_back();
      SiftDown<kForward>(0);
    }
    Publish();
  }

  // REQUIRES: every child stands where it should.
  template <bool kForward>
  void Rebuild() {
    forward_ = kForward;
    valid_ = false;
    status_ = Status();
    heap_.clear();
    for (auto& child : children_) {
      if (child->Valid()) {
        heap_.emplace_back(child.get()).Load();
      } else {
        status_ = child->status();
        if (!status_.ok()) return;
      }
    }
    if (heap_.empty()) return;
    for (size_t i = heap_.size() / 2; i-- > 0;) SiftDown<kForward>(i);
    top_ = heap_[0];
    heap_[0] = heap_.back();
    heap_.pop_back();
    SiftDown<kForward>(0);
    Publish();
  }

  template <bool kForward>
  void SiftDown(size_t hole) {
    const size_t size = heap_.size();
    size_t next = 2 * hole + 1;
    if (next >= size) return;
    Cursor moving = heap_[hole];
    for (; next < size; next = 2 * hole + 1) {
      if (next + 1 < size && Before<kForward>(heap_[next + 1], heap_[next])) next++;
      if (!Before<kForward>(heap_[next], moving)) break;
      heap_[hole] = heap_[next];
      hole = next;
    }
    heap_[hole] = moving;
  }

  void Publish() {
    valid_ = true;
    key_ = top_.key;
    value_ = top_.child->value();
  }

  const std::vector<std::unique_ptr<InternalIterator>> children_;
  Cursor top_;                // REQUIRES: valid_
  std::vector<Cursor> heap_;  // the other children that are not exhausted
  bool forward_ = true;
  Status status_;
};

class EmptyIterator final : public InternalIterator {
 public:
  void SeekToFirst() override {}
  void SeekToLast() override {}
  void Seek(Slice) override {}
  void SeekBefore(Slice) override {}
  void Next() override {}
  void Prev() override {}
  Status status() const override { return Status(); }
};

}  // namespace

std::unique_ptr<InternalIterator> NewMergingIterator(std::vector<std::unique_ptr<InternalIterator>> children) {
  if (children.empty()) return std::make_unique<EmptyIterator>();
  if (children.size() == 1) return std::move(children[0]);
  return std::make_unique<MergingIterator>(std::move(children));
}

}  // namespace burrow
