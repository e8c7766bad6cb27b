#pragma once

#include <cstdint>
#include <string>

#include "base/internal_key.h"
#include "util/slice.h"
#include "util/status.h"

namespace burrow {

// A write batch as TypeScript encodes it, the WAL stores it and the memtable takes it (docs/formats.md "Write batch"):
//
//   record := kind u8 · key length u16 · value length u32 · key · value        (fixed-width, little-endian)
//
// A WAL payload is a header, first sequence number u64 · record count u32, followed by `count` records; record i has
// sequence number first + i. The value of a kDelete is empty; of a kRangeDelete it is the end key.
inline constexpr size_t kBatchHeaderSize = 12;
inline constexpr size_t kRecordHeaderSize = 7;

struct BatchRecord {
  Kind kind;
  Slice key;
  Slice value;
};

inline void EncodeBatchHeader(char* to, SequenceNumber first, uint32_t count) {
  EncodeFixed64(to, first);
  EncodeFixed32(to + 8, count);
}
inline void EncodeRecordHeader(char* to, Kind kind, size_t key_size, size_t value_size) {
  to[0] = static_cast<char>(kind);
  EncodeFixed16(to + 1, static_cast<uint16_t>(key_size));
  EncodeFixed32(to + 3, static_cast<uint32_t>(value_size));
}
void AppendRecord(std::string* to, Kind kind, Slice key, Slice value);

// Walks the records of a batch (without the header). Next() returns false at the end and on malformed input; status()
// tells which: kCorruption for a bad length, an empty key, a kDelete with a value, a kRangeDelete with an empty end;
// kUnsupported for an unknown kind. (begin >= end of a kRangeDelete is legal and deletes nothing.)
class BatchReader {
 public:
  explicit BatchReader(Slice records) : begin_(records.data()), p_(records.data()), end_(p_ + records.size()) {}
  bool Next(BatchRecord* record);
  const Status& status() const { return status_; }
  size_t offset() const { return static_cast<size_t>(p_ - begin_); }  // of the next record

 private:
  const char* begin_;
  const char* p_;
  const char* end_;
  Status status_;
};

// Splits a WAL payload. kCorruption when it is too short or its sequence numbers pass kMaxSequence; `records` are
// checked by BatchReader, and the caller checks that it yields exactly `count`.
Status DecodeBatchHeader(Slice payload, SequenceNumber* first, uint32_t* count, Slice* records);

}  // namespace burrow
