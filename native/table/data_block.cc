#include "table/data_block.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstring>

#include "util/coding.h"

namespace burrow {
namespace {

constexpr uint8_t kEmptyBucket = 0xff;
constexpr uint8_t kCollision = 0xfe;
constexpr size_t kMaxHashedRestarts = 253;
constexpr size_t kMaxBuckets = UINT16_MAX;
constexpr uint32_t kHasHashIndex = uint32_t{1} << 31;
constexpr uint32_t kRestartCountMask = (uint32_t{1} << 24) - 1;
constexpr ptrdiff_t kPrefetch = 1024;
constexpr uint32_t kPrefetchedRestarts = 8;  // of a block: with more, a search asks for few of them
constexpr size_t kMaxEntryHeader = 3 * kMaxVarint32Bytes;

// An entry is found through the one before it: asked for one by one, cold cache lines would come one after another.
inline void PrefetchEntries(const char* p, const char* end) {
  for (const char* line = p; line < end && line < p + kPrefetch; line += 64) __builtin_prefetch(line);
}

uint32_t BucketOf(uint32_t hash, uint32_t buckets) {
  return static_cast<uint32_t>(static_cast<uint64_t>(hash) * buckets >> 32);
}

struct Entry {
  uint32_t shared;
  uint32_t unshared;
  uint32_t value_size;
  const char* delta;
};

// False when the entry does not fit before `limit` or has no trailer.
inline bool ParseEntry(const char* p, const char* limit, Entry* entry) {
  if (limit - p < 3) return false;
  auto a = static_cast<uint8_t>(p[0]), b = static_cast<uint8_t>(p[1]), c = static_cast<uint8_t>(p[2]);
  if ((a | b | c) < 0x80) [[likely]] {
    entry->shared = a;
    entry->unshared = b;
    entry->value_size = c;
    p += 3;
  } else {
    if ((p = DecodeVarint32(p, limit, &entry->shared)) == nullptr) return false;
    if ((p = DecodeVarint32(p, limit, &entry->unshared)) == nullptr) return false;
    if ((p = DecodeVarint32(p, limit, &entry->value_size)) == nullptr) return false;
  }
  entry->delta = p;
  return entry->unshared >= kTrailerSize &&
         static_cast<uint64_t>(limit - p) >= uint64_t{entry->unshared} + entry->value_size;
}

// Mostly a few bytes and the trailer, for which memcpy would be a call. REQUIRES: n >= kTrailerSize.
inline void CopyKeyEnd(char* to, const char* from, size_t n) {
  if (n > 2 * kTrailerSize) {
    memcpy(to, from, n);
    return;
  }
  const uint64_t last = DecodeFixed64(from + n - kTrailerSize);
  EncodeFixed64(to, DecodeFixed64(from));
  EncodeFixed64(to + n - kTrailerSize, last);
}

// The first of n positions at which a and b differ, n when none. REQUIRES: 8 bytes are readable at each of them.
inline size_t Mismatch(const char* a, const char* b, size_t n) {
  for (size_t i = 0; i < n; i += 8) {
    uint64_t difference = DecodeFixed64(a + i) ^ DecodeFixed64(b + i);
    if (difference != 0) return std::min(n, i + static_cast<size_t>(std::countr_zero(difference)) / 8);
  }
  return n;
}

}  // namespace

size_t CommonPrefix(Slice a, Slice b) {
  const size_t n = std::min(a.size(), b.size());
  size_t i = 0;
  for (; i + 8 <= n; i += 8) {
    uint64_t difference = DecodeFixed64(a.data() + i) ^ DecodeFixed64(b.data() + i);
    if (difference != 0) return i + static_cast<size_t>(std::countr_zero(difference)) / 8;
  }
  while (i < n && a[i] == b[i]) i++;
  return i;
}

// --- builder ---------------------------------------------------------------------------------------------------------

void DataBlockBuilder::Reset() {
  size_ = 0;
  since_restart_ = 0;
  restarts_.clear();
  hashes_.clear();
}

char* DataBlockBuilder::Reserve(size_t bytes) {
  if (capacity_ - size_ < bytes) {
    capacity_ = std::max(size_ + bytes, capacity_ + capacity_ / 2);
    std::unique_ptr<char[]> grown(new char[capacity_]);
    if (size_ != 0) memcpy(grown.get(), buffer_.get(), size_);
    buffer_ = std::move(grown);
  }
  return buffer_.get() + size_;
}

void DataBlockBuilder::Add(Slice user_key, uint64_t trailer, Slice value, size_t shared, uint64_t hash) {
  const bool same_key = size_ != 0 && shared == user_key.size() && shared == last_user_key_size_;
  bool hash_it = !same_key;
  if (size_ == 0 || since_restart_ == restart_interval_) {
    restarts_.push_back(static_cast<uint32_t>(size_));
    since_restart_ = 0;
    shared = 0;
    hash_it = true;  // a key that goes on in a second interval becomes a collision, which a reader searches for
  }
  since_restart_++;
  last_user_key_size_ = user_key.size();
  if (hash_it && restarts_.size() <= kMaxHashedRestarts) {
    hashes_.push_back({static_cast<uint32_t>(hash), static_cast<uint32_t>(restarts_.size() - 1)});
  }

  const size_t delta = user_key.size() - shared;
  char* const start = Reserve(kMaxEntryHeader + delta + kTrailerSize + value.size());
  char* p = EncodeVarint32(start, static_cast<uint32_t>(shared));
  p = EncodeVarint32(p, static_cast<uint32_t>(delta + kTrailerSize));
  p = EncodeVarint32(p, static_cast<uint32_t>(value.size()));
  memcpy(p, user_key.data() + shared, delta);
  EncodeFixed64(p + delta, trailer);
  p += delta + kTrailerSize;
  if (!value.empty()) memcpy(p, value.data(), value.size());
  size_ += static_cast<size_t>(p - start) + value.size();
}

void DataBlockBuilder::AppendHashIndex() {
  const size_t buckets = std::min(hashes_.size() * 4 / 3 + 1, kMaxBuckets);
  auto* bucket = reinterpret_cast<uint8_t*>(Reserve(buckets + 2));
  memset(bucket, kEmptyBucket, buckets);
  for (HashEntry entry : hashes_) {
    uint8_t& b = bucket[BucketOf(entry.hash, static_cast<uint32_t>(buckets))];
    b = b == kEmptyBucket || b == entry.restart ? static_cast<uint8_t>(entry.restart) : kCollision;
  }
  EncodeFixed16(buffer_.get() + size_ + buckets, static_cast<uint16_t>(buckets));
  size_ += buckets + 2;
}

Slice DataBlockBuilder::Finish() {
  const size_t bytes = restarts_.size() * sizeof(uint32_t);
  memcpy(Reserve(bytes), restarts_.data(), bytes);
  size_ += bytes;
  uint32_t footer = static_cast<uint32_t>(restarts_.size());
  if (restarts_.size() <= kMaxHashedRestarts && restarts_.size() > 1) {
    AppendHashIndex();
    footer |= kHasHashIndex;
  }
  EncodeFixed32(Reserve(sizeof footer), footer);
  size_ += sizeof footer;
  return Slice(buffer_.get(), size_);
}

// --- view ------------------------------------------------------------------------------------------------------------

bool DataBlock::Init(Slice contents) {
  size_t size = contents.size();
  if (size < sizeof(uint32_t)) return false;
  size -= sizeof(uint32_t);
  const uint32_t footer = DecodeFixed32(contents.data() + size);
  if ((footer & ~(kHasHashIndex | kRestartCountMask)) != 0) return false;
  data_ = contents.data();
  restart_count_ = footer & kRestartCountMask;
  bucket_count_ = 0;
  if ((footer & kHasHashIndex) != 0) {
    if (size < 2) return false;
    size -= 2;
    bucket_count_ = DecodeFixed16(data_ + size);
    if (bucket_count_ == 0 || size < bucket_count_) return false;
    size -= bucket_count_;
    buckets_ = reinterpret_cast<const uint8_t*>(data_ + size);
  }
  if (restart_count_ == 0 || size / sizeof(uint32_t) < restart_count_) return false;
  entries_end_ = data_ + size - restart_count_ * sizeof(uint32_t);
  // The first interval begins with the first entry: walking back relies on it.
  return entries_end_ > data_ && DecodeFixed32(entries_end_) == 0;
}

const char* DataBlock::Restart(uint32_t i) const {
  const uint32_t offset = DecodeFixed32(entries_end_ + i * sizeof(uint32_t));
  return offset < static_cast<size_t>(entries_end_ - data_) ? data_ + offset : nullptr;
}

void DataBlock::PrefetchRestarts() const {
  if (restart_count_ > kPrefetchedRestarts) return;
  for (uint32_t i = 1; i < restart_count_; i++) {
    if (const char* p = Restart(i); p != nullptr) __builtin_prefetch(p);
  }
}

bool DataBlock::FindRestart(Slice target, uint32_t* restart) const {
  uint32_t low = 0, high = restart_count_ - 1;
  while (low < high) {
    const uint32_t middle = (low + high + 1) / 2;
    const char* p = Restart(middle);
    Entry entry;
    if (p == nullptr || !ParseEntry(p, entries_end_, &entry) || entry.shared != 0) return false;
    if (CompareInternalKeys(Slice(entry.delta, entry.unshared), target) < 0) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  *restart = low;
  return true;
}

bool DataBlock::HashFinds(uint64_t hash, uint32_t restart) const {
  if (bucket_count_ == 0) return true;
  const uint8_t bucket = buckets_[BucketOf(static_cast<uint32_t>(hash), bucket_count_)];
  return bucket == kCollision || bucket == restart;
}

void DataBlock::PrefetchFor(Slice target, uint64_t hash, int step) const {
  uint32_t restart = kCollision;
  if (bucket_count_ != 0) restart = buckets_[BucketOf(static_cast<uint32_t>(hash), bucket_count_)];
  if (restart == kCollision) {
    if (step == 0) return PrefetchRestarts();
    if (!FindRestart(target, &restart)) return;
  } else if (step != 0 || restart >= restart_count_) {
    return;
  }
  const char* end = restart + 1 < restart_count_ ? Restart(restart + 1) : entries_end_;
  if (const char* p = Restart(restart); p != nullptr && end != nullptr) PrefetchEntries(p, end);
}

DataBlock::Found DataBlock::Get(Slice target, uint64_t hash, uint64_t* trailer, Slice* value) const {
  uint32_t restart = kCollision;
  if (bucket_count_ != 0) {
    restart = buckets_[BucketOf(static_cast<uint32_t>(hash), bucket_count_)];
    if (restart == kEmptyBucket) return Found::kNo;
  }
  const char* end = entries_end_;
  if (restart == kCollision) {
    if (!FindRestart(target, &restart)) return Found::kCorrupt;
  } else if (restart >= restart_count_) {
    return Found::kCorrupt;
  } else if (restart + 1 < restart_count_) {
    end = Restart(restart + 1);  // a hashed key is in one interval only
    if (end == nullptr) return Found::kCorrupt;
  }

  const Slice key = UserKey(target);
  const uint64_t target_trailer = Trailer(target);
  // Every entry passed so far is before the target; the last of them has `matched` bytes of it at its front, and a user
  // key of `last_size` bytes.
  size_t matched = 0, last_size = 0;
  const char* p = Restart(restart);
  if (p == nullptr) return Found::kCorrupt;
  PrefetchEntries(p, end);
  while (p < end) {
    Entry entry;
    if (!ParseEntry(p, entries_end_, &entry) || entry.shared > last_size) return Found::kCorrupt;
    const size_t delta = entry.unshared - kTrailerSize;
    last_size = entry.shared + delta;
    p = entry.delta + entry.unshared + entry.value_size;
    // One that shares more with its predecessor than the target does differs from the target where that did.
    if (entry.shared > matched) continue;
    const char* rest = key.data() + entry.shared;
    const size_t rest_size = key.size() - entry.shared;
    const size_t n = std::min(delta, rest_size);
    const size_t equal = Mismatch(entry.delta, rest, n);
    matched = entry.shared + equal;
    if (equal < n) {
      if (static_cast<uint8_t>(entry.delta[equal]) > static_cast<uint8_t>(rest[equal])) return Found::kNo;
    } else if (delta > rest_size) {
      return Found::kNo;
    } else if (delta == rest_size) {
      const uint64_t found = DecodeFixed64(entry.delta + delta);
      if (found > target_trailer) continue;
      *trailer = found;
      *value = Slice(entry.delta + entry.unshared, entry.value_size);
      return Found::kYes;
    }
  }
  return Found::kNo;
}

// --- cursor ----------------------------------------------------------------------------------------------------------

void DataBlockCursor::Reset(const DataBlock& block) {
  block_ = block;
  valid_ = false;
  corrupt_ = false;
}

void DataBlockCursor::Corrupt() {
  valid_ = false;
  corrupt_ = true;
}

char* DataBlockCursor::Grow(size_t size, size_t keep) {
  if (capacity_ < size) {
    capacity_ = 2 * size;
    std::unique_ptr<char[]> grown(new char[capacity_]);
    memcpy(grown.get(), key_.data(), keep);
    long_key_ = std::move(grown);
    buffer_ = long_key_.get();
  } else if (key_.data() != buffer_) {
    memcpy(buffer_, key_.data(), keep);
  }
  return buffer_;
}

bool DataBlockCursor::Parse() {
  entry_ = next_;
  valid_ = false;
  if (entry_ == block_.entries_end()) return false;
  Entry entry;
  if (!ParseEntry(entry_, block_.entries_end(), &entry)) return Corrupt(), false;
  if (entry.shared == 0) {
    key_ = Slice(entry.delta, entry.unshared);
  } else {
    const size_t size = size_t{entry.shared} + entry.unshared;
    if (entry.shared + kTrailerSize > key_.size() || size > kMaxUserKeySize + kTrailerSize) return Corrupt(), false;
    char* to = Grow(size, entry.shared);
    CopyKeyEnd(to + entry.shared, entry.delta, entry.unshared);
    key_ = Slice(to, size);
  }
  value_ = Slice(entry.delta + entry.unshared, entry.value_size);
  next_ = value_.data() + value_.size();
  return valid_ = true;
}

void DataBlockCursor::ToRestart(uint32_t restart) {
  corrupt_ = false;
  valid_ = false;
  restart_ = restart;
  key_ = Slice();
  if (passed_ != nullptr) passed_->Clear();
  next_ = block_.Restart(restart);
  if (next_ == nullptr) {
    next_ = block_.entries_end();
    corrupt_ = true;
  }
}

void DataBlockCursor::ToLastBefore(const char* limit) {
  if (passed_ == nullptr) passed_ = std::make_unique<Passed>();
  while (Parse() && next_ < limit) passed_->Add(entry_, key_, value_, key_.data() == buffer_);
}

void DataBlockCursor::Passed::Add(const char* entry, Slice key, Slice value, bool copy) {
  if (count == kMaxEntries || (copy && key.size() > sizeof keys - key_bytes)) Clear();
  if (copy) {
    if (key.size() > sizeof keys) return;
    memcpy(keys + key_bytes, key.data(), key.size());
    key = Slice(keys + key_bytes, key.size());
    key_bytes += key.size();
  }
  entries[count++] = {entry, key, value};
}

void DataBlockCursor::SeekToFirst() {
  ToRestart(0);
  Parse();
}

void DataBlockCursor::SeekToLast() {
  ToRestart(block_.restart_count() - 1);
  ToLastBefore(block_.entries_end());
}

bool DataBlockCursor::FindRestart(Slice target, uint32_t* restart) {
  if (!block_.FindRestart(target, restart)) return Corrupt(), false;
  if (const char* p = block_.Restart(*restart); p != nullptr) PrefetchEntries(p, block_.entries_end());
  return true;
}

void DataBlockCursor::Seek(Slice target) {
  uint32_t restart;
  if (FindRestart(target, &restart)) SeekFrom(restart, target);
}

void DataBlockCursor::SeekFrom(uint32_t restart, Slice target) {
  ToRestart(restart);
  const char* p = next_;
  const char* const end = block_.entries_end();
  // As in DataBlock::Get: an entry's key is put together only when it is the one.
  const Slice user_key = UserKey(target);
  const uint64_t trailer = Trailer(target);
  size_t matched = 0, last_size = 0;
  for (Entry entry; p != end; p = entry.delta + entry.unshared + entry.value_size) {
    if (!ParseEntry(p, end, &entry) || entry.shared > last_size) return Corrupt();
    const size_t delta = entry.unshared - kTrailerSize;
    last_size = entry.shared + delta;
    if (entry.shared != 0 && last_size > kMaxUserKeySize) return Corrupt();
    if (entry.shared > matched) continue;
    const char* rest = user_key.data() + entry.shared;
    const size_t rest_size = user_key.size() - entry.shared;
    const size_t n = std::min(delta, rest_size);
    const size_t equal = Mismatch(entry.delta, rest, n);
    matched = entry.shared + equal;
    if (equal < n) {
      if (static_cast<uint8_t>(entry.delta[equal]) < static_cast<uint8_t>(rest[equal])) continue;
    } else if (delta < rest_size || (delta == rest_size && DecodeFixed64(entry.delta + delta) > trailer)) {
      continue;
    }
    // What it shares with the entries before it, it shares with the target, too.
    key_ = target.substr(0, entry.shared + kTrailerSize);
    next_ = p;
    Parse();
    return;
  }
  entry_ = next_ = end;
}

void DataBlockCursor::SeekBefore(Slice target) {
  uint32_t restart;
  if (FindRestart(target, &restart)) SeekBeforeFrom(restart, target);
}

void DataBlockCursor::SeekBeforeFrom(uint32_t restart, Slice target) {
  SeekFrom(restart, target);
  if (corrupt_) return;
  const char* limit = entry_;  // the end of the block when all are before the target
  ToRestart(restart);
  if (limit == next_) return;  // only for interval 0: nothing is before the target
  ToLastBefore(limit);
}

void DataBlockCursor::Next() {
  if (passed_ != nullptr) passed_->Clear();
  Parse();
}

void DataBlockCursor::Prev() {
  const char* limit = entry_;
  if (passed_ != nullptr && passed_->count > 0) {
    const Passed::Entry& last = passed_->entries[--passed_->count];
    next_ = entry_;
    entry_ = last.entry;
    key_ = last.key;
    value_ = last.value;
    return;
  }
  valid_ = false;
  if (limit == block_.entries_begin()) return;
  // The last interval that begins before the entry.
  uint32_t low = 0, high = block_.restart_count() - 1;
  while (low < high) {
    const uint32_t middle = (low + high + 1) / 2;
    const char* p = block_.Restart(middle);
    if (p == nullptr) return Corrupt();
    if (p < limit) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  ToRestart(low);
  if (!corrupt_) ToLastBefore(limit);
}

}  // namespace burrow
