#pragma once

#include <cstdint>
#include <string>

#include "base/database_id.h"
#include "jobs/paced_file.h"
#include "table/table_options.h"

namespace burrow {

struct VerifyResult {
  Status status;  // the first thing that is wrong, with file and offset
  uint64_t number = 0;
  uint64_t bytes_read = 0;
  TableProperties properties;  // when status is ok
};

// Reads the table file at `path` from front to back, past every cache, and holds everything that it says against
// everything else. One of another database is corruption.
VerifyResult RunVerify(Env* env, const std::string& path, uint64_t number, const DatabaseId& database_id,
                       const Pace& pace);

}  // namespace burrow
