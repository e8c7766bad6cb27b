#pragma once

#include <cstddef>
#include <cstdint>

#include "datagen/page_shape.h"
#include "util/slice.h"

namespace burrow::datagen {

inline constexpr uint64_t kGamma = 0x9e3779b97f4a7c15;

// SplitMix64's finalizer.
constexpr uint64_t Mix64(uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

// What all pages of one source have in common.
struct PageSource {
  PageShape shape;
  uint64_t base = 0;  // Mix64(seed + kGamma)
};

// The inner loops, for one kind of processor. All kinds make the same bytes.
struct PageKernel {
  const char* name;
  // `count` whole pages, numbered from `first` on. `stream`: past the caches, for memory that is not read again soon;
  // StreamFence() then comes before another thread reads them.
  void (*pages)(const PageSource& source, uint64_t first, size_t count, char* out, bool stream);
  // Bytes [from, until) of a page. REQUIRES: from < until <= kPageSize.
  void (*part)(const PageSource& source, uint64_t page, size_t from, size_t until, char* out);
  void (*stream_fence)();
};

// From slow to fast. The values are not stored anywhere.
enum class SimdLevel : uint8_t { kScalar = 0, kNeon = 1, kAvx2 = 2, kAvx512 = 3 };
inline constexpr uint8_t kLastSimdLevel = 3;

// Null where this build or this processor lacks it; never null for kScalar.
const PageKernel* KernelFor(SimdLevel level);
// The same by its name; null for other names, too.
const PageKernel* KernelNamed(Slice name);
// The fastest there is.
const PageKernel* BestKernel();

}  // namespace burrow::datagen
