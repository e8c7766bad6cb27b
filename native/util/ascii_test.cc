#include "util/ascii.h"

#include <string>

#include "util/testing.h"

namespace burrow {
namespace {

TEST(Ascii, CopiesAndFindsEveryHighByte) {
  for (size_t size = 0; size <= 40; ++size) {
    std::string text;
    for (size_t i = 0; i < size; ++i) text.push_back(static_cast<char>('0' + i));
    for (size_t high = 0; high <= size; ++high) {
      std::string from = text;
      if (high < size) from[high] = '\x80';
      std::string to(size + 2, '#');
      CHECK(CopyAscii(from, to.data() + 1) == (high == size));
      CHECK(AllAscii(from) == (high == size));
      CHECK(to == "#" + from + "#");
    }
  }
}

}  // namespace
}  // namespace burrow
