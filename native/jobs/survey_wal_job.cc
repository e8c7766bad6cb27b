#include "jobs/survey_wal_job.h"

#include <memory>
#include <utility>

#include "env/file_names.h"
#include "wal/log_salvager.h"

namespace burrow {
namespace {

Status Survey(Env* env, const std::string& directory, uint64_t number, const Pace& pace, SurveyWalResult* result) {
  const std::string path = FileName(directory, FileKind::kWal, number);
  std::unique_ptr<RandomAccessFile> file;
  BURROW_RETURN_IF_ERROR(env->NewRandomAccessFile(path, &file));
  const log::LogReader::Options options{.kind = log::LogKind::kWal, .log_number = number};
  log::LogSalvager salvager(NewPacedFile(std::move(file), pace, &result->bytes_read), path, options);
  Slice payload;
  while (salvager.Next(&payload)) {
  }
  const log::LogReader& log = salvager.log();
  BURROW_RETURN_IF_ERROR(log.status());
  result->records = salvager.records();
  result->first_sequence = salvager.first_sequence();
  result->last_sequence = salvager.last_sequence();
  result->end = log.end();
  result->end_offset = log.end_offset();
  result->torn_bytes = log.torn_bytes();
  result->synced_offset = log.synced_offset();
  result->lost = salvager.TakeLost();
  if (log.has_header()) result->database_id = log.database_id();
  return Status();
}

}  // namespace

SurveyWalResult RunSurveyWal(Env* env, const std::string& directory, uint64_t number, const Pace& pace) {
  SurveyWalResult result;
  result.status = Survey(env, directory, number, pace, &result);
  return result;
}

}  // namespace burrow
