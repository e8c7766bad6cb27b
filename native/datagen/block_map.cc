#include "datagen/block_map.h"

#include <algorithm>
#include <cmath>

namespace burrow::datagen {

namespace {

// Up to 2^41 blocks and as many unique ones: products need more than 64 bits.
__extension__ using uint128 = unsigned __int128;

constexpr uint64_t kMinGroupBytes = 8 << 20;
constexpr uint64_t kMinGroupBlocks = 16;

uint64_t UniqueBlocks(uint64_t blocks, double ratio) {
  const double unique = std::floor(static_cast<double>(blocks) / ratio + 0.5);
  return std::clamp<uint64_t>(static_cast<uint64_t>(unique), 1, std::max<uint64_t>(blocks, 1));
}

}  // namespace

BlockMap::BlockMap(const Options& options)
    : blocks_(options.size / options.block_size + (options.size % options.block_size != 0)),
      unique_(UniqueBlocks(blocks_, options.dedup_ratio)),
      group_unique_(std::max(kMinGroupBlocks, (kMinGroupBytes + options.block_size - 1) / options.block_size)),
      groups_(std::max<uint64_t>(1, unique_ / group_unique_)) {}

uint64_t BlockMap::FirstBlock(uint64_t group) const {
  return static_cast<uint64_t>(static_cast<uint128>(group * group_unique_) * blocks_ / unique_);
}

uint64_t BlockMap::Identity(uint64_t block) const {
  if (unique_ == blocks_) return block;
  // The last group that begins at or before the block: g * group_unique * blocks / unique < block + 1.
  const uint128 scaled = static_cast<uint128>(block + 1) * unique_ - 1;
  const uint64_t group =
      std::min<uint64_t>(groups_ - 1, static_cast<uint64_t>(scaled / (static_cast<uint128>(group_unique_) * blocks_)));
  const uint64_t first = group * group_unique_;
  const uint64_t uniques = (group + 1 == groups_ ? unique_ : first + group_unique_) - first;
  return first + (block - FirstBlock(group)) % uniques;
}

}  // namespace burrow::datagen
