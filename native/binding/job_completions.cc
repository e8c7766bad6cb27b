#include <optional>
#include <span>

#include "binding/errors.h"
#include "binding/job_objects.h"
#include "binding/phase_numbers.h"
#include "binding/table_info.h"

namespace burrow::binding {

namespace {

void SetOutputs(napi_env env, napi_value object, std::span<const TableOutput> outputs, const Status& status) {
  napi_value list = Array(env, outputs.size());
  for (size_t i = 0; i < outputs.size(); ++i) {
    const TableOutput& output = outputs[i];
    HandleScope scope(env);
    napi_value entry = Object(env);
    Set(env, entry, "number", Number(env, output.number));
    if (output.finished && status.ok()) Set(env, entry, "table", TableInfo(env, output.number, output.properties));
    SetElement(env, list, i, entry);
  }
  Set(env, object, "outputs", list);
}

void SetTables(napi_env env, napi_value object, const TableJobResult& result) {
  SetOutputs(env, object, result.outputs, result.status);
  Set(env, object, "bytesRead", Number(env, result.bytes_read));
  Set(env, object, "bytesWritten", Number(env, result.bytes_written));
  Set(env, object, "recordsIn", Number(env, result.records_in));
  Set(env, object, "recordsDropped", Number(env, result.records_dropped));
  Set(env, object, "tombstonesDropped", Number(env, result.tombstones_dropped));
  Set(env, object, "phases", PhaseNumbers(env, result.phases));
}

void SetLost(napi_env env, napi_value object, const std::vector<LostRange>& lost) {
  napi_value list = Array(env, lost.size());
  for (size_t i = 0; i < lost.size(); ++i) {
    HandleScope scope(env);
    const LostRange& range = lost[i];
    napi_value entry = Object(env);
    Set(env, entry, "offset", Number(env, range.offset));
    Set(env, entry, "size", Number(env, range.size));
    Set(env, entry, "problem", Text(env, range.problem));
    if (range.after.has_value()) Set(env, entry, "after", BufferCopy(env, *range.after));
    if (range.before.has_value()) Set(env, entry, "before", BufferCopy(env, *range.before));
    if (range.after_sequence != 0) Set(env, entry, "afterSequence", Number(env, range.after_sequence));
    if (range.before_sequence != 0) Set(env, entry, "beforeSequence", Number(env, range.before_sequence));
    SetElement(env, list, i, entry);
  }
  Set(env, object, "lost", list);
}

// What replaying and surveying a log tell alike.
template <typename Result>
void SetLog(napi_env env, napi_value object, const Result& log) {
  Set(env, object, "records", Number(env, log.records));
  Set(env, object, "lastSequence", Number(env, log.last_sequence));
  Set(env, object, "end", Text(env, LogEndName(log.end)));
  Set(env, object, "endOffset", Number(env, log.end_offset));
  Set(env, object, "tornBytes", Number(env, log.torn_bytes));
  Set(env, object, "syncedOffset", Number(env, log.synced_offset));
  SetLost(env, object, log.lost);
}

void SetReplay(napi_env env, napi_value object, const Engine::ReplayResult& replay) {
  Set(env, object, "memtable", Number(env, replay.memtable_id));
  Set(env, object, "bytesRead", Number(env, replay.bytes));
  SetLog(env, object, replay);
}

void SetSurveyedWal(napi_env env, napi_value object, const SurveyWalResult& wal) {
  Set(env, object, "bytesRead", Number(env, wal.bytes_read));
  if (!wal.status.ok()) return;
  SetLog(env, object, wal);
  if (wal.first_sequence != 0) Set(env, object, "firstSequence", Number(env, wal.first_sequence));
  if (wal.database_id.has_value()) Set(env, object, "databaseId", Text(env, wal.database_id->ToHex()));
}

void SetSalvagedTable(napi_env env, napi_value object, const SalvageTableResult& table) {
  const TableOutput* output = table.output.has_value() ? &*table.output : nullptr;
  SetOutputs(env, object, {output, output != nullptr ? size_t{1} : 0}, table.status);
  Set(env, object, "bytesRead", Number(env, table.bytes_read));
  Set(env, object, "bytesWritten", Number(env, table.bytes_written));
  if (!table.status.ok()) return;
  const std::optional<TableProperties>& properties = table.salvage.properties;
  Set(env, object, "records", Number(env, table.salvage.records));
  SetLost(env, object, table.salvage.lost);
  if (!properties.has_value()) return;
  Set(env, object, "expectedRecords", Number(env, properties->entries));
  Set(env, object, "databaseId", Text(env, properties->database_id.ToHex()));
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
    case JobType::kSurveyWal: SetSurveyedWal(env, object, completion.surveyed_wal); break;
    case JobType::kSalvageTable: SetSalvagedTable(env, object, completion.salvaged_table); break;
    case JobType::kPrepareWal:
    case JobType::kDeleteFiles:
    case JobType::kMoveToLost:
    case JobType::kSealWal: break;
  }
  return object;
}

}  // namespace burrow::binding
