#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "util/slice.h"
#include "util/status.h"

namespace burrow {

// Addresses, offsets and lengths of direct writes are multiples of it; enough for every disk in use.
inline constexpr size_t kDirectAlignment = 4096;

// A file that is written at any offset, by any number of threads at once: for tools that measure storage, which may want to
// go past the page cache. Databases use Env.
class PositionalFile {
 public:
  struct Options {
    // O_DIRECT (F_NOCACHE on macOS): kUnsupported where the file system or device cannot.
    bool direct = false;
    // What is at the path is overwritten; otherwise that is kExists.
    bool replace = false;
  };

  // kInvalidArgument for a directory, and for what has no offsets (a pipe, a socket). A regular file that was made here is
  // gone again when it fails.
  static Status Create(const std::string& path, const Options& options, std::unique_ptr<PositionalFile>* file);

  virtual ~PositionalFile() = default;  // closes

  // Writes all of it or fails. Any thread.
  virtual Status WriteAt(uint64_t offset, Slice data) = 0;
  // Data and all metadata are durable (fsync).
  virtual Status Sync() = 0;
  virtual Status Truncate(uint64_t size) = 0;
  virtual Status Close() = 0;
  // Not a device: it can be truncated and removed.
  virtual bool Regular() const = 0;
};

}  // namespace burrow
