#include "wal/log_writer.h"

#include <algorithm>

#include "util/coding.h"
#include "util/crc32c.h"

namespace burrow::log {

LogWriter::LogWriter(std::unique_ptr<WritableFile> file, LogKind kind, uint64_t log_number,
                     const DatabaseId& database_id, uint64_t size)
    : file_(std::move(file)), number_(log_number), framed_size_(size), written_size_(size) {
  PutFixed64(&header_, kMagic);
  PutFixed32(&header_, kFormatVersion);
  header_.push_back(static_cast<char>(kind));
  header_.append(database_id.slice());
  PutFixed64(&header_, log_number);
}

LogWriter::~LogWriter() = default;

// REQUIRES: the fragment fits into what is left of the block.
void LogWriter::FrameFragment(FragmentType type, Slice head, Slice body, std::string* buffer) {
  char header[kHeaderSize];
  EncodeFixed16(header + 4, static_cast<uint16_t>(head.size() + body.size()));
  header[6] = static_cast<char>(type);
  EncodeFixed32(header + 7, static_cast<uint32_t>(number_));
  EncodeFixed64(header + 11, synced_size());
  uint32_t crc = crc32c::Value(Slice(header + 4, kHeaderSize - 4));
  crc = crc32c::Extend(crc, head.data(), head.size());
  crc = crc32c::Extend(crc, body.data(), body.size());
  EncodeFixed32(header, crc32c::Mask(crc));
  buffer->append(header, sizeof header);
  buffer->append(head);
  buffer->append(body);
  framed_size_ += kHeaderSize + head.size() + body.size();
}

// Makes sure that a fragment can begin here: the log's header comes first, and a block's tail is zeros when no fragment
// header fits into it.
void LogWriter::BeginFragment(std::string* buffer) {
  if (framed_size_ == 0) FrameFragment(kHeader, header_, Slice(), buffer);
  const uint64_t left = kBlockSize - framed_size_ % kBlockSize;
  if (left >= kHeaderSize) return;
  buffer->append(left, '\0');
  framed_size_ += left;
}

void LogWriter::Frame(Slice head, Slice body, std::string* buffer) {
  const size_t size = head.size() + body.size();
  // Room for all fragments at once; doubling keeps many small records in one buffer linear.
  const size_t room = buffer->size() + size + (size / (kBlockSize - kHeaderSize) + 4) * kHeaderSize + header_.size();
  if (room > buffer->capacity()) buffer->reserve(std::max(room, 2 * buffer->capacity()));

  bool first = true;
  for (;;) {
    BeginFragment(buffer);
    const size_t payload = kBlockSize - framed_size_ % kBlockSize - kHeaderSize;
    const bool last = head.size() + body.size() <= payload;
    const Slice from_head = head.substr(0, payload);
    const Slice from_body = body.substr(0, payload - from_head.size());
    FrameFragment(first ? (last ? kFull : kFirst) : (last ? kLast : kMiddle), from_head, from_body, buffer);
    if (last) return;
    head.remove_prefix(from_head.size());
    body.remove_prefix(from_body.size());
    first = false;
  }
}

void LogWriter::FrameEnd(std::string* buffer) {
  BeginFragment(buffer);
  FrameFragment(kEnd, Slice(), Slice(), buffer);
}

Status LogWriter::Append(Slice framed, size_t* written) {
  size_t count = 0;
  Status status = file_->Append(framed, &count);
  // After a failure the written length stays at the last whole append: a record that may be in part is never counted.
  if (status.ok()) written_size_.store(written_size() + framed.size(), std::memory_order_release);
  if (written != nullptr) *written = status.ok() ? framed.size() : count;
  return status;
}

Status LogWriter::Sync() {
  const uint64_t covered = written_size_.load(std::memory_order_acquire);
  BURROW_RETURN_IF_ERROR(file_->Sync());
  synced_size_.store(covered, std::memory_order_release);
  return Status();
}

}  // namespace burrow::log
