#pragma once

#include <array>
#include <string>

#include "util/slice.h"

namespace burrow {

// 16 random bytes chosen when a database is created; its manifest, every WAL and every table repeat them, so that a file
// of another database is refused instead of read.
struct DatabaseId {
  std::array<char, 16> bytes{};

  Slice slice() const { return Slice(bytes.data(), bytes.size()); }
  std::string ToHex() const;
  static bool FromHex(Slice hex, DatabaseId* id);  // 32 hex digits
  bool operator==(const DatabaseId&) const = default;
};

}  // namespace burrow
