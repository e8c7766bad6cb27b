#include "table/table_file.h"

#include <algorithm>

#include "table/block_reads.h"
#include "table/data_block.h"
#include "table/properties.h"
#include "util/perf_context.h"

namespace burrow {
namespace {

constexpr uint64_t kTailSize = 16 << 10;  // read at once when opening: all of a small table's metadata
constexpr size_t kLargeBlock = 32 << 10;  // whose memory costs more than all else

// The end of the file, read once; blocks in front of it are read one by one.
struct Tail {
  std::unique_ptr<char[]> scratch;
  uint64_t offset = 0;
  Slice bytes;

  bool Covers(BlockHandle handle) const { return handle.offset >= offset; }
  Slice Stored(BlockHandle handle) const {
    return bytes.substr(handle.offset - offset, handle.size + kBlockTrailerSize);
  }
};

Status ReadMeta(const TableFile& table, const Tail& tail, BlockHandle handle, BlockType type, BlockRef* block) {
  if (!tail.Covers(handle)) return table.ReadBlock(handle, type, block);
  return table.Decode(tail.Stored(handle), handle, type, block);
}

Status ParseTombstones(const TableFile& table, Slice block, std::vector<RangeTombstone>* tombstones) {
  if (!ParseRangeTombstones(block, tombstones)) {
    return table.Corrupt("malformed range tombstones", table.footer.range_tombstones.offset);
  }
  if (tombstones->size() != table.properties.range_tombstones) {
    return table.Corrupt("number of range tombstones differs from the properties",
                         table.footer.range_tombstones.offset);
  }
  return Status();
}

// Others save more when they are cached: who reads one record of them also gets its neighbours.
bool IsOneLargeRecord(BlockType type, const BlockRef& block) {
  DataBlock data;
  if (type != BlockType::kData || block.contents().size() < kLargeBlock || !data.Init(block.contents())) return false;
  DataBlockCursor cursor;
  cursor.Reset(data);
  cursor.SeekToFirst();
  if (!cursor.Valid()) return false;
  cursor.Next();
  return !cursor.Valid() && !cursor.corrupt();
}

bool InitPart(const BlockRef& block, IndexBlock* view) { return view->Init(block.contents()); }
bool InitPart(const BlockRef& block, Filter* view) { return view->Init(FilterContents(block)); }

}  // namespace

bool ParseRangeTombstones(Slice block, std::vector<RangeTombstone>* tombstones) {
  Decoder in(block);
  while (!in.empty()) {
    RangeTombstone tombstone;
    if (!in.LengthPrefixed(&tombstone.begin) || !in.LengthPrefixed(&tombstone.end) ||
        !in.Varint64(&tombstone.sequence) || tombstone.sequence > kMaxSequence || tombstone.begin >= tombstone.end) {
      return false;
    }
    tombstones->push_back(tombstone);
  }
  return true;
}

Status TableFile::Open(uint64_t expected_size, const DatabaseId* database_id) {
  size = file->Size();
  if (expected_size != 0 && size != expected_size) {
    return Status::Corruption("table has " + std::to_string(size) + " bytes instead of " +
                              std::to_string(expected_size))
        .WithFile(name);
  }
  if (size < kTableFooterSize) return Status::Corruption("file is too short to be a table").WithFile(name);
  Tail tail;
  const uint64_t tail_size = std::min(size, kTailSize);
  tail.offset = size - tail_size;
  Status status = ReadExactly(*file, tail.offset, tail_size, &tail.bytes, &tail.scratch);
  if (!status.ok()) return std::move(status).WithFile(name).WithOffset(tail.offset);
  status = DecodeFooter(tail.bytes.substr(tail_size - kTableFooterSize), size, &footer);
  if (!status.ok()) return std::move(status).WithFile(name).WithOffset(size - kTableFooterSize);

  if (footer.properties.size == 0) return Corrupt("table without properties", size - kTableFooterSize);
  BlockRef block;
  BURROW_RETURN_IF_ERROR(ReadMeta(*this, tail, footer.properties, BlockType::kIndex, &block));
  status = DecodeProperties(block.contents(), &properties);
  if (!status.ok()) return std::move(status).WithFile(name).WithOffset(footer.properties.offset);
  properties.file_size = size;
  if (database_id != nullptr && properties.database_id != *database_id) {
    return Status::Corruption("table belongs to another database (" + properties.database_id.ToHex() + ")")
        .WithFile(name);
  }
  if (!CodecAvailable(properties.codec)) {
    return Status::Unsupported(std::string("built without ") + CodecName(properties.codec)).WithFile(name);
  }

  if ((footer.index.size != 0) != (properties.entries != 0) || properties.data_bytes > size ||
      (properties.entries == 0 && properties.range_tombstones == 0)) {
    return Corrupt("table properties do not fit its blocks", footer.properties.offset);
  }
  if (footer.index.size != 0) {
    BURROW_RETURN_IF_ERROR(ReadMeta(*this, tail, footer.index, BlockType::kIndex, &index_block));
    if (!index.Init(index_block.contents())) return Corrupt("malformed index block", footer.index.offset);
  }
  if (footer.filter.size != 0) {
    const BlockType type = partitioned_filter() ? BlockType::kIndex : BlockType::kFilter;
    BURROW_RETURN_IF_ERROR(ReadMeta(*this, tail, footer.filter, type, &filter_block));
    if (partitioned_filter() ? !filter_index.Init(filter_block.contents())
                             : !filter.Init(FilterContents(filter_block))) {
      return Corrupt("malformed filter block", footer.filter.offset);
    }
  }
  if (partitioned_index()) index_parts.Init(cache, BlockType::kIndex, index.size());
  if (partitioned_filter()) filter_parts.Init(cache, BlockType::kFilter, filter_index.size());
  std::vector<RangeTombstone> list;
  if (footer.range_tombstones.size != 0) {
    BURROW_RETURN_IF_ERROR(ReadMeta(*this, tail, footer.range_tombstones, BlockType::kRangeTombstones, &block));
    BURROW_RETURN_IF_ERROR(ParseTombstones(*this, block.contents(), &list));
    tombstones = FragmentedTombstones::Build(list);
  } else if (properties.range_tombstones != 0) {
    return Corrupt("table without its range tombstones", footer.properties.offset);
  }
  return Status();
}

template <typename View>
Status TableFile::GetPart(const HeldParts<View>& parts, uint32_t part, BlockHandle handle, BlockType type,
                          const TableReadOptions& options, const char* what, const View** view, View* parsed,
                          BlockRef* block) const {
  *view = nullptr;
  *block = cache != nullptr ? cache->Lookup(number, handle.offset, type) : BlockRef();
  const bool cached = static_cast<bool>(*block);
  if (!cached) {
    if (options.cache_only) return Status();
    BURROW_RETURN_IF_ERROR(ReadBlock(handle, type, block));
    if (options.reads != nullptr) options.reads->Read(number, handle.size + kBlockTrailerSize);
  }
  if (!InitPart(*block, parsed)) return Corrupt(what, handle.offset);
  *view = parsed;
  if (cached || cache == nullptr || !options.fill_cache) return Status();
  if (const View* held = parts.Hold(part, *parsed, block); held != nullptr) {
    *view = held;
    return Status();
  }
  *block = cache->Insert(number, handle.offset, type, std::move(*block));
  return InitPart(*block, parsed) ? Status() : Corrupt(what, handle.offset);  // another thread's may be the cached one
}

Status TableFile::LoadIndexPart(uint32_t part, const TableReadOptions& options, IndexPart* loaded) const {
  loaded->block.Reset();
  loaded->view = partitioned_index() ? index_parts.Find(part) : &index;
  if (loaded->view != nullptr) return Status();
  constexpr char kWhat[] = "malformed index block";
  BlockHandle handle;
  if (!index.Handle(part, &handle)) return Corrupt(kWhat, footer.index.offset);
  return GetPart(index_parts, part, handle, BlockType::kIndex, options, kWhat, &loaded->view, &loaded->parsed,
                 &loaded->block);
}

bool TableFile::Contains(BlockHandle handle) const {
  const uint64_t end = size - kTableFooterSize;
  return handle.offset <= end && handle.size <= end - handle.offset &&
         end - handle.offset - handle.size >= kBlockTrailerSize;
}

Status TableFile::GetBlock(BlockHandle handle, BlockType type, const TableReadOptions& options, BlockRef* block) const {
  if (options.reads == nullptr) return FetchBlock(handle, type, options, block);
  const uint64_t before = options.reads->total().read;
  Status status = FetchBlock(handle, type, options, block);
  if (*block && options.reads->total().read == before) options.reads->Cached(number);
  return status;
}

Status TableFile::FetchBlock(BlockHandle handle, BlockType type, const TableReadOptions& options,
                             BlockRef* block) const {
  *block = cache != nullptr ? cache->Lookup(number, handle.offset, type) : BlockRef();
  if (!*block && !options.cache_only) return ReadThrough(handle, type, options, block);
  if (options.measured && *block) [[unlikely]]
    PerfLap(Phase::kBlockCache);
  return Status();
}

Status TableFile::ReadThrough(BlockHandle handle, BlockType type, const TableReadOptions& options,
                              BlockRef* block) const {
  BURROW_RETURN_IF_ERROR(ReadBlock(handle, type, block));
  if (options.reads != nullptr) options.reads->Read(number, handle.size + kBlockTrailerSize);
  if (cache == nullptr || !options.fill_cache) return Status();
  if (IsOneLargeRecord(type, *block) && !cache->AskedOften(number, handle.offset)) return Status();
  *block = cache->Insert(number, handle.offset, type, std::move(*block));
  return Status();
}

Status TableFile::ReadBlock(BlockHandle handle, BlockType type, BlockRef* block) const {
  if (!Contains(handle)) return Corrupt("index names a block outside the file", handle.offset);
  const size_t n = handle.size + kBlockTrailerSize;
  std::unique_ptr<char[]> scratch;
  Slice stored;
  PerfLeave();
  Status status;
  if (n < kLargeBlock) {
    status = ReadExactly(*file, handle.offset, n, &stored, &scratch);
  } else {
    *block = BlockRef::Allocate(n);
    status = ReadExactly(*file, handle.offset, n, &stored, block->data());
  }
  PerfLap(Phase::kBlockRead);
  if (!status.ok()) return std::move(status).WithFile(name).WithOffset(handle.offset);
  return Decode(stored, handle, type, block);
}

Status TableFile::Decode(Slice stored, BlockHandle handle, BlockType type, BlockRef* block) const {
  counters->blocks_read.fetch_add(1, std::memory_order_relaxed);
  counters->bytes_read.fetch_add(stored.size(), std::memory_order_relaxed);
  PerfLeave();
  Status status = DecodeBlock(stored, type, block);
  PerfLap(Phase::kDecode);
  return status.ok() ? status : std::move(status).WithFile(name).WithOffset(handle.offset);
}

const Filter* TableFile::ResidentFilter(Slice internal_key) const {
  if (!filter_block) return nullptr;
  if (!partitioned_filter()) return &filter;
  uint32_t part;
  return filter_index.Find(internal_key, &part) ? filter_parts.Find(part) : nullptr;
}

Status TableFile::AskFilter(Slice internal_key, uint64_t hash, const TableReadOptions& options,
                            FilterAnswer* answer) const {
  *answer = FilterAnswer::kMaybe;
  if (!filter_block) return Status();
  if (!partitioned_filter()) {
    if (!filter.MayContain(hash)) *answer = FilterAnswer::kNo;
    return Status();
  }
  uint32_t part;
  BlockHandle handle;
  if (!filter_index.Find(internal_key, &part)) return Corrupt("malformed filter index", footer.filter.offset);
  if (part == filter_index.size()) {
    *answer = FilterAnswer::kNo;
    return Status();
  }
  const Filter* partition = filter_parts.Find(part);
  Filter parsed;
  BlockRef block;
  if (partition == nullptr) {
    if (!filter_index.Handle(part, &handle)) return Corrupt("malformed filter index", footer.filter.offset);
    BURROW_RETURN_IF_ERROR(GetPart(filter_parts, part, handle, BlockType::kFilter, options,
                                   "malformed filter partition", &partition, &parsed, &block));
  }
  if (partition == nullptr) {
    *answer = FilterAnswer::kUnknown;
  } else if (!partition->MayContain(hash)) {
    *answer = FilterAnswer::kNo;
  }
  return Status();
}

}  // namespace burrow
