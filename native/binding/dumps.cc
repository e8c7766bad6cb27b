#include "binding/dumps.h"

#include "binding/args.h"
#include "binding/env_handle.h"
#include "binding/errors.h"
#include "binding/table_info.h"
#include "binding/tools.h"

namespace burrow::binding {

namespace {

constexpr uint64_t kMaxBatch = uint64_t{1} << 30;

// Tell these objects from all others that wrap something.
constexpr napi_type_tag kRecordsTag = {0x6275'7272'6f77'6462, 0x7265'636f'7264'7321};
constexpr napi_type_tag kLogTag = {0x6275'7272'6f77'6462, 0x6c6f'6764'756d'7021};

struct LogDump {
  std::shared_ptr<Env> env;
  std::unique_ptr<log::LogReader> log;
};

template <typename Handle>
napi_value Wrap(napi_env env, const napi_type_tag& tag, std::unique_ptr<Handle> handle) {
  napi_value object = Object(env);
  auto release = [](napi_env, void* data, void*) { delete static_cast<Handle*>(data); };
  if (napi_type_tag_object(env, object, &tag) != napi_ok ||
      napi_wrap(env, object, handle.get(), release, nullptr, nullptr) != napi_ok) {
    return nullptr;
  }
  handle.release();
  return object;
}

template <typename Handle>
Handle* Unwrap(napi_env env, const napi_type_tag& tag, napi_value object) {
  bool tagged = false;
  void* handle = nullptr;
  if (napi_check_object_type_tag(env, object, &tag, &tagged) != napi_ok || !tagged) return nullptr;
  return napi_unwrap(env, object, &handle) == napi_ok ? static_cast<Handle*>(handle) : nullptr;
}

}  // namespace

napi_value DumpObject(napi_env env, std::unique_ptr<RecordDump> dump) {
  return Wrap(env, kRecordsTag, std::move(dump));
}

napi_value OpenTableDump(napi_env env, napi_callback_info info) {
  Call<3> call(env, info);
  std::shared_ptr<Env> file_env = EnvOf(env, call[0]);
  if (file_env == nullptr) return ThrowInvalid(env, "env must be a NativeEnv");
  Reader reader(env);
  const std::string path = reader.Text(call[1], "path");
  const uint64_t number = reader.Integer(call[2], "number");
  if (!reader.ok()) return nullptr;
  std::unique_ptr<RecordDump> dump;
  Status status = RecordDump::OfTable(std::move(file_env), path, number, &dump);
  if (!status.ok()) return Throw(env, status);
  napi_value result = Object(env);
  Set(env, result, "info", DumpedTableInfo(env, number, dump->table().properties()));
  Set(env, result, "rangeTombstones", DumpTombstones(env, dump->table().range_tombstones().get()));
  Set(env, result, "records", DumpObject(env, std::move(dump)));
  return result;
}

napi_value NextRecords(napi_env env, napi_callback_info info) {
  Call<2> call(env, info);
  auto* dump = Unwrap<RecordDump>(env, kRecordsTag, call[0]);
  if (dump == nullptr) return ThrowInvalid(env, "dump must be one of records");
  Reader reader(env);
  const uint64_t max_bytes = reader.Integer(call[1], "maxBytes", kMaxBatch);
  if (!reader.ok()) return nullptr;
  std::string packed;
  Status status = dump->Next(max_bytes, &packed);
  if (!status.ok()) return Throw(env, status);
  return packed.empty() ? nullptr : BufferCopy(env, packed);
}

napi_value OpenLogDump(napi_env env, napi_callback_info info) {
  Call<5> call(env, info);
  auto dump = std::make_unique<LogDump>();
  dump->env = EnvOf(env, call[0]);
  if (dump->env == nullptr) return ThrowInvalid(env, "env must be a NativeEnv");
  Reader reader(env);
  const std::string path = reader.Text(call[1], "path");
  const std::string kind = reader.Text(call[2], "kind");
  log::LogReader::Options options;
  options.log_number = reader.Integer(call[3], "number");
  if (kind != "wal" && kind != "manifest") reader.Fail("kind must be 'wal' or 'manifest'");
  options.kind = kind == "wal" ? log::LogKind::kWal : log::LogKind::kManifest;
  if (!reader.Undefined(call[4])) options.expected_length = reader.Integer(call[4], "expectedLength");
  if (!reader.ok()) return nullptr;
  std::unique_ptr<RandomAccessFile> file;
  Status status = dump->env->NewRandomAccessFile(path, &file);
  if (!status.ok()) return Throw(env, status);
  dump->log = std::make_unique<log::LogReader>(std::move(file), path, options);
  return Wrap(env, kLogTag, std::move(dump));
}

napi_value NextLogRecords(napi_env env, napi_callback_info info) {
  Call<2> call(env, info);
  auto* dump = Unwrap<LogDump>(env, kLogTag, call[0]);
  if (dump == nullptr) return ThrowInvalid(env, "dump must be one of a log");
  Reader reader(env);
  const uint64_t max_bytes = reader.Integer(call[1], "maxBytes", kMaxBatch);
  if (!reader.ok()) return nullptr;
  log::LogReader& log = *dump->log;
  napi_value result = Object(env), records = Array(env, 0);
  Slice payload;
  uint64_t bytes = 0;
  bool more = true;
  for (size_t i = 0; i == 0 || bytes < max_bytes; ++i) {
    more = log.ReadRecord(&payload);
    if (!more) break;
    HandleScope scope(env);
    bytes += payload.size();
    napi_value record = Object(env);
    Set(env, record, "offset", Number(env, log.record_offset()));
    Set(env, record, "payload", BufferCopy(env, payload));
    SetElement(env, records, i, record);
  }
  Set(env, result, "records", records);
  if (!more) SetLogEnd(env, result, log);
  return result;
}

}  // namespace burrow::binding
