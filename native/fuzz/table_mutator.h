#pragma once

#include <string>

#include "util/slice.h"

namespace burrow::fuzz {

// A mutation of a table file behind its checksums: one block, or the footer, is mutated; then what names the blocks
// behind it and the checksums are put right, mostly. What is no table is mutated as bytes. For use in
// LLVMFuzzerCustomMutator; the same seed and state of libFuzzer give the same result.
std::string MutateTable(Slice table, size_t max_size, unsigned seed);

}  // namespace burrow::fuzz
