#include "env/transfer.h"

#include <cstring>
#include <string>

#include "util/random.h"
#include "util/testing.h"

namespace burrow {
namespace {

// A file whose every call may be interrupted and may transfer less than it should.
struct Interrupted {
  Random random{TestSeed()};
  std::string data;
  int interruptions = 0;
  int fails_with = 0;  // when more than `limit` bytes are there
  size_t limit = SIZE_MAX;

  bool Interrupt() {
    if (!random.OneIn(2)) return false;
    ++interruptions;
    errno = EINTR;
    return true;
  }
  ptrdiff_t Write(const char* from, size_t n, uint64_t offset) {
    if (Interrupt()) return -1;
    if (data.size() >= limit) {
      errno = fails_with;
      return -1;
    }
    n = std::min<size_t>(1 + random.Uniform(n), limit - data.size());
    data.replace(offset, n, from, n);
    return static_cast<ptrdiff_t>(n);
  }
  ptrdiff_t Read(char* to, size_t n, uint64_t offset) {
    if (Interrupt()) return -1;
    if (offset >= data.size()) return 0;
    n = std::min<size_t>(1 + random.Uniform(n), data.size() - offset);
    memcpy(to, data.data() + offset, n);
    return static_cast<ptrdiff_t>(n);
  }
  int WriteAll(Slice from, uint64_t offset, size_t* written) {
    return WriteFully([this](const char* p, size_t n, uint64_t at) { return Write(p, n, at); }, from, offset, written);
  }
};

TEST(Transfer, GoesOnAfterInterruptionsAndShortTransfers) {
  std::string text;
  for (int i = 0; i < 10000; ++i) text.push_back(static_cast<char>('a' + i % 26));
  Interrupted file;
  size_t done = 0;
  CHECK_EQ(file.WriteAll(text, 0, &done), 0);
  CHECK_EQ(done, text.size());
  CHECK(file.data == text);
  CHECK_GT(file.interruptions, 0);
  std::string read(20000, '\0');
  const auto pread = [&](char* to, size_t n, uint64_t at) { return file.Read(to, n, at); };
  CHECK_EQ(ReadFully(pread, read.data(), read.size(), 100, &done), 0);
  CHECK(read.substr(0, done) == text.substr(100));
}

TEST(Transfer, SaysHowMuchWasWrittenBeforeAFailure) {
  Interrupted file;
  file.limit = 1000;
  file.fails_with = ENOSPC;
  size_t done = 0;
  CHECK_EQ(file.WriteAll(std::string(5000, 'x'), 0, &done), ENOSPC);
  CHECK_EQ(done, 1000u);
  const auto nothing = [](const char*, size_t, uint64_t) { return ptrdiff_t{0}; };
  CHECK_EQ(WriteFully(nothing, "x", 0, &done), EIO);
}

}  // namespace
}  // namespace burrow
