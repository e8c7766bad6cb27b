#include "jobs/paced_file.h"

#include <algorithm>
#include <string>

#include "util/random.h"
#include "util/testing.h"

namespace burrow {
namespace {

struct Written {
  std::string bytes;
  size_t largest = 0;    // append
  uint64_t started = 0;  // the system was asked to write what is before it
  size_t starts = 0;
};

class RecordingFile final : public WritableFile {
 public:
  explicit RecordingFile(Written* to) : to_(to) {}
  Status Append(Slice data, size_t* written) override {
    to_->bytes.append(data);
    to_->largest = std::max(to_->largest, data.size());
    if (written != nullptr) *written = data.size();
    return Status();
  }
  Status Allocate(uint64_t) override { return Status(); }
  Status Sync() override { return Status(); }
  void StartWriting(uint64_t offset, uint64_t n) override {
    CHECK_EQ(offset, to_->started);
    to_->started = offset + n;
    to_->starts++;
    CHECK_LE(to_->started, to_->bytes.size());
  }
  Status Truncate(uint64_t) override { return Status(); }
  Status Close() override { return Status(); }
  uint64_t Size() const override { return to_->bytes.size(); }

 private:
  Written* const to_;
};

// In pieces of up to `most` bytes; the same for the same seed.
std::string Write(const Pace& pace, size_t size, size_t most, Written* written) {
  Random random(TestSeed());
  std::string bytes;
  uint64_t counted = 0;
  auto file = NewPacedFile(std::make_unique<RecordingFile>(written), pace, &counted);
  while (bytes.size() < size) {
    const std::string piece(1 + random.Uniform(most), static_cast<char>(random.Next()));
    CHECK_OK(file->Append(piece));
    bytes += piece;
    CHECK_EQ(counted, bytes.size());
    CHECK_LT(bytes.size() - written->started, most + (2 << 20));  // little is left for Sync
  }
  return bytes;
}

TEST(PacedFile, WritesInLargePiecesUnlessItIsLimited) {
  RateLimiter unlimited(0), limited(uint64_t{1} << 40);
  for (RateLimiter* limiter : {static_cast<RateLimiter*>(nullptr), &unlimited, &limited}) {
    Written written;
    const std::string bytes = Write({.rate_limiter = limiter}, 8 << 20, 3 << 20, &written);
    CHECK(written.bytes == bytes);
    CHECK_EQ(written.largest > 64 << 10, limiter != &limited);
  }
}

TEST(PacedFile, HasTheSystemWriteFromTheBeginningOn) {
  Written written;
  Write({}, 5 << 20, 10000, &written);
  CHECK_GE(written.started, 4u << 20);
  CHECK_LE(written.starts, 5u);  // not for every small piece
}

TEST(PacedFile, StopsWhenItIsCancelled) {
  std::atomic<bool> cancelled{true};
  Written written;
  uint64_t counted = 0;
  auto file = NewPacedFile(std::make_unique<RecordingFile>(&written), {.cancelled = &cancelled}, &counted);
  size_t done = 1;
  CHECK(file->Append("some", &done).Is(Code::kAborted));
  CHECK_EQ(done, 0u);
  CHECK_EQ(counted, 0u);
}

}  // namespace
}  // namespace burrow
