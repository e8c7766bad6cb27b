#include "jobs/copy_job.h"

#include <algorithm>
#include <memory>

#include "util/crc32c.h"

namespace burrow {
namespace {

constexpr size_t kChunkSize = 1 << 20;

// Bytes to copy, given the size of the source.
Status LengthOf(const CopyJob& job, uint64_t size, uint64_t* length) {
  *length = std::min(job.length, size);
  if (job.length == UINT64_MAX || size >= job.length) return Status();
  return Status::Corruption("file has " + std::to_string(size) + " bytes, but " + std::to_string(job.length) +
                            " are needed of it")
      .WithFile(job.from);
}

Status Link(Env* env, const CopyJob& job, const Pace& pace) {
  BURROW_RETURN_IF_ERROR(Pacer(pace).Spend(0));
  uint64_t size = 0, length = 0;
  BURROW_RETURN_IF_ERROR(env->GetFileSize(job.from, &size));
  BURROW_RETURN_IF_ERROR(LengthOf(job, size, &length));
  if (length != size) {
    return Status::Unsupported("a link cannot end before its file of " + std::to_string(size) + " bytes")
        .WithFile(job.from);
  }
  return env->LinkFile(job.from, job.to);
}

// `out` is null when the file is only read.
Status CopyBytes(const CopyJob& job, const RandomAccessFile& in, uint64_t length, WritableFile* out,
                 CopyResult* result) {
  std::unique_ptr<char[]> scratch(new char[std::min<uint64_t>(length, kChunkSize)]);
  uint32_t crc = 0;
  for (uint64_t offset = 0; offset < length;) {
    const auto n = static_cast<size_t>(std::min<uint64_t>(length - offset, kChunkSize));
    Slice chunk;
    BURROW_RETURN_IF_ERROR(in.Read(offset, n, &chunk, scratch.get()));
    if (chunk.size() != n) return Status::IO("file became shorter while it was copied").WithFile(job.from);
    crc = crc32c::Extend(crc, chunk.data(), n);
    if (out != nullptr) BURROW_RETURN_IF_ERROR(out->Append(chunk));
    offset += n;
  }
  result->crc32c = crc;
  return Status();
}

Status Copy(Env* env, const CopyJob& job, const Pace& pace, CopyResult* result) {
  std::unique_ptr<RandomAccessFile> in;
  BURROW_RETURN_IF_ERROR(env->NewRandomAccessFile(job.from, &in));
  uint64_t length = 0;
  BURROW_RETURN_IF_ERROR(LengthOf(job, in->Size(), &length));
  in = NewPacedFile(std::move(in), pace, &result->bytes_read);
  if (job.to.empty()) return CopyBytes(job, *in, length, nullptr, result);

  // The Env has no exclusive creation; whoever copies to one name twice at a time is not protected.
  Status taken = env->FileExists(job.to);
  if (taken.ok()) return Status(Code::kExists, "refusing to overwrite " + job.to).WithFile(job.to);
  if (!taken.Is(Code::kNotFound)) return taken;
  std::unique_ptr<WritableFile> out;
  Status status = env->NewWritableFile(job.to, Env::OpenMode::kTruncate, &out);
  if (status.ok()) {
    // Only the read is paced: what is written was paid for.
    out = NewPacedFile(std::move(out), {nullptr, pace.cancelled}, &result->bytes_written);
    status = CopyBytes(job, *in, length, out.get(), result);
    if (status.ok()) status = out->Sync();
    if (status.ok()) status = out->Close();
    out.reset();
  }
  // A creation that fails may leave a file, too. The first failure is the one to tell.
  if (!status.ok()) (void)env->RemoveFile(job.to);
  return status;
}

}  // namespace

CopyResult RunCopy(Env* env, const CopyJob& job, const Pace& pace) {
  CopyResult result;
  if (job.link) {
    result.status = job.to.empty() ? Status::InvalidArgument("a link needs a name") : Link(env, job, pace);
  } else {
    result.status = Copy(env, job, pace, &result);
  }
  return result;
}

}  // namespace burrow
