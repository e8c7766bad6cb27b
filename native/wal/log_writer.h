#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/database_id.h"
#include "env/env.h"
#include "wal/log_format.h"

namespace burrow::log {

// Framed bytes in pieces: what is large is borrowed, the rest is copied.
class FramedParts {
 public:
  void Copy(Slice bytes);
  void Borrow(Slice bytes);  // or copies them, when there are few; must stay where they are until Clear
  void Clear();
  size_t size() const { return size_; }
  // In order. Valid until the next call that changes something.
  std::span<const Slice> Get();

 private:
  struct Piece {
    const char* borrowed;  // null: the next bytes of copied_
    size_t size;
  };
  std::string copied_;
  std::vector<Piece> pieces_;
  std::vector<Slice> parts_;
  size_t size_ = 0;
};

// Frames records into bytes and appends them to a file. Not thread-safe: the commit queue (or the manifest's job lane)
// serializes. Framing and writing are separate steps, so that many records can be framed into one buffer and leave in
// one write(2), and so that a record can be framed on one thread while an earlier buffer is written on another.
class LogWriter {
 public:
  // The file's logical end is at `size`: 0, or where the valid part of an earlier log ends. Nothing is written until the
  // first Append; in an empty file the header fragment is framed first.
  LogWriter(std::unique_ptr<WritableFile> file, LogKind kind, uint64_t log_number, const DatabaseId& database_id,
            uint64_t size = 0);
  ~LogWriter();

  // Appends the framing of one record (the concatenation head + body, which saves the caller a copy) to *buffer.
  // Advances framed_size(). Never fails.
  void Frame(Slice head, Slice body, std::string* buffer);
  void Frame(Slice head, Slice body, FramedParts* parts);  // `body` is borrowed
  void FrameEnd(std::string* buffer);                      // the end record of a sealed log
  // Takes back what was framed behind `framed_size`, a value that framed_size() had; none of it may have been appended.
  void Rewind(uint64_t framed_size) { framed_size_ = framed_size; }

  // Writes framed bytes, in the order in which they were framed. *written as in WritableFile::Append.
  Status Append(Slice framed, size_t* written = nullptr);
  Status Append(FramedParts* framed, size_t* written = nullptr);
  Status Sync();  // then synced_size() covers what Append wrote before the call; fragments framed later say so

  uint64_t framed_size() const { return framed_size_; }  // length of the log once all that is framed is written
  uint64_t written_size() const { return written_size_; }
  uint64_t synced_size() const { return synced_size_; }
  WritableFile* file() { return file_.get(); }
  uint64_t number() const { return number_; }

 private:
  template <typename Buffer>
  void FrameTo(Slice head, Slice body, Buffer* buffer);
  template <typename Buffer>
  void FrameFragment(FragmentType type, Slice head, Slice body, Buffer* buffer);
  template <typename Buffer>
  void BeginFragment(Buffer* buffer);
  Status Appended(Status status, size_t size, size_t count, size_t* written);

  std::unique_ptr<WritableFile> file_;
  const uint64_t number_;
  std::string header_;  // framed with the first record
  uint64_t framed_size_ = 0;
  std::atomic<uint64_t> written_size_{0};
  std::atomic<uint64_t> synced_size_{0};
};

}  // namespace burrow::log
