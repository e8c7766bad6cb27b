#include "fuzz/table_mutator.h"

#include <algorithm>
#include <vector>

#include "fuzz/fuzzing.h"
#include "table/format.h"
#include "table/index_block.h"
#include "util/coding.h"
#include "util/crc32c.h"

namespace burrow::fuzz {
namespace {

constexpr size_t kMostBlocks = 4096;  // of one list: damaged ones name any number
constexpr size_t kHandlesAt = 16;     // in the footer, four of them
constexpr size_t kFooterCrcAt = 88;

// A table file in pieces that can be put together again after one of them changed its size.
class Parts {
 public:
  // False when there is no footer to go by.
  bool Split(Slice table) {
    if (table.size() < kTableFooterSize) return false;
    bytes_ = table;
    blocks_end_ = table.size() - kTableFooterSize;
    if (!DecodeFooter(table.substr(blocks_end_), table.size(), &footer_).ok()) return false;
    if (footer_.index.size != 0) AddList(footer_.index, footer_.flags & kPartitionedIndex, true);
    if (footer_.filter.size != 0) AddList(footer_.filter, footer_.flags & kPartitionedFilter, false);
    for (BlockHandle handle : {footer_.properties, footer_.range_tombstones}) {
      if (handle.size != 0) blocks_.push_back(handle);
    }
    return !blocks_.empty();
  }

  void MutateOne(Random* random, size_t max_size) {
    if (random->OneIn(16)) return MutateFooter();
    const BlockHandle handle = blocks_[random->Uniform(blocks_.size())];
    const bool compressed = bytes_[handle.offset + handle.size] != 0;
    // With its codec byte. A mutated table may name blocks that overlap: sizes are only put right within the file.
    const size_t room = max_size - std::min(max_size, bytes_.size()) + handle.size + 1;
    std::string payload = Mutate(Slice(bytes_).substr(handle.offset, handle.size + 1), room);
    if (!compressed && !payload.empty() && !random->OneIn(16)) payload.back() = '\0';
    if (payload.size() < 2) return;
    bytes_.replace(handle.offset, handle.size + 1, payload);
    Move(handle.offset, static_cast<int64_t>(payload.size()) - static_cast<int64_t>(handle.size + 1));
  }

  void RenewChecksums(Random* random) {
    for (BlockHandle handle : blocks_) {
      if (!Inside(handle) || random->OneIn(256)) continue;
      const Slice covered = Slice(bytes_).substr(handle.offset, handle.size + 1);
      EncodeFixed32(bytes_.data() + handle.offset + handle.size + 1, crc32c::Mask(crc32c::Value(covered)));
    }
    char* footer = bytes_.data() + blocks_end_;
    const uint32_t crc = crc32c::Value(Slice(footer, kFooterCrcAt));
    if (!random->OneIn(256)) EncodeFixed32(footer + kFooterCrcAt, crc32c::Mask(crc));
  }

  std::string Take() { return std::move(bytes_); }

 private:
  bool Inside(BlockHandle handle) const {
    return handle.offset <= blocks_end_ && handle.size <= blocks_end_ - handle.offset &&
           blocks_end_ - handle.offset - handle.size >= kBlockTrailerSize;
  }

  // Of data blocks, of partitions, or of lists of data blocks.
  void AddList(BlockHandle list, bool partitioned, bool index) {
    blocks_.push_back(list);
    if (!index && !partitioned) return;
    lists_.push_back(list);
    for (BlockHandle part : Named(list)) {
      blocks_.push_back(part);
      if (!index || !partitioned) continue;
      lists_.push_back(part);
      for (BlockHandle block : Named(part)) blocks_.push_back(block);
    }
  }

  std::vector<BlockHandle> Named(BlockHandle list) const {
    std::vector<BlockHandle> named;
    IndexBlock index;
    if (bytes_[list.offset + list.size] != 0 || !index.Init(Slice(bytes_).substr(list.offset, list.size))) return named;
    for (uint32_t i = 0; i < index.size() && i < kMostBlocks; i++) {
      BlockHandle handle;
      if (index.Handle(i, &handle) && Inside(handle)) named.push_back(handle);
    }
    return named;
  }

  void MutateFooter() {
    std::string footer = Mutate(Slice(bytes_).substr(blocks_end_, kFooterCrcAt), kFooterCrcAt);
    footer.resize(kFooterCrcAt);
    bytes_.replace(blocks_end_, kFooterCrcAt, footer);
  }

  // What stood behind `offset` stands `by` bytes further back now, and the block that begins there is longer by them.
  void Move(uint64_t offset, int64_t by) {
    if (by == 0) return;
    blocks_end_ += static_cast<uint64_t>(by);
    const auto moved = [&](uint64_t at) { return at > offset ? at + static_cast<uint64_t>(by) : at; };
    const auto put_right = [&](BlockHandle* handle) {
      if (handle->offset == offset) handle->size += static_cast<uint64_t>(by);
      handle->offset = moved(handle->offset);
    };
    for (BlockHandle& handle : blocks_) put_right(&handle);
    for (BlockHandle& list : lists_) {
      put_right(&list);
      if (list.offset == offset || !Inside(list) || list.size < sizeof(uint32_t)) continue;
      const uint64_t count = DecodeFixed32(bytes_.data() + list.offset + list.size - sizeof(uint32_t));
      if (count == 0 || count * 20 + 16 > list.size) continue;
      for (uint64_t i = count; i <= 2 * count; i++) {
        char* at = bytes_.data() + list.offset + i * sizeof(uint64_t);
        EncodeFixed64(at, moved(DecodeFixed64(at)));
      }
    }
    for (size_t i = 0; i < 4; i++) {
      char* at = bytes_.data() + blocks_end_ + kHandlesAt + i * sizeof(BlockHandle);
      BlockHandle handle{DecodeFixed64(at), DecodeFixed64(at + 8)};
      if (handle.size == 0) continue;
      put_right(&handle);
      EncodeFixed64(at, handle.offset);
      EncodeFixed64(at + 8, handle.size);
    }
    CountDataBytes(offset, by);
  }

  // Tells the properties where the data blocks end now, when the number has as many bytes as before: so a verification
  // goes on to what it checks last.
  void CountDataBytes(uint64_t offset, int64_t by) {
    constexpr Slice kName = "data_bytes";
    const size_t name = Slice(bytes_).rfind(kName);
    if (name == Slice::npos) return;
    char* at = bytes_.data() + name + kName.size() + 1;  // behind the length of the number
    uint64_t data_bytes;
    const char* end = DecodeVarint64(at, bytes_.data() + blocks_end_, &data_bytes);
    if (end == nullptr || offset >= data_bytes) return;
    std::string number;
    PutVarint64(&number, data_bytes + static_cast<uint64_t>(by));
    if (number.size() == static_cast<size_t>(end - at)) number.copy(at, number.size());
  }

  std::string bytes_;
  uint64_t blocks_end_ = 0;
  TableFooter footer_;
  std::vector<BlockHandle> blocks_;
  std::vector<BlockHandle> lists_;  // those among them that name blocks by their offsets
};

}  // namespace

std::string MutateTable(Slice table, size_t max_size, unsigned seed) {
  Random random(seed);
  Parts parts;
  if (random.OneIn(64) || !parts.Split(table)) return Mutate(table, max_size);
  parts.MutateOne(&random, max_size);
  parts.RenewChecksums(&random);
  return parts.Take();
}

}  // namespace burrow::fuzz
