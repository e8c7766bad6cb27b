#include "util/status.h"

#include <cerrno>

#include "util/testing.h"

namespace burrow {
namespace {

TEST(StatusTest, SaysWhereItWasMade) {
  const int line = __LINE__ + 1;
  const Status made = Status::Corruption("bad");
  CHECK_EQ(made.place(), "util/status_test.cc:" + std::to_string(line));
  const int errno_line = __LINE__ + 1;
  const Status failed = Status::FromErrno("read", "a.sst", EIO).WithOffset(7);
  CHECK_EQ(failed.place(), "util/status_test.cc:" + std::to_string(errno_line));
  const int other_line = __LINE__ + 1;
  const Status full(Code::kBusy, "full");
  CHECK_EQ(full.place(), "util/status_test.cc:" + std::to_string(other_line));
  CHECK_EQ(Status().place(), "");
}

TEST(StatusTest, KeepsThePlaceInCopies) {
  Status first = Status::IO("bad");
  const Status second = Status(first).WithFile("a");
  CHECK_EQ(second.place(), first.place());
  CHECK_EQ(first.file(), "");
}

}  // namespace
}  // namespace burrow
