#include "table/table_salvage.h"

#include <algorithm>
#include <utility>

#include "table/block_scanner.h"
#include "table/data_block.h"
#include "table/properties.h"
#include "table/table_file.h"

namespace burrow {
namespace {

// Whether `contents` are a data block in all of its parts; the keys at its ends.
bool CheckDataBlock(Slice contents, DataBlock* data, std::string* first, std::string* last) {
  if (!data->Init(contents)) return false;
  DataBlockCursor cursor;
  cursor.Reset(*data);
  uint32_t restart = 0;
  first->clear();
  last->clear();
  for (cursor.SeekToFirst(); cursor.Valid(); cursor.Next()) {
    const Slice key = cursor.key();
    const size_t size = UserKey(key).size();
    if (size == 0 || size > kMaxUserKeySize || cursor.value().size() > kMaxValueSize ||
        RawKindOf(key) > static_cast<uint8_t>(Kind::kPut) || (!last->empty() && CompareInternalKeys(*last, key) >= 0)) {
      return false;
    }
    if (first->empty()) *first = key;
    *last = key;
    restart = cursor.CountRestart();
  }
  return !cursor.corrupt() && !first->empty() && restart + 1 == data->restart_count();
}

class Salvager {
 public:
  Salvager(const RandomAccessFile& file, SalvageSink* sink, TableSalvage* result)
      : file_(file), sink_(sink), result_(result), size_(file.Size()) {}

  Status Run() {
    BURROW_RETURN_IF_ERROR(ReadEnds());
    if (has_footer_ && footer_.index.size != 0) BURROW_RETURN_IF_ERROR(WalkIndex());
    if (has_footer_ && footer_.index.size == 0) data_end_ = 0;  // only range tombstones
    const bool known = data_end_.has_value();
    const uint64_t end = known ? *data_end_ : has_footer_ ? size_ - kTableFooterSize : size_;
    if (position_ < end) BURROW_RETURN_IF_ERROR(Scan(end));
    if (result_->properties.has_value() && !known) TrimLost(result_->properties->data_bytes);
    return SaveTombstones();
  }

 private:
  // Footer and properties, where they can be read.
  Status ReadEnds() {
    if (size_ < kTableFooterSize) return Status();
    std::unique_ptr<char[]> scratch;
    Slice bytes;
    BURROW_RETURN_IF_ERROR(ReadExactly(file_, size_ - kTableFooterSize, kTableFooterSize, &bytes, &scratch));
    Status status = DecodeFooter(bytes, size_, &footer_);
    if (status.Is(Code::kUnsupported)) return status;
    has_footer_ = status.ok();
    BlockRef block;
    bool whole;
    if (!has_footer_ || footer_.properties.size == 0) return Status();
    BURROW_RETURN_IF_ERROR(ReadBlock(footer_.properties, BlockType::kIndex, &block, &whole));
    TableProperties properties;
    if (!whole) return Status();
    status = DecodeProperties(block.contents(), &properties);
    if (status.Is(Code::kUnsupported)) return status;
    if (!status.ok() || properties.data_bytes > size_ - kTableFooterSize) return Status();
    data_end_ = properties.data_bytes;
    SetProperties(std::move(properties));
    return Status();
  }

  void SetProperties(TableProperties properties) {
    properties.file_size = size_;
    result_->properties = std::move(properties);
  }

  // *whole is false, and problem_ says why, for a block that is damaged, or on a medium that cannot be read there.
  Status ReadBlock(BlockHandle handle, BlockType type, BlockRef* block, bool* whole) {
    *whole = false;
    problem_ = "block outside of the file";
    if (handle.offset > size_ || handle.size > size_ - handle.offset ||
        size_ - handle.offset - handle.size < kBlockTrailerSize) {
      return Status();
    }
    std::unique_ptr<char[]> scratch;
    Slice stored;
    Status status = ReadExactly(file_, handle.offset, handle.size + kBlockTrailerSize, &stored, &scratch);
    if (status.ok()) status = DecodeBlock(stored, type, block);
    if (status.Is(Code::kAborted) || status.Is(Code::kUnsupported)) return status;
    *whole = status.ok();
    problem_ = status.message();
    return Status();
  }

