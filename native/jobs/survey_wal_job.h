#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/database_id.h"
#include "base/lost_range.h"
#include "jobs/paced_file.h"
#include "wal/log_reader.h"

namespace burrow {

struct SurveyWalResult {
  Status status;  // damage is none: see `lost`; when not ok only bytes_read counts
  uint64_t bytes_read = 0;
  uint64_t records = 0;                                  // of write batches
  SequenceNumber first_sequence = 0, last_sequence = 0;  // 0: no record
  log::LogEnd end = log::LogEnd::kCleanEnd;
  uint64_t end_offset = 0;
  uint64_t torn_bytes = 0;
  uint64_t synced_offset = 0;
  std::vector<LostRange> lost;
  std::optional<DatabaseId> database_id;  // as the log says it
};

// What can be read of the log `number` of the directory, past damage, as log::LogSalvager reads. Changes nothing.
SurveyWalResult RunSurveyWal(Env* env, const std::string& directory, uint64_t number, const Pace& pace);

}  // namespace burrow
