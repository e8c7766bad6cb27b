#include <algorithm>

#include "table/data_block.h"
#include "table/table_file.h"

namespace burrow {

namespace {

constexpr TableReadOptions kPastCache{.fill_cache = false};

Status VisitBlock(const TableFile& table, BlockHandle handle, const std::function<void(Slice, Slice)>& visit) {
  BlockRef bytes;
  BURROW_RETURN_IF_ERROR(table.FetchBlock(handle, BlockType::kData, kPastCache, &bytes));
  DataBlock block;
  if (!block.Init(bytes.contents())) return table.Corrupt("malformed data block", handle.offset);
  DataBlockCursor cursor;
  cursor.Reset(block);
  for (cursor.SeekToFirst(); cursor.Valid(); cursor.Next()) visit(cursor.key(), cursor.value());
  return cursor.corrupt() ? table.Corrupt("malformed data block", handle.offset) : Status();
}

}  // namespace

Status SampleTableFile(const TableFile& table, uint64_t stride, const std::function<void(Slice, Slice)>& visit) {
  uint64_t next = 0, block = 0;
  for (uint32_t number = 0; number < table.IndexParts(); ++number) {
    TableFile::IndexPart part;
    BURROW_RETURN_IF_ERROR(table.LoadIndexPart(number, kPastCache, &part));
    // From the middle of the first stretch on, so that short tables are not known by their first keys alone.
    if (number == 0) next = std::min<uint64_t>(stride, part.view->size()) / 2;
    for (uint32_t i = 0; i < part.view->size(); ++i) {
      if (block++ != next) continue;
      next += stride;
      BlockHandle handle;
      if (!part.view->Handle(i, &handle)) return table.Corrupt("malformed index block", table.footer.index.offset);
      BURROW_RETURN_IF_ERROR(VisitBlock(table, handle, visit));
    }
  }
  return Status();
}

}  // namespace burrow
