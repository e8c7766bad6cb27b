#include "env/direct_io.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "env/env.h"
#include "util/testing.h"

namespace burrow {

namespace {

std::string Contents(const std::string& path) {
  std::string data;
  CHECK_OK(ReadFileToString(Env::Posix(), path, 1 << 30, &data));
  return data;
}

}  // namespace

TEST(PositionalFile, WritesAnywhere) {
  const std::string path = TestDir() + "/file";
  std::unique_ptr<PositionalFile> file;
  CHECK_OK(PositionalFile::Create(path, {}, &file));
  CHECK(file->Regular());
  CHECK_OK(file->WriteAt(6, "world"));
  CHECK_OK(file->WriteAt(0, "hello "));
  CHECK_OK(file->Sync());
  CHECK_EQ(Contents(path), "hello world");
  CHECK_OK(file->Truncate(5));
  CHECK_OK(file->Close());
  CHECK_EQ(Contents(path), "hello");
}

TEST(PositionalFile, ReplacesOnlyWhenAsked) {
  const std::string path = TestDir() + "/file";
  std::unique_ptr<PositionalFile> file;
  CHECK_OK(PositionalFile::Create(path, {}, &file));
  CHECK_OK(file->WriteAt(0, "before"));
  CHECK(PositionalFile::Create(path, {}, &file).Is(Code::kExists));
  CHECK_EQ(Contents(path), "before");
  CHECK_OK(PositionalFile::Create(path, {.replace = true}, &file));
  CHECK_EQ(Contents(path), "");
}

TEST(PositionalFile, RefusesWhatIsNoFile) {
  const std::string dir = TestDir();
  std::unique_ptr<PositionalFile> file;
  CHECK(PositionalFile::Create(dir, {.replace = true}, &file).Is(Code::kInvalidArgument));
  CHECK_EQ(mkfifo((dir + "/pipe").c_str(), 0600), 0);
  CHECK(PositionalFile::Create(dir + "/pipe", {.replace = true}, &file).Is(Code::kInvalidArgument));
  CHECK(PositionalFile::Create(dir + "/missing/file", {}, &file).Is(Code::kNotFound));
  CHECK(PositionalFile::Create(std::string("a\0b", 3), {}, &file).Is(Code::kInvalidArgument));
  CHECK(file == nullptr);
}

#if defined(__linux__)
TEST(PositionalFile, TellsThatADeviceIsFull) {
  std::unique_ptr<PositionalFile> file;
  CHECK_OK(PositionalFile::Create("/dev/full", {.replace = true}, &file));
  CHECK(!file->Regular());
  const Status status = file->WriteAt(4096, "x");
  CHECK(status.Is(Code::kNoSpace));
  CHECK_EQ(status.offset(), 4096);
}

TEST(PositionalFile, TellsThatDirectWritesAreRefused) {
  std::unique_ptr<PositionalFile> file;
  CHECK(PositionalFile::Create("/dev/null", {.direct = true, .replace = true}, &file).Is(Code::kUnsupported));
  CHECK(file == nullptr);
}
#endif

}  // namespace burrow
