// What the control plane does to an engine's structure: recovery, rotation, versions, snapshots, the end.

#include <algorithm>

#include "binding/engine_handle.h"

namespace burrow::binding {

namespace {

napi_value NewFileNumber(napi_env env, napi_callback_info info) {
  EngineCall<1> call(env, info);
  return call.open() ? Number(env, call->NewFileNumber()) : nullptr;
}

napi_value VisibleSequence(napi_env env, napi_callback_info info) {
  EngineCall<1> call(env, info);
  return call.open() ? Number(env, call.handle()->visible_sequence()) : nullptr;
}

napi_value AddSnapshot(napi_env env, napi_callback_info info) {
  EngineCall<1> call(env, info);
  if (!call.open()) return nullptr;
  const SequenceNumber sequence = call.handle()->visible_sequence();
  call->snapshots().Add(sequence);
  return Number(env, sequence);
}

napi_value RemoveSnapshot(napi_env env, napi_callback_info info) {
  EngineCall<1> call(env, info);
  if (!call.open()) return nullptr;
  Reader reader(env);
  const SequenceNumber sequence = reader.Integer(call[0], "sequence");
  if (!reader.ok()) return nullptr;
  const std::vector<SequenceNumber> live = call->snapshots().Distinct();
  if (!std::binary_search(live.begin(), live.end(), sequence)) {
    return ThrowInvalid(env, "there is no snapshot of sequence " + std::to_string(sequence));
  }
  call->snapshots().Remove(sequence);
  return nullptr;
}

napi_value Start(napi_env env, napi_callback_info info) {
  EngineCall<2> call(env, info);
  if (!call.open()) return nullptr;
  Reader reader(env);
  const uint64_t next = reader.Integer(call[0], "next");
  const uint64_t wal = reader.Integer(call[1], "wal");
  if (next == 0) reader.Fail("sequence numbers begin at 1");
  if (!reader.ok()) return nullptr;
  if (call.handle()->started()) return Throw(env, Status::Internal("the engine was started before"));
  Status status = call->Start(next, wal);
  if (!status.ok()) return Throw(env, status);
  call.handle()->set_started();
  return nullptr;
}

napi_value AdoptMemtable(napi_env env, napi_callback_info info) {
  EngineCall<1> call(env, info);
  if (!call.open()) return nullptr;
  Reader reader(env);
  const uint64_t id = reader.Integer(call[0], "id");
  if (!reader.ok()) return nullptr;
  Status status = call->AdoptMemtable(id);
  return status.ok() ? nullptr : Throw(env, status);
}

napi_value Rotate(napi_env env, napi_callback_info info) {
  EngineCall<1> call(env, info);
  if (!call.open()) return nullptr;
  Reader reader(env);
  const uint64_t wal = reader.Integer(call[0], "wal");
  if (!reader.ok()) return nullptr;
  if (!call.handle()->started()) return Throw(env, Status::Internal("the engine was not started"));
  uint64_t sealed = 0;
  Status status = call->Rotate(wal, &sealed);
  return status.ok() ? Number(env, sealed) : Throw(env, status);
}

napi_value StopWrites(napi_env env, napi_callback_info info) {
  EngineCall<1> call(env, info);
  if (!call.open()) return nullptr;
  uint64_t wal = 0, length = 0;
  Status status = call->StopWrites(&wal, &length);
  if (!status.ok()) return Throw(env, status);
  napi_value result = Object(env);
  Set(env, result, "wal", Number(env, wal));
  Set(env, result, "length", Number(env, length));
  return result;
}

Engine::TableSpec ReadTable(Reader* reader, napi_value object) {
  Engine::TableSpec table;
  auto integer = [&](const char* name) { return reader->Integer(reader->Property(object, name), name); };
  table.level = reader->Int(reader->Property(object, "level"), "level", 0, Levels::kMaxLevels - 1);
  table.number = integer("number");
  table.size = integer("size");
  table.smallest = reader->Bytes(reader->Property(object, "smallest"), "smallest");
  table.largest = reader->Bytes(reader->Property(object, "largest"), "largest");
  table.largest_exclusive = reader->Bool(reader->Property(object, "largestExclusive"), "largestExclusive");
  table.range_tombstones = integer("rangeTombstones");
  table.largest_sequence = integer("largestSequence");
  return table;
}

napi_value Install(napi_env env, napi_callback_info info) {
  EngineCall<1> call(env, info);
  if (!call.open()) return nullptr;
  Reader reader(env);
  napi_value list = reader.Property(call[0], "added");
  std::vector<Engine::TableSpec> added(reader.Length(list, "added"));
  for (size_t i = 0; i < added.size() && reader.ok(); ++i) {
    HandleScope scope(env);
    added[i] = ReadTable(&reader, reader.Element(list, i));
  }
  list = reader.Property(call[0], "dropped");
  std::vector<std::pair<int, uint64_t>> dropped(reader.Length(list, "dropped"));
  for (size_t i = 0; i < dropped.size() && reader.ok(); ++i) {
    HandleScope scope(env);
    napi_value entry = reader.Element(list, i);
    dropped[i].first = reader.Int(reader.Property(entry, "level"), "level", 0, Levels::kMaxLevels - 1);
    dropped[i].second = reader.Integer(reader.Property(entry, "number"), "number");
  }
  const uint64_t memtables = reader.Integer(reader.Property(call[0], "dropMemtables"), "dropMemtables");
  if (!reader.ok()) return nullptr;
  if (memtables > 0) (void)call.handle()->LookAtMemory();
  Status status = call->InstallVersion(added, dropped, memtables);
  return status.ok() ? nullptr : Throw(env, status);
}

napi_value TakeReleased(napi_env env, napi_callback_info info) {
  EngineCall<1> call(env, info);
  if (!call.open()) return nullptr;
  const std::vector<uint64_t> numbers = call->released()->Take();
  napi_value list = Array(env, numbers.size());
  for (size_t i = 0; i < numbers.size(); ++i) SetElement(env, list, i, Number(env, numbers[i]));
  return list;
}

napi_value Memtables(napi_env env, napi_callback_info info) {
  EngineCall<1> call(env, info);
  if (!call.open()) return nullptr;
  std::vector<Engine::MemtableInfo> infos = call->Memtables();
  // Before start() there is no active one.
  if (!call.handle()->started()) infos.insert(infos.begin(), Engine::MemtableInfo());
  auto describe = [env](const Engine::MemtableInfo& memtable) {
    napi_value object = Object(env);
    Set(env, object, "id", Number(env, memtable.id));
    Set(env, object, "bytes", Number(env, memtable.bytes));
    Set(env, object, "entries", Number(env, memtable.entries));
    return object;
  };
  napi_value result = Object(env), immutables = Array(env, infos.size() - 1);
  for (size_t i = 1; i < infos.size(); ++i) {
    napi_value memtable = describe(infos[i]);
    Set(env, memtable, "lastSequence", Number(env, infos[i].last_sequence));
    SetElement(env, immutables, i - 1, memtable);
  }
  Set(env, result, "active", describe(infos[0]));
  Set(env, result, "immutables", immutables);
  return result;
}

EngineHandle* HandleOf(napi_env env, napi_callback_info info) {
  return static_cast<EngineHandle*>(Call<1>(env, info).data());
}

napi_value Ref(napi_env env, napi_callback_info info) {
  HandleOf(env, info)->notifier().Ref();
  return nullptr;
}

napi_value Unref(napi_env env, napi_callback_info info) {
  HandleOf(env, info)->notifier().Unref();
  return nullptr;
}

napi_value Close(napi_env env, napi_callback_info info) {
  HandleOf(env, info)->Close();
  return nullptr;
}

constexpr EngineFunction kFunctions[] = {
    {"newFileNumber", NewFileNumber},
    {"visibleSequence", VisibleSequence},
    {"addSnapshot", AddSnapshot},
    {"removeSnapshot", RemoveSnapshot},
    {"start", Start},
    {"adoptMemtable", AdoptMemtable},
    {"rotate", Rotate},
    {"stopWrites", StopWrites},
    {"install", Install},
    {"takeReleased", TakeReleased},
    {"memtables", Memtables},
    {"ref", Ref},
    {"unref", Unref},
    {"close", Close},
};

}  // namespace

std::span<const EngineFunction> StructureFunctions() { return kFunctions; }

}  // namespace burrow::binding
