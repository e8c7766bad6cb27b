#include "env/file_names.h"

#include "util/testing.h"

namespace burrow {

namespace {

bool Parses(Slice name) {
  FileKind kind = FileKind::kLock;
  uint64_t number = 77;
  if (ParseFileName(name, &kind, &number)) return true;
  CHECK_EQ(number, 77u);
  CHECK(kind == FileKind::kLock);
  return false;
}

}  // namespace

TEST(FileNames, Golden) {
  CHECK_EQ(FileName("d", FileKind::kCurrent), "d/CURRENT");
  CHECK_EQ(FileName("d", FileKind::kLock), "d/LOCK");
  CHECK_EQ(FileName("d", FileKind::kManifest, 1), "d/MANIFEST-000001");
  CHECK_EQ(FileName("d", FileKind::kWal, 42), "d/000042.wal");
  CHECK_EQ(FileName("d", FileKind::kTable, 1234567), "d/1234567.sst");
  CHECK_EQ(FileName("d", FileKind::kTemp, kMaxFileNumber), "d/9007199254740991.tmp");
  CHECK_EQ(FileName("d", FileKind::kLost), "d/lost");
}

TEST(FileNames, EveryNameParsesBack) {
  for (FileKind kind : {FileKind::kCurrent, FileKind::kLock, FileKind::kManifest, FileKind::kWal, FileKind::kTable,
                        FileKind::kTemp, FileKind::kLost}) {
    for (uint64_t number : {uint64_t{0}, uint64_t{1}, uint64_t{999999}, uint64_t{1000000}, kMaxFileNumber}) {
      const std::string path = FileName("", kind, number);
      FileKind parsed;
      uint64_t parsed_number;
      CHECK(ParseFileName(Slice(path).substr(1), &parsed, &parsed_number));
      CHECK(parsed == kind);
      CHECK(FileName("", parsed, parsed_number) == path);
    }
  }
}

TEST(FileNames, EverythingElseIsRefused) {
  for (const char* name : {"",
                           "CURRENT ",
                           "current",
                           "CURRENT-000001",
                           "LOCK.",
                           "MANIFEST",
                           "MANIFEST-",
                           "MANIFEST-1",
                           "MANIFEST-0000001",
                           "MANIFEST-+00001",
                           "000001",
                           "00001.wal",
                           "0000001.wal",
                           "+00001.wal",
                           "-00001.wal",
                           " 00001.wal",
                           "000001.wal ",
                           "00000a.sst",
                           "0x0001.sst",
                           "000001.SST",
                           ".sst",
                           "sst",
                           "9007199254740992.sst",
                           "18446744073709551617.wal",
                           "99999999999999999.tmp",
                           "000001.sst.tmp",
                           "lost/",
                           "losts",
                           "000001.log"}) {
    CHECK(!Parses(name));
  }
  CHECK(!Parses(Slice("000001.wal\0", 11)));
}

}  // namespace burrow
