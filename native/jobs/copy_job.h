#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "env/env.h"
#include "jobs/paced_file.h"

namespace burrow {

// Copies a file of any kind, or gives it a second name.
struct CopyJob {
  std::string from;
  std::string to;  // must not exist; empty: only read for the checksum
  // A second name of the same file. kUnsupported where the file system cannot make one.
  bool link = false;
  // So many bytes, which must be there; UINT64_MAX: all. A link shares all: for a longer file it is kUnsupported.
  uint64_t length = UINT64_MAX;
};

struct CopyResult {
  Status status;  // when not ok, nothing is left at `to`
  uint64_t bytes_read = 0;
  uint64_t bytes_written = 0;
  std::optional<uint32_t> crc32c;  // of the bytes; not of a link
};

// Syncs the copy, but no directory.
CopyResult RunCopy(Env* env, const CopyJob& job, const Pace& pace);

}  // namespace burrow
