#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

#include "cache/block_cache.h"

namespace burrow {

// The partitions of an index or a filter that a table keeps while it is open, so that a read comes to them without a
// lookup in the cache, which costs more than the search in them. The cache counts their bytes; where it has no room for
// them they are cached like other blocks. Any number of threads.
template <typename View>
class HeldParts {
 public:
  HeldParts() = default;
  ~HeldParts() {
    for (uint32_t i = 0; i < count_; ++i) {
      const Part* part = parts_[i].load(std::memory_order_acquire);
      if (part != nullptr) cache_->Unreserve(part->charge, type_);
      delete part;
    }
  }
  HeldParts(const HeldParts&) = delete;
  HeldParts& operator=(const HeldParts&) = delete;

  // To be called once, before anything else. `cache` may be null: nothing is held.
  void Init(BlockCache* cache, BlockType type, uint32_t count) {
    if (cache == nullptr) return;
    cache_ = cache;
    type_ = type;
    count_ = count;
    parts_ = std::make_unique<std::atomic<const Part*>[]>(count);
  }

  // Null when it is not held. It lives as long as the table is open.
  const View* Find(uint32_t part) const {
    if (part >= count_) return nullptr;
    const Part* held = parts_[part].load(std::memory_order_acquire);
    return held == nullptr ? nullptr : &held->view;
  }

  // Takes over `block`, of which `view` is a view, when there is room. Null, and nothing has changed, otherwise.
  const View* Hold(uint32_t part, const View& view, BlockRef* block) const {
    const size_t charge = sizeof(Part) + block->contents().size();
    if (part >= count_ || !cache_->Reserve(charge, type_)) return nullptr;
    auto* mine = new Part{view, std::move(*block), charge};
    const Part* held = nullptr;
    if (parts_[part].compare_exchange_strong(held, mine, std::memory_order_acq_rel)) return &mine->view;
    cache_->Unreserve(charge, type_);  // another thread was first
    delete mine;
    return &held->view;
  }

 private:
  struct Part {
    const View view;
    const BlockRef block;
    const size_t charge;
  };

  BlockCache* cache_ = nullptr;
  BlockType type_ = BlockType::kIndex;
  uint32_t count_ = 0;
  std::unique_ptr<std::atomic<const Part*>[]> parts_;
};

}  // namespace burrow
