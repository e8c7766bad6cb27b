#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "util/slice.h"

namespace burrow {

// Written across the N-API boundary as a number; lib/base/errors.ts holds the one table that names them. Append only.
enum class Code : uint8_t {
  kOk = 0,
  kIO = 1,
  kCorruption = 2,
  kLocked = 3,
  kClosed = 4,
  kReadOnly = 5,
  kInvalidArgument = 6,
  kNotFound = 7,
  kExists = 8,
  kNoSpace = 9,
  kBusy = 10,
  kConflict = 11,
  kTimeout = 12,
  kAborted = 13,
  kEncryption = 14,
  kUnsupported = 15,
  kInternal = 16,
};

// The outcome of an operation. An ok status is one null pointer; an error carries a code, a message that says what
// happened to what, the place in the source where it was made, and, where known, the file, the byte offset in it, the
// errno and the pid that holds a lock. The place is a constant of the caller: a status that is ok never touches it.
// Copying shares the (immutable) details, so one failure can be handed to many waiters.
class [[nodiscard]] Status {
 public:
  Status() = default;

  // Where a call is written. Not std::source_location, which clang has had since 15 only.
  struct Place {
    const char* file = "";
    int line = 0;
    static constexpr Place current(const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
      return {file, line};
    }
  };

  Status(Code code, std::string message, Place place = Place::current());

  static Status IO(std::string message, Place place = Place::current()) {
    return Status(Code::kIO, std::move(message), place);
  }
  static Status Corruption(std::string message, Place place = Place::current()) {
    return Status(Code::kCorruption, std::move(message), place);
  }
  static Status InvalidArgument(std::string message, Place place = Place::current()) {
    return Status(Code::kInvalidArgument, std::move(message), place);
  }
  static Status NotFound(std::string message, Place place = Place::current()) {
    return Status(Code::kNotFound, std::move(message), place);
  }
  static Status Unsupported(std::string message, Place place = Place::current()) {
    return Status(Code::kUnsupported, std::move(message), place);
  }
  static Status Aborted(std::string message, Place place = Place::current()) {
    return Status(Code::kAborted, std::move(message), place);
  }
  static Status Internal(std::string message, Place place = Place::current()) {
    return Status(Code::kInternal, std::move(message), place);
  }
  // Maps an errno: ENOSPC, EDQUOT → kNoSpace; ENOENT → kNotFound; EEXIST → kExists; everything else → kIO.
  // The message reads "<operation> <file>: <strerror>".
  static Status FromErrno(Slice operation, Slice file, int error, Place place = Place::current());

  // Context, added by whoever knows it; on an ok status they do nothing. An offset or file already set is kept.
  Status&& WithFile(Slice file) &&;
  Status&& WithOffset(uint64_t offset) &&;
  Status&& WithHolder(int64_t pid) &&;

  bool ok() const { return state_ == nullptr; }
  Code code() const { return ok() ? Code::kOk : state_->code; }
  bool Is(Code code) const { return this->code() == code; }
  const std::string& message() const;
  const std::string& file() const;
  int64_t offset() const { return ok() ? -1 : state_->offset; }  // -1: unknown
  int error_number() const { return ok() ? 0 : state_->error_number; }
  // "table/data_block.cc:123", under native/; where the status was made. Empty when it is ok.
  std::string place() const;
  int64_t holder_pid() const { return ok() ? 0 : state_->holder_pid; }
  // "Corruption: block checksum mismatch (000012.sst at 4096)"; "OK".
  std::string ToString() const;

 private:
  struct State {
    Code code = Code::kOk;
    std::string message;
    std::string file;
    int64_t offset = -1;
    int error_number = 0;
    int64_t holder_pid = 0;
    Place place;
  };
  State& Mutable();  // copies the details when they are shared

  std::shared_ptr<State> state_;
};

const char* CodeName(Code code);

// Returns from the enclosing function when `expr` is not ok.
#define BURROW_RETURN_IF_ERROR(expr)                 \
  do {                                               \
    ::burrow::Status status_of_expr = (expr);        \
    if (!status_of_expr.ok()) return status_of_expr; \
  } while (0)

}  // namespace burrow
