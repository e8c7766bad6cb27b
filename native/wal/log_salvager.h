#pragma once

#include <memory>
#include <string>
#include <vector>

#include "wal/log_reader.h"

namespace burrow::log {

// Reads what is left of a damaged WAL: every whole record that is a write batch with sequence numbers above those before
// it. What is passed over is told, with the sequence numbers around it.
class LogSalvager {
 public:
  // `options` as for LogReader; salvage is set here.
  LogSalvager(std::unique_ptr<RandomAccessFile> file, std::string file_name, LogReader::Options options);

  // The next batch; *payload lives until the next call. False at the end or on an error: see log().status().
  bool Next(Slice* payload);

  const LogReader& log() const { return log_; }
  SequenceNumber first_sequence() const { return first_sequence_; }  // of the first batch; 0 before it
  SequenceNumber last_sequence() const { return last_sequence_; }
  uint64_t records() const { return records_; }  // in all batches
  std::vector<LostRange> TakeLost() { return std::move(lost_); }

 private:
  // kCorruption, or kUnsupported for a record of unknown kind.
  Status Check(Slice payload, SequenceNumber* first, uint32_t* count) const;
  void Lose(std::vector<LostRange> ranges);

  LogReader log_;
  SequenceNumber first_sequence_ = 0;
  SequenceNumber last_sequence_ = 0;
  uint64_t records_ = 0;
  std::vector<LostRange> lost_;
  bool losing_ = false;  // no record was read since the last of lost_, which goes on then
};

}  // namespace burrow::log
