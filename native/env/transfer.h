#pragma once

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>

#include "util/slice.h"

namespace burrow {

// Loops over system calls, which may be interrupted by a signal and may transfer less than was asked for. The calls
// return a negative number and set errno when they fail, like pread(2) and pwrite(2).

// One transfer of the kernel is at most 2 GiB - 4 KiB on Linux and INT_MAX on macOS; larger ones are cut here.
inline constexpr size_t kMaxTransfer = size_t{1} << 30;

template <typename Call>
auto RetryInterrupted(Call call) {
  decltype(call()) result;
  do {
    result = call();
  } while (result < 0 && errno == EINTR);
  return result;
}

// pwrite(data, size, offset) is called until all of it is written. Returns the errno, or 0.
template <typename PWrite>
int WriteFully(PWrite pwrite, Slice data, uint64_t offset, size_t* written) {
  *written = 0;
  while (*written < data.size()) {
    const size_t n = std::min(data.size() - *written, kMaxTransfer);
    const auto done = RetryInterrupted([&] { return pwrite(data.data() + *written, n, offset + *written); });
    if (done < 0) return errno;
    if (done == 0) return EIO;
    *written += static_cast<size_t>(done);
  }
  return 0;
}

// pread(to, size, offset) is called until n bytes are read or the file ends. Returns the errno, or 0.
template <typename PRead>
int ReadFully(PRead pread, char* to, size_t n, uint64_t offset, size_t* read) {
  *read = 0;
  if (offset > static_cast<uint64_t>(INT64_MAX) - n) return 0;
  while (*read < n) {
    const size_t wanted = std::min(n - *read, kMaxTransfer);
    const auto done = RetryInterrupted([&] { return pread(to + *read, wanted, offset + *read); });
    if (done < 0) return errno;
    if (done == 0) return 0;
    *read += static_cast<size_t>(done);
  }
  return 0;
}

}  // namespace burrow
