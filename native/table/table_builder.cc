#include "table/table_builder.h"

#include <algorithm>
#include <vector>

#include "table/data_block.h"
#include "table/filter.h"
#include "table/format.h"
#include "table/index_block.h"
#include "table/properties.h"
#include "util/hash.h"
#include "util/perf_context.h"

namespace burrow {
namespace {

constexpr size_t kWriteSize = 512 << 10;  // bytes gathered for one write

}  // namespace

struct TableBuilder::Impl {
  Impl(const TableBuilderOptions& table_options, std::unique_ptr<WritableFile> table_file)
      : options(table_options), file(std::move(table_file)), block(std::max(1, table_options.restart_interval)) {
    if (!CodecAvailable(options.codec)) options.codec = CodecId::kNone;
    properties.codec = options.codec;
    properties.database_id = options.database_id;
    properties.created_at_ms = options.created_at_ms;
    properties.smallest_sequence = kMaxSequence;
    out.reserve(kWriteSize + kWriteSize / 4);
  }

  Status Add(Slice internal_key, Slice value);
  Status FinishDataBlock();
  void AddToIndex(Slice separator);
  void CutIndex();
  void CutFilter(Slice next_user_key);
  Status WriteRest();
  Status WriteParts(std::vector<std::string>* parts, IndexBlockBuilder* separators, BlockType type, uint64_t* bytes,
                    BlockHandle* handle);
  Status WriteRangeTombstones(BlockHandle* handle);
  void AddBounds();
  Status Write(CodecId codec, Slice raw, BlockHandle* handle);
  Status FlushOutput(size_t at_least);
  uint64_t Offset() const { return written + out.size(); }

  TableBuilderOptions options;
  std::unique_ptr<WritableFile> file;
  Status status;
  TableProperties properties;

  std::string out;  // finished blocks on their way to the file
  uint64_t written = 0;

  DataBlockBuilder block;
  std::string last_key;  // internal key; empty before the first
  BlockHandle finished;  // a data block that waits for the next key, to get a short separator
  bool index_pending = false;

  IndexBlockBuilder index;               // of the open partition
  std::vector<std::string> index_parts;  // finished partitions
  std::vector<std::string> index_keys;   // the last separator of each

  std::vector<uint64_t> hashes;  // of the open filter partition
  std::vector<std::string> filter_parts;
  std::vector<std::string> filter_keys;  // a separator for each

