#include "jobs/manifest_writer.h"

#include <utility>

#include "env/file_names.h"

namespace burrow {

namespace {

// A snapshot of a large version is framed and written in pieces of about this size.
constexpr size_t kWriteSize = 1 << 20;

}  // namespace

ManifestWriter::ManifestWriter(Env* env, std::string directory, const DatabaseId& database_id)
    : env_(env), directory_(std::move(directory)), database_id_(database_id) {}

Status ManifestWriter::Refusal() const {
  return Status(Code::kReadOnly, "the manifest is not written any more since it failed: " + poison_.message());
}

Status ManifestWriter::Create(uint64_t number, const std::vector<std::string>& records) {
  if (!poison_.ok()) return Refusal();
  const std::string path = FileName(directory_, FileKind::kManifest, number);
  const std::string temporary = FileName(directory_, FileKind::kTemp, number);
  std::unique_ptr<log::LogWriter> log;
  Status status = WriteFile(number, records, &log);
  if (status.ok()) status = WriteTemporary(temporary, path.substr(directory_.size() + 1) + "\n");
  if (!status.ok()) {
    log.reset();
    // What stays behind is named by nothing, and the next open removes it.
    (void)env_->RemoveFile(temporary);
    (void)env_->RemoveFile(path);
    return status;
  }
  status = env_->RenameFile(temporary, FileName(directory_, FileKind::kCurrent));
  if (status.ok()) status = env_->SyncDir(directory_);
  if (!status.ok()) {
    poison_ = status;
    return status;
  }
  log_ = std::move(log);
  return Status();
}

Status ManifestWriter::WriteFile(uint64_t number, const std::vector<std::string>& records,
                                 std::unique_ptr<log::LogWriter>* log) {
  std::unique_ptr<WritableFile> file;
  BURROW_RETURN_IF_ERROR(
      env_->NewWritableFile(FileName(directory_, FileKind::kManifest, number), Env::OpenMode::kTruncate, &file));
  *log = std::make_unique<log::LogWriter>(std::move(file), log::LogKind::kManifest, number, database_id_);
  std::string framed;
  for (const std::string& record : records) {
    (*log)->Frame(record, Slice(), &framed);
    if (framed.size() < kWriteSize) continue;
    BURROW_RETURN_IF_ERROR((*log)->Append(framed));
    framed.clear();
  }
  BURROW_RETURN_IF_ERROR((*log)->Append(framed));
  BURROW_RETURN_IF_ERROR((*log)->Sync());
  return env_->SyncDir(directory_);
}

Status ManifestWriter::WriteTemporary(const std::string& path, Slice contents) {
  std::unique_ptr<WritableFile> file;
  BURROW_RETURN_IF_ERROR(env_->NewWritableFile(path, Env::OpenMode::kTruncate, &file));
  BURROW_RETURN_IF_ERROR(file->Append(contents));
  BURROW_RETURN_IF_ERROR(file->Sync());
  return file->Close();
}

Status ManifestWriter::Append(Slice record) {
  if (!poison_.ok()) return Refusal();
  if (log_ == nullptr) return Status::InvalidArgument("there is no manifest to append to");
  std::string framed;
  log_->Frame(record, Slice(), &framed);
  Status status = log_->Append(framed);
  if (status.ok()) status = log_->Sync();
  if (status.Is(Code::kNoSpace)) {
    // Nothing may follow a record that is there in part, but a new manifest may take this one's place.
    log_.reset();
  } else if (!status.ok()) {
    poison_ = status;
  }
  return status;
}

}  // namespace burrow
