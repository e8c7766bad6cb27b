#include "memtable/key_index.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <utility>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace burrow {

namespace {

constexpr size_t kHugePage = 2 << 20;
// Divides the size of tables that are to lie in huge pages, and so must be a multiple.
constexpr std::align_val_t kAlignment{kHugePage};

// Differs from one index to the next, so that nobody can choose keys whose hashes all fall into one line.
uint64_t Seed(const void* index) {
  const auto now = static_cast<uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
  return reinterpret_cast<uintptr_t>(index) ^ now * 0x9e3779b97f4a7c15;
}

}  // namespace

KeyIndex::KeyIndex(size_t bytes) : seed_(Seed(this)), first_bytes_(bytes) { AddTable(bytes); }

void KeyIndex::FreeLines::operator()(Line* lines) const { ::operator delete[](lines, kAlignment); }

void KeyIndex::AddTable(size_t bytes) {
  auto table = std::make_unique<Table>();
  table->line_count = std::max<size_t>(bytes / sizeof(Line), 1);
  bytes = table->line_count * sizeof(Line);
  void* memory = ::operator new[](bytes, kAlignment, std::nothrow);
  if (memory == nullptr) {
    fprintf(stderr, "burrow: out of memory (%zu bytes)\n", bytes);
    abort();
  }
#if defined(__linux__)
  // As for the records: one entry of address translation instead of 512.
  (void)madvise(memory, bytes / kHugePage * kHugePage, MADV_HUGEPAGE);
#endif
  table->lines.reset(new (memory) Line[table->line_count]());
  table->older = std::move(newest_);
  newest_ = std::move(table);
  bytes_.store(this->bytes() + bytes, std::memory_order_relaxed);
  current_.store(newest_.get(), std::memory_order_release);
}

void KeyIndex::Replace(uint64_t hash, const void* entry, const void* replaced) {
  const uint64_t old_slot = SlotOf(hash, replaced);
  for (Table* table = newest_.get();; table = table->older.get()) {
    for (Line* line = &table->LineOf(hash);; line = table->After(line)) {
      for (std::atomic<uint64_t>& slot : line->slots) {
        if (slot.load(std::memory_order_relaxed) != old_slot) continue;
        return slot.store(SlotOf(hash, entry), std::memory_order_release);
      }
      if (line->slots[kSlots - 1].load(std::memory_order_relaxed) == 0) break;
    }
  }
}

}  // namespace burrow
