#pragma once

#include <cstdint>

#include "util/status.h"

namespace burrow::datagen {

inline constexpr uint64_t kPageSize = 4096;
inline constexpr uint64_t kMinBlockSize = kPageSize;
inline constexpr uint64_t kMaxBlockSize = 32 << 20;
inline constexpr uint64_t kMaxSize = (uint64_t{1} << 53) - 1;
inline constexpr double kMaxCompressRatio = 100;
inline constexpr double kMaxDedupRatio = 1'000'000;

// What the compressible part of a page is made of. The values are the binding's.
enum class Pattern : uint8_t { kZeros = 0, kBackref = 1, kText = 2 };
inline constexpr uint8_t kLastPattern = 2;

// What the bytes depend on, beside the offset: see "The bytes" in docs/datagen.md.
struct Options {
  uint64_t size = 0;
  uint64_t seed = 0;
  double dedup_ratio = 1;     // blocks a unique block
  double compress_ratio = 1;  // bytes a compressed byte
  Pattern pattern = Pattern::kZeros;
  uint64_t block_size = 4 << 20;  // a multiple of kPageSize
};

// kInvalidArgument names the option and the range that is allowed.
Status Validate(const Options& options);

}  // namespace burrow::datagen