  Status WalkIndex() {
    BlockRef block;
    bool whole;
    IndexBlock index;
    BURROW_RETURN_IF_ERROR(ReadBlock(footer_.index, BlockType::kIndex, &block, &whole));
    if (!whole || !index.Init(block.contents())) return Status();
    if ((footer_.flags & kPartitionedIndex) == 0) return WalkPart(index, true);
    for (uint32_t i = 0; i < index.size(); i++) {
      BlockHandle handle;
      BlockRef part_block;
      IndexBlock part;
      if (!index.Handle(i, &handle)) continue;
      BURROW_RETURN_IF_ERROR(ReadBlock(handle, BlockType::kIndex, &part_block, &whole));
      if (whole && part.Init(part_block.contents())) BURROW_RETURN_IF_ERROR(WalkPart(part, i + 1 == index.size()));
    }
    return Status();
  }

  // What a damaged part before it described is scanned.
  Status WalkPart(const IndexBlock& index, bool last) {
    for (uint32_t i = 0; i < index.size(); i++) {
      BlockHandle handle;
      if (!index.Handle(i, &handle) || handle.offset < position_ || handle.offset >= size_) return Status();
      if (handle.offset > position_) BURROW_RETURN_IF_ERROR(Scan(handle.offset));
      BlockRef block;
      bool whole;
      BURROW_RETURN_IF_ERROR(ReadBlock(handle, BlockType::kData, &block, &whole));
      const uint64_t end = std::min(size_, handle.offset + handle.size + kBlockTrailerSize);
      bool data = false;
      if (whole) BURROW_RETURN_IF_ERROR(SaveData(block.contents(), handle.offset, end, &data));
      if (whole && !data) problem_ = "malformed data block";
      if (!data) Lose(handle.offset, end, problem_);
      position_ = end;
    }
    if (last && !data_end_.has_value()) data_end_ = position_;
    return Status();
  }

  // From position_ to `end`, without an index.
  Status Scan(uint64_t end) {
    BlockScanner scanner(file_, position_, end);
    const auto believes = [this](BlockHandle handle) {
      BlockRef block;
      bool whole;
      DataBlock data;
      std::string first, last;
      TableProperties properties;
      return ReadBlock(handle, BlockType::kIndex, &block, &whole).ok() && whole &&
             (CheckDataBlock(block.contents(), &data, &first, &last) ||
              DecodeProperties(block.contents(), &properties).ok());
    };
    for (;;) {
      BlockHandle handle;
      bool found;
      BURROW_RETURN_IF_ERROR(scanner.Next(believes, &handle, &found));
      const uint64_t begin = found ? handle.offset : end;
      if (begin > position_) Lose(position_, begin, "no whole block can be found");
      position_ = begin;
      if (!found) return Status();
      BURROW_RETURN_IF_ERROR(TakeScanned(handle));
      position_ = handle.offset + handle.size + kBlockTrailerSize;
    }
  }

  // A block whose checksum holds.
  Status TakeScanned(BlockHandle handle) {
    const uint64_t end = handle.offset + handle.size + kBlockTrailerSize;
    BlockRef block;
    bool whole, data = false;
    BURROW_RETURN_IF_ERROR(ReadBlock(handle, BlockType::kIndex, &block, &whole));
    if (whole) BURROW_RETURN_IF_ERROR(SaveData(block.contents(), handle.offset, end, &data));
    if (data) return Status();
    if (whole && !data_end_.has_value()) {
      TableProperties properties;
      Status status = DecodeProperties(block.contents(), &properties);
      if (status.ok() && properties.data_bytes <= handle.offset) {
        SetProperties(std::move(properties));
        if (before_.offset + before_.size + kBlockTrailerSize == handle.offset) tombstones_ = before_;
        return Status();
      }
      before_ = handle;
    }
    // Behind the data it may be anything; TrimLost takes it out once it is known where the data ends.
    Lose(handle.offset, end, whole ? "block that is no data" : problem_);
    return Status();
  }

  // *data is false when this is no data block. One that cannot come here is lost.
  Status SaveData(Slice contents, uint64_t begin, uint64_t end, bool* data) {
    DataBlock block;
    std::string first, last;
    *data = CheckDataBlock(contents, &block, &first, &last);
    if (!*data) return Status();
    if (!last_key_.empty() && CompareInternalKeys(last_key_, first) >= 0) {
      Lose(begin, end, "keys are not behind those of the blocks before");
      return Status();
    }
    if (losing_) result_->lost.back().before = std::string(UserKey(first));
    losing_ = false;
    DataBlockCursor cursor;
    cursor.Reset(block);
    for (cursor.SeekToFirst(); cursor.Valid(); cursor.Next()) {
      BURROW_RETURN_IF_ERROR(sink_->Add(cursor.key(), cursor.value()));
      result_->records++;
    }
    last_key_ = std::move(last);
    return Status();
  }

