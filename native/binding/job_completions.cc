#include "binding/errors.h"
#include "binding/job_objects.h"
#include "binding/table_info.h"

namespace burrow::binding {

namespace {

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

void SetVerified(napi_env env, napi_value object, const VerifyResult& verified) {
  Set(env, object, "bytesRead", Number(env, verified.bytes_read));
  if (!verified.status.ok()) return;
  Set(env, object, "records", Number(env, verified.properties.entries));
  Set(env, object, "table", TableInfo(env, verified.number, verified.properties));
}

void SetCopied(napi_env env, napi_value object, const CopyResult& copied) {
  Set(env, object, "bytesRead", Number(env, copied.bytes_read));
  Set(env, object, "bytesWritten", Number(env, copied.bytes_written));
  if (copied.crc32c.has_value()) Set(env, object, "crc32c", Number(env, uint64_t{*copied.crc32c}));
}

}  // namespace

napi_value CompletionObject(napi_env env, const JobCompletion& completion) {
  napi_value object = Object(env);
  Set(env, object, "id", Number(env, completion.id));
  Set(env, object, "type", Text(env, JobTypeName(completion.type)));
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
    case JobType::kVerifyTable: SetVerified(env, object, completion.verified); break;
    case JobType::kCopyFile: SetCopied(env, object, completion.copied); break;
    case JobType::kPrepareWal:
    case JobType::kDeleteFiles:
    case JobType::kMoveToLost:
    case JobType::kSealWal: break;
  }
  return object;
}

}  // namespace burrow::binding
