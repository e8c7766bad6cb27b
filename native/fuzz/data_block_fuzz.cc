// The content of a data block. Whatever it is, no move reads outside of it or goes on for ever; when it is in order,
// both directions, every seek and every get agree.
#include <algorithm>
#include <vector>

#include "fuzz/fuzzing.h"
#include "table/data_block.h"
#include "util/hash.h"

using namespace burrow;

namespace {

using Records = std::vector<std::pair<std::string, std::string>>;

Records Walk(DataBlockCursor& cursor, bool forward, size_t limit) {
  Records records;
  for (forward ? cursor.SeekToFirst() : cursor.SeekToLast(); cursor.Valid(); forward ? cursor.Next() : cursor.Prev()) {
    records.emplace_back(cursor.key(), cursor.value());
    CHECK_GE(cursor.key().size(), kTrailerSize);
    CHECK_LE(records.size(), limit);
  }
  return records;
}

// What a verification of its table holds a block to.
bool InOrder(const DataBlock& block, const Records& records) {
  for (size_t i = 1; i < records.size(); i++) {
    if (CompareInternalKeys(records[i - 1].first, records[i].first) >= 0) return false;
  }
  DataBlockCursor cursor;
  cursor.Reset(block);
  uint32_t restart = 0;
  for (cursor.SeekToFirst(); cursor.Valid(); cursor.Next()) {
    restart = cursor.CountRestart();
    const uint64_t hash = Hash64(UserKey(cursor.key()));
    uint64_t trailer;
    Slice value;
    if (!block.HashFinds(hash, restart) || block.Get(cursor.key(), hash, &trailer, &value) != DataBlock::Found::kYes ||
        trailer != Trailer(cursor.key())) {
      return false;
    }
  }
  return !cursor.corrupt() && restart + 1 == block.restart_count() && !records.empty();
}

std::string Rebuild(const Records& records, int restart_interval) {
  DataBlockBuilder builder(restart_interval);
  Slice last;
  for (const auto& [key, value] : records) {
    const Slice user_key = UserKey(key);
    builder.Add(user_key, Trailer(key), value, CommonPrefix(last, user_key), Hash64(user_key));
    last = user_key;
  }
  return std::string(builder.Finish());
}

void CheckOrdered(const DataBlock& block, const Records& records) {
  DataBlockCursor cursor;
  cursor.Reset(block);
  const size_t step = 1 + records.size() / 64;
  for (size_t i = 0; i < records.size(); i += step) {
    const auto& [key, value] = records[i];
    uint64_t trailer;
    Slice found;
    CHECK(block.Get(key, Hash64(UserKey(key)), &trailer, &found) == DataBlock::Found::kYes);
    CHECK_EQ(trailer, Trailer(key));
    CHECK_EQ(found, value);
    cursor.Seek(key);
    CHECK(cursor.Valid());
    CHECK_EQ(cursor.key(), key);
    CHECK_EQ(cursor.value(), value);
    cursor.SeekBefore(key);
    CHECK_EQ(cursor.Valid(), i > 0);
    if (i > 0) CHECK_EQ(cursor.key(), records[i - 1].first);
  }
}

// Keys at the rim of what is there, for a block that may be in any disorder.
void Prod(const DataBlock& block, const Records& records, size_t limit) {
  DataBlockCursor cursor;
  cursor.Reset(block);
  for (size_t i = 0; i < std::min<size_t>(records.size(), 8); i++) {
    for (uint64_t trailer : {Trailer(records[i].first) + 1, uint64_t{0}, UINT64_MAX}) {
      std::string target;
      AppendInternalKey(&target, UserKey(records[i].first), trailer);
      uint64_t found_trailer;
      Slice value;
      (void)block.Get(target, Hash64(UserKey(target)), &found_trailer, &value);
      cursor.Seek(target);
      for (size_t moves = 0; cursor.Valid(); cursor.Prev()) CHECK_LE(++moves, limit);
      cursor.SeekBefore(target);
      for (size_t moves = 0; cursor.Valid(); cursor.Next()) CHECK_LE(++moves, limit);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const Slice contents = fuzz::AsSlice(data, size);
  const BlockRef memory = fuzz::AsBlock(contents);
  DataBlock block;
  if (!block.Init(memory.contents())) return 0;
  DataBlockCursor cursor;
  cursor.Reset(block);
  const size_t limit = size;  // an entry takes more than a byte
  const Records forward = Walk(cursor, true, limit);
  const bool whole = !cursor.corrupt();
  Records backward = Walk(cursor, false, limit);
  Prod(block, forward, limit);
  if (!whole || !InOrder(block, forward)) return 0;

  std::reverse(backward.begin(), backward.end());
  CHECK(forward == backward);
  CheckOrdered(block, forward);
  for (int interval : {1, 3, 16}) {
    const std::string again = Rebuild(forward, interval);
    const BlockRef copy = fuzz::AsBlock(again);
    DataBlock rebuilt;
    CHECK(rebuilt.Init(copy.contents()));
    DataBlockCursor other;
    other.Reset(rebuilt);
    CHECK(Walk(other, true, limit) == forward);
    CheckOrdered(rebuilt, forward);
  }
  return 0;
}
