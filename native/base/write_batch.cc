#include "base/write_batch.h"

namespace burrow {

void AppendRecord(std::string* to, Kind kind, Slice key, Slice value) {
  char header[kRecordHeaderSize];
  EncodeRecordHeader(header, kind, key.size(), value.size());
  to->append(header, sizeof header);
  to->append(key);
  to->append(value);
}

bool BatchReader::Next(BatchRecord* record) {
  if (p_ == end_ || !status_.ok()) return false;
  auto fail = [this](Status status) {
    status_ = std::move(status);
    return false;
  };
  auto left = static_cast<size_t>(end_ - p_);
  auto kind = static_cast<uint8_t>(*p_);
  // The kind decides how the rest is read, so it is judged first.
  if (kind > kLastKind) {
    return fail(Status::Unsupported("write batch has a record of unknown kind " + std::to_string(kind)));
  }
  if (left < kRecordHeaderSize) return fail(Status::Corruption("write batch ends inside a record header"));
  size_t key_size = DecodeFixed16(p_ + 1);
  size_t value_size = DecodeFixed32(p_ + 3);
  left -= kRecordHeaderSize;
  if (key_size > left || value_size > left - key_size) {
    return fail(Status::Corruption("write batch ends inside a record"));
  }
  if (key_size == 0) return fail(Status::Corruption("write batch has a record with an empty key"));
  switch (static_cast<Kind>(kind)) {
    case Kind::kPut:
      if (value_size > kMaxValueSize) return fail(Status::Corruption("write batch has a value above the limit"));
      break;
    case Kind::kDelete:
      if (value_size != 0) return fail(Status::Corruption("write batch has a delete with a value"));
      break;
    case Kind::kRangeDelete:
      if (value_size == 0) return fail(Status::Corruption("write batch has a range delete without an end"));
      if (value_size > kMaxUserKeySize) {
        return fail(Status::Corruption("write batch has a range delete with an end above the key limit"));
      }
      break;
  }
  record->kind = static_cast<Kind>(kind);
  record->key = Slice(p_ + kRecordHeaderSize, key_size);
  record->value = Slice(p_ + kRecordHeaderSize + key_size, value_size);
  p_ += kRecordHeaderSize + key_size + value_size;
  return true;
}

Status DecodeBatchHeader(Slice payload, SequenceNumber* first, uint32_t* count, Slice* records) {
  if (payload.size() < kBatchHeaderSize) return Status::Corruption("write batch is shorter than its header");
  SequenceNumber sequence = DecodeFixed64(payload.data());
  uint32_t n = DecodeFixed32(payload.data() + 8);
  if (sequence > kMaxSequence || (n > 0 && n - 1 > kMaxSequence - sequence)) {
    return Status::Corruption("write batch has sequence numbers above 2^53 - 1");
  }
  *first = sequence;
  *count = n;
  *records = payload.substr(kBatchHeaderSize);
  return Status();
}

}  // namespace burrow
