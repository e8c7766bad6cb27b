#include "util/crc32c.h"

#include <cstdio>
#include <cstring>
#include <string>

#include "util/random.h"
#include "util/testing.h"

namespace burrow {

namespace {

std::string RandomBytes(size_t n) {
  Random random(TestSeed());
  std::string bytes(n, '\0');
  for (char& c : bytes) c = static_cast<char>(random.Next());
  return bytes;
}

}  // namespace

TEST(Crc32c, Rfc3720Vectors) {
  CHECK_EQ(crc32c::Value(""), 0u);
  CHECK_EQ(crc32c::Value("123456789"), 0xe3069283u);
  CHECK_EQ(crc32c::Value(std::string(32, '\0')), 0x8a9136aau);
  CHECK_EQ(crc32c::Value(std::string(32, '\xff')), 0x62a8ab43u);
  std::string ascending(32, '\0');
  for (size_t i = 0; i < 32; ++i) ascending[i] = static_cast<char>(i);
  CHECK_EQ(crc32c::Value(ascending), 0x46dd794eu);
  CHECK_EQ(crc32c::Value(std::string(ascending.rbegin(), ascending.rend())), 0x113fdb5cu);
  const char read_command[] =
      "\x01\xc0\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x14\x00\x00\x00\x00\x00\x04\x00"
      "\x00\x00\x00\x14\x00\x00\x00\x18\x28\x00\x00\x00\x00\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00";
  CHECK_EQ(crc32c::Value(Slice(read_command, 48)), 0xd9963a56u);
}

TEST(Crc32c, EveryLengthAndAlignmentMatchesThePortableOne) {
  printf("implementation: %s\n", crc32c::Implementation());
  const std::string bytes = RandomBytes(2100);
  for (size_t n = 0; n <= 2000; ++n) {
    for (size_t at = 0; at < 9; ++at) {
      const auto crc = static_cast<uint32_t>(n * 2654435761u);
      CHECK_EQ(crc32c::Extend(crc, bytes.data() + at, n), crc32c::ExtendPortable(crc, bytes.data() + at, n));
    }
  }
}

TEST(Crc32c, LongRunsMatchThePortableOne) {
  const std::string bytes = RandomBytes(70000);
  for (size_t n = 2000; n < bytes.size(); n += 331) {
    CHECK_EQ(crc32c::Extend(7, bytes.data(), n), crc32c::ExtendPortable(7, bytes.data(), n));
  }
}

TEST(Crc32c, ExtendIsConcatenation) {
  const std::string bytes = RandomBytes(1000);
  for (size_t cut = 0; cut <= bytes.size(); cut += 7) {
    const uint32_t head = crc32c::Value(Slice(bytes).substr(0, cut));
    CHECK_EQ(crc32c::Extend(head, bytes.data() + cut, bytes.size() - cut), crc32c::Value(bytes));
  }
}

TEST(Crc32c, MaskRoundTripsAndChangesTheValue) {
  CHECK_EQ(crc32c::Mask(0xe3069283u), 0xc78ab0e5u);
  Random random(TestSeed());
  for (int i = 0; i < 1000; ++i) {
    const auto crc = static_cast<uint32_t>(random.Next());
    CHECK_NE(crc32c::Mask(crc), crc);
    CHECK_EQ(crc32c::Unmask(crc32c::Mask(crc)), crc);
  }
}

}  // namespace burrow
