#pragma once

#include "table/data_block.h"
#include "table/table_file.h"
#include "util/perf_context.h"

namespace burrow {

// How often filters said yes and no: gathered, as each addition to what all threads share takes as long as a filter.
struct FilterAnswers {
  uint64_t passed = 0, useful = 0;

  void AddTo(TableReader::Counters* counters) {
    if (passed > 0) counters->bloom_passed.fetch_add(passed, std::memory_order_relaxed);
    if (useful > 0) counters->bloom_useful.fetch_add(useful, std::memory_order_relaxed);
    *this = FilterAnswers();
  }
};

// Whether the filter of the table lets the key pass. If not, that is the end, with an error or this outcome. `resident`
// is the filter to ask, if it is known.
inline Status PassFilter(const TableFile& table, const LookupKey& key, uint64_t hash, const TableReadOptions& options,
                         GetOutcome* outcome, bool* passed, FilterAnswers* answers, const Filter* resident = nullptr) {
  *passed = true;
  if (!table.filter_block) return Status();
  *passed = false;
  using Answer = TableFile::FilterAnswer;
  Answer answer = Answer::kNo;
  if (resident == nullptr) {
    BURROW_RETURN_IF_ERROR(table.AskFilter(key.internal_key(), hash, options, &answer));
  } else if (resident->MayContain(hash)) {
    answer = Answer::kMaybe;
  }
  if (options.measured) [[unlikely]]
    PerfLap(Phase::kFilter);
  if (answer == Answer::kUnknown) {
    *outcome = GetOutcome::kNotCached;
    return Status();
  }
  *passed = answer == Answer::kMaybe;
  ++(*passed ? answers->passed : answers->useful);
  return Status();
}

// One point lookup in one table, step by step: PassFilter, FindBlock, LoadBlock, Search. Each but the last returns false
// when it is the end: the answer, or an error in status(), stands. Between them Prefetch... ask for the memory that the
// next step needs without waiting for it, for who has several lookups under way.
class TableLookup {
 public:
  // `hash` is Hash64 of the user key. The table, the key and the options are borrowed.
  void Start(const TableFile& table, const LookupKey& key, uint64_t hash, const TableReadOptions& options);

  bool PassFilter(FilterAnswers* answers);
  bool FindBlock();  // or FindPart, PrefetchIndex, FindPosition, ReadHandle
  bool FindPart();
  bool FindPosition();
  bool ReadHandle();
  template <bool counted = false>  // a block that the cache has for options.reads, too
  bool LoadBlock();
  void Search(PinnedValue* value);  // sets it for GetOutcome::kValue

  void PrefetchFilter();                 // before PassFilter
  void PrefetchIndex();                  // after FindPart, before FindPosition
  void PrefetchCache(int step) const;    // after ReadHandle: see BlockCache::Prefetch
  void PrefetchEntries(int step) const;  // after LoadBlock: see DataBlock::PrefetchFor

  Status& status() { return status_; }
  GetOutcome outcome() const { return outcome_; }
  SequenceNumber sequence() const { return sequence_; }  // of kValue and kDeleted

 private:
  bool Fail(Status status);
  bool CorruptIndex();