  struct OwnedTombstone {
    std::string begin, end;
    SequenceNumber sequence;
  };
  std::vector<OwnedTombstone> tombstones;
  std::string separator;  // scratch
};

Status TableBuilder::Impl::FlushOutput(size_t at_least) {
  if (out.size() < at_least || out.empty()) return Status();
  PerfLeave();
  BURROW_RETURN_IF_ERROR(file->Append(out));  // a PacedFile counts the laps
  written += out.size();
  out.clear();
  return Status();
}

Status TableBuilder::Impl::Write(CodecId codec, Slice raw, BlockHandle* handle) {
  handle->offset = Offset();
  PerfLeave();
  handle->size = AppendBlock(codec, options.codec_level, raw, &out);
  PerfLap(Phase::kEncode);
  return FlushOutput(kWriteSize);
}

Status TableBuilder::Impl::Add(Slice internal_key, Slice value) {
  if (internal_key.size() <= kTrailerSize || internal_key.size() > kMaxUserKeySize + kTrailerSize ||
      value.size() > kMaxValueSize) {
    return Status::InvalidArgument("key or value has a size that a table cannot hold");
  }
  const Slice user_key = UserKey(internal_key);
  const uint64_t trailer = Trailer(internal_key);
  const Slice last_user_key = last_key.empty() ? Slice() : UserKey(last_key);
  const size_t shared = CommonPrefix(last_user_key, user_key);
  const bool same_key = shared == user_key.size() && shared == last_user_key.size();
  if (!last_key.empty()) {
    const bool ascending = same_key ? trailer < Trailer(last_key)
                                    : shared == last_user_key.size() ||
                                          (shared < user_key.size() && static_cast<uint8_t>(last_user_key[shared]) <
                                                                           static_cast<uint8_t>(user_key[shared]));
    if (!ascending) return Status::InvalidArgument("keys of a table must be strictly ascending");
  }
  if (index_pending) {
    ShortSeparator(last_key, user_key, &separator);
    AddToIndex(separator);
  }

  const uint64_t hash = Hash64(user_key);
  if (!same_key && options.bloom_bits_per_key > 0) {
    if (FilterSize(hashes.size() + 1, options.bloom_bits_per_key) > options.partition_size && !hashes.empty()) {
      CutFilter(user_key);
    }
    hashes.push_back(hash);
  }
  if (properties.entries++ == 0) properties.smallest = user_key;
  const SequenceNumber sequence = trailer >> 8;
  properties.smallest_sequence = std::min(properties.smallest_sequence, sequence);
  properties.largest_sequence = std::max(properties.largest_sequence, sequence);
  properties.tombstones += static_cast<uint8_t>(trailer) == static_cast<uint8_t>(Kind::kDelete);
  properties.raw_key_bytes += user_key.size();
  properties.raw_value_bytes += value.size();

  block.Add(user_key, trailer, value, shared, hash);
  last_key.replace(shared, std::string::npos, internal_key.substr(shared));
  return block.EstimatedSize() >= options.block_size ? FinishDataBlock() : Status();
}

Status TableBuilder::Impl::FinishDataBlock() {
  Status written_status = Write(options.codec, block.Finish(), &finished);
  properties.data_bytes = Offset();
  block.Reset();
  index_pending = true;
  return written_status;
}

void TableBuilder::Impl::AddToIndex(Slice key) {
  index.Add(key, finished.offset, finished.offset + finished.size + kBlockTrailerSize);
  index_pending = false;
  if (index.EstimatedSize() < options.partition_size) return;
  index_keys.emplace_back(key);
  CutIndex();
}

void TableBuilder::Impl::CutIndex() {
  index_parts.push_back(index.Finish());
  index.Reset();
}

// All versions of a key fall to the same partition: its separator comes after every version of its last key.
void TableBuilder::Impl::CutFilter(Slice next_user_key) {
  filter_parts.push_back(BuildFilter(hashes.data(), hashes.size(), options.bloom_bits_per_key));
  hashes.clear();
  if (!next_user_key.empty()) {
    ShortSeparator(last_key, next_user_key, &separator);
  } else {
    separator = last_key;
  }
  EncodeFixed64(separator.data() + separator.size() - kTrailerSize, 0);
  filter_keys.push_back(separator);
}

// Writes one part as it is, several followed by a block that lists them.
Status TableBuilder::Impl::WriteParts(std::vector<std::string>* parts, IndexBlockBuilder* list, BlockType type,
                                      uint64_t* bytes, BlockHandle* handle) {
  if (parts->empty()) return Status();
  const uint64_t start = Offset();
  const CodecId codec = type == BlockType::kFilter ? CodecId::kNone : options.codec;
  const std::vector<std::string>& keys = type == BlockType::kFilter ? filter_keys : index_keys;
  for (size_t i = 0; i < parts->size(); i++) {
    BURROW_RETURN_IF_ERROR(Write(codec, (*parts)[i], handle));
    std::string().swap((*parts)[i]);
    list->Add(keys[i], handle->offset, Offset());
  }
  if (parts->size() > 1) BURROW_RETURN_IF_ERROR(Write(options.codec, list->Finish(), handle));
  *bytes = Offset() - start;
  return Status();
}

Status TableBuilder::Impl::WriteRangeTombstones(BlockHandle* handle) {
  if (tombstones.empty()) return Status();
  std::sort(tombstones.begin(), tombstones.end(), [](const OwnedTombstone& a, const OwnedTombstone& b) {
    return a.begin != b.begin ? a.begin < b.begin : a.sequence > b.sequence;
  });
  std::string raw;
  for (const OwnedTombstone& tombstone : tombstones) {
    PutLengthPrefixed(&raw, tombstone.begin);
    PutLengthPrefixed(&raw, tombstone.end);
    PutVarint64(&raw, tombstone.sequence);
  }
  return Write(CodecId::kNone, raw, handle);
}

void TableBuilder::Impl::AddBounds() {
  if (properties.entries > 0) properties.largest = UserKey(last_key);
  properties.range_tombstones = tombstones.size();
  for (const OwnedTombstone& tombstone : tombstones) {
    const bool empty = properties.entries == 0 && &tombstone == tombstones.data();
    if (empty || tombstone.begin < properties.smallest) properties.smallest = tombstone.begin;
    if (empty || tombstone.end > properties.largest) {
      properties.largest = tombstone.end;
      properties.largest_exclusive = true;
    }
    properties.smallest_sequence = std::min(properties.smallest_sequence, tombstone.sequence);
    properties.largest_sequence = std::max(properties.largest_sequence, tombstone.sequence);
  }
}

Status TableBuilder::Impl::WriteRest() {
  if (!block.empty()) BURROW_RETURN_IF_ERROR(FinishDataBlock());
  if (index_pending) AddToIndex(last_key);
  if (!index.empty()) {
    index_keys.emplace_back(last_key);
    CutIndex();
  }
  if (!hashes.empty()) CutFilter(Slice());

  TableFooter footer;
  IndexBlockBuilder filter_list, index_list;
  if (filter_parts.size() > 1) footer.flags |= kPartitionedFilter;
  if (index_parts.size() > 1) footer.flags |= kPartitionedIndex;
  BURROW_RETURN_IF_ERROR(
      WriteParts(&filter_parts, &filter_list, BlockType::kFilter, &properties.filter_bytes, &footer.filter));
  BURROW_RETURN_IF_ERROR(
      WriteParts(&index_parts, &index_list, BlockType::kIndex, &properties.index_bytes, &footer.index));
  BURROW_RETURN_IF_ERROR(WriteRangeTombstones(&footer.range_tombstones));
  AddBounds();
  BURROW_RETURN_IF_ERROR(Write(CodecId::kNone, EncodeProperties(properties), &footer.properties));
  AppendFooter(footer, &out);
  BURROW_RETURN_IF_ERROR(FlushOutput(0));
  BURROW_RETURN_IF_ERROR(file->Sync());
  PerfLap(Phase::kFsync);
  BURROW_RETURN_IF_ERROR(file->Close());
  properties.file_size = written;
  return Status();
}

TableBuilder::TableBuilder(const TableBuilderOptions& options, std::unique_ptr<WritableFile> file)
    : impl_(std::make_unique<Impl>(options, std::move(file))) {}

TableBuilder::~TableBuilder() = default;

Status TableBuilder::Add(Slice internal_key, Slice value) {
  if (impl_->status.ok()) impl_->status = impl_->Add(internal_key, value);
  return impl_->status;
}

void TableBuilder::AddRangeTombstone(const RangeTombstone& tombstone) {
  if (tombstone.begin >= tombstone.end) return;
  impl_->tombstones.push_back({std::string(tombstone.begin), std::string(tombstone.end), tombstone.sequence});
}

Status TableBuilder::Finish(TableProperties* properties) {
  if (impl_->status.ok() && impl_->properties.entries == 0 && impl_->tombstones.empty()) {
    impl_->status = Status::InvalidArgument("a table needs at least one record");
  }
  if (impl_->status.ok()) impl_->status = impl_->WriteRest();
  if (impl_->status.ok()) *properties = impl_->properties;
  return impl_->status;
}

uint64_t TableBuilder::entries() const { return impl_->properties.entries; }
uint64_t TableBuilder::EstimatedSize() const { return impl_->Offset() + impl_->block.EstimatedSize(); }

}  // namespace burrow
