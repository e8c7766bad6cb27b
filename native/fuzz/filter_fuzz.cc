// A filter: any bytes can be asked about any key; one that was built never denies a key that it was built from.
#include "fuzz/fuzzing.h"
#include "table/filter.h"
#include "table/format.h"
#include "util/coding.h"
#include "util/crc32c.h"
#include "util/hash.h"

using namespace burrow;

namespace {

void AskAny(Slice contents) {
  std::string stored(contents);
  stored.push_back('\0');
  PutFixed32(&stored, crc32c::Mask(crc32c::Value(stored)));
  BlockRef block;
  if (!DecodeBlock(stored, BlockType::kFilter, &block).ok()) return;
  CHECK_EQ(FilterContents(block), contents);
  Filter filter;
  if (!filter.Init(FilterContents(block))) return;
  for (uint64_t i = 0; i < 64; i++) (void)filter.MayContain(Hash64(contents, i));
  for (uint64_t hash : {uint64_t{0}, UINT64_MAX, uint64_t{UINT32_MAX}, ~uint64_t{UINT32_MAX}}) {
    (void)filter.MayContain(hash);
  }
}

void BuildAndAsk(Slice bytes) {
  if (bytes.size() < 2) return;
  const double bits_per_key = static_cast<uint8_t>(bytes[0]) / 4.0 + 0.25;
  std::vector<uint64_t> hashes;
  for (size_t at = 1; at < bytes.size(); at += 3) hashes.push_back(Hash64(bytes.substr(at, 3)));
  const std::string built = BuildFilter(hashes.data(), hashes.size(), bits_per_key);
  CHECK_EQ(built.size(), FilterSize(hashes.size(), bits_per_key));
  Filter filter;
  CHECK(filter.Init(built));
  for (uint64_t hash : hashes) CHECK(filter.MayContain(hash));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  AskAny(fuzz::AsSlice(data, size));
  BuildAndAsk(fuzz::AsSlice(data, size));
  return 0;
}
