#include "wal/log_salvager.h"

#include <utility>

#include "base/write_batch.h"

namespace burrow::log {
namespace {

LogReader::Options Salvaging(LogReader::Options options) {
  options.salvage = true;
  return options;
}

}  // namespace

LogSalvager::LogSalvager(std::unique_ptr<RandomAccessFile> file, std::string file_name, LogReader::Options options)
    : log_(std::move(file), std::move(file_name), Salvaging(options)) {}

bool LogSalvager::Next(Slice* payload) {
  while (log_.ReadRecord(payload)) {
    Lose(log_.TakeLost());
    SequenceNumber first;
    uint32_t count;
    Status status = Check(*payload, &first, &count);
    if (!status.ok()) {
      LostRange lost;
      lost.offset = log_.record_offset();
      lost.size = log_.end_offset() - log_.record_offset();
      lost.problem = status.message();
      Lose({std::move(lost)});
      continue;
    }
    if (losing_) lost_.back().before_sequence = first;
    losing_ = false;
    if (first_sequence_ == 0) first_sequence_ = first;
    last_sequence_ = first + count - 1;
    records_ += count;
    return true;
  }
  Lose(log_.TakeLost());
  return false;
}

Status LogSalvager::Check(Slice payload, SequenceNumber* first, uint32_t* count) const {
  Slice records;
  BURROW_RETURN_IF_ERROR(DecodeBatchHeader(payload, first, count, &records));
  if (*first <= last_sequence_) return Status::Corruption("sequence numbers do not ascend");
  BatchReader reader(records);
  BatchRecord record;
  uint64_t seen = 0;
  while (reader.Next(&record)) seen++;
  BURROW_RETURN_IF_ERROR(reader.status());
  if (seen != *count) return Status::Corruption("batch holds another number of records than it says");
  return Status();
}

void LogSalvager::Lose(std::vector<LostRange> ranges) {
  for (LostRange& range : ranges) {
    if (losing_) {
      lost_.back().size = range.offset + range.size - lost_.back().offset;
      continue;
    }
    range.after_sequence = last_sequence_;
    lost_.push_back(std::move(range));
    losing_ = true;
  }
}

}  // namespace burrow::log
