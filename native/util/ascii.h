#pragma once

#include "util/coding.h"

namespace burrow {

// Whether every byte is below 0x80, so that UTF-8, Latin-1 and ASCII are the same thing.
inline bool AllAscii(Slice bytes) {
  const char* p = bytes.data();
  size_t n = bytes.size();
  uint64_t high = 0, higher[4] = {};
  for (; n >= 32; p += 32, n -= 32) {  // compilers make vectors of it
    for (size_t i = 0; i < 4; ++i) higher[i] |= DecodeFixed64(p + 8 * i);
  }
  for (const uint64_t some : higher) high |= some;
  for (; n >= 8; p += 8, n -= 8) high |= DecodeFixed64(p);
  for (; n > 0; ++p, --n) high |= static_cast<uint8_t>(*p);
  return (high & 0x8080808080808080u) == 0;
}

// Copies and tells in one pass. REQUIRES: room for bytes.size() at `to`; no overlap.
inline bool CopyAscii(Slice bytes, char* __restrict to) {
  const char* const p = bytes.data();
  const size_t n = bytes.size();
  uint64_t high = 0;
  if (n < 8) {
    for (size_t i = 0; i < n; ++i) {
      to[i] = p[i];
      high |= static_cast<uint8_t>(p[i]);
    }
    return high < 0x80;
  }
  auto copy = [&](size_t i) {
    const uint64_t word = DecodeFixed64(p + i);
    EncodeFixed64(to + i, word);
    high |= word;
  };
  for (size_t i = 0; i + 8 <= n; i += 8) copy(i);
  copy(n - 8);  // what is left, and some again
  return (high & 0x8080808080808080u) == 0;
}

// UTF-16 that is all ASCII, as bytes; false: it is not, and `to` holds anything. REQUIRES: room for `count` bytes.
inline bool NarrowAscii(const char16_t* units, size_t count, char* to) {
  char16_t any = 0;
  for (size_t i = 0; i < count; ++i) {  // without a way out: compilers make vectors of it
    any |= units[i];
    to[i] = static_cast<char>(units[i]);
  }
  return any < 0x80;
}

}  // namespace burrow
