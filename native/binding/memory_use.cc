#include "binding/memory_use.h"

#include <algorithm>

#include "engine/engine.h"

namespace burrow::binding {

MemoryUse MemoryUse::Of(Engine* engine, bool started) {
  uint64_t active = 0, immutable = 0;
  bool is_active = started;
  for (const Engine::MemtableInfo& memtable : engine->Memtables()) {
    (is_active ? active : immutable) += memtable.bytes;
    is_active = false;
  }
  const BlockCache::Stats blocks = engine->block_cache().GetStats();
  auto cached = [&blocks](BlockType type) { return blocks.by_type[static_cast<int>(type)].used_bytes; };
  MemoryUse use;
  use.bytes = {active,
               immutable,
               cached(BlockType::kData),
               cached(BlockType::kIndex),
               cached(BlockType::kFilter),
               cached(BlockType::kRangeTombstones),
               blocks.free_bytes,
               engine->table_cache().GetStats().memory_bytes};
  for (uint64_t bytes : use.bytes) use.total += bytes;
  return use;
}

void MemoryUse::RaiseTo(const MemoryUse& other) {
  for (size_t i = 0; i < kOwners; ++i) bytes[i] = std::max(bytes[i], other.bytes[i]);
  total = std::max(total, other.total);
}

}  // namespace burrow::binding
