// What the fuzz targets share. NAME_fuzz.cc is one target: a program with libFuzzer's main, whose
// LLVMFuzzerTestOneInput aborts (a CHECK of util/testing.h, a sanitizer) when a decoder does what it must not. Inputs
// that were worth keeping are in corpus/NAME. `npm run fuzz` builds and runs them all.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>

#include "cache/block_cache.h"
#include "util/random.h"
#include "util/slice.h"
#include "util/testing.h"

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);  // of libFuzzer

namespace burrow::fuzz {

inline Slice AsSlice(const uint8_t* data, size_t size) { return Slice(reinterpret_cast<const char*>(data), size); }

// The bytes in memory of their own, as blocks are read: exactly so many, and what may be read behind them.
BlockRef AsBlock(Slice bytes);

// libFuzzer's own mutation of some bytes, which may come out empty. For targets that repair what it broke (checksums,
// offsets), so that the code behind the checksum is reached.
inline std::string Mutate(Slice bytes, size_t max_size) {
  std::string mutated(std::max(max_size, bytes.size()), '\0');
  bytes.copy(mutated.data(), bytes.size());
  mutated.resize(LLVMFuzzerMutate(reinterpret_cast<uint8_t*>(mutated.data()), bytes.size(), mutated.size()));
  return mutated;
}

// Gives a mutated input back from LLVMFuzzerCustomMutator, cut to max_size.
inline size_t Return(Slice bytes, uint8_t* data, size_t max_size) {
  return bytes.copy(reinterpret_cast<char*>(data), max_size);
}

}  // namespace burrow::fuzz
