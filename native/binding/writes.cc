// Writes: one native call for one write or one batch.

#include "binding/engine_handle.h"

namespace burrow::binding {

namespace {

// WRITE_… of lib/native.ts.
enum WriteFlag : uint32_t { kSync = 1, kNoWal = 2, kNoWait = 4, kForce = 8 };
constexpr int32_t kPump = 4;

WriteMode ModeOf(uint32_t flags) {
  return {.sync = (flags & kSync) != 0,
          .wal = (flags & kNoWal) == 0,
          .wait = (flags & kNoWait) == 0,
          .force = (flags & kForce) != 0};
}

Status ReadOnly() { return Status(Code::kReadOnly, "the database is open for reading only"); }

// Makes the write with `write(mode, &status)` and answers what lib/native.ts says: WRITE_DONE and its sisters.
template <typename Write>
napi_value Commit(napi_env env, EngineHandle* handle, Operation operation, size_t bytes, uint32_t flags, Write write) {
  WriteMode mode = ModeOf(flags);
  mode.measured = handle->measured();
  PerfScope scope(handle->phases_if_measured());
  OperationCounter& counter = handle->counter(operation);
  Status status;
  WriteOutcome outcome;
  if (mode.sync && mode.wait) {
    Measure whole(handle->counter(Operation::kCommit), handle->timed(), 1);
    Measure measure(counter, handle->timed(), 1);
    outcome = write(mode, &status);
  } else {
    Measure measure(counter, handle->timed(), Measure::kSampled);
    outcome = write(mode, &status);
  }
  if (outcome == WriteOutcome::kFailed) [[unlikely]] {
    ++counter.errors;
    return Throw(env, handle->read_only() ? ReadOnly() : status);
  }
  if (outcome == WriteOutcome::kDone) {
    counter.bytes_in += bytes;
  } else {
    --counter.count;  // it will be made again
  }
  napi_value result = nullptr;
  napi_create_int32(env, static_cast<int32_t>(outcome) | (handle->completions().empty() ? 0 : kPump), &result);
  return result;
}

bool ReadFlags(napi_env env, napi_value value, uint32_t* flags) {
  if (napi_get_value_uint32(env, value, flags) == napi_ok) return true;
  ThrowInvalid(env, "flags must be an integer");
  return false;
}

template <typename KeyBytes, typename ValueBytes>
napi_value Put(napi_env env, napi_callback_info info) {
  EngineCall<3> call(env, info);
  if (!call.open()) return nullptr;
  Key<KeyBytes> key;
  if (!key.Read(env, call[0])) return nullptr;
  ValueBytes value;
  if (!value.Read(env, call[1])) return ThrowInvalid(env, "the value must be a string or a Uint8Array");
  uint32_t flags;
  if (!ReadFlags(env, call[2], &flags)) return nullptr;
  if (value.slice().size() > kMaxValueSize) {
    return ThrowInvalid(env, "the value has " + std::to_string(value.slice().size()) + " bytes; " +
                                 std::to_string(kMaxValueSize) + " are allowed");
  }
  const size_t bytes = key.slice().size() + value.slice().size();
  return Commit(env, call.handle(), Operation::kPut, bytes, flags, [&](WriteMode mode, Status* status) {
    return call->commits().WriteOne(Kind::kPut, key.slice(), value.slice(), mode, status);
  });
}

template <typename KeyBytes>
napi_value Delete(napi_env env, napi_callback_info info) {
  EngineCall<2> call(env, info);
  if (!call.open()) return nullptr;
  Key<KeyBytes> key;
  if (!key.Read(env, call[0])) return nullptr;
  uint32_t flags;
  if (!ReadFlags(env, call[1], &flags)) return nullptr;
  return Commit(env, call.handle(), Operation::kDelete, key.slice().size(), flags, [&](WriteMode mode, Status* status) {
    return call->commits().WriteOne(Kind::kDelete, key.slice(), Slice(), mode, status);
  });
}

napi_value WriteBatch(napi_env env, napi_callback_info info) {
  EngineCall<4> call(env, info);
  if (!call.open()) return nullptr;
  Reader reader(env);
  const Slice buffer = reader.Bytes(call[0], "records");
  const uint64_t length = reader.Integer(call[1], "length", buffer.size());
  const uint64_t count = reader.Integer(call[2], "count", UINT32_MAX);
  const uint64_t flags = reader.Integer(call[3], "flags", UINT32_MAX);
  if (reader.ok() && length > kMaxBatchSize) {
    reader.Fail("the batch has " + std::to_string(length) + " bytes; " + std::to_string(kMaxBatchSize) +
                " are allowed");
  }
  if (!reader.ok()) return nullptr;
  const Slice records = buffer.substr(0, length);
  const bool range = count == 1 && !records.empty() && static_cast<Kind>(records[0]) == Kind::kRangeDelete;
  return Commit(env, call.handle(), range ? Operation::kDeleteRange : Operation::kBatch, records.size(),
                static_cast<uint32_t>(flags), [&](WriteMode mode, Status* status) {
                  return call->commits().Write(records, static_cast<uint32_t>(count), mode, status);
                });
}

napi_value WritePending(napi_env env, napi_callback_info info) {
  EngineCall<1> call(env, info);
  if (!call.open()) return nullptr;
  Status status = call->commits().WritePending();
  return status.ok() ? nullptr : Throw(env, status);
}

napi_value SyncWal(napi_env env, napi_callback_info info) {
  EngineCall<1> call(env, info);
  if (!call.open()) return nullptr;
  OperationCounter& counter = call.handle()->counter(Operation::kSync);
  Measure measure(counter, call.handle()->timed(), 1);
  Status status = call->commits().Sync();
  if (status.ok()) return nullptr;
  ++counter.errors;
  return Throw(env, status);
}

napi_value SyncWalAsync(napi_env env, napi_callback_info info) {
  EngineCall<1> call(env, info);
  if (!call.open()) return nullptr;
  OperationCounter& counter = call.handle()->counter(Operation::kSync);
  ++counter.count;
  uint64_t index = 0;
  Status status = call->commits().SyncAsync(&index);
  if (status.ok()) return Number(env, index);
  ++counter.errors;
  return Throw(env, status);
}

napi_value Submitted(napi_env env, napi_callback_info info) {
  EngineCall<1> call(env, info);
  return call.open() ? Number(env, call->commits().submitted()) : nullptr;
}

napi_value Acknowledged(napi_env env, napi_callback_info info) {
  EngineCall<1> call(env, info);
  return call.open() ? Number(env, call->commits().acknowledged()) : nullptr;
}

napi_value SetGate(napi_env env, napi_callback_info info) {
  EngineCall<2> call(env, info);
  if (!call.open()) return nullptr;
  Reader reader(env);
  const uint64_t gate = reader.Integer(call[0], "gate", 2);
  const uint64_t rate = reader.Integer(call[1], "bytesPerSecond");
  if (reader.ok()) call->commits().SetGate(static_cast<CommitQueue::Gate>(gate), rate);
  return nullptr;
}

napi_value TakeDelay(napi_env env, napi_callback_info info) {
  EngineCall<1> call(env, info);
  return call.open() ? Number(env, call->commits().TakeDelayMicros()) : nullptr;
}

napi_value Poison(napi_env env, napi_callback_info info) {
  EngineCall<1> call(env, info);
  if (!call.open() || !call->commits().poisoned()) return nullptr;
  return StatusObject(env, call->commits().poison());
}

constexpr EngineFunction kFunctions[] = {
    {"putSS", Put<StringBytes, StringBytes>},
    {"putSB", Put<StringBytes, ArrayBytes>},
    {"putBS", Put<ArrayBytes, StringBytes>},
    {"putBB", Put<ArrayBytes, ArrayBytes>},
    {"deleteS", Delete<StringBytes>},
    {"deleteB", Delete<ArrayBytes>},
    {"writeBatch", WriteBatch},
    {"writePending", WritePending},
    {"syncWal", SyncWal},
    {"syncWalAsync", SyncWalAsync},
    {"submitted", Submitted},
    {"acknowledged", Acknowledged},
    {"setGate", SetGate},
    {"takeDelay", TakeDelay},
    {"poison", Poison},
};

}  // namespace

std::span<const EngineFunction> WriteFunctions() { return kFunctions; }

}  // namespace burrow::binding
