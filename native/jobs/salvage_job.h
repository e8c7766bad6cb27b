#pragma once

#include <optional>

#include "jobs/table_job.h"
#include "table/table_salvage.h"

namespace burrow {

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

// Writes what SalvageTable reads of a damaged table to a new one; the damaged one stays as it is. The output has the
// options of `context` and is synced, and so is the directory. A table that says it is of another database than these
// options is not copied.
SalvageTableResult RunSalvageTable(const SalvageTableJob& job, const TableJobContext& context);

}  // namespace burrow
