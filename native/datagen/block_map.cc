#include "datagen/block_map.h"

#include <algorithm>
#include <cmath>

namespace burrow::datagen {

namespace {

// Up to 2^41 blocks and as many unique ones: products need more than 64 bits.
__extension__ using uint128 = unsigned __int128;

constexpr uint64_t kMinGroupBytes = 16 << 20;
constexpr uint64_t kMinGroupBlocks = 32;

uint64_t UniqueBlocks(uint64_t blocks, double ratio) {
  const double unique = std::floor(static_cast<double>(blocks) / ratio + 0.5);
  return std::clamp<uint64_t>(static_cast<uint64_t>(unique), 1, std::max<uint64_t>(blocks, 1));
}

}  // namespace

BlockMap::BlockMap(const Options& options)
    : blocks_(options.size / options.block_size + (options.size % options.block_size != 0)),
      unique_(UniqueBlocks(blocks_, options.dedup_ratio)),
      // Half a group has as many orders as unique blocks, one for each round.
      group_unique_(std::max({kMinGroupBlocks, (kMinGroupBytes + options.block_size - 1) / options.block_size,
                              2 * static_cast<uint64_t>(std::ceil(options.dedup_ratio)) + 4})),
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
  const uint64_t position = (block - FirstBlock(group)) % uniques, round = (block - FirstBlock(group)) / uniques;
  const uint64_t half = uniques / 2;
  return position < half ? first + InOrder(position, half, round)
                         : first + half + InOrder(position - half, uniques - half, round);
}

uint64_t BlockMap::InOrder(uint64_t position, uint64_t count, uint64_t round) {
  const uint64_t even = count - count % 2;
  if (position >= even) return position;                                               // the odd one closes every round
  const uint64_t zigzag = position % 2 == 0 ? position / 2 : even - 1 - position / 2;  // 0, n-1, 1, n-2, …
  return (zigzag + round) % even;
}

}  // namespace burrow::datagen
