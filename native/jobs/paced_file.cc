#include "jobs/paced_file.h"

#include <algorithm>
#include <utility>

#include "util/perf_context.h"

namespace burrow {
namespace {

constexpr uint64_t kPaceBytes = 64 << 10;
constexpr uint64_t kUnpacedBytes = 1 << 20;  // written at once where nobody limits the rate
constexpr uint64_t kWritingBytes = 1 << 20;  // what the system is told to begin with at once

class PacedWritableFile final : public WritableFile {
 public:
  PacedWritableFile(std::unique_ptr<WritableFile> file, const Pace& pace, uint64_t* bytes_written)
      : file_(std::move(file)), pacer_(pace), bytes_written_(bytes_written) {}

  Status Append(Slice data, size_t* written) override {
    const uint64_t at_once = pacer_.limited() ? kPaceBytes : kUnpacedBytes;
    size_t done = 0;
    Status status;
    while (done < data.size() && status.ok()) {
      const Slice chunk = data.substr(done, at_once);
      size_t n = 0;
      status = pacer_.Spend(chunk.size());
      if (status.ok()) status = file_->Append(chunk, &n);
      PerfLap(Phase::kTableWrite);
      done += n;
    }
    *bytes_written_ += done;
    if (const uint64_t unstarted = file_->Size() - started_; status.ok() && unstarted >= kWritingBytes) {
      file_->StartWriting(started_, unstarted);
      started_ += unstarted;
      PerfLap(Phase::kTableWrite);
    }
    if (written != nullptr) *written = done;
    return status;
  }
  Status Allocate(uint64_t size) override { return file_->Allocate(size); }
  Status Sync() override { return file_->Sync(); }
  Status Truncate(uint64_t size) override { return file_->Truncate(size); }
  Status Close() override { return file_->Close(); }
  uint64_t Size() const override { return file_->Size(); }

 private:
  const std::unique_ptr<WritableFile> file_;
  Pacer pacer_;
  uint64_t started_ = 0;  // the system was told to write what is before it
  uint64_t* const bytes_written_;
};

class PacedRandomAccessFile final : public RandomAccessFile {
 public:
  PacedRandomAccessFile(std::unique_ptr<RandomAccessFile> file, const Pace& pace, uint64_t* bytes_read)
      : file_(std::move(file)), pacer_(pace), bytes_read_(bytes_read) {}

  Status Read(uint64_t offset, size_t n, Slice* result, char* scratch) const override {
    BURROW_RETURN_IF_ERROR(pacer_.Spend(n));
    BURROW_RETURN_IF_ERROR(file_->Read(offset, n, result, scratch));
    *bytes_read_ += result->size();
    return Status();
  }
  void Advise(uint64_t offset, uint64_t n, bool will_need) const override { file_->Advise(offset, n, will_need); }
  uint64_t Size() const override { return file_->Size(); }

 private:
  const std::unique_ptr<RandomAccessFile> file_;
  mutable Pacer pacer_;
  uint64_t* const bytes_read_;
};

}  // namespace

// Asks for 64 KiB at a time: single blocks would make a queue of the limiter's lock.
Status Pacer::Spend(uint64_t bytes) {
  if (pace_.cancelled != nullptr && pace_.cancelled->load(std::memory_order_relaxed)) {
    return Status::Aborted("the job was cancelled");
  }
  if (pace_.rate_limiter == nullptr) return Status();
  if (credit_ < bytes) {
    static const std::atomic<bool> never{false};
    const uint64_t asked = std::max(bytes, kPaceBytes);
    PerfLeave();
    pace_.rate_limiter->Request(asked, pace_.cancelled != nullptr ? *pace_.cancelled : never);
    PerfLap(Phase::kWait);
    credit_ += asked;
  }
  credit_ -= bytes;
  return Status();
}

std::unique_ptr<WritableFile> NewPacedFile(std::unique_ptr<WritableFile> file, const Pace& pace,
                                           uint64_t* bytes_written) {
  return std::make_unique<PacedWritableFile>(std::move(file), pace, bytes_written);
}

std::unique_ptr<RandomAccessFile> NewPacedFile(std::unique_ptr<RandomAccessFile> file, const Pace& pace,
                                               uint64_t* bytes_read) {
  return std::make_unique<PacedRandomAccessFile>(std::move(file), pace, bytes_read);
}

}  // namespace burrow
