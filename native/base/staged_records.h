#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "util/slice.h"

namespace burrow {

// Small writes as JavaScript gathers them: every string joined to one text, every array to one run of bytes, and two
// words that say how to take them apart. One call then makes records of a hundred writes (see write_batch.h), where
// writing each key and value by itself would cost more than all the rest of a batch.
struct StagedRecords {
  // Of each record: kind u8 · key from text u1 · value from text u1 · 0 u6 · key length u16, then value length u32.
  // Lengths are UTF-16 units of text, or bytes. The key stands before the value.
  std::span<const uint32_t> words;
  Slice text;             // all text as UTF-8
  size_t text_units = 0;  // its UTF-16 units; as many as it has bytes: it is ASCII
  Slice bytes;
};
inline constexpr uint32_t kStagedKeyText = 1u << 8;
inline constexpr uint32_t kStagedValueText = 1u << 9;

// Bytes that the records take at most, three a unit of text; 0: the words do not fit the text and the bytes.
size_t StagedSizeLimit(const StagedRecords& staged);

// Writes the records; where they end. Half a surrogate pair at the end of one string becomes U+FFFD, also where the
// other half begins the next. REQUIRES: StagedSizeLimit, not 0, bytes of room.
char* WriteStagedRecords(const StagedRecords& staged, char* to);

}  // namespace burrow
