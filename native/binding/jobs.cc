// Job descriptors in, completions out.

#include <algorithm>

#include "binding/engine_handle.h"
#include "binding/job_objects.h"

namespace burrow::binding {

namespace {

napi_value Submit(napi_env env, napi_callback_info info) {
  EngineCall<1> call(env, info);
  if (!call.open()) return nullptr;
  Reader reader(env);
  Job job = ReadJob(&reader, call[0]);
  if (!reader.ok()) return nullptr;
  if (call.handle()->read_only() && !OnlyReads(job.request)) {
    return Throw(env, Status(Code::kReadOnly, "the database is open for reading only"));
  }
  Status status = call.handle()->runner().Submit(std::move(job));
  return status.ok() ? nullptr : Throw(env, status);
}

void SetTables(napi_env env, napi_value object, const TableJobResult& result) {
  napi_value outputs = Array(env, result.outputs.size());
  for (size_t i = 0; i < result.outputs.size(); ++i) {
    const TableOutput& output = result.outputs[i];
    HandleScope scope(env);
    napi_value entry = Object(env);
    Set(env, entry, "number", Number(env, output.number));
    if (output.finished && result.status.ok())
      Set(env, entry, "table", TableInfo(env, output.number, output.properties));
    SetElement(env, outputs, i, entry);
  }
  Set(env, object, "outputs", outputs);
  Set(env, object, "bytesRead", Number(env, result.bytes_read));
  Set(env, object, "bytesWritten", Number(env, result.bytes_written));
  Set(env, object, "recordsIn", Number(env, result.records_in));
  Set(env, object, "recordsDropped", Number(env, result.records_dropped));
  Set(env, object, "tombstonesDropped", Number(env, result.tombstones_dropped));
}

void SetReplay(napi_env env, napi_value object, const Engine::ReplayResult& replay) {
  Set(env, object, "memtable", Number(env, replay.memtable_id));
  Set(env, object, "records", Number(env, replay.records));
  Set(env, object, "bytesRead", Number(env, replay.bytes));
  Set(env, object, "lastSequence", Number(env, replay.last_sequence));
  Set(env, object, "end", Text(env, LogEndName(replay.end)));
  Set(env, object, "endOffset", Number(env, replay.end_offset));
  Set(env, object, "tornBytes", Number(env, replay.torn_bytes));
  Set(env, object, "syncedOffset", Number(env, replay.synced_offset));
}

napi_value CompletionObject(napi_env env, const JobCompletion& completion) {
  napi_value object = Object(env);
  Set(env, object, "id", Number(env, completion.id));
  Set(env, object, "type", Text(env, kTypeNames[static_cast<int>(completion.type)]));
  Set(env, object, "micros", Number(env, completion.micros));
  if (!completion.status.ok()) Set(env, object, "error", StatusObject(env, completion.status));
  switch (completion.type) {
    case JobType::kFlush:
    case JobType::kCompact: SetTables(env, object, completion.tables); break;
    case JobType::kReplayWal:
      if (completion.status.ok()) SetReplay(env, object, completion.replay);
      break;
    case JobType::kManifestCreate:
    case JobType::kManifestAppend: Set(env, object, "manifestSize", Number(env, completion.manifest_size)); break;
    case JobType::kPrepareWal:
    case JobType::kDeleteFiles:
    case JobType::kMoveToLost:
    case JobType::kSealWal: break;
  }
  return object;
}

napi_value TakeCompletions(napi_env env, napi_callback_info info) {
  EngineCall<1> call(env, info);
  if (!call.open()) return nullptr;
  const std::vector<JobCompletion> completions = call.handle()->completions().Take();
  napi_value list = Array(env, completions.size());
  for (size_t i = 0; i < completions.size(); ++i) {
    HandleScope scope(env);
    SetElement(env, list, i, CompletionObject(env, completions[i]));
  }
  return list;
}

napi_value WaitProgress(napi_env env, napi_callback_info info) {
  EngineCall<1> call(env, info);
  if (!call.open()) return nullptr;
  Reader reader(env);
  const double millis = reader.Number(call[0], "timeoutMs");
  if (!reader.ok()) return nullptr;
  EngineHandle* handle = call.handle();
  if (!handle->completions().empty()) return Boolean(env, true);
  constexpr double kLongest = 86'400'000;
  const auto timeout = std::chrono::microseconds(static_cast<int64_t>(std::clamp(millis, 0.0, kLongest) * 1000));
  return Boolean(env, handle->signal().Wait(timeout));
}

napi_value CancelCompactions(napi_env env, napi_callback_info info) {
  EngineCall<1> call(env, info);
  if (call.open()) call.handle()->runner().CancelCompactions();
  return nullptr;
}

constexpr EngineFunction kFunctions[] = {
    {"submit", Submit},
    {"takeCompletions", TakeCompletions},
    {"waitProgress", WaitProgress},
    {"cancelCompactions", CancelCompactions},
};

}  // namespace

std::span<const EngineFunction> JobFunctions() { return kFunctions; }

}  // namespace burrow::binding
