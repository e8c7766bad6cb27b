#pragma once

#include <functional>
#include <memory>
#include <string>

#include "table/filter.h"
#include "table/format.h"
#include "table/held_parts.h"
#include "table/index_block.h"
#include "table/table_reader.h"

namespace burrow {

// An open table file: what stays in memory, and how its blocks are fetched. Immutable once open; any number of threads.
struct TableFile {
  std::unique_ptr<RandomAccessFile> file;
  std::string name;
  uint64_t number = 0;
  uint64_t size = 0;
  BlockCache* cache = nullptr;  // may be null
  TableReader::Counters* counters = nullptr;

  TableFooter footer;
  TableProperties properties;
  BlockRef index_block;   // empty for a table without points
  IndexBlock index;       // of data blocks, or of index partitions
  BlockRef filter_block;  // empty for a table without filter
  Filter filter;          // unless partitioned
  IndexBlock filter_index;
  std::shared_ptr<const FragmentedTombstones> tombstones;
  HeldParts<IndexBlock> index_parts;  // of partitions that were read to stay in memory
  HeldParts<Filter> filter_parts;

  bool partitioned_index() const { return (footer.flags & kPartitionedIndex) != 0; }
  bool partitioned_filter() const { return (footer.flags & kPartitionedFilter) != 0; }

  // Reads footer, properties and the resident blocks. REQUIRES: file, name, number, cache and counters are set.
  Status Open(uint64_t expected_size, const DatabaseId* database_id);

  // Number of index parts: 0 without points, 1 unless partitioned.
  uint32_t IndexParts() const { return partitioned_index() ? index.size() : index.size() > 0; }
  // One part of the index. `view` lives as long as this and the table; it is null with cache_only and a miss.
  struct IndexPart {
    const IndexBlock* view = nullptr;
    IndexBlock parsed;
    BlockRef block;
  };
  Status LoadIndexPart(uint32_t part, const TableReadOptions& options, IndexPart* loaded) const;

  // Whether a stored block (with its trailer) lies inside the file.
  bool Contains(BlockHandle handle) const;
  // Through the cache. With cache_only *block stays empty when the block is not in memory.
  Status FetchBlock(BlockHandle handle, BlockType type, const TableReadOptions& options, BlockRef* block) const;
  // What it does when the cache has no such block. Kept out of it: a read from the cache is much shorter.
  [[gnu::noinline]] Status ReadThrough(BlockHandle handle, BlockType type, const TableReadOptions& options,
                                       BlockRef* block) const;
  // As FetchBlock; and a block that the cache has counts for options.reads, too.
  Status GetBlock(BlockHandle handle, BlockType type, const TableReadOptions& options, BlockRef* block) const;
  // The same for partition `part`, parsed: the held one, or one in *parsed, which *block keeps alive. Null *view: not in
  // memory. `what` is said of a malformed one.
  template <typename View>
  Status GetPart(const HeldParts<View>& parts, uint32_t part, BlockHandle handle, BlockType type,
                 const TableReadOptions& options, const char* what, const View** view, View* parsed,
                 BlockRef* block) const;
  // From the file, past the cache.
  Status ReadBlock(BlockHandle handle, BlockType type, BlockRef* block) const;
  // From bytes already read. Counts them.
  Status Decode(Slice stored, BlockHandle handle, BlockType type, BlockRef* block) const;

  // kMaybe also without a filter. kUnknown: cache_only, and the partition is not in memory.
  enum class FilterAnswer : uint8_t { kNo, kMaybe, kUnknown };
  Status AskFilter(Slice internal_key, uint64_t hash, const TableReadOptions& options, FilterAnswer* answer) const;
  // The filter that AskFilter asks, where it is in memory to stay; null: it is not, or there is none for the key.
  const Filter* ResidentFilter(Slice internal_key) const;

  Status Corrupt(const char* what, uint64_t offset) const {
    return Status::Corruption(what).WithFile(name).WithOffset(offset);
  }
};

// Point records of the table; `table` outlives it.
std::unique_ptr<InternalIterator> NewTableFileIterator(const TableFile& table, const TableReadOptions& options);

// The tombstones of such a block, which keeps their bytes. False for a malformed one.
bool ParseRangeTombstones(Slice block, std::vector<RangeTombstone>* tombstones);

Status VerifyTableFile(const TableFile& table);
Status SampleTableFile(const TableFile& table, uint64_t stride,
                       const std::function<void(Slice, Slice)>& visit);  // see TableReader::Sample

}  // namespace burrow
