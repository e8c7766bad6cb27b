#pragma once

#include <cstdint>

#include "util/slice.h"

namespace burrow {

// A 64-bit multiply-fold hash of a byte run, well mixed in all bits. Written to disk through bloom filters and block
// hash indexes: the function is part of the table format and does not change (docs/formats.md).
uint64_t Hash64(Slice key, uint64_t seed = 0);

}  // namespace burrow
