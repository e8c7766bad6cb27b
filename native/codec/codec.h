#pragma once

#include <cstdint>
#include <string>

#include "util/slice.h"
#include "util/status.h"

namespace burrow {

// Stored in every block trailer: values never change, new codecs are appended.
enum class CodecId : uint8_t { kNone = 0, kLz4 = 1, kZstd = 2 };
inline constexpr uint8_t kLastCodecId = 2;

const char* CodecName(CodecId id);  // "none", "lz4", "zstd"
bool CodecFromName(Slice name, CodecId* id);
bool CodecAvailable(CodecId id);  // compiled into this build

// Appends the compressed form of `raw` to *out and returns true; false (and *out unchanged) when the codec is missing,
// fails, or saves less than an eighth. `level` is the codec's own scale; 0 means its default; lz4 has none. REQUIRES: id != kNone.
bool Compress(CodecId id, int level, Slice raw, std::string* out);

// How many bytes the compressed form of `raw` takes; more than raw.size() where nothing can be saved. For measuring: 0 when
// the codec is missing or fails. *scratch is overwritten. `level` and REQUIRES as for Compress.
size_t CompressedSize(CodecId id, int level, Slice raw, std::string* scratch);

// Whether `compressed` can be `raw_size` bytes, as far as that is seen without decompressing it; for use before memory is
// taken for them. kCorruption when not: more than 255 times the bytes of lz4; for zstd, another size than the frame's own
// or more than the blocks of the frame can hold. kUnsupported as for Decompress.
Status CheckRawSize(CodecId id, Slice compressed, size_t raw_size);

// Decompresses into exactly `raw_size` bytes at `out`. Never writes past them, whatever the input.
// kUnsupported names a codec that this build lacks ("built without zstd"); kCorruption for malformed input.
Status Decompress(CodecId id, Slice compressed, char* out, size_t raw_size);

}  // namespace burrow
