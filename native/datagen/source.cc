#include "datagen/source.h"

#include <algorithm>

namespace burrow::datagen {

Source::Source(const Options& options, const PageKernel* kernel)
    : size_(options.size),
      block_size_(options.block_size),
      block_pages_(options.block_size / kPageSize),
      blocks_(options),
      kernel_(kernel),
      pages_{ShapeFor(options.pattern, options.compress_ratio), 0} {
  SetSeed(options.seed);
}

size_t Source::Available(uint64_t offset, size_t n) const {
  return offset >= size_ ? 0 : static_cast<size_t>(std::min<uint64_t>(n, size_ - offset));
}

void Source::Fill(uint64_t offset, size_t n, char* out, bool stream) const {
  while (n > 0) {
    const uint64_t block = offset / block_size_;
    const uint64_t within = offset % block_size_;
    const uint64_t page = blocks_.Identity(block) * block_pages_ + within / kPageSize;
    const size_t from = within % kPageSize;
    const size_t in_block = static_cast<size_t>(std::min<uint64_t>(n, block_size_ - within));
    size_t made;
    if (from == 0 && in_block >= kPageSize) {
      made = in_block & ~(kPageSize - 1);
      kernel_->pages(pages_, page, made / kPageSize, out, stream);
    } else {
      made = std::min<size_t>(in_block, kPageSize - from);
      kernel_->part(pages_, page, from, from + made, out);
    }
    offset += made;
    out += made;
    n -= made;
  }
  if (stream) kernel_->stream_fence();
}

}  // namespace burrow::datagen
