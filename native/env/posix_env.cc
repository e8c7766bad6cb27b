#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <mutex>
#include <set>
#include <system_error>
#include <utility>

#include "env/env.h"
#include "env/transfer.h"

namespace burrow {

namespace {

// A descriptor that is closed with its owner.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() { Close(); }
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;

  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }
  // Returns the errno, or 0. Never repeated: after EINTR the descriptor is gone on Linux, and its number may belong to
  // another thread's file.
  int Close() {
    if (!valid()) return 0;
    return close(std::exchange(fd_, -1)) == 0 || errno == EINTR ? 0 : errno;
  }

 private:
  int fd_ = -1;
};

Descriptor Open(const std::string& path, int flags) {
  return Descriptor(RetryInterrupted([&] { return open(path.c_str(), flags | O_CLOEXEC, 0644); }));
}

int WriteAt(int fd, Slice data, uint64_t offset, size_t* written) {
  const auto write = [fd](const char* from, size_t n, uint64_t at) {
    return pwrite(fd, from, n, static_cast<off_t>(at));
  };
  return WriteFully(write, data, offset, written);
}

int ReadAt(int fd, char* to, size_t n, uint64_t offset, size_t* read) {
  const auto read_part = [fd](char* into, size_t size, uint64_t at) {
    return pread(fd, into, size, static_cast<off_t>(at));
  };
  return ReadFully(read_part, to, n, offset, read);
}

int WritePartsAt(int fd, std::span<const Slice> parts, uint64_t offset, size_t* written) {
  const auto write = [fd](const iovec* vectors, size_t count, uint64_t at) {
    return pwritev(fd, vectors, static_cast<int>(count), static_cast<off_t>(at));
  };
  return WritePartsFully(write, parts, offset, written);
}

class PosixRandomAccessFile final : public RandomAccessFile {
 public:
  PosixRandomAccessFile(std::string path, Descriptor fd, uint64_t size)
      : path_(std::move(path)), fd_(std::move(fd)), size_(size) {}

  Status Read(uint64_t offset, size_t n, Slice* result, char* scratch) const override {
    size_t read;
    const int error = ReadAt(fd_.get(), scratch, n, offset, &read);
    *result = Slice(scratch, read);
    return error == 0 ? Status() : Status::FromErrno("read", path_, error).WithOffset(offset);
  }

  void Advise([[maybe_unused]] uint64_t offset, [[maybe_unused]] uint64_t n,
              [[maybe_unused]] bool will_need) const override {
#if defined(__linux__)
    (void)posix_fadvise(fd_.get(), static_cast<off_t>(offset), static_cast<off_t>(n),
                        will_need ? POSIX_FADV_WILLNEED : POSIX_FADV_DONTNEED);
#endif
  }

  uint64_t Size() const override { return size_; }

 private:
  const std::string path_;
  const Descriptor fd_;
  const uint64_t size_;
};

class PosixWritableFile final : public WritableFile {
 public:
  PosixWritableFile(std::string path, Descriptor fd, uint64_t end)
      : path_(std::move(path)), fd_(std::move(fd)), end_(end) {}

  Status Append(Slice data, size_t* written) override {
    size_t done;
    const int error = WriteAt(fd_.get(), data, end_, &done);
    return Appended(error, done, written);
  }

  Status AppendParts(std::span<const Slice> parts, size_t* written) override {
    size_t done;
    const int error = WritePartsAt(fd_.get(), parts, end_, &done);
    return Appended(error, done, written);
  }

  Status Allocate(uint64_t size) override {
    if (size == 0) return Status();
#if defined(__linux__)
    // glibc's posix_fallocate would write zeros where the file system has no such call; this one fails instead.
    if (RetryInterrupted([&] { return fallocate(fd_.get(), 0, 0, static_cast<off_t>(size)); }) == 0) return Status();
    if (errno != EOPNOTSUPP && errno != ENOSYS) return Status::FromErrno("allocate", path_, errno);
#endif
    return Status::Unsupported("the file system cannot allocate ahead for " + path_).WithFile(path_);
  }

