#include "table/block_scanner.h"

#include <algorithm>
#include <array>
#include <bit>

#include "util/coding.h"
#include "util/crc32c.h"

namespace burrow {
namespace {

// How far a block is looked for that begins where the one before ended, before other beginnings are thought of; and how
// far behind a block that was found such a way it is still looked for: its end would prove that the other was a part.
constexpr uint64_t kNear = 128 << 10;
constexpr uint64_t kChunkSize = 256 << 10;

// CRC-32C as arithmetic: a register is a polynomial over GF(2) modulo P, the coefficient of x^0 in bit 31. Taking in a
// byte is reg = Step(reg ^ byte), and Step multiplies by x^8.
constexpr uint32_t kPolynomial = 0x82f63b78;
constexpr uint32_t kOne = 0x80000000;

constexpr uint32_t TimesX(uint32_t v) { return (v >> 1) ^ ((v & 1) != 0 ? kPolynomial : 0); }

struct Tables {
  std::array<uint32_t, 256> step{};  // Step of a byte
  std::array<uint8_t, 256> back{};   // which byte gave this upper byte
};

constexpr Tables MakeTables() {
  Tables tables;
  for (uint32_t i = 0; i < 256; i++) {
    uint32_t v = i;
    for (int bit = 0; bit < 8; bit++) v = TimesX(v);
    tables.step[i] = v;
    tables.back[v >> 24] = static_cast<uint8_t>(i);
  }
  return tables;
}
constexpr Tables kTables = MakeTables();

inline uint32_t Step(uint32_t v) { return (v >> 8) ^ kTables.step[v & 0xff]; }
inline uint32_t StepBack(uint32_t v) {
  const uint8_t low = kTables.back[v >> 24];
  return (v ^ kTables.step[low]) << 8 | low;
}

uint32_t Multiply(uint32_t a, uint32_t b) {
  uint32_t product = 0;
  for (; a != 0; a <<= 1) {
    if ((a & kOne) != 0) product ^= b;
    b = TimesX(b);
  }
  return product;
}

// The register behind a payload and its codec, given the stored checksum.
uint32_t RegisterOf(const char* checksum) { return ~crc32c::Unmask(DecodeFixed32(checksum)); }

}  // namespace

// Where blocks may begin, by the state that each beginning has at the common place. Two generations: the last kFarthest
// positions at least are there, twice as many at most.
class BlockScanner::Beginnings {
 public:
  // `most`: how many are added between two Clear.
  explicit Beginnings(uint64_t most)
      : capacity_(std::bit_ceil(static_cast<size_t>(std::min(most, kFarthest)))),
        generations_{Generation(2 * capacity_), Generation(most > capacity_ ? 2 * capacity_ : 1)} {}

  void Clear() {
    for (Generation& generation : generations_) generation.Clear();
    count_ = 0;
  }

  void Add(uint32_t state, uint64_t position) {
    if (count_ == capacity_) {
      std::swap(generations_[0], generations_[1]);
      generations_[0].Clear();
      count_ = 0;
    }
    Generation& newest = generations_[0];
    if (count_++ == 0) newest.base = position;
    size_t i = newest.SlotOf(state);
    while (newest.slots[i].age == newest.age) i = newest.After(i);
    newest.slots[i] = {state, static_cast<uint32_t>(position - newest.base), newest.age};
  }

  // Calls visit(position) for each beginning with this state until one returns true.
  template <typename Visit>
  void Find(uint32_t state, Visit visit) const {
    for (const Generation& generation : generations_) {
      for (size_t i = generation.SlotOf(state); generation.slots[i].age == generation.age; i = generation.After(i)) {
        if (generation.slots[i].state == state && visit(generation.base + generation.slots[i].distance)) return;
      }
    }
  }

 private:
  struct Slot {
    uint32_t state = 0;
    uint32_t distance = 0;  // from the base
    uint32_t age = 0;       // another one than the generation's: empty
  };
  struct Generation {
    explicit Generation(size_t size) : slots(size) {}
    void Clear() { age++; }
    size_t SlotOf(uint32_t state) const { return state * uint64_t{0x9e3779b97f4a7c15} >> 40 & (slots.size() - 1); }
    size_t After(size_t slot) const { return (slot + 1) & (slots.size() - 1); }
    uint64_t base = 0;
    uint32_t age = 0;
    std::vector<Slot> slots;  // a power of two; half of them at least are empty
  };

