#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace burrow {
class Engine;
}

namespace burrow::binding {

// Bytes of an engine's native memory by what they are for: what grows with the options and the data. Buffers of jobs, of
// iterators and of the log are left out: each is small and bounded.
struct MemoryUse {
  static constexpr size_t kOwners = 8;
  static constexpr const char* kNames[kOwners] = {
      "activeMemtable", "immutableMemtables", "blockCache", "indexCache", "filterCache", "rangeTombstoneCache",
      "cacheArenas",  // room in memory that the cache took from the system for blocks of one size
      "openTables",   // what open tables keep outside of the cache
  };
  std::array<uint64_t, kOwners> bytes{};
  uint64_t total = 0;

  // `started`: the newest memtable is the active one.
  static MemoryUse Of(Engine* engine, bool started);
  // Each number becomes the higher of the two.
  void RaiseTo(const MemoryUse& other);
};

}  // namespace burrow::binding
