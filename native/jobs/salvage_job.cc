#include "jobs/salvage_job.h"

#include <memory>
#include <utility>

#include "env/file_names.h"
#include "jobs/paced_file.h"

namespace burrow {
namespace {

// Writes the new table, which begins with the first thing to save. Only looks when `number` is absent.
class OutputTable final : public SalvageSink {
 public:
  OutputTable(std::optional<uint64_t> number, const TableJobContext& context, SalvageTableResult* result)
      : number_(number), context_(context), result_(result) {}

  Status Add(Slice internal_key, Slice value) override {
    if (!number_.has_value()) return Status();
    BURROW_RETURN_IF_ERROR(Open());
    return builder_->Add(internal_key, value);
  }

  Status AddRangeTombstone(const RangeTombstone& tombstone) override {
    if (!number_.has_value()) return Status();
    BURROW_RETURN_IF_ERROR(Open());
    builder_->AddRangeTombstone(tombstone);
    return Status();
  }

  Status Finish() {
    if (builder_ == nullptr) return Status();
    BURROW_RETURN_IF_ERROR(builder_->Finish(&result_->output->properties));
    BURROW_RETURN_IF_ERROR(context_.env->SyncDir(context_.directory));
    result_->output->finished = true;
    return Status();
  }

 private:
  Status Open() {
    if (builder_ != nullptr) return Status();
    // Named before it is created: a creation that fails may leave a file, too.
    result_->output.emplace().number = *number_;
    std::unique_ptr<WritableFile> file;
    BURROW_RETURN_IF_ERROR(context_.env->NewWritableFile(FileName(context_.directory, FileKind::kTable, *number_),
                                                         Env::OpenMode::kTruncate, &file));
    const Pace pace{context_.rate_limiter, context_.cancelled};
    builder_ = std::make_unique<TableBuilder>(context_.table_options,
                                              NewPacedFile(std::move(file), pace, &result_->bytes_written));
    return Status();
  }

  const std::optional<uint64_t> number_;
  const TableJobContext& context_;
  SalvageTableResult* const result_;
  std::unique_ptr<TableBuilder> builder_;
};

Status Salvage(const SalvageTableJob& job, const TableJobContext& context, SalvageTableResult* result) {
  const std::string path = FileName(context.directory, FileKind::kTable, job.number);
  std::unique_ptr<RandomAccessFile> file;
  BURROW_RETURN_IF_ERROR(context.env->NewRandomAccessFile(path, &file));
  file = NewPacedFile(std::move(file), {context.rate_limiter, context.cancelled}, &result->bytes_read);
  OutputTable output(job.output, context, result);
  Status status = SalvageTable(*file, &output, &result->salvage);
  if (!status.ok()) return std::move(status).WithFile(path);
  const std::optional<TableProperties>& properties = result->salvage.properties;
  if (job.output.has_value() && properties.has_value() &&
      properties->database_id != context.table_options.database_id) {
    return Status::Corruption("table belongs to another database (" + properties->database_id.ToHex() + ")")
        .WithFile(path);
  }
  return output.Finish();
}

}  // namespace

SalvageTableResult RunSalvageTable(const SalvageTableJob& job, const TableJobContext& context) {
  SalvageTableResult result;
  result.status = Salvage(job, context, &result);
  return result;
}

}  // namespace burrow
