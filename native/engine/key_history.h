#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/read_view.h"

namespace burrow {

// One version of a key that is still there, or one range tombstone over it.
struct KeyVersion {
  SequenceNumber sequence = 0;
  uint8_t kind = 0;     // of Kind, or one that this version does not know
  bool active = false;  // in the active memtable
  size_t memtable = 0;  // else which immutable one, from the newest
  int level = -1;       // else, from 0 up, where the table stands
  uint64_t file = 0;
  uint64_t value_bytes = 0;  // of a put
  std::string begin, end;    // of a range tombstone: the part of it around the key that no other one cuts
};

// Every version of the key at or below `sequence` in memtables and tables, newest first. Tables whose bounds contain the
// key are searched whatever their filters say.
Status KeyHistory(const ReadView& view, Slice user_key, SequenceNumber sequence, std::vector<KeyVersion>* versions);

}  // namespace burrow
