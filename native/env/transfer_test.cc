#include "env/transfer.h"

#include <cstring>
#include <string>
#include <vector>

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

TEST(Transfer, WritesPartsInOrderWhateverEachCallTakes) {
  Interrupted file;
  std::string text;
  std::vector<std::string> owners;
  for (int i = 0; i < 3000; ++i) {
    owners.emplace_back(file.random.OneIn(5) ? 0 : file.random.Uniform(40), static_cast<char>('a' + i % 26));
    text += owners.back();
  }
  const std::vector<Slice> parts(owners.begin(), owners.end());
  const auto pwritev = [&](const iovec* vectors, size_t count, uint64_t at) -> ptrdiff_t {
    CHECK(count > 0 && count <= 1024);
    std::string all;
    for (size_t i = 0; i < count; i++) all.append(static_cast<const char*>(vectors[i].iov_base), vectors[i].iov_len);
    return file.Write(all.data(), all.size(), at);
  };
  size_t done = 0;
  CHECK_EQ(WritePartsFully(pwritev, parts, 0, &done), 0);
  CHECK_EQ(done, text.size());
  CHECK(file.data == text);
  CHECK_GT(file.interruptions, 0);
  file.limit = file.data.size() + 10;
  file.fails_with = ENOSPC;
  CHECK_EQ(WritePartsFully(pwritev, parts, text.size(), &done), ENOSPC);
  CHECK_EQ(done, 10u);
  const auto nothing = [](const iovec*, size_t, uint64_t) { return ptrdiff_t{0}; };
  CHECK_EQ(WritePartsFully(nothing, parts, 0, &done), EIO);
  CHECK_EQ(WritePartsFully(nothing, {}, 0, &done), 0);
}

}  // namespace
}  // namespace burrow
