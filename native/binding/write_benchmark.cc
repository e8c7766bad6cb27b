// NativeWriteBenchmark: generated data, written and timed.

#include <memory>
#include <string>
#include <utility>

#include "binding/args.h"
#include "binding/background.h"
#include "binding/bound_object.h"
#include "binding/datagen.h"
#include "binding/datagen_tools.h"
#include "binding/errors.h"
#include "datagen/source.h"
#include "datagen/write_bench.h"

namespace burrow::binding {

namespace {

using datagen::SideTime;
using datagen::Source;
using datagen::WriteBench;
using datagen::WriteBenchJob;
using datagen::WriteBenchResult;

constexpr int kMaxThreads = 256;
constexpr int kMaxBuffers = 4096;
constexpr uint64_t kMaxWriteSize = 64 << 20;

struct Running {
  Running(WriteBenchJob job, const Source& from)
      : source(from), bench(std::move(job), [this](uint64_t offset, char* to, size_t n) {
          // The thread that writes it is another one.
          source.Fill(offset, n, to, true);
          return Status();
        }) {}

  const Source source;
  WriteBench bench;
  WriteBenchResult result;
};

double Seconds(uint64_t nanos) { return static_cast<double>(nanos) / 1e9; }
double Micros(double nanos) { return nanos / 1e3; }

napi_value SideObject(napi_env env, const SideTime& side) {
  napi_value object = Object(env);
  Set(env, object, "active", Number(env, Seconds(side.active_nanos)));
  Set(env, object, "working", Number(env, Seconds(side.working_nanos)));
  Set(env, object, "waitingShare", Number(env, side.WaitingShare()));
  return object;
}

napi_value LatencyObject(napi_env env, const HistogramSnapshot& nanos) {
  napi_value object = Object(env);
  Set(env, object, "min", Number(env, Micros(static_cast<double>(nanos.min()))));
  Set(env, object, "mean", Number(env, Micros(nanos.Mean())));
  Set(env, object, "p50", Number(env, Micros(nanos.Percentile(50))));
  Set(env, object, "p90", Number(env, Micros(nanos.Percentile(90))));
  Set(env, object, "p99", Number(env, Micros(nanos.Percentile(99))));
  Set(env, object, "p999", Number(env, Micros(nanos.Percentile(99.9))));
  Set(env, object, "max", Number(env, Micros(static_cast<double>(nanos.max()))));
  return object;
}

napi_value ResultObject(napi_env env, const WriteBenchResult& found) {
  const datagen::PipelineTimes& times = found.times;
  napi_value object = Object(env);
  Set(env, object, "bytes", Number(env, times.bytes));
  Set(env, object, "writes", Number(env, times.writes));
  Set(env, object, "seconds", Number(env, Seconds(times.elapsed_nanos)));
  Set(env, object, "writingSeconds", Number(env, Seconds(times.device_nanos)));
  Set(env, object, "syncSeconds", Number(env, Seconds(found.sync_nanos)));
  Set(env, object, "producers", SideObject(env, times.producers));
  Set(env, object, "writers", SideObject(env, times.writers));
  Set(env, object, "latency", LatencyObject(env, times.latency));
  Set(env, object, "bottleneck", Text(env, datagen::BottleneckName(found.bottleneck)));
  Set(env, object, "kept", Boolean(env, found.kept));
  return object;
}

napi_value Written(napi_env env, napi_callback_info info) {
  Call<1> call(env, info);
  return Number(env, (*BoundTo<Running>(call.data()))->bench.written());
}

napi_value Cancel(napi_env env, napi_callback_info info) {
  Call<1> call(env, info);
  (*BoundTo<Running>(call.data()))->bench.Cancel();
  return nullptr;
}

WriteBenchJob ReadWriteBenchJob(Reader* reader, napi_value config) {
  const auto property = [&](const char* name) { return reader->Property(config, name); };
  const auto flag = [&](const char* name) { return reader->Bool(property(name), name); };
  WriteBenchJob job;
  job.path = reader->Text(property("path"), "path");
  job.pipeline.write_size = reader->Integer(property("writeSize"), "writeSize", kMaxWriteSize);
  job.pipeline.producers = reader->Int(property("producers"), "producers", 1, kMaxThreads);
  job.pipeline.writers = reader->Int(property("writers"), "writers", 1, kMaxThreads);
  job.pipeline.buffers = reader->Int(property("buffers"), "buffers", 1, kMaxBuffers);
  job.file.direct = flag("direct");
  job.file.replace = flag("replace");
  job.sync = flag("sync");
  job.keep = flag("keep");
  if (job.pipeline.write_size == 0 || (job.file.direct && job.pipeline.write_size % kDirectAlignment != 0)) {
    reader->Fail("writeSize must not be 0, and with direct a multiple of " + std::to_string(kDirectAlignment));
  }
  return job;
}

}  // namespace

napi_value StartWriteBenchmark(napi_env env, napi_callback_info info) {
  Call<1> call(env, info);
  Reader reader(env);
  WriteBenchJob job = ReadWriteBenchJob(&reader, call[0]);
  const datagen::Options data = ReadDataOptions(&reader, reader.Property(call[0], "data"));
  if (reader.ok() && data.size == 0) reader.Fail("size must not be 0");
  if (!reader.ok()) return nullptr;
  if (Status status = datagen::Validate(data); !status.ok()) return Throw(env, status);
  job.pipeline.size = data.size;

  const auto running = std::make_shared<Running>(std::move(job), Source(data, datagen::BestKernel()));
  static constexpr EngineFunction kFunctions[] = {{"written", Written}, {"cancel", Cancel}};
  napi_value object = BoundObject(env, running, kFunctions);
  if (object == nullptr) return nullptr;
  napi_value result =
      RunInBackground(env, {.name = "burrowdb write benchmark",
                            .run = [running] { running->result = running->bench.Run(); },
                            .cancel = [running] { running->bench.Cancel(); },
                            .answer =
                                [running](napi_env at) {
                                  const WriteBenchResult& found = running->result;
                                  return found.status.ok() ? ResultObject(at, found) : Throw(at, found.status);
                                },
                            .keep = nullptr});
  if (result == nullptr) return nullptr;
  Set(env, object, "result", result);
  return object;
}

}  // namespace burrow::binding