  const TableFile* table_ = nullptr;
  const LookupKey* key_ = nullptr;
  const TableReadOptions* options_ = nullptr;
  uint64_t hash_ = 0;
  const Filter* filter_ = nullptr;  // as PrefetchFilter found it
  TableFile::IndexPart part_;
  IndexBlock::Narrowed narrowed_;  // as PrefetchIndex found it
  uint32_t position_ = 0;          // in it
  BlockHandle handle_;
  BlockRef block_;
  DataBlock data_;
  GetOutcome outcome_ = GetOutcome::kAbsent;
  SequenceNumber sequence_ = 0;
  Status status_;
};

// Here, so that a single read is one function with all of them.
inline void TableLookup::Start(const TableFile& table, const LookupKey& key, uint64_t hash,
                               const TableReadOptions& options) {
  table_ = &table;
  key_ = &key;
  options_ = &options;
  hash_ = hash;
  filter_ = nullptr;
  outcome_ = GetOutcome::kAbsent;
}

inline bool TableLookup::Fail(Status status) {
  status_ = std::move(status);
  return false;
}

inline bool TableLookup::PassFilter(FilterAnswers* answers) {
  bool passed;
  status_ = burrow::PassFilter(*table_, *key_, hash_, *options_, &outcome_, &passed, answers, filter_);
  return passed;
}

inline bool TableLookup::CorruptIndex() {
  return Fail(table_->Corrupt("malformed index block", table_->footer.index.offset));
}

inline bool TableLookup::FindPart() {
  part_.view = &table_->index;
  if (!table_->partitioned_index()) return table_->index.size() > 0;  // with range tombstones alone there is none
  uint32_t position;
  if (!table_->index.Find(key_->internal_key(), &position)) return CorruptIndex();
  if (position == table_->index.size()) return false;
  Status status = table_->LoadIndexPart(position, *options_, &part_);
  if (!status.ok()) return Fail(std::move(status));
  if (part_.view == nullptr) outcome_ = GetOutcome::kNotCached;
  return part_.view != nullptr;
}

inline bool TableLookup::FindPosition() {
  return part_.view->FindPrefetched(key_->internal_key(), narrowed_, &position_) ? position_ != part_.view->size()
                                                                                 : CorruptIndex();
}

inline bool TableLookup::ReadHandle() {
  if (!part_.view->Handle(position_, &handle_)) return CorruptIndex();
  if (options_->measured) [[unlikely]]
    PerfLap(Phase::kIndex);
  return true;
}

inline bool TableLookup::FindBlock() {
  if (!FindPart()) return false;
  if (!part_.view->Find(key_->internal_key(), &position_)) return CorruptIndex();
  return position_ != part_.view->size() && ReadHandle();
}

template <bool counted>
inline bool TableLookup::LoadBlock() {
  // The separators make this the only block that can hold the newest visible version: a block that ends inside a user
  // key has its last internal key, unshortened, as separator.
  Status status = counted ? table_->GetBlock(handle_, BlockType::kData, *options_, &block_)
                          : table_->FetchBlock(handle_, BlockType::kData, *options_, &block_);
  if (!status.ok()) return Fail(std::move(status));
  if (!block_) {
    outcome_ = GetOutcome::kNotCached;
    return false;
  }
  return data_.Init(block_.contents()) || Fail(table_->Corrupt("malformed data block", handle_.offset));
}

inline void TableLookup::Search(PinnedValue* value) {
  uint64_t trailer;
  Slice found;
  const DataBlock::Found outcome = data_.Get(key_->internal_key(), hash_, &trailer, &found);
  if (options_->measured) [[unlikely]]
    PerfLap(Phase::kDecode);
  switch (outcome) {
    case DataBlock::Found::kCorrupt: Fail(table_->Corrupt("malformed data block", handle_.offset)); return;
    case DataBlock::Found::kNo:
      if (table_->filter_block) table_->counters->bloom_false_positives.fetch_add(1, std::memory_order_relaxed);
      return;
    case DataBlock::Found::kYes: break;
  }
  sequence_ = trailer >> 8;
  switch (static_cast<uint8_t>(trailer)) {
    case static_cast<uint8_t>(Kind::kPut):
      value->value = found;
      value->block = std::move(block_);
      outcome_ = GetOutcome::kValue;
      return;
    case static_cast<uint8_t>(Kind::kDelete): outcome_ = GetOutcome::kDeleted; return;
    default: Fail(Status::Unsupported("unknown kind of record").WithFile(table_->name).WithOffset(handle_.offset));
  }
}

inline void TableLookup::PrefetchFilter() {
  filter_ = table_->ResidentFilter(key_->internal_key());
  if (filter_ != nullptr) filter_->Prefetch(hash_);
}

inline void TableLookup::PrefetchIndex() { part_.view->PrefetchFor(key_->internal_key(), &narrowed_); }

inline void TableLookup::PrefetchCache(int step) const {
  if (table_->cache != nullptr) table_->cache->Prefetch(table_->number, handle_.offset, step);
}

inline void TableLookup::PrefetchEntries(int step) const { data_.PrefetchFor(key_->internal_key(), hash_, step); }

}  // namespace burrow
