#include "binding/tools.h"

#include <optional>

#include "binding/args.h"
#include "binding/env_handle.h"
#include "binding/errors.h"
#include "binding/table_info.h"
#include "table/table_reader.h"

namespace burrow::binding {

const char* LogEndName(log::LogEnd end) {
  switch (end) {
    case log::LogEnd::kSealed: return "sealed";
    case log::LogEnd::kCleanEnd: return "clean";
    case log::LogEnd::kTornTail: return "torn";
  }
  return "torn";
}

napi_value TableInfo(napi_env env, uint64_t number, const TableProperties& properties) {
  napi_value object = Object(env);
  Set(env, object, "number", Number(env, number));
  Set(env, object, "size", Number(env, properties.file_size));
  Set(env, object, "entries", Number(env, properties.entries));
  Set(env, object, "tombstones", Number(env, properties.tombstones));
  Set(env, object, "rangeTombstones", Number(env, properties.range_tombstones));
  Set(env, object, "rawKeyBytes", Number(env, properties.raw_key_bytes));
  Set(env, object, "rawValueBytes", Number(env, properties.raw_value_bytes));
  Set(env, object, "smallestSequence", Number(env, properties.smallest_sequence));
  Set(env, object, "largestSequence", Number(env, properties.largest_sequence));
  Set(env, object, "createdAt", Number(env, properties.created_at_ms));
  Set(env, object, "codec", Text(env, CodecName(properties.codec)));
  Set(env, object, "smallest", BufferCopy(env, properties.smallest));
  Set(env, object, "largest", BufferCopy(env, properties.largest));
  Set(env, object, "largestExclusive", Boolean(env, properties.largest_exclusive));
  return object;
}

napi_value ReadLog(napi_env env, napi_callback_info info) {
  Call<7> call(env, info);
  std::shared_ptr<Env> file_env = EnvOf(env, call[0]);
  if (file_env == nullptr) return ThrowInvalid(env, "env must be a NativeEnv");
  Reader reader(env);
  const std::string path = reader.Text(call[1], "path");
  const std::string kind = reader.Text(call[2], "kind");
  log::LogReader::Options options;
  options.log_number = reader.Integer(call[3], "number");
  if (kind != "wal" && kind != "manifest") reader.Fail("kind must be 'wal' or 'manifest'");
  options.kind = kind == "wal" ? log::LogKind::kWal : log::LogKind::kManifest;
  DatabaseId id;
  if (!reader.Undefined(call[4])) {
    if (!DatabaseId::FromHex(reader.Text(call[4], "databaseId"), &id)) reader.Fail("databaseId must be 32 hex digits");
    options.database_id = &id;
  }
  if (!reader.Undefined(call[5])) options.expected_length = reader.Integer(call[5], "expectedLength");
  const bool partial = !reader.Undefined(call[6]) && reader.Bool(call[6], "partial");
  if (!reader.ok()) return nullptr;

  std::unique_ptr<RandomAccessFile> file;
  Status status = file_env->NewRandomAccessFile(path, &file);
  if (!status.ok()) return Throw(env, status);
  log::LogReader log(std::move(file), path, options);
  napi_value records = Array(env, 0);
  Slice payload;
  for (size_t i = 0; log.ReadRecord(&payload); ++i) {
    HandleScope scope(env);
    napi_value record = Object(env);
    Set(env, record, "offset", Number(env, log.record_offset()));
    Set(env, record, "payload", BufferCopy(env, payload));
    SetElement(env, records, i, record);
  }
  if (!log.status().ok() && !partial) return Throw(env, log.status());
  napi_value result = Object(env);
  Set(env, result, "records", records);
  SetLogEnd(env, result, log);
  return result;
}

void SetLogEnd(napi_env env, napi_value object, const log::LogReader& log) {
  if (log.status().ok()) {
    Set(env, object, "end", Text(env, LogEndName(log.end())));
    Set(env, object, "endOffset", Number(env, log.end_offset()));
    Set(env, object, "tornBytes", Number(env, log.torn_bytes()));
  } else {
    Set(env, object, "damage", StatusObject(env, log.status()));
  }
  Set(env, object, "syncedOffset", Number(env, log.synced_offset()));
  Set(env, object, "fileSize", Number(env, log.file_size()));
  Set(env, object, "databaseId", Text(env, log.database_id().ToHex()));
}

napi_value DumpTombstones(napi_env env, const FragmentedTombstones* tombstones) {
  const size_t count = tombstones == nullptr ? 0 : tombstones->fragments().size();
  napi_value list = Array(env, count);
  for (size_t i = 0; i < count; ++i) {
    HandleScope scope(env);
    const FragmentedTombstones::Fragment& fragment = tombstones->fragments()[i];
    napi_value sequences = Array(env, fragment.sequence_count);
    for (uint32_t j = 0; j < fragment.sequence_count; ++j) {
      SetElement(env, sequences, j, Number(env, tombstones->sequences(fragment)[j]));
    }
    napi_value entry = Object(env);
    Set(env, entry, "begin", BufferCopy(env, fragment.begin));
    Set(env, entry, "end", BufferCopy(env, fragment.end));
    Set(env, entry, "sequences", sequences);
    SetElement(env, list, i, entry);
  }
  return list;
}

napi_value DumpedTableInfo(napi_env env, uint64_t number, const TableProperties& properties) {
  napi_value info = TableInfo(env, number, properties);
  Set(env, info, "databaseId", Text(env, properties.database_id.ToHex()));
  Set(env, info, "fileSize", Number(env, properties.file_size));
  Set(env, info, "dataBytes", Number(env, properties.data_bytes));
  Set(env, info, "indexBytes", Number(env, properties.index_bytes));
  Set(env, info, "filterBytes", Number(env, properties.filter_bytes));
  return info;
}

namespace {

// Up to `limit` records; *truncated tells whether more follow.
Status DumpRecords(napi_env env, const TableReader& table, uint64_t limit, napi_value list, bool* truncated) {
  static constexpr const char* kKindNames[] = {"delete", "put", "rangeDelete"};
  std::unique_ptr<InternalIterator> it = table.NewIterator({.fill_cache = false, .read_ahead = 1 << 20});
  it->SeekToFirst();
  for (uint64_t i = 0; it->Valid() && i < limit; ++i, it->Next()) {
    HandleScope scope(env);
    const uint8_t kind = RawKindOf(it->key());
    napi_value record = Object(env);
    Set(env, record, "key", BufferCopy(env, UserKey(it->key())));
    Set(env, record, "sequence", Number(env, SequenceOf(it->key())));
    Set(env, record, "kind", Text(env, kind <= kLastKind ? kKindNames[kind] : "unknown"));
    Set(env, record, "value", BufferCopy(env, it->value()));
    SetElement(env, list, i, record);
  }
  *truncated = it->Valid();
  return it->status();
}

}  // namespace

napi_value DumpTable(napi_env env, napi_callback_info info) {
  Call<4> call(env, info);
  std::shared_ptr<Env> file_env = EnvOf(env, call[0]);
  if (file_env == nullptr) return ThrowInvalid(env, "env must be a NativeEnv");
  Reader reader(env);
  const std::string path = reader.Text(call[1], "path");
  const uint64_t number = reader.Integer(call[2], "number");
  const uint64_t limit = reader.Integer(call[3], "limit", UINT32_MAX);
  if (!reader.ok()) return nullptr;

  std::unique_ptr<RandomAccessFile> file;
  Status status = file_env->NewRandomAccessFile(path, &file);
  if (!status.ok()) return Throw(env, status);
  BlockCache cache(0);
  TableReader::Counters counters;
  std::shared_ptr<TableReader> table;
  status = TableReader::Open(std::move(file), path, number, 0, nullptr, &cache, &counters, &table);
  if (!status.ok()) return Throw(env, status);
  napi_value records = Array(env, 0);
  bool truncated = false;
  status = DumpRecords(env, *table, limit, records, &truncated);

  napi_value result = Object(env);
  Set(env, result, "info", DumpedTableInfo(env, number, table->properties()));
  Set(env, result, "rangeTombstones", DumpTombstones(env, table->range_tombstones().get()));
  Set(env, result, "records", records);
  Set(env, result, "truncated", Boolean(env, truncated));
  if (!status.ok()) Set(env, result, "damage", StatusObject(env, status));
  return result;
}

}  // namespace burrow::binding
