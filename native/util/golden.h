// Fixtures of encodings that two languages share, test/golden/**.hex: hexadecimal digits, in which white space and
// everything from a '#' to the end of its line are skipped. For tests only.
#pragma once

#include <fstream>
#include <string>

#include "util/testing.h"

namespace burrow::testing {

// REQUIRES: the source tree is still where the tests were compiled.
inline std::string ReadGoldenHex(const std::string& path) {
  std::string file = __FILE__;
  file.resize(file.size() - std::string("native/util/golden.h").size());
  file += "test/golden/" + path;
  std::ifstream in(file);
  if (!in) Fail(__FILE__, __LINE__, "cannot open " + file);
  std::string bytes, line;
  int high = -1;
  while (std::getline(in, line)) {
    for (char c : line.substr(0, line.find('#'))) {
      if (c == ' ' || c == '\t' || c == '\r') continue;
      int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
      if (digit < 0) Fail(__FILE__, __LINE__, "not a hexadecimal digit in " + file + ": " + line);
      if (high < 0) {
        high = digit;
      } else {
        bytes.push_back(static_cast<char>(high << 4 | digit));
        high = -1;
      }
    }
  }
  if (high >= 0) Fail(__FILE__, __LINE__, "an odd number of digits in " + file);
  return bytes;
}

}  // namespace burrow::testing
