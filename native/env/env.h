#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "util/slice.h"
#include "util/status.h"

namespace burrow {

// The only door to the file system. Every durable byte, the manifest included, passes here, so that in-memory
// databases and injected faults need no second code path. All functions may be called from any thread; one file object
// is used by one thread at a time unless said otherwise. Paths are UTF-8. EINTR and short transfers are handled below
// this interface: a call transfers everything or fails.

// Positional reads; any number of threads at once.
class RandomAccessFile {
 public:
  virtual ~RandomAccessFile() = default;
  // Reads up to n bytes at `offset` into `scratch`; *result is what was read, shorter than n only at the end of the
  // file. *result may point into scratch or into memory the file owns and keeps until it is destroyed.
  virtual Status Read(uint64_t offset, size_t n, Slice* result, char* scratch) const = 0;
  // Tells the system how the file will be read next; a hint, never an error.
  virtual void Advise(uint64_t /*offset*/, uint64_t /*n*/, bool /*will_need*/) const {}
  virtual uint64_t Size() const = 0;  // at the time the file was opened
};

// Appends to a file through a logical end that does not move with Allocate().
class WritableFile {
 public:
  virtual ~WritableFile() = default;  // closes without syncing
  // Writes at the logical end and advances it by what was written. On failure *written (when given) says how many bytes
  // reached the file; Truncate takes them back.
  virtual Status Append(Slice data, size_t* written = nullptr) = 0;
  // Appends the parts one after the other, as far as possible in one call of the system.
  virtual Status AppendParts(std::span<const Slice> parts, size_t* written = nullptr);
  // Makes [0, size) real blocks ahead of the data (fallocate); the file's size grows, the logical end does not. May
  // run on another thread beside Append and Sync. kUnsupported where the file system cannot.
  virtual Status Allocate(uint64_t size) = 0;
  // Data and the metadata needed to read it back are durable (fdatasync). After a failure the file is not to be synced
  // again: the kernel may have dropped the dirty pages. May run on another thread beside Append; what was appended
  // before the call began is covered.
  virtual Status Sync() = 0;
  // Has the system begin to write these bytes, so that a later Sync has less to wait for; a hint, never an error.
  virtual void StartWriting(uint64_t /*offset*/, uint64_t /*n*/) {}
  // Cuts or extends the file to `size`; the logical end becomes at most `size`.
  virtual Status Truncate(uint64_t size) = 0;
  virtual Status Close() = 0;
  virtual uint64_t Size() const = 0;  // the logical end
};

// A held directory lock; destroying it releases.
class FileLock {
 public:
  virtual ~FileLock() = default;
};

class Env {
 public:
  virtual ~Env() = default;

  static Env* Posix();                      // one for the process, never destroyed
  static std::shared_ptr<Env> NewMemory();  // files live in memory; see env/memory_env.h for crash simulation

  enum class OpenMode { kTruncate, kAppend };  // kAppend continues at the current size; both create
  virtual Status NewWritableFile(const std::string& path, OpenMode mode, std::unique_ptr<WritableFile>* file) = 0;
  virtual Status NewRandomAccessFile(const std::string& path, std::unique_ptr<RandomAccessFile>* file) = 0;

  virtual Status FileExists(const std::string& path) = 0;  // ok, or kNotFound, or an I/O error
  virtual Status GetFileSize(const std::string& path, uint64_t* size) = 0;
  virtual Status IsDirectory(const std::string& path, bool* is_directory) = 0;
  virtual Status GetChildren(const std::string& dir, std::vector<std::string>* names) = 0;  // without . and ..
  virtual Status RemoveFile(const std::string& path) = 0;
  virtual Status RemoveDir(const std::string& path) = 0;                          // empty ones only
  virtual Status RenameFile(const std::string& from, const std::string& to) = 0;  // replaces `to` atomically
  // A second name; `to` must not exist. kUnsupported where the file system cannot, and between two of them.
  virtual Status LinkFile(const std::string& from, const std::string& to) = 0;
  virtual Status CreateDirs(const std::string& path) = 0;  // with parents; ok when it is there
  // Makes creations, renames and removals in `dir` durable.
  virtual Status SyncDir(const std::string& dir) = 0;
  // Bytes that this process may still write to the file system of `path`.
  virtual Status GetFreeSpace(const std::string& path, uint64_t* bytes) = 0;
  // What it could write to an empty one: the whole file system, without what is reserved for the administrator.
  virtual Status GetTotalSpace(const std::string& path, uint64_t* bytes) = 0;

  // Takes the lock file exclusively: against other processes (an OS lock) and against a second open in this one (a
  // table keyed by device and inode). kLocked carries the holder's pid, which the holder writes into the file.
  virtual Status LockFile(const std::string& path, std::unique_ptr<FileLock>* lock) = 0;

  virtual uint64_t NowMicros() = 0;  // monotonic

  // True when what is opened on this Env is to have no threads but a Schedule with this seed: for simulations.
  virtual bool Simulated(uint64_t* /*seed*/) { return false; }
};

// kInvalidArgument for a path that contains a NUL byte. Every Env refuses those.
Status CheckPath(const std::string& path);

// Reads a whole file; kCorruption when it is larger than `limit`.
Status ReadFileToString(Env* env, const std::string& path, uint64_t limit, std::string* data);

}  // namespace burrow
