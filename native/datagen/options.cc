#include "datagen/options.h"

#include <string>

namespace burrow::datagen {

namespace {

Status OutOfRange(const char* option, const char* range) {
  return Status::InvalidArgument(std::string(option) + " must be " + range);
}

}  // namespace

Status Validate(const Options& options) {
  if (options.size > kMaxSize) return OutOfRange("size", "an integer from 0 to 2^53 - 1");
  // Written so that NaN is refused, too.
  if (!(options.dedup_ratio >= 1 && options.dedup_ratio <= kMaxDedupRatio)) {
    return OutOfRange("dedupRatio", "a number from 1 to 1000000");
  }
  if (!(options.compress_ratio >= 1 && options.compress_ratio <= kMaxCompressRatio)) {
    return OutOfRange("compressRatio", "a number from 1 to 100");
  }
  if (static_cast<uint8_t>(options.pattern) > kLastPattern) return OutOfRange("pattern", "0, 1 or 2");
  if (options.block_size < kMinBlockSize || options.block_size > kMaxBlockSize || options.block_size % kPageSize != 0) {
    return OutOfRange("blockSize", "a multiple of 4096 from 4096 to 33554432");
  }
  return Status();
}

}  // namespace burrow::datagen