  Status Sync() override {
#if defined(__APPLE__)
    // fsync does not reach the medium on macOS. File systems without the command get what there is.
    if (RetryInterrupted([&] { return fcntl(fd_.get(), F_FULLFSYNC); }) >= 0) return Status();
    if (errno != ENOTSUP && errno != ENOTTY && errno != EINVAL) return Status::FromErrno("sync", path_, errno);
    const int result = RetryInterrupted([&] { return fsync(fd_.get()); });
#else
    const int result = RetryInterrupted([&] { return fdatasync(fd_.get()); });
#endif
    return result == 0 ? Status() : Status::FromErrno("sync", path_, errno);
  }

  void StartWriting([[maybe_unused]] uint64_t offset, [[maybe_unused]] uint64_t n) override {
#if defined(__linux__)
    // Without its WAIT flags: what goes wrong is left for the next fdatasync to tell.
    (void)sync_file_range(fd_.get(), static_cast<off_t>(offset), static_cast<off_t>(n), SYNC_FILE_RANGE_WRITE);
#endif
  }

  Status Truncate(uint64_t size) override {
    if (RetryInterrupted([&] { return ftruncate(fd_.get(), static_cast<off_t>(size)); }) != 0) {
      return Status::FromErrno("truncate", path_, errno);
    }
    end_ = std::min(end_, size);
    return Status();
  }

  Status Close() override {
    const int error = fd_.Close();
    return error == 0 ? Status() : Status::FromErrno("close", path_, error);
  }

  uint64_t Size() const override { return end_; }

 private:
  Status Appended(int error, size_t done, size_t* written) {
    const uint64_t offset = end_;
    end_ += done;
    if (written != nullptr) *written = done;
    return error == 0 ? Status() : Status::FromErrno("write", path_, error).WithOffset(offset);
  }

  const std::string path_;
  Descriptor fd_;
  uint64_t end_;
};

// Files that this process holds a lock on. It refuses a second open without touching the file: on network file systems
// flock is a record lock, and closing any descriptor of the file would drop it.
using FileId = std::pair<dev_t, ino_t>;

struct LockTable {
  std::mutex mu;
  std::set<FileId> held;
};

LockTable* Locks() {
  static auto* const table = new LockTable;
  return table;
}

class PosixFileLock final : public FileLock {
 public:
  PosixFileLock(Descriptor fd, FileId id) : fd_(std::move(fd)), id_(id), owner_(getpid()) {}

  ~PosixFileLock() override {
    if (getpid() != owner_) return;  // a forked child: the lock is its parent's
    std::lock_guard<std::mutex> guard(Locks()->mu);
    (void)!ftruncate(fd_.get(), 0);
    Locks()->held.erase(id_);
    fd_.Close();
  }

 private:
  Descriptor fd_;
  const FileId id_;
  const pid_t owner_;
};

int64_t ReadHolder(int fd) {
  char text[32];
  size_t n;
  int64_t pid = 0;
  if (ReadAt(fd, text, sizeof text, 0, &n) == 0) std::from_chars(text, text + n, pid);
  return std::max<int64_t>(pid, 0);
}

Status Locked(const std::string& path, int64_t holder) {
  std::string who = "another process";
  if (holder != 0) who = "process " + std::to_string(holder);
  if (holder == getpid()) who.append(" (this one)");
  return Status(Code::kLocked, "the database is in use by " + who + ": " + path).WithFile(path).WithHolder(holder);
}

