#include "env/direct_io.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "env/env.h"
#include "env/transfer.h"

namespace burrow {

namespace {

class PosixPositionalFile final : public PositionalFile {
 public:
  PosixPositionalFile(std::string path, int fd, bool regular) : path_(std::move(path)), fd_(fd), regular_(regular) {}
  ~PosixPositionalFile() override { CloseOnce(); }

  Status WriteAt(uint64_t offset, Slice data) override {
    const auto write = [this](const char* from, size_t n, uint64_t at) {
      return pwrite(fd_, from, n, static_cast<off_t>(at));
    };
    size_t written;
    const int error = WriteFully(write, data, offset, &written);
    return error == 0 ? Status() : Status::FromErrno("write", path_, error).WithOffset(offset + written);
  }

  Status Sync() override {
#if defined(__APPLE__)
    // fsync does not reach the medium on macOS.
    if (RetryInterrupted([this] { return fcntl(fd_, F_FULLFSYNC); }) >= 0) return Status();
#endif
    return Result("sync", RetryInterrupted([this] { return fsync(fd_); }));
  }

  Status Truncate(uint64_t size) override {
    return Result("truncate", RetryInterrupted([&] { return ftruncate(fd_, static_cast<off_t>(size)); }));
  }

  Status Close() override { return Result("close", CloseOnce()); }

  bool Regular() const override { return regular_; }

  Status GoDirect() {
#if defined(__APPLE__)
    return Result("set F_NOCACHE for", fcntl(fd_, F_NOCACHE, 1));
#elif defined(O_DIRECT)
    const int flags = fcntl(fd_, F_GETFL);
    if (flags >= 0 && fcntl(fd_, F_SETFL, flags | O_DIRECT) == 0) return Status();
    if (errno != EINVAL) return Result("set O_DIRECT for", -1);
#endif
    return Status::Unsupported("direct writes (O_DIRECT) are refused by the file system or device of " + path_)
        .WithFile(path_);
  }

 private:
  Status Result(const char* operation, int result) const {
    return result >= 0 ? Status() : Status::FromErrno(operation, path_, errno);
  }

  // After EINTR the descriptor is gone on Linux.
  int CloseOnce() {
    if (fd_ < 0) return 0;
    return close(std::exchange(fd_, -1)) == 0 || errno == EINTR ? 0 : -1;
  }

  const std::string path_;
  int fd_;
  const bool regular_;
};

Status CheckKind(const std::string& path, const struct stat& info) {
  if (S_ISDIR(info.st_mode)) {
    return Status::InvalidArgument(path + " is a directory; name a file in it").WithFile(path);
  }
  if (S_ISREG(info.st_mode) || S_ISBLK(info.st_mode) || S_ISCHR(info.st_mode)) return Status();
  return Status::InvalidArgument(path + " cannot be written at an offset: it is neither a file nor a device")
      .WithFile(path);
}

}  // namespace

Status PositionalFile::Create(const std::string& path, const Options& options, std::unique_ptr<PositionalFile>* file) {
  BURROW_RETURN_IF_ERROR(CheckPath(path));
  struct stat info;
  const bool present = stat(path.c_str(), &info) == 0;
  // Before it is opened: opening a pipe waits for who reads it.
  if (present) BURROW_RETURN_IF_ERROR(CheckKind(path, info));
  const int flags = O_WRONLY | O_CREAT | O_CLOEXEC | (options.replace ? 0 : O_EXCL);
  const int fd = RetryInterrupted([&] { return open(path.c_str(), flags, 0644); });
  if (fd < 0 && errno == EEXIST) {
    return Status(Code::kExists, path + " is there already; nothing is overwritten without force").WithFile(path);
  }
  if (fd < 0) return Status::FromErrno("create", path, errno);
  Status status = fstat(fd, &info) == 0 ? CheckKind(path, info) : Status::FromErrno("stat", path, errno);
  auto opened = std::make_unique<PosixPositionalFile>(path, fd, S_ISREG(info.st_mode));
  // Not with open(2), which leaves an empty file behind where it refuses.
  if (status.ok() && options.direct) status = opened->GoDirect();
  // Nor with O_TRUNC: what is there stays when it is not to be overwritten after all.
  if (status.ok() && present && opened->Regular()) status = opened->Truncate(0);
  if (!status.ok()) {
    if (!present) unlink(path.c_str());
    return status;
  }
  *file = std::move(opened);
  return Status();
}

}  // namespace burrow
