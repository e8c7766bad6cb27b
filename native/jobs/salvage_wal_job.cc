#include <memory>
#include <utility>

#include "env/file_names.h"
#include "jobs/salvage_job.h"
#include "wal/log_salvager.h"
#include "wal/log_writer.h"

namespace burrow {
namespace {

constexpr size_t kWriteSize = 1 << 20;

// Writes the new log. One that is not finished is removed with the object.
class OutputLog {
 public:
  OutputLog(Env* env, const SalvageWalJob& job, const Pace& pace, uint64_t* bytes_written)
      : env_(env),
        directory_(job.directory),
        path_(FileName(job.directory, FileKind::kWal, *job.output)),
        number_(*job.output),
        database_id_(job.database_id),
        pace_(pace),
        bytes_written_(bytes_written) {}
  ~OutputLog() {
    writer_.reset();
    if (!finished_) (void)env_->RemoveFile(path_);
  }

  Status Open() {
    std::unique_ptr<WritableFile> file;
    BURROW_RETURN_IF_ERROR(env_->NewWritableFile(path_, Env::OpenMode::kTruncate, &file));
    writer_ = std::make_unique<log::LogWriter>(NewPacedFile(std::move(file), pace_, bytes_written_), log::LogKind::kWal,
                                               number_, database_id_);
    return Status();
  }

  Status Add(Slice payload) {
    writer_->Frame(payload, Slice(), &framed_);
    return framed_.size() < kWriteSize ? Status() : Write();
  }

  Status Finish() {
    writer_->FrameEnd(&framed_);
    BURROW_RETURN_IF_ERROR(Write());
    BURROW_RETURN_IF_ERROR(writer_->Sync());
    BURROW_RETURN_IF_ERROR(writer_->file()->Close());
    BURROW_RETURN_IF_ERROR(env_->SyncDir(directory_));
    finished_ = true;
    return Status();
  }

 private:
  Status Write() {
    BURROW_RETURN_IF_ERROR(writer_->Append(framed_));
    framed_.clear();
    return Status();
  }

  Env* const env_;
  const std::string& directory_;
  const std::string path_;
  const uint64_t number_;
  const DatabaseId database_id_;
  const Pace pace_;
  uint64_t* const bytes_written_;
  std::unique_ptr<log::LogWriter> writer_;
  std::string framed_;
  bool finished_ = false;
};

Status Salvage(Env* env, const SalvageWalJob& job, const Pace& pace, SalvageWalResult* result) {
  const std::string path = FileName(job.directory, FileKind::kWal, job.number);
  std::unique_ptr<RandomAccessFile> file;
  BURROW_RETURN_IF_ERROR(env->NewRandomAccessFile(path, &file));
  log::LogReader::Options options{.kind = log::LogKind::kWal, .log_number = job.number};
  if (job.output.has_value()) options.database_id = &job.database_id;
  log::LogSalvager salvager(NewPacedFile(std::move(file), pace, &result->bytes_read), path, options);
  std::optional<OutputLog> output;
  if (job.output.has_value()) {
    output.emplace(env, job, pace, &result->bytes_written);
    BURROW_RETURN_IF_ERROR(output->Open());
  }
  Slice payload;
  while (salvager.Next(&payload)) {
    if (output.has_value()) BURROW_RETURN_IF_ERROR(output->Add(payload));
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
  return output.has_value() ? output->Finish() : Status();
}

}  // namespace

SalvageWalResult RunSalvageWal(Env* env, const SalvageWalJob& job, const Pace& pace) {
  SalvageWalResult result;
  result.status = Salvage(env, job, pace, &result);
  return result;
}

}  // namespace burrow
