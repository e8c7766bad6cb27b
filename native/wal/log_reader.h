#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/database_id.h"
#include "base/lost_range.h"
#include "env/env.h"
#include "wal/log_format.h"

namespace burrow::log {

// How a log ended, once ReadRecord has returned false with an ok status.
enum class LogEnd : uint8_t {
  kSealed,    // an end record
  kCleanEnd,  // exactly at the end of what was written (zeros or the end of the file follow)
  kTornTail,  // a bad or incomplete record that was never promised; everything from end_offset() on is cut
};

// Replays one log. The rule that tells a torn tail from corruption (architecture.md, durability rule 4): a bad record
// at X is corruption if a later valid fragment of the same log says synced > X, else it is the torn tail.
class LogReader {
 public:
  struct Options {
    LogKind kind = LogKind::kWal;
    uint64_t log_number = 0;
    const DatabaseId* database_id = nullptr;  // null: any (tools, and the manifest, which defines it)
    // When not UINT64_MAX the log must be whole up to exactly this length: anything wrong before it is corruption.
    uint64_t expected_length = UINT64_MAX;
    // Corruption does not end the log: what is damaged is passed over, up to the next valid fragment that begins a record,
    // and named by TakeLost. What is no corruption otherwise, a torn tail above all, is read as otherwise; only a header
    // that cannot be read costs no record behind it. What belongs to another database, kind or number stays an error.
    bool salvage = false;
  };
  LogReader(std::unique_ptr<RandomAccessFile> file, std::string file_name, const Options& options);
  ~LogReader();

  // The next record; *record lives until the next call. False at the end or on an error: see status().
  // An empty file and one of nothing but zeros is an empty log (kCleanEnd): a crash between creation and first write.
  // A header that is valid but of another format version is kUnsupported; of another database, kind or number,
  // kCorruption.
  bool ReadRecord(Slice* record);
  const Status& status() const { return status_; }
  uint64_t record_offset() const { return record_offset_; }  // where the last record's first fragment begins

  // REQUIRES: ReadRecord returned false and status() is ok.
  LogEnd end() const { return end_; }
  uint64_t end_offset() const { return end_offset_; }        // length of the valid prefix
  uint64_t torn_bytes() const { return torn_bytes_; }        // behind it, up to the last byte that is not zero
  uint64_t synced_offset() const { return synced_offset_; }  // up to here the log says that it was durable
  uint64_t file_size() const;
  const DatabaseId& database_id() const { return database_id_; }  // zeros while has_header() is false
  bool has_header() const { return has_header_; }
  // With `salvage`: what was passed over since the last call, in the order of the file.
  std::vector<LostRange> TakeLost() { return std::exchange(lost_, {}); }

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
  Status status_;
  uint64_t record_offset_ = 0;
  uint64_t end_offset_ = 0;
  uint64_t torn_bytes_ = 0;
  uint64_t synced_offset_ = 0;
  LogEnd end_ = LogEnd::kCleanEnd;
  DatabaseId database_id_;
  bool has_header_ = false;
  std::vector<LostRange> lost_;
};

}  // namespace burrow::log
