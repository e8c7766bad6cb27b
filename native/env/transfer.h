#pragma once

#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <span>

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

// pwritev(vectors, count, offset) is called until all parts are written. Returns the errno, or 0.
template <typename PWriteV>
int WritePartsFully(PWriteV pwritev, std::span<const Slice> parts, uint64_t offset, size_t* written) {
  constexpr size_t kMostVectors = 1024;  // IOV_MAX
  iovec vectors[kMostVectors];
  size_t begun = 0;  // bytes of parts.front() that are written
  for (*written = 0;;) {
    size_t count = 0, bytes = 0;
    for (size_t i = 0; i < parts.size() && count < kMostVectors && bytes < kMaxTransfer; i++) {
      const Slice rest = parts[i].substr(i == 0 ? begun : 0).substr(0, kMaxTransfer - bytes);
      if (!rest.empty()) vectors[count++] = {const_cast<char*>(rest.data()), rest.size()};
      bytes += rest.size();
    }
    if (count == 0) return 0;
    const auto done = RetryInterrupted([&] { return pwritev(vectors, count, offset + *written); });
    if (done < 0) return errno;
    if (done == 0) return EIO;
    *written += static_cast<size_t>(done);
    begun += static_cast<size_t>(done);
    while (!parts.empty() && begun >= parts.front().size()) {
      begun -= parts.front().size();
      parts = parts.subspan(1);
    }
  }
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
