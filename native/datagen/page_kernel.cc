#include "datagen/page_kernel.h"

#include "datagen/page_kernels.h"

namespace burrow::datagen {

const PageKernel* KernelFor(SimdLevel level) {
  switch (level) {
    case SimdLevel::kScalar: return &kScalarKernel;
    case SimdLevel::kNeon:
    case SimdLevel::kAvx2:
    case SimdLevel::kAvx512: break;
  }
  return nullptr;
}

const PageKernel* KernelNamed(Slice name) {
  for (uint8_t level = 0; level <= kLastSimdLevel; ++level) {
    const PageKernel* kernel = KernelFor(static_cast<SimdLevel>(level));
    if (kernel != nullptr && name == kernel->name) return kernel;
  }
  return nullptr;
}

const PageKernel* BestKernel() {
  static const PageKernel* const kBest = [] {
    const PageKernel* best = &kScalarKernel;
    for (uint8_t level = 0; level <= kLastSimdLevel; ++level) {
      if (const PageKernel* kernel = KernelFor(static_cast<SimdLevel>(level))) best = kernel;
    }
    return best;
  }();
  return kBest;
}

}  // namespace burrow::datagen
