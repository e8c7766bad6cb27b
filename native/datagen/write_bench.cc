#include "datagen/write_bench.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

#include "env/env.h"

namespace burrow::datagen {

namespace {

constexpr double kWaits = 0.1;

WritePipeline::Options Aligned(const WriteBenchJob& job) {
  WritePipeline::Options options = job.pipeline;
  options.aligned = job.file.direct;
  return options;
}

}  // namespace

const char* BottleneckName(Bottleneck bottleneck) {
  switch (bottleneck) {
    case Bottleneck::kGenerator: return "generator";
    case Bottleneck::kDevice: return "device";
    case Bottleneck::kQueue: return "queue";
    case Bottleneck::kBalanced: return "balanced";
  }
  return "balanced";
}

Bottleneck Judge(double producers_wait, double writers_wait) {
  if (std::max(producers_wait, writers_wait) < kWaits) return Bottleneck::kBalanced;
  if (producers_wait * 2 < writers_wait) return Bottleneck::kGenerator;
  if (writers_wait * 2 < producers_wait) return Bottleneck::kDevice;
  return Bottleneck::kQueue;
}

WriteBench::WriteBench(WriteBenchJob job, WritePipeline::Fill fill)
    : job_(std::move(job)), pipeline_(Aligned(job_), std::move(fill)) {}

WriteBenchResult WriteBench::Run() {
  WriteBenchResult result;
  std::unique_ptr<PositionalFile> file;
  result.status = PositionalFile::Create(job_.path, job_.file, &file);
  if (!result.status.ok()) return result;

  result.status = RunWith(file.get(), &result);
  Status closed = file->Close();
  if (result.status.ok()) result.status = std::move(closed);
  result.kept = job_.keep || !file->Regular();
  if (!result.kept) {
    Status removed = Env::Posix()->RemoveFile(job_.path);
    if (result.status.ok()) result.status = std::move(removed);
  }
  result.bottleneck = Judge(result.times.producers.WaitingShare(), result.times.writers.WaitingShare());
  return result;
}

Status WriteBench::RunWith(PositionalFile* file, WriteBenchResult* result) {
  BURROW_RETURN_IF_ERROR(pipeline_.Run(file, &result->times));
  // Direct writes end at a multiple of the alignment.
  if (job_.file.direct && job_.keep && file->Regular()) BURROW_RETURN_IF_ERROR(file->Truncate(job_.pipeline.size));
  if (!job_.sync) return Status();
  const auto begin = std::chrono::steady_clock::now();
  Status status = file->Sync();
  const std::chrono::nanoseconds took = std::chrono::steady_clock::now() - begin;
  result->sync_nanos = static_cast<uint64_t>(took.count());
  return status;
}

void WriteBench::Cancel() { pipeline_.Cancel(); }

uint64_t WriteBench::written() const { return pipeline_.written(); }

}  // namespace burrow::datagen
