#include "wal/log_writer.h"

#include <algorithm>
#include <utility>

#include "util/coding.h"
#include "util/crc32c.h"

namespace burrow::log {

namespace {

// Smaller pieces are copied: a piece of its own costs the kernel more.
constexpr size_t kSmallestBorrowed = 4 << 10;
// What is kept of the memory for copies; they are many only when records are small.
constexpr size_t kLargestIdle = 4 << 20;

void CopyTo(std::string* buffer, Slice bytes) { buffer->append(bytes); }
void CopyTo(FramedParts* parts, Slice bytes) { parts->Copy(bytes); }
void BorrowFor(std::string* buffer, Slice bytes) { buffer->append(bytes); }
void BorrowFor(FramedParts* parts, Slice bytes) { parts->Borrow(bytes); }

}  // namespace

void FramedParts::Copy(Slice bytes) {
  copied_.append(bytes);
  size_ += bytes.size();
  if (!pieces_.empty() && pieces_.back().borrowed == nullptr) {
    pieces_.back().size += bytes.size();
  } else {
    pieces_.push_back({nullptr, bytes.size()});
  }
}

void FramedParts::Borrow(Slice bytes) {
  if (bytes.size() < kSmallestBorrowed) return Copy(bytes);
  pieces_.push_back({bytes.data(), bytes.size()});
  size_ += bytes.size();
}

void FramedParts::Clear() {
  copied_.clear();
  if (copied_.capacity() > kLargestIdle) std::string().swap(copied_);
  pieces_.clear();
  parts_.clear();
  size_ = 0;
}

std::span<const Slice> FramedParts::Get() {
  parts_.clear();
  const char* copied = copied_.data();
  for (const Piece& piece : pieces_) {
    const bool borrowed = piece.borrowed != nullptr;
    parts_.emplace_back(borrowed ? piece.borrowed : copied, piece.size);
    if (!borrowed) copied += piece.size;
  }
  return parts_;
}

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
template <typename Buffer>
void LogWriter::FrameFragment(FragmentType type, Slice head, Slice body, Buffer* buffer) {
  char header[kHeaderSize];
  EncodeFixed16(header + 4, static_cast<uint16_t>(head.size() + body.size()));
  header[6] = static_cast<char>(type);
  EncodeFixed32(header + 7, static_cast<uint32_t>(number_));
  EncodeFixed64(header + 11, synced_size());
  uint32_t crc = crc32c::Value(Slice(header + 4, kHeaderSize - 4));
  crc = crc32c::Extend(crc, head.data(), head.size());
  crc = crc32c::Extend(crc, body.data(), body.size());
  EncodeFixed32(header, crc32c::Mask(crc));
  CopyTo(buffer, Slice(header, sizeof header));
  CopyTo(buffer, head);
  BorrowFor(buffer, body);
  framed_size_ += kHeaderSize + head.size() + body.size();
}

// Makes sure that a fragment can begin here: the log's header comes first, and a block's tail is zeros when no fragment
// header fits into it.
template <typename Buffer>
void LogWriter::BeginFragment(Buffer* buffer) {
  if (framed_size_ == 0) FrameFragment(kHeader, header_, Slice(), buffer);
  const uint64_t left = kBlockSize - framed_size_ % kBlockSize;
  if (left >= kHeaderSize) return;
  constexpr char kZeros[kHeaderSize] = {};
  CopyTo(buffer, Slice(kZeros, left));
  framed_size_ += left;
}

void LogWriter::Frame(Slice head, Slice body, std::string* buffer) {
  const size_t size = head.size() + body.size();
  // Room for all fragments at once; doubling keeps many small records in one buffer linear.
  const size_t room = buffer->size() + size + (size / (kBlockSize - kHeaderSize) + 4) * kHeaderSize + header_.size();
  if (room > buffer->capacity()) buffer->reserve(std::max(room, 2 * buffer->capacity()));
  FrameTo(head, body, buffer);
}

void LogWriter::Frame(Slice head, Slice body, FramedParts* parts) { FrameTo(head, body, parts); }

template <typename Buffer>
void LogWriter::FrameTo(Slice head, Slice body, Buffer* buffer) {
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
  return Appended(std::move(status), framed.size(), count, written);
}

Status LogWriter::Append(FramedParts* framed, size_t* written) {
  size_t count = 0;
  Status status = file_->AppendParts(framed->Get(), &count);
  return Appended(std::move(status), framed->size(), count, written);
}

Status LogWriter::Appended(Status status, size_t size, size_t count, size_t* written) {
  // After a failure the written length stays at the last whole append: a record that may be in part is never counted.
  if (status.ok()) written_size_.store(written_size() + size, std::memory_order_release);
  if (written != nullptr) *written = status.ok() ? size : count;
  return status;
}

Status LogWriter::Sync() {
  const uint64_t covered = written_size_.load(std::memory_order_acquire);
  BURROW_RETURN_IF_ERROR(file_->Sync());
  synced_size_.store(covered, std::memory_order_release);
  return Status();
}

}  // namespace burrow::log
