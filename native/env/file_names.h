#pragma once

#include <cstdint>
#include <string>

#include "util/slice.h"

namespace burrow {

// The names of database files (docs/formats.md, "File names"; lib/ encodes the same).
enum class FileKind : uint8_t {
  kCurrent,   // CURRENT
  kLock,      // LOCK
  kManifest,  // MANIFEST-000001
  kWal,       // 000001.wal
  kTable,     // 000001.sst
  kTemp,      // 000001.tmp
  kLost,      // lost (a directory)
};

inline constexpr uint64_t kMaxFileNumber = (uint64_t{1} << 53) - 1;

// "<dir>/<name>". `number` is not used by kinds whose name has none. REQUIRES: number <= kMaxFileNumber.
std::string FileName(const std::string& dir, FileKind kind, uint64_t number = 0);

// Whether `name` (no directory) is exactly what FileName would make of *kind and *number; a number that the name does
// not have is 0. False leaves both as they were.
bool ParseFileName(Slice name, FileKind* kind, uint64_t* number);

}  // namespace burrow