class PosixEnv final : public Env {
 public:
  Status NewWritableFile(const std::string& path, OpenMode mode, std::unique_ptr<WritableFile>* file) override {
    BURROW_RETURN_IF_ERROR(CheckPath(path));
    Descriptor fd = Open(path, O_WRONLY | O_CREAT | (mode == OpenMode::kTruncate ? O_TRUNC : 0));
    if (!fd.valid()) return Status::FromErrno("create", path, errno);
    struct stat info;
    if (fstat(fd.get(), &info) != 0) return Status::FromErrno("stat", path, errno);
    *file = std::make_unique<PosixWritableFile>(path, std::move(fd), static_cast<uint64_t>(info.st_size));
    return Status();
  }

  Status NewRandomAccessFile(const std::string& path, std::unique_ptr<RandomAccessFile>* file) override {
    BURROW_RETURN_IF_ERROR(CheckPath(path));
    Descriptor fd = Open(path, O_RDONLY);
    if (!fd.valid()) return Status::FromErrno("open", path, errno);
    struct stat info;
    if (fstat(fd.get(), &info) != 0) return Status::FromErrno("stat", path, errno);
    if (S_ISDIR(info.st_mode)) return Status::FromErrno("open", path, EISDIR);
    *file = std::make_unique<PosixRandomAccessFile>(path, std::move(fd), static_cast<uint64_t>(info.st_size));
    return Status();
  }

  Status FileExists(const std::string& path) override {
    struct stat info;
    return Stat(path, &info);
  }

  Status GetFileSize(const std::string& path, uint64_t* size) override {
    struct stat info;
    BURROW_RETURN_IF_ERROR(Stat(path, &info));
    *size = static_cast<uint64_t>(info.st_size);
    return Status();
  }

  Status IsDirectory(const std::string& path, bool* is_directory) override {
    struct stat info;
    BURROW_RETURN_IF_ERROR(Stat(path, &info));
    *is_directory = S_ISDIR(info.st_mode);
    return Status();
  }

  Status GetChildren(const std::string& dir, std::vector<std::string>* names) override {
    BURROW_RETURN_IF_ERROR(CheckPath(dir));
    names->clear();
    DIR* stream = opendir(dir.c_str());
    if (stream == nullptr) return Status::FromErrno("list", dir, errno);
    errno = 0;
    while (const dirent* entry = readdir(stream)) {
      const Slice name = entry->d_name;
      if (name != "." && name != "..") names->emplace_back(name);
      errno = 0;
    }
    const int error = errno;
    closedir(stream);
    return error == 0 ? Status() : Status::FromErrno("list", dir, error);
  }

  Status RemoveFile(const std::string& path) override {
    BURROW_RETURN_IF_ERROR(CheckPath(path));
    return Result("remove", path, unlink(path.c_str()));
  }

  Status RemoveDir(const std::string& path) override {
    BURROW_RETURN_IF_ERROR(CheckPath(path));
    return Result("remove directory", path, rmdir(path.c_str()));
  }

  Status RenameFile(const std::string& from, const std::string& to) override {
    BURROW_RETURN_IF_ERROR(CheckPath(from));
    BURROW_RETURN_IF_ERROR(CheckPath(to));
    return Result("rename", from, to, rename(from.c_str(), to.c_str()));
  }

  Status LinkFile(const std::string& from, const std::string& to) override {
    BURROW_RETURN_IF_ERROR(CheckPath(from));
    BURROW_RETURN_IF_ERROR(CheckPath(to));
    if (link(from.c_str(), to.c_str()) == 0) return Status();
    // Between file systems, on one that has no links, and for files of others where the system guards those.
    if (errno == EXDEV || errno == EPERM || errno == EMLINK || errno == ENOTSUP || errno == ENOSYS) {
      const std::string reason = std::generic_category().message(errno);
      return Status::Unsupported("cannot link " + to + " to " + from + ": " + reason).WithFile(from);
    }
    return Result("link", from, to, -1);
  }

  Status CreateDirs(const std::string& path) override {
    BURROW_RETURN_IF_ERROR(CheckPath(path));
    std::error_code error;
    std::filesystem::create_directories(path, error);
    return error ? Status::FromErrno("create directory", path, error.value()) : Status();
  }

