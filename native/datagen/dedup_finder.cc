#include "datagen/dedup_finder.h"

#include <algorithm>

#include "util/coding.h"
#include "util/hash.h"

namespace burrow::datagen {

namespace {

constexpr size_t kPiece = 4096;
constexpr uint64_t kLowSeed = 0x2545f4914f6cdd1du;
constexpr uint64_t kHighSeed = 0x9fb21c651e98df25u;

Hash128 HashOf(Slice bytes) { return {.low = Hash64(bytes, kLowSeed), .high = Hash64(bytes, kHighSeed)}; }

Hash128 Join(Hash128 a, Hash128 b) {
  char bytes[32];
  EncodeFixed64(bytes, a.low);
  EncodeFixed64(bytes + 8, a.high);
  EncodeFixed64(bytes + 16, b.low);
  EncodeFixed64(bytes + 24, b.high);
  return HashOf(Slice(bytes, sizeof bytes));
}

}  // namespace

DedupFinder::DedupFinder(const std::vector<uint64_t>& block_sizes, size_t limit) : count_(block_sizes.size()) {
  Lane shared{.block_size = kPiece, .partial = {}, .sizes = {}};
  for (size_t i = 0; i < block_sizes.size(); ++i) {
    const uint64_t size = block_sizes[i];
    if (size % kPiece == 0) {
      shared.sizes.emplace_back(size, i, limit);
    } else {
      lanes_.push_back({.block_size = size, .partial = {}, .sizes = {}});
      lanes_.back().sizes.emplace_back(size, i, limit);
    }
  }
  if (!shared.sizes.empty()) lanes_.push_back(std::move(shared));
}

void DedupFinder::Add(Slice bytes) {
  for (Lane& lane : lanes_) lane.Add(bytes);
}

std::vector<DedupFinder::Found> DedupFinder::Finish() {
  std::vector<Found> found(count_);
  for (Lane& lane : lanes_) {
    if (!lane.partial.empty()) lane.EndPiece(lane.partial);
    for (Blocks& blocks : lane.sizes) {
      if (blocks.filled > 0) blocks.End();
      found[blocks.index] = {.block_size = blocks.size,
                             .blocks = blocks.count,
                             .unique_blocks = std::min(blocks.distinct.Count(), blocks.count),
                             .standard_error = blocks.distinct.StandardError()};
    }
  }
  return found;
}

void DedupFinder::Lane::Add(Slice bytes) {
  while (!bytes.empty()) {
    const size_t length = static_cast<size_t>(std::min<uint64_t>(kPiece, block_size - in_block));
    const Slice part = bytes.substr(0, length - partial.size());
    bytes.remove_prefix(part.size());
    if (partial.empty() && part.size() == length) {
      EndPiece(part);
      continue;
    }
    partial.append(part);
    if (partial.size() < length) return;
    EndPiece(partial);
    partial.clear();
  }
}

void DedupFinder::Lane::EndPiece(Slice piece) {
  const Hash128 hash = HashOf(piece);
  in_block += piece.size();
  if (in_block == block_size) in_block = 0;
  for (Blocks& blocks : sizes) blocks.AddPiece(hash, piece.size());
}

void DedupFinder::Blocks::AddPiece(Hash128 piece, size_t bytes) {
  hash = filled == 0 ? piece : Join(hash, piece);
  filled += bytes;
  if (filled == size) End();
}

void DedupFinder::Blocks::End() {
  distinct.Add(hash);
  ++count;
  filled = 0;
}

}  // namespace burrow::datagen
