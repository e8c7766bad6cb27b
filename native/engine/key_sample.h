#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/read_view.h"

namespace burrow {

// Keys of one memtable or table.
struct KeySample {
  bool active = false;
  size_t memtable = 0;  // which immutable one, from the newest
  int level = -1;       // of a table
  uint64_t file = 0;
  uint64_t entries = 0;  // point records that it has
  uint64_t sampled = 0;  // of which `packed` has so many
  std::string packed;    // ( value length u32 · kind u8 · key length u16 · key ) × sampled
};

// Every stride-th point record of each memtable at or below `sequence`, and all records of every stride-th data block of
// each table, of one at least. Reads past the cache.
Status SampleKeys(const ReadView& view, SequenceNumber sequence, uint64_t stride, std::vector<KeySample>* samples);

}  // namespace burrow
