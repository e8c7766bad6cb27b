#include <algorithm>

#include "table/data_block.h"
#include "table/table_file.h"
#include "util/hash.h"

namespace burrow {
namespace {

// Reads a table from front to back, past the cache, and holds everything that it says against everything else.
class Verifier {
 public:
  explicit Verifier(const TableFile& table) : table_(table) { seen_.smallest_sequence = kMaxSequence; }

  Status Run() {
    for (uint32_t part = 0; part < table_.IndexParts(); part++) BURROW_RETURN_IF_ERROR(CheckPart(part));
    if (offset_ != table_.properties.data_bytes) return Wrong("data blocks do not fill their part of the file");
    return CheckTotals();
  }

 private:
  Status Wrong(const char* what) const { return table_.Corrupt(what, offset_); }

  Status CheckPart(uint32_t part) {
    BlockRef block;
    IndexBlock index = table_.index;
    if (table_.partitioned_index()) {
      BlockHandle handle;
      if (!table_.index.Handle(part, &handle)) return Wrong("malformed index block");
      BURROW_RETURN_IF_ERROR(table_.ReadBlock(handle, BlockType::kIndex, &block));
      if (!index.Init(block.contents())) return table_.Corrupt("malformed index block", handle.offset);
    }
    for (uint32_t i = 0; i < index.size(); i++) {
      BlockHandle handle;
      std::string separator;
      uint32_t found;
      if (!index.Handle(i, &handle) || !index.Separator(i, &separator) || !index.Find(separator, &found)) {
        return Wrong("malformed index block");
      }
      if (handle.offset != offset_) return Wrong("data blocks are not contiguous");
      if (found != i) return Wrong("index separators are out of order");
      BURROW_RETURN_IF_ERROR(CheckDataBlock(handle));
      if (CompareInternalKeys(last_key_, separator) > 0) return Wrong("key behind its index separator");
      separator_is_key_ = separator == last_key_;
      last_separator_ = std::move(separator);
      offset_ += handle.size + kBlockTrailerSize;
    }
    std::string top;
    if (table_.partitioned_index() && (!table_.index.Separator(part, &top) || top != last_separator_)) {
      return Wrong("index partition does not end where the index says");
    }
    return Status();
  }

  Status CheckDataBlock(BlockHandle handle) {
    BlockRef block;
    BURROW_RETURN_IF_ERROR(table_.ReadBlock(handle, BlockType::kData, &block));
    DataBlock data;
    if (!data.Init(block.contents())) return Wrong("malformed data block");
    DataBlockCursor cursor;
    cursor.Reset(data);
    uint32_t restart = 0;
    for (cursor.SeekToFirst(); cursor.Valid(); cursor.Next()) {
      restart = cursor.CountRestart();
      BURROW_RETURN_IF_ERROR(CheckRecord(data, cursor, restart));
    }
    if (cursor.corrupt() || restart + 1 != data.restart_count()) return Wrong("malformed data block");
    return Status();
  }

  Status CheckRecord(const DataBlock& data, const DataBlockCursor& cursor, uint32_t restart) {
    const Slice key = cursor.key(), user_key = UserKey(key);
    if (RawKindOf(key) > static_cast<uint8_t>(Kind::kPut)) {
      return Status::Unsupported("unknown kind of record").WithFile(table_.name).WithOffset(offset_);
    }
    if (user_key.empty()) return Wrong("empty key");
    if (!last_key_.empty() && CompareInternalKeys(last_key_, key) >= 0) return Wrong("keys are out of order");
    if (!last_separator_.empty() && CompareInternalKeys(last_separator_, key) >= 0) {
      return Wrong("key before the index separator of its block");
    }
    // Else a read of a version would end at the block before, unless the key's newer versions end that block.
    if (!last_separator_.empty() && !separator_is_key_ && UserKey(last_separator_) == user_key) {
      return Wrong("index separator lies between the versions of a key");
    }
    const uint64_t hash = Hash64(user_key);
    uint64_t trailer;
    Slice value;
    if (!data.HashFinds(hash, restart) || data.Get(key, hash, &trailer, &value) != DataBlock::Found::kYes ||
        trailer != Trailer(key)) {
      return Wrong("data block does not find its own key");
    }
    const bool new_key = last_key_.empty() || UserKey(last_key_) != user_key;
    if (new_key) BURROW_RETURN_IF_ERROR(CheckFilter(key, hash));
    if (seen_.entries++ == 0) seen_.smallest = user_key;
    CountSequence(SequenceOf(key));
    seen_.tombstones += KindOf(key) == Kind::kDelete;
    seen_.raw_key_bytes += user_key.size();
    seen_.raw_value_bytes += cursor.value().size();
    last_key_ = key;
    return Status();
  }

