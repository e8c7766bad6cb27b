#pragma once

#include "datagen/page_kernel.h"

namespace burrow::datagen {

// One file each. Which of them a build has, page_kernel.cc knows.
extern const PageKernel kScalarKernel;
extern const PageKernel kAvx2Kernel;
extern const PageKernel kAvx512Kernel;
extern const PageKernel kNeonKernel;

}  // namespace burrow::datagen
