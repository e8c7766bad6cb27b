#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "codec/codec.h"
#include "datagen/dedup_finder.h"
#include "util/slice.h"

namespace burrow::datagen {

// What a stream of bytes could save: copies of blocks, and compression. One thread at a time.
class Measurement {
 public:
  struct Options {
    size_t window = 64 << 10;  // bytes that are compressed by themselves
    std::vector<uint64_t> block_sizes;
    size_t limit = size_t{1} << 20;  // of different blocks that are counted exactly: see DistinctCounter
  };

  // Of one codec and level. A window whose size is not `Options::window`, the last one, counts for `smallest` and `largest`
  // only when it is the only one.
  struct Compressed {
    CodecId codec = CodecId::kNone;
    int level = 0;
    bool available = false;  // compiled into this build; otherwise the rest is 0
    uint64_t windows = 0;
    uint64_t bytes = 0;     // of the compressed windows
    uint64_t smallest = 0;  // a window, compressed
    uint64_t largest = 0;
  };

  struct Report {
    uint64_t bytes = 0;
    std::vector<DedupFinder::Found> dedup;  // in the order of the block sizes
    std::vector<Compressed> compressed;     // lz4, zstd 1, zstd 3
  };

  explicit Measurement(const Options& options);

  // kInternal when a codec fails, for want of memory.
  Status Add(Slice bytes);
  // Once, at the end.
  Status Finish(Report* report);

 private:
  Status EndWindow(Slice window);

  const size_t window_;
  uint64_t bytes_ = 0;
  DedupFinder dedup_;
  std::vector<Compressed> compressed_;
  std::string partial_;  // a window that began in an earlier Add
  std::string scratch_;
};

}  // namespace burrow::datagen
