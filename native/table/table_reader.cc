#include "table/table_reader.h"

#include "table/table_file.h"
#include "table/table_lookup.h"
#include "util/hash.h"

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

template <bool explained>
[[gnu::always_inline]] inline Status TableReader::GetFrom(const LookupKey& key, const TableReadOptions& options,
                                                          PinnedValue* value, SequenceNumber* sequence,
                                                          GetOutcome* outcome,
                                                          [[maybe_unused]] TableGetReport* report) const {
  *outcome = GetOutcome::kAbsent;
  const uint64_t hash = Hash64(key.user_key());
  bool passed;
  FilterAnswers answers;
  Status status = PassFilter(impl_->table, key, hash, options, outcome, &passed, &answers);
  answers.AddTo(impl_->table.counters);
  if constexpr (explained) {
    report->filtered = impl_->table.filter_block && *outcome != GetOutcome::kNotCached;
    report->ruled_out = !passed && status.ok() && *outcome != GetOutcome::kNotCached;
  }
  if (!passed) return status;
  TableLookup lookup;
  lookup.Start(impl_->table, key, hash, options);
  if (lookup.FindBlock()) {
    if constexpr (explained) report->searched = true;
    if (lookup.LoadBlock<explained>()) lookup.Search(value);
  }
  *outcome = lookup.outcome();
  *sequence = lookup.sequence();
  return std::move(lookup.status());
}

Status TableReader::Get(const LookupKey& key, const TableReadOptions& options, PinnedValue* value,
                        SequenceNumber* sequence, GetOutcome* outcome) const {
  return GetFrom<false>(key, options, value, sequence, outcome, nullptr);
}

Status TableReader::Explain(const LookupKey& key, const TableReadOptions& options, PinnedValue* value,
                            SequenceNumber* sequence, GetOutcome* outcome, TableGetReport* report) const {
  *report = {};
  return GetFrom<true>(key, options, value, sequence, outcome, report);
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

const TableFile& TableReader::file() const { return impl_->table; }

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

Status TableReader::Sample(uint64_t stride, const std::function<void(Slice, Slice)>& visit) const {
  return SampleTableFile(impl_->table, stride, visit);
}

Status TableReader::Verify() const { return VerifyTableFile(impl_->table); }

}  // namespace burrow
