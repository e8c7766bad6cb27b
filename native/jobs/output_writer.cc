#include "jobs/output_writer.h"

#include <algorithm>
#include <utility>

#include "env/file_names.h"

namespace burrow {
namespace {

constexpr uint64_t kPaceBytes = 64 << 10;

}  // namespace

// Counts what is written, keeps it within the rate limit and stops at cancellation.
class OutputWriter::PacedFile final : public WritableFile {
 public:
  PacedFile(std::unique_ptr<WritableFile> file, const TableJobContext& context, uint64_t* bytes_written)
      : file_(std::move(file)), context_(context), bytes_written_(bytes_written) {}

  Status Append(Slice data, size_t* written) override {
    size_t done = 0;
    Status status;
    while (done < data.size() && status.ok()) {
      const Slice chunk = data.substr(done, kPaceBytes);
      size_t n = 0;
      status = Pace(chunk.size());
      if (status.ok()) status = file_->Append(chunk, &n);
      done += n;
    }
    *bytes_written_ += done;
    if (written != nullptr) *written = done;
    return status;
  }
  Status Allocate(uint64_t size) override { return file_->Allocate(size); }
  Status Sync() override { return file_->Sync(); }
  Status Truncate(uint64_t size) override { return file_->Truncate(size); }
  Status Close() override { return file_->Close(); }
  uint64_t Size() const override { return file_->Size(); }

 private:
  // Asks for 64 KiB at a time: single blocks would make a queue of the limiter's lock.
  Status Pace(uint64_t bytes) {
    if (context_.cancelled != nullptr && context_.cancelled->load(std::memory_order_relaxed)) {
      return Status::Aborted("the job was cancelled");
    }
    if (context_.rate_limiter == nullptr) return Status();
    if (credit_ < bytes) {
      static const std::atomic<bool> never{false};
      context_.rate_limiter->Request(kPaceBytes, context_.cancelled != nullptr ? *context_.cancelled : never);
      credit_ += kPaceBytes;
    }
    credit_ -= bytes;
    return Status();
  }

  const std::unique_ptr<WritableFile> file_;
  const TableJobContext& context_;
  uint64_t* const bytes_written_;
  uint64_t credit_ = 0;
};

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
  BURROW_RETURN_IF_ERROR(context_.env->SyncDir(context_.directory));
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
  builder_ = std::make_unique<TableBuilder>(context_.table_options,
                                            std::make_unique<PacedFile>(std::move(file), context_, &bytes_written_));
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
