#include "table/index_block.h"

#include <algorithm>

#include "table/data_block.h"
#include "util/coding.h"

namespace burrow {
namespace {

constexpr size_t kFooter = 8;
constexpr size_t kBytesPerBlock = 8 + 8 + 4;
constexpr uint32_t kOffsetsAhead = 8;  // so few positions left, a search asks for the offset that Handle will read
constexpr uint32_t kPrefetched = 32;   // so few positions left, PrefetchFor asks for all of them
constexpr size_t kLine = 64;

// The first eight bytes of the user key as a number that orders as they do; a shorter key is filled up with zeros. The
// trailer behind the user key makes eight bytes readable.
uint64_t PrefixOf(Slice internal_key) {
  const size_t size = internal_key.size() - kTrailerSize;
  uint64_t prefix = DecodeFixed64(internal_key.data());
  if (size < sizeof prefix) prefix &= (uint64_t{1} << 8 * size) - 1;
  return __builtin_bswap64(prefix);
}

// Whether the first n bytes are the same. REQUIRES: 8 bytes are readable behind each of them.
bool Same(const char* a, const char* b, size_t n) {
  size_t i = 0;
  for (; i + 8 <= n; i += 8) {
    if (DecodeFixed64(a + i) != DecodeFixed64(b + i)) return false;
  }
  return i == n || (DecodeFixed64(a + i) ^ DecodeFixed64(b + i)) << 8 * (i + 8 - n) == 0;
}

// Searches among the *n ascending prefixes from *first on for the first one that is not below `prefix`, until no more than
// `most` may be it. Which way a step goes, nobody could predict: so it is computed.
inline void Narrow(uint64_t prefix, uint32_t most, const char** first, uint32_t* n) {
  while (*n > most) {
    const uint32_t half = *n / 2;
    const uint64_t below = DecodeFixed64(*first + (half - 1) * sizeof(uint64_t)) < prefix;
    *first += half * sizeof(uint64_t) & -below;
    *n -= half;
  }
}

}  // namespace

void IndexBlockBuilder::Add(Slice separator, uint64_t offset, uint64_t end) {
  keys_.append(separator);
  ends_.push_back(static_cast<uint32_t>(keys_.size()));
  offsets_.push_back(offset);
  last_end_ = end;
}

void IndexBlockBuilder::Reset() {
  keys_.clear();
  ends_.clear();
  offsets_.clear();
}

Slice IndexBlockBuilder::KeyAt(size_t i) const {
  const uint32_t begin = i == 0 ? 0 : ends_[i - 1];
  return Slice(keys_).substr(begin, ends_[i] - begin);
}

std::string IndexBlockBuilder::Finish() const {
  const size_t count = ends_.size();
  const size_t common = CommonPrefix(UserKey(KeyAt(0)), UserKey(KeyAt(count - 1)));
  std::string out;
  out.reserve(EstimatedSize() + common + kFooter);
  for (size_t i = 0; i < count; i++) PutFixed64(&out, PrefixOf(KeyAt(i).substr(common)));
  for (uint64_t offset : offsets_) PutFixed64(&out, offset);
  PutFixed64(&out, last_end_);
  for (size_t i = 0; i < count; i++) PutFixed32(&out, static_cast<uint32_t>(ends_[i] - common * (i + 1)));
  out.append(KeyAt(0).substr(0, common));
  for (size_t i = 0; i < count; i++) out.append(KeyAt(i).substr(common));
  PutFixed32(&out, static_cast<uint32_t>(common));
  PutFixed32(&out, static_cast<uint32_t>(count));
  return out;
}

bool IndexBlock::Init(Slice contents) {
  if (contents.size() < kFooter) return false;
  const size_t size = contents.size() - kFooter;
  const uint32_t common = DecodeFixed32(contents.data() + size);
  count_ = DecodeFixed32(contents.data() + size + 4);
  const uint64_t columns = uint64_t{count_} * kBytesPerBlock + sizeof(uint64_t);
  if (count_ == 0 || columns > size || common > size - columns) return false;
  prefixes_ = contents.data();
  offsets_ = prefixes_ + count_ * sizeof(uint64_t);
  key_ends_ = offsets_ + (size_t{count_} + 1) * sizeof(uint64_t);
  common_ = contents.substr(columns, common);
  keys_ = contents.substr(columns + common, size - columns - common);
  stride_ = (count_ + kFences) / (kFences + 1);
  for (uint32_t i = 0; i < kFences; i++) {
    const uint64_t behind = uint64_t{i + 1} * stride_;
    fences_[i] = behind < count_ ? PrefixAt(static_cast<uint32_t>(behind) - 1) : UINT64_MAX;
  }
  return true;
}

bool IndexBlock::Suffix(uint32_t i, Slice* suffix) const {
  const uint32_t begin = i == 0 ? 0 : DecodeFixed32(key_ends_ + (i - 1) * sizeof(uint32_t));
  const uint32_t end = DecodeFixed32(key_ends_ + i * sizeof(uint32_t));
  if (end > keys_.size() || begin > end || end - begin < kTrailerSize) return false;
  *suffix = keys_.substr(begin, end - begin);
  return true;
}

inline bool IndexBlock::Enter(Slice target, Slice* suffix, uint64_t* prefix) const {
  const Slice user_key = UserKey(target);
  // The trailer makes the target readable behind the user key, the footer this block behind the common prefix.
  if (user_key.size() < common_.size() || !Same(user_key.data(), common_.data(), common_.size())) return false;
  *suffix = target.substr(common_.size());
  *prefix = PrefixOf(*suffix);
  return true;
}

inline uint32_t IndexBlock::Begin(uint64_t prefix, const char** first) const {
  uint32_t below = 0;
  for (uint64_t fence : fences_) below += fence < prefix;
  const uint32_t position = below * stride_;
  *first = prefixes_ + position * sizeof(uint64_t);
  return std::min(stride_, count_ - position);
}

uint32_t IndexBlock::Outside(Slice target) const {
  const Slice front = UserKey(target).substr(0, common_.size());
  return front < common_ ? 0 : count_;  // a shorter front orders before what it begins
}

inline bool IndexBlock::Decide(Slice suffix, uint64_t prefix, uint32_t low, uint32_t* position) const {
  // Among equal prefixes the keys decide.
  uint32_t high = low;
  for (uint32_t step = 1; high < count_ && PrefixAt(high) == prefix; step *= 2) high = std::min(count_, high + step);
  while (low < high) {
    const uint32_t middle = low + (high - low) / 2;
    Slice separator;
    if (!Suffix(middle, &separator)) return false;
    if (PrefixAt(middle) == prefix && CompareInternalKeys(separator, suffix) < 0) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  *position = low;
  return true;
}

bool IndexBlock::Find(Slice target, uint32_t* position) const {
  Slice suffix;
  uint64_t prefix;
  if (!Enter(target, &suffix, &prefix)) return *position = Outside(target), true;
  // The first position whose prefix is not below that of the target.
  const char* first;
  uint32_t n = Begin(prefix, &first);
  uint32_t low = static_cast<uint32_t>((first - prefixes_) / sizeof(uint64_t));
  // A processor that guesses right is at the next step before this one's memory has come.
  while (n > 0) {
    if (n <= kOffsetsAhead && n > kOffsetsAhead / 2) __builtin_prefetch(offsets_ + low * sizeof(uint64_t));
    const uint32_t half = n / 2;
    const bool below = PrefixAt(low + half) < prefix;
    low = below ? low + half + 1 : low;
    n = below ? n - half - 1 : half;
  }
  return Decide(suffix, prefix, low, position);
}

void IndexBlock::PrefetchFor(Slice target, Narrowed* narrowed) const {
  Slice suffix;
  narrowed->count = 0;
  if (!Enter(target, &suffix, &narrowed->prefix)) return;
  const char* first;
  uint32_t n = Begin(narrowed->prefix, &first);
  Narrow(narrowed->prefix, kPrefetched, &first, &n);
  for (uint32_t i = 0; i < n; i += kLine / sizeof(uint64_t)) __builtin_prefetch(first + i * sizeof(uint64_t));
  __builtin_prefetch(first + (n - 1) * sizeof(uint64_t));
  narrowed->first = static_cast<uint32_t>((first - prefixes_) / sizeof(uint64_t));
  narrowed->count = n;
}

bool IndexBlock::FindPrefetched(Slice target, const Narrowed& narrowed, uint32_t* position) const {
  if (narrowed.count == 0) return *position = Outside(target), true;
  const uint64_t prefix = narrowed.prefix;
  const char* first = prefixes_ + narrowed.first * sizeof(uint64_t);
  uint32_t n = narrowed.count;
  Narrow(prefix, kOffsetsAhead, &first, &n);
  __builtin_prefetch(first + (offsets_ - prefixes_));
  Narrow(prefix, 1, &first, &n);
  const auto low = static_cast<uint32_t>((first - prefixes_) / sizeof(uint64_t)) + (DecodeFixed64(first) < prefix);
  return Decide(target.substr(common_.size()), prefix, low, position);
}

bool IndexBlock::Handle(uint32_t i, BlockHandle* handle) const {
  const uint64_t begin = DecodeFixed64(offsets_ + i * sizeof(uint64_t));
  const uint64_t end = DecodeFixed64(offsets_ + (size_t{i} + 1) * sizeof(uint64_t));
  if (end <= begin || end - begin <= kBlockTrailerSize) return false;
  *handle = {begin, end - begin - kBlockTrailerSize};
  return true;
}

bool IndexBlock::Separator(uint32_t i, std::string* separator) const {
  Slice suffix;
  if (!Suffix(i, &suffix) || PrefixAt(i) != PrefixOf(suffix)) return false;
  separator->assign(common_);
  separator->append(suffix);
  return true;
}

void ShortSeparator(Slice last, Slice next_user_key, std::string* separator) {
  const Slice user_key = UserKey(last);
  const size_t shared = CommonPrefix(user_key, next_user_key);
  if (shared < user_key.size() && shared < next_user_key.size()) {
    const auto here = static_cast<uint8_t>(user_key[shared]), there = static_cast<uint8_t>(next_user_key[shared]);
    // One byte more than they share decides, if there is a value in between or something behind it in `next`.
    if (here + 1 < there || (here + 1 == there && shared + 1 < next_user_key.size())) {
      separator->assign(user_key.substr(0, shared));
      separator->push_back(static_cast<char>(here + 1));
      PutFixed64(separator, PackTrailer(kMaxSequence, kSeekKind));
      return;
    }
  }
  separator->assign(last);
}

}  // namespace burrow
