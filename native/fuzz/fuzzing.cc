#include "fuzz/fuzzing.h"

#include <cstdio>
#include <cstdlib>

namespace burrow {
namespace fuzz {

BlockRef AsBlock(Slice bytes) {
  BlockRef block = BlockRef::Allocate(bytes.size());
  bytes.copy(block.data(), bytes.size());
  return block;
}

}  // namespace fuzz

// The harness of the tests, for a program without tests.
namespace testing {

void Fail(const char* file, int line, const std::string& what) {
  fprintf(stderr, "%s:%d: %s\n", file, line, what.c_str());
  abort();
}

std::string Quoted(std::string_view bytes) {
  std::string text = "\"";
  for (const char c : bytes) {
    char hex[5];
    snprintf(hex, sizeof hex, "\\x%02x", static_cast<unsigned char>(c));
    text += c >= ' ' && c <= '~' && c != '"' && c != '\\' ? std::string(1, c) : std::string(hex);
  }
  return text + "\" (" + std::to_string(bytes.size()) + " bytes)";
}

}  // namespace testing
}  // namespace burrow
