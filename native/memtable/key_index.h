#pragma once

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "util/hash.h"

namespace burrow {

// Of each key of a skip list the entry with its newest version, or that there is none: a search costs a dozen cache
// misses, this two. A hash table with open addressing, whose slots hold some bits of the hash beside the pointer. A full
// one is not made anew: another follows it, at least half as large as all before, for the keys to come.
//
// One thread puts at a time; any number find at the same time without locks, and find what was put before the sequence
// number that they read at was published.
class KeyIndex {
 public:
  // `bytes`: of the first table.
  explicit KeyIndex(size_t bytes);
  KeyIndex(const KeyIndex&) = delete;
  KeyIndex& operator=(const KeyIndex&) = delete;

  uint64_t HashOf(Slice user_key) const { return Hash64(user_key, seed_); }

  // What Put() will look at, if the key is new. REQUIRES: as for Put.
  void Prefetch(uint64_t hash) const { __builtin_prefetch(&newest_->LineOf(hash), 1); }

  // `entry` is now the newest version of its key. REQUIRES: it came in the place of `replaced`, which was put under the
  // same hash; null: nothing was put for the key.
  void Put(uint64_t hash, const void* entry, const void* replaced) {
    if (replaced != nullptr) return Replace(hash, entry, replaced);
    if (newest_->used == newest_->line_count * kUsedSlots) AddTable(std::max(first_bytes_, bytes() / 2));
    newest_->used++;
    Line* line = &newest_->LineOf(hash);
    size_t taken = line->Taken();
    for (; taken == kSlots; taken = line->Taken()) line = newest_->After(line);
    line->slots[taken].store(SlotOf(hash, entry), std::memory_order_release);
  }

  // The entry put under the hash for which `is_it(entry)` is true; null: none.
  template <typename IsIt>
  const void* Find(uint64_t hash, IsIt is_it) const {
    for (const Table* table = current_.load(std::memory_order_acquire); table != nullptr; table = table->older.get()) {
      for (const Line* line = &table->LineOf(hash);; line = table->After(line)) {
        for (unsigned same = line->WithTagOf(hash); same != 0; same &= same - 1) {
          const uint64_t held = line->slots[std::countr_zero(same)].load(std::memory_order_acquire);
          const auto* entry = reinterpret_cast<const void*>(held & kPointerMask);
          if (entry != nullptr && is_it(entry)) return entry;
        }
        if (line->slots[kSlots - 1].load(std::memory_order_relaxed) == 0) break;
      }
    }
    return nullptr;
  }

  // Of all tables. Any thread.
  size_t bytes() const { return bytes_.load(std::memory_order_relaxed); }

 private:
  static constexpr size_t kSlots = 8;
  static constexpr size_t kUsedSlots = 7;  // of a line, on average, in a full table
  static constexpr int kPointerBits = 48;  // which user space has on all systems; the rest of a slot is the tag
  static constexpr uint64_t kPointerMask = (uint64_t{1} << kPointerBits) - 1;

  // A cache line. Slots are taken from the first to the last, and never given back. All are looked at instead of those up
  // to the one that is sought: where that is no processor predicts.
  struct alignas(64) Line {
    size_t Taken() const {
      size_t taken = 0;
      for (const std::atomic<uint64_t>& slot : slots) taken += slot.load(std::memory_order_relaxed) != 0;
      return taken;
    }

    // A bit for each slot with the tag; an empty one may be among them.
    unsigned WithTagOf(uint64_t hash) const {
      unsigned with = 0;
      for (size_t i = 0; i < kSlots; i++) {
        const uint64_t tag = slots[i].load(std::memory_order_relaxed) >> kPointerBits;
        with |= static_cast<unsigned>(tag == static_cast<uint16_t>(hash)) << i;
      }
      return with;
    }

    std::atomic<uint64_t> slots[kSlots];  // 0: empty
  };

  struct FreeLines {
    void operator()(Line* lines) const;
  };

  struct Table {
    Line& LineOf(uint64_t hash) const { return lines[(hash >> 32) * line_count >> 32]; }
    // Where a hash goes on whose line is full.
    Line* After(const Line* line) const {
      const auto next = static_cast<size_t>(line - lines.get()) + 1;
      return &lines[next == line_count ? 0 : next];
    }

    size_t line_count = 0;
    size_t used = 0;  // slots
    std::unique_ptr<Line[], FreeLines> lines;
    std::unique_ptr<Table> older;
  };

  static uint64_t SlotOf(uint64_t hash, const void* entry) {
    return hash << kPointerBits | reinterpret_cast<uintptr_t>(entry);
  }

  void Replace(uint64_t hash, const void* entry, const void* replaced);
  void AddTable(size_t bytes);

  const uint64_t seed_;
  const size_t first_bytes_;
  std::unique_ptr<Table> newest_;
  std::atomic<const Table*> current_{nullptr};  // the same, for readers
  std::atomic<size_t> bytes_{0};
};

}  // namespace burrow
