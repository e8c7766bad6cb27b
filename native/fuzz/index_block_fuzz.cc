// The content of an index block: whatever it is, every answer lies inside of it; one that encodes to itself finds each
// of its separators.
#include <vector>

#include "fuzz/fuzzing.h"
#include "table/index_block.h"

using namespace burrow;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const BlockRef memory = fuzz::AsBlock(fuzz::AsSlice(data, size));
  IndexBlock block;
  if (!block.Init(memory.contents())) return 0;
  CHECK_LE(uint64_t{block.size()} * 20, size);
  IndexBlockBuilder builder;
  std::vector<std::string> separators;
  bool whole = true;
  for (uint32_t i = 0; i < block.size(); i++) {
    BlockHandle handle;
    std::string separator;
    const bool has_separator = block.Separator(i, &separator);
    if (!has_separator || !block.Handle(i, &handle)) {
      whole = false;
      continue;
    }
    uint32_t found;
    for (uint64_t trailer : {Trailer(separator), Trailer(separator) + 1, uint64_t{0}, UINT64_MAX}) {
      std::string target;
      AppendInternalKey(&target, UserKey(separator), trailer);
      if (block.Find(target, &found)) CHECK_LE(found, block.size());
    }
    if (!separators.empty() && CompareInternalKeys(separators.back(), separator) >= 0) whole = false;
    builder.Add(separator, handle.offset, handle.offset + handle.size + kBlockTrailerSize);
    separators.push_back(std::move(separator));
  }
  if (!whole || builder.Finish() != memory.contents()) return 0;
  for (uint32_t i = 0; i < block.size(); i++) {
    uint32_t found;
    CHECK(block.Find(separators[i], &found));
    CHECK_EQ(found, i);
  }
  return 0;
}
