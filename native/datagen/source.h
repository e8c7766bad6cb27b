#pragma once

#include <cstddef>
#include <cstdint>

#include "datagen/block_map.h"
#include "datagen/options.h"
#include "datagen/page_kernel.h"

namespace burrow::datagen {

// The data itself: any bytes of it, at any time, from any thread. A value: cheap to copy.
class Source {
 public:
  // REQUIRES: Validate(options) is ok; `kernel` is KernelFor's or BestKernel's.
  Source(const Options& options, const PageKernel* kernel);

  uint64_t size() const { return size_; }
  const BlockMap& blocks() const { return blocks_; }
  const PageKernel& kernel() const { return *kernel_; }
  void SetSeed(uint64_t seed) { pages_.base = Mix64(seed + kGamma); }

  // Writes bytes [offset, offset + n) to `out`. `stream`: past the caches, and visible to other threads when the call is
  // over. REQUIRES: offset + n <= size().
  void Fill(uint64_t offset, size_t n, char* out, bool stream) const;
  // How many of n bytes from `offset` on there are.
  size_t Available(uint64_t offset, size_t n) const;

 private:
  uint64_t size_;
  uint64_t block_size_;
  uint64_t block_pages_;
  BlockMap blocks_;
  const PageKernel* kernel_;
  PageSource pages_;
};

}  // namespace burrow::datagen