  void Lose(uint64_t begin, uint64_t end, std::string problem) {
    if (losing_) {
      result_->lost.back().size = end - result_->lost.back().offset;
      return;
    }
    LostRange lost;
    lost.offset = begin;
    lost.size = end - begin;
    lost.problem = std::move(problem);
    if (!last_key_.empty()) lost.after = std::string(UserKey(last_key_));
    result_->lost.push_back(std::move(lost));
    losing_ = true;
  }

  // Nothing at or behind `data_end` held records.
  void TrimLost(uint64_t data_end) {
    std::vector<LostRange>& lost = result_->lost;
    while (!lost.empty() && lost.back().offset >= data_end) lost.pop_back();
    if (!lost.empty()) lost.back().size = std::min(lost.back().size, data_end - lost.back().offset);
    data_end_ = data_end;
  }

  Status SaveTombstones() {
    losing_ = false;
    const bool expected = result_->properties.has_value() && result_->properties->range_tombstones != 0;
    if (has_footer_) tombstones_ = footer_.range_tombstones;
    if (tombstones_.size != 0 && (has_footer_ || expected)) {
      BlockRef block;
      bool whole;
      std::vector<RangeTombstone> list;
      BURROW_RETURN_IF_ERROR(ReadBlock(tombstones_, BlockType::kRangeTombstones, &block, &whole));
      if (whole && ParseRangeTombstones(block.contents(), &list) &&
          (!expected || list.size() == result_->properties->range_tombstones)) {
        for (const RangeTombstone& tombstone : list) BURROW_RETURN_IF_ERROR(sink_->AddRangeTombstone(tombstone));
        result_->range_tombstones = list.size();
        return Status();
      }
    }
    if (has_footer_ ? footer_.range_tombstones.size != 0 : expected) {
      const uint64_t begin = tombstones_.size != 0 ? tombstones_.offset : data_end_.value_or(size_);
      LoseTombstones(begin, has_footer_ ? begin + tombstones_.size + kBlockTrailerSize : size_,
                     "range tombstones are lost: what they deleted comes back");
    } else if (!has_footer_ && !result_->properties.has_value()) {
      std::string problem = "the table's end is lost: nothing tells how many records and range tombstones it had";
      std::vector<LostRange>& lost = result_->lost;
      if (!lost.empty() && lost.back().offset + lost.back().size == size_) {
        lost.back().problem = std::move(problem);
      } else {
        LoseTombstones(size_, size_, std::move(problem));
      }
    }
    return Status();
  }

  // Range tombstones concern the whole table: no keys around them. Of a stretch that was already lost (they look like no
  // data) it is told that it held them.
  void LoseTombstones(uint64_t begin, uint64_t end, std::string problem) {
    begin = std::min(begin, size_);
    end = std::clamp(end, begin, size_);
    std::vector<LostRange>& lost = result_->lost;
    const auto next = std::find_if(lost.begin(), lost.end(),
                                   [begin](const LostRange& range) { return range.offset + range.size > begin; });
    if (next != lost.end() && next->offset < end) {
      next->problem += "; " + problem;
      return;
    }
    LostRange range;
    range.offset = begin;
    range.size = end - begin;
    range.problem = std::move(problem);
    lost.insert(next, std::move(range));
  }

  const RandomAccessFile& file_;
  SalvageSink* const sink_;
  TableSalvage* const result_;
  const uint64_t size_;
  bool has_footer_ = false;
  TableFooter footer_;
  std::optional<uint64_t> data_end_;  // where data blocks end, when that is known
  uint64_t position_ = 0;             // up to here the data is read or lost
  std::string last_key_;              // internal key of the last record saved; empty before it
  bool losing_ = false;               // nothing was saved since the last of `lost`, which goes on then
  BlockHandle before_;                // the last block, if it was no data
  BlockHandle tombstones_;            // the block that can only be the range tombstones
  std::string problem_;               // of the last block that was read
};

}  // namespace

Status SalvageTable(const RandomAccessFile& file, SalvageSink* sink, TableSalvage* result) {
  return Salvager(file, sink, result).Run();
}

}  // namespace burrow
