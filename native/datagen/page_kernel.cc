#include "datagen/page_kernel.h"

#include "datagen/page_kernels.h"

namespace burrow::datagen {

const PageKernel* KernelFor(SimdLevel level) {
  if (level == SimdLevel::kScalar) return &kScalarKernel;
#if defined(__x86_64__) && defined(__GNUC__)
  __builtin_cpu_init();
  if (level == SimdLevel::kAvx2 && __builtin_cpu_supports("avx2")) return &kAvx2Kernel;
  if (level == SimdLevel::kAvx512 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512dq")) {
    return &kAvx512Kernel;
  }
#elif defined(__aarch64__) && defined(__GNUC__)
  if (level == SimdLevel::kNeon) return &kNeonKernel;
#endif
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
