// Stored blocks. The input is a payload with its codec byte at the end; the checksum is added here. Any of them decodes
// into exactly what it says or is refused, and any content comes back from every codec.
#include "codec/codec.h"
#include "fuzz/fuzzing.h"
#include "table/format.h"
#include "util/coding.h"
#include "util/crc32c.h"

using namespace burrow;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const Slice input = fuzz::AsSlice(data, size);
  std::string stored(input);
  PutFixed32(&stored, crc32c::Mask(crc32c::Value(stored)));
  BlockRef block;
  (void)DecodeBlock(stored, BlockType::kData, &block);
  if (input.empty()) return 0;

  for (CodecId codec : {CodecId::kNone, CodecId::kLz4, CodecId::kZstd}) {
    std::string written;
    CHECK_EQ(AppendBlock(codec, 0, input, &written), written.size() - kBlockTrailerSize);
    BlockRef read;
    CHECK_OK(DecodeBlock(written, BlockType::kData, &read));
    CHECK_EQ(read.contents(), input);
  }
  return 0;
}