  Status CheckFilter(Slice key, uint64_t hash) {
    if (!table_.filter_block) return Status();
    const Filter* filter = &table_.filter;
    if (table_.partitioned_filter()) {
      uint32_t part;
      BlockHandle handle;
      if (!table_.filter_index.Find(key, &part) || part == table_.filter_index.size() ||
          !table_.filter_index.Handle(part, &handle)) {
        return Wrong("filter index does not cover a key");
      }
      if (part != filter_part_) {
        BURROW_RETURN_IF_ERROR(table_.ReadBlock(handle, BlockType::kFilter, &filter_block_));
        if (!filter_.Init(FilterContents(filter_block_))) {
          return table_.Corrupt("malformed filter partition", handle.offset);
        }
        std::string separator;
        if (!table_.filter_index.Separator(part, &separator) || Trailer(separator) != 0) {
          return Wrong("filter separator lies between the versions of a key");
        }
        filter_part_ = part;
      }
      filter = &filter_;
    }
    return filter->MayContain(hash) ? Status() : Wrong("filter denies a key that is in the table");
  }

  void CountSequence(SequenceNumber sequence) {
    seen_.smallest_sequence = std::min(seen_.smallest_sequence, sequence);
    seen_.largest_sequence = std::max(seen_.largest_sequence, sequence);
  }

  Status CheckTotals() {
    if (!last_key_.empty()) seen_.largest = UserKey(last_key_);
    if (table_.tombstones != nullptr) {
      const auto& fragments = table_.tombstones->fragments();
      if (seen_.entries == 0 || fragments.front().begin < seen_.smallest) seen_.smallest = fragments.front().begin;
      if (seen_.entries == 0 || fragments.back().end > seen_.largest) {
        seen_.largest = fragments.back().end;
        seen_.largest_exclusive = true;
      }
      for (const auto& fragment : fragments) {
        CountSequence(table_.tombstones->sequences(fragment)[0]);
        CountSequence(table_.tombstones->sequences(fragment)[fragment.sequence_count - 1]);
      }
    }
    const TableProperties& said = table_.properties;
    if (seen_.entries != said.entries || seen_.tombstones != said.tombstones ||
        seen_.raw_key_bytes != said.raw_key_bytes || seen_.raw_value_bytes != said.raw_value_bytes ||
        seen_.smallest != said.smallest || seen_.largest != said.largest ||
        seen_.largest_exclusive != said.largest_exclusive || seen_.smallest_sequence != said.smallest_sequence ||
        seen_.largest_sequence != said.largest_sequence) {
      return table_.Corrupt("records do not fit the table's properties", table_.footer.properties.offset);
    }
    return Status();
  }

  const TableFile& table_;
  uint64_t offset_ = 0;  // of the data block being looked at
  std::string last_key_;
  std::string last_separator_;
  bool separator_is_key_ = false;  // the last key of the block before the one being looked at
  TableProperties seen_;
  uint32_t filter_part_ = UINT32_MAX;
  BlockRef filter_block_;
  Filter filter_;
};

}  // namespace

Status VerifyTableFile(const TableFile& table) { return Verifier(table).Run(); }

}  // namespace burrow