  const size_t capacity_;  // of a generation
  Generation generations_[2];
  size_t count_ = 0;
};

BlockScanner::BlockScanner(const RandomAccessFile& file, uint64_t begin, uint64_t end)
    : file_(file), position_(begin), end_(end) {}

BlockScanner::~BlockScanner() = default;

Status BlockScanner::Load(uint64_t offset, uint64_t n) {
  n = std::min(n, end_ - offset);
  if (offset >= loaded_at_ && offset + n <= loaded_at_ + loaded_.size()) return Status();
  n = std::min(std::max(n, kChunkSize), end_ - offset);
  if (capacity_ < n) {
    scratch_.reset(new char[n]);
    capacity_ = n;
  }
  loaded_ = Slice();
  loaded_at_ = offset;
  Slice got;
  BURROW_RETURN_IF_ERROR(file_.Read(offset, static_cast<size_t>(n), &got, scratch_.get()));
  if (got.size() != n) return Status::IO("file became shorter while it was read");
  loaded_ = got;
  return Status();
}

Status BlockScanner::Next(const std::function<bool(BlockHandle)>& believes, BlockHandle* block, bool* found) {
  *found = false;
  if (position_ >= end_) return Status();
  BURROW_RETURN_IF_ERROR(FindNear(block, found));
  if (!*found) BURROW_RETURN_IF_ERROR(FindFar(believes, block, found));
  if (*found) position_ = block->offset + block->size + kBlockTrailerSize;
  return Status();
}

// A block that begins at position_ and is not large.
Status BlockScanner::FindNear(BlockHandle* block, bool* found) {
  const uint64_t n = std::min(end_ - position_, kNear + kBlockTrailerSize);
  BURROW_RETURN_IF_ERROR(Load(position_, n));
  const char* bytes = At(position_);
  uint32_t state = ~uint32_t{0};
  for (uint64_t i = 0; i + kBlockTrailerSize <= n; i++) {
    const auto byte = static_cast<uint8_t>(bytes[i]);
    state = Step(state ^ byte);
    if (byte <= kLastCodecId && i > 0 && state == RegisterOf(bytes + i + 1)) {
      *block = {position_, i};
      *found = true;
      return Status();
    }
  }
  return Status();
}

// A block that begins at position_, or else the first one behind it that is believed.
Status BlockScanner::FindFar(const std::function<bool(BlockHandle)>& believes, BlockHandle* block, bool* found) {
  if (beginnings_ == nullptr) beginnings_ = std::make_unique<Beginnings>(end_ - position_);
  beginnings_->Clear();
  // With n bytes taken in, these are moved back by n steps: the register that began with zero, the one that every
  // checksum begins with, x^0, and the upper bit of a byte.
  uint32_t taken = 0, fresh = ~uint32_t{0}, one = kOne, bit = 0x80;
  const uint32_t expected = taken ^ fresh;  // the state of "begins at position_"
  uint64_t end = end_;
  for (uint64_t at = position_; at + kBlockTrailerSize <= end; at++) {
    if (at + kBlockTrailerSize > loaded_at_ + loaded_.size() || at < loaded_at_) {
      BURROW_RETURN_IF_ERROR(Load(at, kChunkSize));
    }
    if (!*found && at > position_) beginnings_->Add(taken ^ fresh, at);
    const char* bytes = At(at);
    const auto byte = static_cast<uint8_t>(*bytes);
    uint32_t power = bit;
    for (uint32_t rest = byte; (rest & 0xff) != 0; rest <<= 1) {
      if ((rest & 0x80) != 0) taken ^= power;
      power = TimesX(power);
    }
    fresh = StepBack(fresh);
    one = StepBack(one);
    bit = StepBack(bit);
    if (byte > kLastCodecId) continue;
    const uint32_t state = taken ^ Multiply(RegisterOf(bytes + 1), one);
    if (state == expected && at > position_) {
      *block = {position_, at - position_};
      *found = true;
      return Status();
    }
    if (*found) continue;
    beginnings_->Find(state, [&](uint64_t begin) {
      const BlockHandle candidate{begin, at - begin};
      if (begin >= at || !believes(candidate)) return false;
      *block = candidate;
      *found = true;
      return true;
    });
    if (!*found) continue;
    if (at < position_ + kNear) return Status();  // FindNear has looked there
    end = std::min(end_, at + kNear);
  }
  return Status();
}

}  // namespace burrow
