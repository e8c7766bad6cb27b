#include "jobs/verify_job.h"

#include <memory>
#include <utility>

#include "table/table_reader.h"

namespace burrow {

VerifyResult RunVerify(Env* env, const std::string& path, uint64_t number, const DatabaseId& database_id,
                       const Pace& pace) {
  VerifyResult result;
  result.number = number;
  std::unique_ptr<RandomAccessFile> file;
  result.status = env->NewRandomAccessFile(path, &file);
  if (!result.status.ok()) return result;
  TableReader::Counters counters;
  std::shared_ptr<TableReader> table;
  result.status = TableReader::Open(NewPacedFile(std::move(file), pace, &result.bytes_read), path, number, 0,
                                    &database_id, nullptr, &counters, &table);
  if (result.status.ok()) result.status = table->Verify();
  if (result.status.ok()) result.properties = table->properties();
  return result;
}

}  // namespace burrow
