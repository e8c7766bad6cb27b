#pragma once

#include <string>

#include "util/slice.h"

namespace burrow::fuzz {

inline constexpr uint64_t kFuzzedLog = 7;  // the number of every log that is fuzzed, as in test/golden/formats/log.hex

// A mutation of a log whose fragments mostly get lengths that fit, that log number, and right checksums. For use in
// LLVMFuzzerCustomMutator.
std::string MutateLog(Slice log, size_t max_size, unsigned seed);

}  // namespace burrow::fuzz
