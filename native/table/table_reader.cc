#include "table/table_reader.h"

#include "table/data_block.h"
#include "table/table_file.h"
#include "util/hash.h"
#include "util/perf_context.h"

namespace burrow {

struct TableReader::Impl {
  TableFile table;
};

TableReader::TableReader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TableReader::~TableReader() = default;

Status TableReader::Open(std::unique_ptr<RandomAccessFile> file, const std::string& file_name, uint64_t file_number,
                         uint64_t expected_size, const DatabaseId* database_id, BlockCache* cache, Counters* counters,
                         std::shared_ptr<TableReader>* reader) {
  auto impl = std::make_unique<Impl>();
  TableFile& table = impl->table;
  table.file = std::move(file);
  table.name = file_name;
  table.number = file_number;
  table.cache = cache;
  table.counters = counters;
  BURROW_RETURN_IF_ERROR(table.Open(expected_size, database_id));
  *reader = std::shared_ptr<TableReader>(new TableReader(std::move(impl)));
  return Status();
}

Status TableReader::Get(const LookupKey& key, const TableReadOptions& options, PinnedValue* value,
                        SequenceNumber* sequence, GetOutcome* outcome) const {
  const TableFile& table = impl_->table;
  *outcome = GetOutcome::kAbsent;
  const uint64_t hash = Hash64(key.user_key());
  const bool filtered = static_cast<bool>(table.filter_block);
  if (filtered) {
    TableFile::FilterAnswer answer;
    BURROW_RETURN_IF_ERROR(table.AskFilter(key.internal_key(), hash, options, &answer));
    if (options.measured) [[unlikely]]
      PerfLap(Phase::kFilter);
    if (answer == TableFile::FilterAnswer::kUnknown) {
      *outcome = GetOutcome::kNotCached;
      return Status();
    }
    table.counters->bloom_checks.fetch_add(1, std::memory_order_relaxed);
    if (answer == TableFile::FilterAnswer::kNo) {
      table.counters->bloom_useful.fetch_add(1, std::memory_order_relaxed);
      return Status();
    }
  }

  const IndexBlock* index = &table.index;
  TableFile::IndexPart part;
  uint32_t position;
  if (table.partitioned_index()) {
    if (!index->Find(key.internal_key(), &position)) {
      return table.Corrupt("malformed index block", table.footer.index.offset);
    }
    if (position == index->size()) return Status();
    BURROW_RETURN_IF_ERROR(table.LoadIndexPart(position, options, &part));
    if (part.view == nullptr) {
      *outcome = GetOutcome::kNotCached;
      return Status();
    }
    index = part.view;
  }
  BlockHandle handle;
  if (!index->Find(key.internal_key(), &position)) {
    return table.Corrupt("malformed index block", table.footer.index.offset);
  }
  if (position == index->size()) return Status();
  if (!index->Handle(position, &handle)) return table.Corrupt("malformed index block", table.footer.index.offset);
  if (options.measured) [[unlikely]]
    PerfLap(Phase::kIndex);

  // The separators make this the only block that can hold the newest visible version: a block that ends inside a user
  // key has its last internal key, unshortened, as separator.
  BlockRef block;
  BURROW_RETURN_IF_ERROR(table.GetBlock(handle, BlockType::kData, options, &block));
  if (!block) {
    *outcome = GetOutcome::kNotCached;
    return Status();
  }
  DataBlock data;
  if (!data.Init(block.contents())) return table.Corrupt("malformed data block", handle.offset);
  uint64_t trailer;
  const DataBlock::Found found = data.Get(key.internal_key(), hash, &trailer, &value->value);
  if (options.measured) [[unlikely]]
    PerfLap(Phase::kDecode);
  switch (found) {
    case DataBlock::Found::kCorrupt: return table.Corrupt("malformed data block", handle.offset);
    case DataBlock::Found::kNo:
      if (filtered) table.counters->bloom_false_positives.fetch_add(1, std::memory_order_relaxed);
      return Status();
    case DataBlock::Found::kYes: break;
  }
  *sequence = trailer >> 8;
  switch (static_cast<uint8_t>(trailer)) {
    case static_cast<uint8_t>(Kind::kPut):
      value->block = std::move(block);
      *outcome = GetOutcome::kValue;
      return Status();
    case static_cast<uint8_t>(Kind::kDelete): *outcome = GetOutcome::kDeleted; return Status();
    default: return Status::Unsupported("unknown kind of record").WithFile(table.name).WithOffset(handle.offset);
  }
}

bool TableReader::MayContain(Slice user_key, const TableReadOptions& options) const {
  LookupKey key(user_key, kMaxSequence);
  TableFile::FilterAnswer answer;
  Status status = impl_->table.AskFilter(key.internal_key(), Hash64(user_key), options, &answer);
  return !status.ok() || answer != TableFile::FilterAnswer::kNo;  // a read that follows meets the error again
}

std::unique_ptr<InternalIterator> TableReader::NewIterator(const TableReadOptions& options) const {
  return NewTableFileIterator(impl_->table, options);
}

const std::shared_ptr<const FragmentedTombstones>& TableReader::range_tombstones() const {
  return impl_->table.tombstones;
}

const TableProperties& TableReader::properties() const { return impl_->table.properties; }
uint64_t TableReader::file_number() const { return impl_->table.number; }

uint64_t TableReader::ApproximateOffsetOf(Slice user_key) const {
  const TableFile& table = impl_->table;
  const uint64_t data_bytes = table.properties.data_bytes;
  LookupKey key(user_key, kMaxSequence);
  uint32_t part = 0, position;
  if (table.partitioned_index() && !table.index.Find(key.internal_key(), &part)) return data_bytes;
  if (part >= table.IndexParts()) return data_bytes;
  TableFile::IndexPart loaded;
  if (!table.LoadIndexPart(part, TableReadOptions(), &loaded).ok()) return data_bytes / table.IndexParts() * part;
  const IndexBlock& index = *loaded.view;
  BlockHandle handle;
  if (!index.Find(key.internal_key(), &position) || position == index.size()) return index.end_offset();
  return index.Handle(position, &handle) ? handle.offset : data_bytes;
}

size_t TableReader::MemoryUsage() const {
  const TableFile& table = impl_->table;
  size_t bytes = sizeof *this + sizeof(Impl) + table.name.size() + table.properties.smallest.size() +
                 table.properties.largest.size();
  if (table.index_block) bytes += table.index_block.contents().size();
  if (table.filter_block) bytes += table.filter_block.contents().size();
  if (table.tombstones != nullptr) bytes += table.tombstones->MemoryUsage();
  return bytes;
}

Status TableReader::Verify() const { return VerifyTableFile(impl_->table); }

}  // namespace burrow
