#include "util/status.h"

#include <cerrno>
#include <system_error>

namespace burrow {

namespace {
const std::string kEmpty;
}

Status::Status(Code code, std::string message, Place place) : state_(std::make_shared<State>()) {
  state_->code = code;
  state_->message = std::move(message);
  state_->place = place;
}

Status Status::FromErrno(Slice operation, Slice file, int error, Place place) {
  Code code = Code::kIO;
  if (error == ENOSPC || error == EDQUOT) code = Code::kNoSpace;
  if (error == ENOENT) code = Code::kNotFound;
  if (error == EEXIST) code = Code::kExists;
  std::string message(operation);
  message.append(" ").append(file).append(": ").append(std::generic_category().message(error));
  Status status(code, std::move(message), place);
  status.state_->error_number = error;
  status.state_->file = file;
  return status;
}

Status::State& Status::Mutable() {
  if (state_.use_count() > 1) state_ = std::make_shared<State>(*state_);
  return *state_;
}

Status&& Status::WithFile(Slice file) && {
  if (!ok() && state_->file.empty()) Mutable().file = file;
  return std::move(*this);
}

Status&& Status::WithOffset(uint64_t offset) && {
  if (!ok() && state_->offset < 0) Mutable().offset = static_cast<int64_t>(offset);
  return std::move(*this);
}

Status&& Status::WithHolder(int64_t pid) && {
  if (!ok()) Mutable().holder_pid = pid;
  return std::move(*this);
}

const std::string& Status::message() const { return ok() ? kEmpty : state_->message; }
const std::string& Status::file() const { return ok() ? kEmpty : state_->file; }

std::string Status::place() const {
  if (ok()) return "";
  // Compilers say the path as the build named the file.
  constexpr Slice kRoot = "native/";
  Slice path = state_->place.file;
  if (const size_t at = path.rfind(kRoot); at != Slice::npos) path.remove_prefix(at + kRoot.size());
  return std::string(path) + ":" + std::to_string(state_->place.line);
}

std::string Status::ToString() const {
  if (ok()) return "OK";
  std::string text = CodeName(state_->code);
  text.append(": ").append(state_->message);
  if (!state_->file.empty() || state_->offset >= 0) {
    text.append(" (").append(state_->file);
    if (state_->offset >= 0) text.append(" at ").append(std::to_string(state_->offset));
    text.append(")");
  }
  return text;
}

const char* CodeName(Code code) {
  switch (code) {
    case Code::kOk: return "OK";
    case Code::kIO: return "IO";
    case Code::kCorruption: return "Corruption";
    case Code::kLocked: return "Locked";
    case Code::kClosed: return "Closed";
    case Code::kReadOnly: return "ReadOnly";
    case Code::kInvalidArgument: return "InvalidArgument";
    case Code::kNotFound: return "NotFound";
    case Code::kExists: return "Exists";
    case Code::kNoSpace: return "NoSpace";
    case Code::kBusy: return "Busy";
    case Code::kConflict: return "Conflict";
    case Code::kTimeout: return "Timeout";
    case Code::kAborted: return "Aborted";
    case Code::kEncryption: return "Encryption";
    case Code::kUnsupported: return "Unsupported";
    case Code::kInternal: return "Internal";
  }
  return "Unknown";
}

}  // namespace burrow
