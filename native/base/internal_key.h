#pragma once

#include <bit>
#include <cstdint>
#include <string>

#include "util/coding.h"
#include "util/slice.h"

namespace burrow {

// Sequence numbers order all writes of a database. They cross into JavaScript as doubles, hence the 53 bits.
using SequenceNumber = uint64_t;
inline constexpr SequenceNumber kMaxSequence = (uint64_t{1} << 53) - 1;

// What a record says about its key. Written to disk in WAL records and internal keys: values never change, new kinds
// are appended, and a reader that meets a kind it does not know refuses the file by name.
enum class Kind : uint8_t {
  kDelete = 0,
  kPut = 1,
  kRangeDelete = 2,  // key is the begin (inclusive), value the end (exclusive) of the deleted range
};
inline constexpr uint8_t kLastKind = 2;
// Sorts before every record of the same key and sequence number: the target of a seek.
inline constexpr uint8_t kSeekKind = 0xff;

inline constexpr size_t kMaxUserKeySize = (64 << 10) - 1;
inline constexpr uint64_t kMaxValueSize = uint64_t{1} << 30;
inline constexpr uint64_t kMaxBatchSize = uint64_t{2} << 30;

// An internal key is the user key followed by eight bytes, little-endian: sequence number << 8 | kind.
// Order: user key ascending (bytewise), then trailer descending, so that the newest version of a key comes first.
inline constexpr size_t kTrailerSize = 8;

inline uint64_t PackTrailer(SequenceNumber sequence, uint8_t kind) { return sequence << 8 | kind; }
inline uint64_t PackTrailer(SequenceNumber sequence, Kind kind) {
  return PackTrailer(sequence, static_cast<uint8_t>(kind));
}

// REQUIRES for all of these: internal_key.size() >= kTrailerSize (decoders of blocks and batches check it once).
inline Slice UserKey(Slice internal_key) { return internal_key.substr(0, internal_key.size() - kTrailerSize); }
inline uint64_t Trailer(Slice internal_key) {
  return DecodeFixed64(internal_key.data() + internal_key.size() - kTrailerSize);
}
inline SequenceNumber SequenceOf(Slice internal_key) { return Trailer(internal_key) >> 8; }
inline uint8_t RawKindOf(Slice internal_key) { return static_cast<uint8_t>(Trailer(internal_key)); }
inline Kind KindOf(Slice internal_key) { return static_cast<Kind>(RawKindOf(internal_key)); }

inline void AppendInternalKey(std::string* to, Slice user_key, uint64_t trailer) {
  to->append(user_key);
  PutFixed64(to, trailer);
}

// <0, 0, >0 as memcmp does.
inline int CompareInternalKeys(Slice a, Slice b) {
  const size_t a_size = a.size() - kTrailerSize, b_size = b.size() - kTrailerSize;
  const size_t n = a_size < b_size ? a_size : b_size;
  // The trailers make eight bytes readable at each place. Keys are short: a call of memcmp takes longer.
  for (size_t i = 0; i < n; i += 8) {
    const uint64_t difference = DecodeFixed64(a.data() + i) ^ DecodeFixed64(b.data() + i);
    if (difference == 0) continue;
    const size_t at = i + static_cast<size_t>(std::countr_zero(difference)) / 8;
    if (at >= n) break;
    return static_cast<uint8_t>(a[at]) < static_cast<uint8_t>(b[at]) ? -1 : 1;
  }
  if (a_size != b_size) return a_size < b_size ? -1 : 1;
  uint64_t ta = Trailer(a), tb = Trailer(b);
  return ta > tb ? -1 : ta < tb ? 1 : 0;
}

// The internal key that a read of `user_key` at `sequence` seeks: at or before every version the read may see.
// Keys up to 56 bytes live on the stack.
class LookupKey {
 public:
  LookupKey(Slice user_key, SequenceNumber sequence);
  ~LookupKey();
  LookupKey(const LookupKey&) = delete;
  LookupKey& operator=(const LookupKey&) = delete;

  Slice internal_key() const { return Slice(data_, size_); }
  Slice user_key() const { return Slice(data_, size_ - kTrailerSize); }
  SequenceNumber sequence() const { return SequenceOf(internal_key()); }

 private:
  char inline_[64];
  char* data_;
  size_t size_;
};

inline LookupKey::LookupKey(Slice user_key, SequenceNumber sequence) : size_(user_key.size() + kTrailerSize) {
  data_ = size_ <= sizeof inline_ ? inline_ : new char[size_];
  memcpy(data_, user_key.data(), user_key.size());
  EncodeFixed64(data_ + user_key.size(), PackTrailer(sequence, kSeekKind));
}
inline LookupKey::~LookupKey() {
  if (data_ != inline_) delete[] data_;
}

}  // namespace burrow
