#pragma once

#include <cstdint>
#include <string>

#include "cache/block_cache.h"
#include "codec/codec.h"
#include "env/env.h"

namespace burrow {

// The frame of a table file (docs/formats.md "Table"): where blocks are, how each is stored, and the footer.

inline constexpr uint64_t kTableMagic = 0x4254574f52525542;  // "BURROWTB"
inline constexpr uint32_t kTableVersion = 1;
inline constexpr size_t kBlockTrailerSize = 5;  // codec id u8, masked crc32c u32
inline constexpr size_t kTableFooterSize = 100;
inline constexpr uint64_t kMaxRawBlockSize = uint64_t{2} << 30;

// Flags of the footer. A reader refuses a file with a flag that it does not know.
inline constexpr uint32_t kPartitionedIndex = 1;   // the index block lists index partitions
inline constexpr uint32_t kPartitionedFilter = 2;  // the filter block lists filter partitions
inline constexpr uint32_t kKnownTableFlags = 3;

// `size` does not count the trailer. Size 0: there is no such block.
struct BlockHandle {
  uint64_t offset = 0;
  uint64_t size = 0;
};

struct TableFooter {
  BlockHandle index;
  BlockHandle filter;
  BlockHandle properties;
  BlockHandle range_tombstones;
  uint32_t flags = 0;
};

void AppendFooter(const TableFooter& footer, std::string* out);
// `bytes` are the last kTableFooterSize of a file of `file_size` bytes. Checks magic, checksum, version, flags, and
// that every handle lies inside the file.
Status DecodeFooter(Slice bytes, uint64_t file_size, TableFooter* footer);

// Appends a block as it is stored: compressed when that pays, then the trailer. Returns the payload's size.
uint64_t AppendBlock(CodecId codec, int level, Slice raw, std::string* out);

// Checks and decodes a stored block (payload and trailer) into memory of its own; one that is not compressed stays where it
// is, if that is *block. A filter's first byte is put on a cache line of its own: see FilterContents.
Status DecodeBlock(Slice stored, BlockType type, BlockRef* block);

// The payload of a block that was decoded as BlockType::kFilter, aligned to 64 bytes.
Slice FilterContents(const BlockRef& block);

// Reads `n` bytes at `offset`, fewer being corruption. The result lives in `scratch`, which has room for them, or in the
// file; in the second form in *scratch.
Status ReadExactly(const RandomAccessFile& file, uint64_t offset, size_t n, Slice* result, char* scratch);
Status ReadExactly(const RandomAccessFile& file, uint64_t offset, size_t n, Slice* result,
                   std::unique_ptr<char[]>* scratch);

}  // namespace burrow