  Status SyncDir(const std::string& dir) override {
    BURROW_RETURN_IF_ERROR(CheckPath(dir));
    const Descriptor fd = Open(dir, O_RDONLY | O_DIRECTORY);
    if (!fd.valid()) return Status::FromErrno("sync directory", dir, errno);
    const int result = RetryInterrupted([&] { return fsync(fd.get()); });
    if (result != 0 && errno == EINVAL) return Status();  // a file system whose directories have nothing to sync
    return Result("sync directory", dir, result);
  }

  Status GetFreeSpace(const std::string& path, uint64_t* bytes) override {
    struct statvfs info;
    BURROW_RETURN_IF_ERROR(StatFileSystem(path, &info));
    *bytes = static_cast<uint64_t>(info.f_bavail) * info.f_frsize;
    return Status();
  }

  Status GetTotalSpace(const std::string& path, uint64_t* bytes) override {
    struct statvfs info;
    BURROW_RETURN_IF_ERROR(StatFileSystem(path, &info));
    const uint64_t used = static_cast<uint64_t>(info.f_blocks) - info.f_bfree;
    *bytes = (used + info.f_bavail) * info.f_frsize;
    return Status();
  }

  Status LockFile(const std::string& path, std::unique_ptr<FileLock>* lock) override {
    BURROW_RETURN_IF_ERROR(CheckPath(path));
    std::lock_guard<std::mutex> guard(Locks()->mu);
    struct stat info;
    if (stat(path.c_str(), &info) == 0 && Locks()->held.contains({info.st_dev, info.st_ino})) {
      return Locked(path, getpid());
    }
    Descriptor fd = Open(path, O_RDWR | O_CREAT);
    if (!fd.valid()) return Status::FromErrno("lock", path, errno);
    if (RetryInterrupted([&] { return flock(fd.get(), LOCK_EX | LOCK_NB); }) != 0) {
      if (errno == EWOULDBLOCK) return Locked(path, ReadHolder(fd.get()));
      return Status::FromErrno("lock", path, errno);
    }
    // Somebody may have replaced the file between open and flock: a lock on a file without a name excludes nobody.
    struct stat named;
    if (fstat(fd.get(), &info) != 0) return Status::FromErrno("lock", path, errno);
    if (stat(path.c_str(), &named) != 0) return Status::FromErrno("lock", path, errno);
    const FileId id{info.st_dev, info.st_ino};
    if (id != FileId{named.st_dev, named.st_ino}) return Locked(path, 0);
    // The pid only helps people. A full disk must not keep a database from opening.
    size_t written;
    (void)!ftruncate(fd.get(), 0);
    (void)WriteAt(fd.get(), std::to_string(getpid()) + "\n", 0, &written);
    Locks()->held.insert(id);
    *lock = std::make_unique<PosixFileLock>(std::move(fd), id);
    return Status();
  }

  uint64_t NowMicros() override {
    return static_cast<uint64_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now().time_since_epoch())
            .count());
  }

 private:
  static Status Stat(const std::string& path, struct stat* info) {
    BURROW_RETURN_IF_ERROR(CheckPath(path));
    return Result("stat", path, stat(path.c_str(), info));
  }

  static Status StatFileSystem(const std::string& path, struct statvfs* info) {
    BURROW_RETURN_IF_ERROR(CheckPath(path));
    const int result = RetryInterrupted([&] { return statvfs(path.c_str(), info); });
    return Result("find the free space of", path, result);
  }

  static Status Result(Slice operation, const std::string& path, int result) {
    return result == 0 ? Status() : Status::FromErrno(operation, path, errno);
  }

  static Status Result(Slice operation, const std::string& from, const std::string& to, int result) {
    if (result == 0) return Status();
    const int error = errno;
    return Status::FromErrno(std::string(operation) + " to " + to + " from", from, error);
  }
};

}  // namespace

Env* Env::Posix() {
  static auto* const env = new PosixEnv;
  return env;
}

}  // namespace burrow
