#pragma once

#include <cstdint>

namespace burrow::log {

// One framing serves the WAL and the manifest (docs/formats.md "Log framing"). A log is a sequence of 32 KiB blocks; a
// block is a sequence of fragments; a fragment never crosses a block end. Fewer than kHeaderSize bytes left in a block
// are zeros and skipped. A record is one kFull fragment or kFirst kMiddle* kLast.
//
//   fragment := masked crc32c u32 · length u16 · type u8 · log number u32 · synced offset u64 · payload
//
// The CRC covers everything after itself. The log number (low 32 bits) rejects stale bytes of a preallocated or
// recycled file. The synced offset is the length up to which this log was known durable when the fragment was written.
inline constexpr uint32_t kBlockSize = 32 << 10;
inline constexpr uint32_t kHeaderSize = 4 + 2 + 1 + 4 + 8;

enum FragmentType : uint8_t {
  kZero = 0,  // preallocated space that was never written
  kFull = 1,
  kFirst = 2,
  kMiddle = 3,
  kLast = 4,
  kHeader = 5,  // first fragment of every log: magic, format version, file kind, database id, full log number
  kEnd = 6,     // last fragment of a log that was sealed: no record follows, ever
};
inline constexpr uint8_t kLastFragmentType = 6;

// Payload of kHeader: magic u64 · format version u32 · file kind u8 ('W' WAL, 'M' manifest) · database id 16 bytes ·
// log number u64.
inline constexpr uint64_t kMagic = 0x474c574f52525542;  // "BURROWLG" as bytes on disk
inline constexpr uint32_t kFormatVersion = 1;
enum class LogKind : char { kWal = 'W', kManifest = 'M' };

}  // namespace burrow::log
