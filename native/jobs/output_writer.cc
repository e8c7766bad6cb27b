#include "jobs/output_writer.h"

#include <algorithm>
#include <utility>

#include "env/file_names.h"
#include "jobs/paced_file.h"
#include "util/perf_context.h"

namespace burrow {

OutputWriter::OutputWriter(const TableJobContext& context, OutputSplitter splitter,
                           std::vector<RangeTombstone> tombstones)
    : context_(context), splitter_(std::move(splitter)), tombstones_(std::move(tombstones)) {}

OutputWriter::~OutputWriter() = default;

Status OutputWriter::Add(Slice internal_key, Slice value) {
  const Slice user_key = UserKey(internal_key);
  if (!has_last_user_key_ || user_key != last_user_key_) {
    has_last_user_key_ = true;
    last_user_key_.assign(user_key);
    if (splitter_.ShouldSplitBefore(user_key, builder_ == nullptr ? 0 : builder_->EstimatedSize())) {
      BURROW_RETURN_IF_ERROR(FinishOutput(&user_key));
    }
    if (builder_ == nullptr) BURROW_RETURN_IF_ERROR(OpenOutput());
  }
  return builder_->Add(internal_key, value);
}

Status OutputWriter::Finish() {
  if (builder_ == nullptr && !tombstones_.empty()) BURROW_RETURN_IF_ERROR(OpenOutput());
  if (builder_ != nullptr) BURROW_RETURN_IF_ERROR(FinishOutput(nullptr));
  if (outputs_.empty()) return Status();
  PerfLeave();
  BURROW_RETURN_IF_ERROR(context_.env->SyncDir(context_.directory));
  PerfLap(Phase::kFsync);
  for (TableOutput& output : outputs_) output.finished = true;
  return Status();
}

Status OutputWriter::OpenOutput() {
  // Named before it is created: a creation that fails may leave a file, too.
  const uint64_t number = context_.new_file_number();
  outputs_.emplace_back().number = number;
  std::unique_ptr<WritableFile> file;
  BURROW_RETURN_IF_ERROR(context_.env->NewWritableFile(FileName(context_.directory, FileKind::kTable, number),
                                                       Env::OpenMode::kTruncate, &file));
  builder_ = std::make_unique<TableBuilder>(
      context_.table_options,
      NewPacedFile(std::move(file), {context_.rate_limiter, context_.cancelled}, &bytes_written_));
  return Status();
}

Status OutputWriter::FinishOutput(const Slice* end) {
  for (; next_tombstone_ < tombstones_.size(); next_tombstone_++) {
    const RangeTombstone& tombstone = tombstones_[next_tombstone_];
    if (end != nullptr && tombstone.begin >= *end) break;
    overhanging_.push_back(tombstone);
  }
  size_t kept = 0;
  for (const RangeTombstone& tombstone : overhanging_) {
    const bool reaches_over = end != nullptr && tombstone.end > *end;
    builder_->AddRangeTombstone(
        {std::max<Slice>(tombstone.begin, output_begin_), reaches_over ? *end : tombstone.end, tombstone.sequence});
    if (reaches_over) overhanging_[kept++] = tombstone;
  }
  overhanging_.resize(kept);
  if (end != nullptr) output_begin_.assign(*end);
  BURROW_RETURN_IF_ERROR(builder_->Finish(&outputs_.back().properties));
  builder_.reset();
  return Status();
}

}  // namespace burrow
