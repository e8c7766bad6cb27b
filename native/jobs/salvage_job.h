#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/database_id.h"
#include "base/lost_range.h"
#include "jobs/paced_file.h"
#include "jobs/table_job.h"
#include "table/table_salvage.h"
#include "wal/log_reader.h"

namespace burrow {

// What can be read of a damaged file goes to a new file; the damaged one stays as it is.

struct SalvageWalJob {
  std::string directory;
  uint64_t number = 0;
  std::optional<uint64_t> output;  // none: only look
  DatabaseId database_id;          // of the output; a log that says it is of another database is not copied
};

struct SalvageWalResult {
  Status status;  // when not ok there is no output
  uint64_t bytes_read = 0;
  uint64_t bytes_written = 0;
  uint64_t records = 0;                                  // of write batches
  SequenceNumber first_sequence = 0, last_sequence = 0;  // 0: no record
  log::LogEnd end = log::LogEnd::kCleanEnd;
  uint64_t end_offset = 0;
  uint64_t torn_bytes = 0;
  uint64_t synced_offset = 0;
  std::vector<LostRange> lost;
  std::optional<DatabaseId> database_id;  // as the log says it
};

// Reads as log::LogSalvager. The output, an own log with the number `output`, is sealed and synced, and so is the
// directory.
SalvageWalResult RunSalvageWal(Env* env, const SalvageWalJob& job, const Pace& pace);

struct SalvageTableJob {
  uint64_t number = 0;
  std::optional<uint64_t> output;  // none: only look
};

struct SalvageTableResult {
  Status status;
  uint64_t bytes_read = 0;
  uint64_t bytes_written = 0;
  std::optional<TableOutput> output;  // once it was begun, also after an error; not begun when there is nothing to save
  TableSalvage salvage;               // as far as it came
};

// Reads as SalvageTable. The output has the options of `context` and is synced, and so is the directory. A table that
// says it is of another database than these options is not copied.
SalvageTableResult RunSalvageTable(const SalvageTableJob& job, const TableJobContext& context);

}  // namespace burrow
