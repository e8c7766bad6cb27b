#include "fuzz/log_mutator.h"

#include <algorithm>

#include "fuzz/fuzzing.h"
#include "util/coding.h"
#include "util/crc32c.h"
#include "wal/log_format.h"

namespace burrow::fuzz {
namespace {

using namespace log;

// Makes valid fragments of what stands where fragments begin, one behind the other.
void RenewChecksums(std::string* bytes, Random* random) {
  for (size_t at = 0; at + kHeaderSize <= bytes->size();) {
    const size_t left = std::min<size_t>(kBlockSize - at % kBlockSize, bytes->size() - at);
    char* fragment = bytes->data() + at;
    if (left < kHeaderSize) {
      at += left;
      continue;
    }
    size_t length = DecodeFixed16(fragment + 4);
    if (length > left - kHeaderSize) EncodeFixed16(fragment + 4, static_cast<uint16_t>(length = left - kHeaderSize));
    if (!random->OneIn(16)) EncodeFixed32(fragment + 7, kFuzzedLog);
    if (DecodeFixed64(fragment + 11) > at) EncodeFixed64(fragment + 11, random->OneIn(4) ? at : 0);
    const Slice covered(fragment + 4, kHeaderSize - 4 + length);
    if (!random->OneIn(16)) EncodeFixed32(fragment, crc32c::Mask(crc32c::Value(covered)));
    at += kHeaderSize + length;
  }
}

}  // namespace

std::string MutateLog(Slice log, size_t max_size, unsigned seed) {
  Random random(seed);
  std::string bytes = Mutate(log, max_size);
  if (!random.OneIn(8)) RenewChecksums(&bytes, &random);
  return bytes;
}

}  // namespace burrow::fuzz
