// Range scans that fill buffers of JavaScript's with packed records. JavaScript knows a scan by its number.

#include <cmath>
#include <cstring>

#include "binding/engine_handle.h"
#include "util/coding.h"

namespace burrow::binding {

namespace {

// The head of a filled buffer and the flags of openScan: SCAN_… of lib/native.ts.
constexpr size_t kHeaderSize = 20;
constexpr uint32_t kDone = 1;
constexpr uint32_t kAsciiKeys = 2;
constexpr uint32_t kAsciiValues = 4;
constexpr uint32_t kMissed = 8;
constexpr uint32_t kJoined = 16;
constexpr uint32_t kReverse = 1;
constexpr uint32_t kWithKeys = 2;
constexpr uint32_t kWithValues = 4;
constexpr uint32_t kFillCache = 8;

constexpr uint64_t kMaxBuffer = uint64_t{2} << 30;
// Texts of so many bytes are made one string: to move them is less work than to make a second one.
constexpr size_t kMaxJoined = 4 << 10;

// A call about an open scan, the first argument, that no disk thread uses; otherwise it throws, and scan() is null.
template <size_t N>
class ScanCall : public EngineCall<N> {
 public:
  ScanCall(napi_env env, napi_callback_info info) : EngineCall<N>(env, info) {
    if (!this->open()) return;
    uint64_t id = 0;
    if (!GetInteger(env, (*this)[0], &id)) {
      ThrowInvalid(env, "scan must be an integer");
      return;
    }
    const std::shared_ptr<OpenScan>* found = this->handle()->FindScan(id);
    if (found == nullptr || (*found)->close_when_answered) {
      Throw(env, Status(Code::kClosed, "the iterator is closed"));
    } else if ((*found)->busy) {
      Throw(env, Status(Code::kBusy, "the iterator is busy: its last call was not answered yet"));
    } else {
      found_ = found;
    }
  }
  Scan* scan() const { return found_ == nullptr ? nullptr : &*(*found_)->scan; }
  const std::shared_ptr<OpenScan>& shared() const { return *found_; }

 private:
  const std::shared_ptr<OpenScan>* found_ = nullptr;
};

// Memory of JavaScript's that records are packed into, behind a head.
struct ScanBuffer {
  char* data = nullptr;
  size_t size = 0;

  bool Read(napi_env env, napi_value value) {
    return Check(env, GetMutableBytes(env, value, &data, &size), "buffer must be a Uint8Array");
  }
  // To look into a Uint8Array takes five times as long.
  bool ReadMemory(napi_env env, napi_value value) {
    void* memory = nullptr;
    const bool read = napi_get_arraybuffer_info(env, value, &memory, &size) == napi_ok;
    data = static_cast<char*>(memory);
    return Check(env, read, "memory must be an ArrayBuffer");
  }

 private:
  bool Check(napi_env env, bool read, const char* expected) const {
    if (read && size >= kHeaderSize && size - kHeaderSize <= kMaxBuffer) return true;
    ThrowInvalid(env, std::string(expected) + " of at least 20 bytes, and not above 2 GiB");
    return false;
  }
};

// One batch of the scan, counted as an operation. With `from_memory` the disk is left alone.
Status FillBuffer(EngineHandle* engine, Scan* scan, const ScanBuffer& buffer, uint32_t max_records, bool from_memory,
                  Scan::Batch* batch) {
  OperationCounter& counter = engine->counter(Operation::kNext);
  Measure measure(counter, engine->timed(), Measure::kSampled);
  PerfScope scope(engine->phases_if_measured(), Phase::kMerge);
  char* const out = buffer.data + kHeaderSize;
  const size_t room = buffer.size - kHeaderSize;
  Status status =
      from_memory ? scan->FillFromMemory(out, room, max_records, batch) : scan->Fill(out, room, max_records, batch);
  if (!status.ok()) {
    ++counter.errors;
    return status;
  }
  if (batch->missed && batch->records == 0) --counter.count;  // a disk thread is asked for the same
  counter.bytes_out += batch->bytes();
  const bool joined =
      batch->ascii_keys && batch->ascii_values && batch->value_bytes > 0 && batch->bytes() <= kMaxJoined;
  if (joined) memmove(out + batch->front_bytes, out + room - batch->value_bytes, batch->value_bytes);
  EncodeFixed32(buffer.data, static_cast<uint32_t>(batch->front_bytes));
  EncodeFixed32(buffer.data + 4, static_cast<uint32_t>(batch->value_bytes));
  EncodeFixed32(buffer.data + 8, (batch->done ? kDone : 0) | (batch->ascii_keys ? kAsciiKeys : 0) |
                                     (batch->ascii_values ? kAsciiValues : 0) | (batch->missed ? kMissed : 0) |
                                     (joined ? kJoined : 0));
  EncodeFixed32(buffer.data + 12, static_cast<uint32_t>(batch->needed));
  EncodeFixed32(buffer.data + 16, batch->records);
  return status;
}

template <bool from_memory>
napi_value Fill(napi_env env, napi_callback_info info) {
  ScanCall<3> call(env, info);
  if (call.scan() == nullptr) return nullptr;
  ScanBuffer buffer;
  if (!buffer.Read(env, call[1])) return nullptr;
  uint32_t max_records = 0;
  if (napi_get_value_uint32(env, call[2], &max_records) != napi_ok) {
    return ThrowInvalid(env, "maxRecords must be an integer");
  }
  Scan::Batch batch;
  Status status = FillBuffer(call.handle(), call.scan(), buffer, max_records, from_memory, &batch);
  if (!status.ok()) return Throw(env, status);
  napi_value result = nullptr;
  napi_create_uint32(env, batch.records, &result);
  return result;
}

napi_value Count(napi_env env, napi_callback_info info) {
  ScanCall<2> call(env, info);
  if (call.scan() == nullptr) return nullptr;
  Reader reader(env);
  const uint64_t max = reader.Integer(call[1], "max");
  if (!reader.ok()) return nullptr;
  OperationCounter& counter = call.handle()->counter(Operation::kNext);
  Measure measure(counter, call.handle()->timed(), Measure::kSampled);
  uint64_t counted = 0;
  bool done = false;
  Status status = call.scan()->Count(max, &counted, &done);
  if (status.ok()) return Number(env, counted);
  ++counter.errors;
  return Throw(env, status);
}

napi_value Seek(napi_env env, napi_callback_info info) {
  ScanCall<2> call(env, info);
  if (call.scan() == nullptr) return nullptr;
  Reader reader(env);
  const std::string key = reader.KeyBound(call[1], "key");
  if (!reader.ok()) return nullptr;
  Status status = call.scan()->Seek(key);
  return status.ok() ? nullptr : Throw(env, status);
}

// Packs on a disk thread, the values right behind the keys; the buffer grows for a record that is larger.
Status FillString(Scan* scan, uint32_t max_records, size_t max_bytes, ReadAnswer* answer) {
  std::string& bytes = answer->bytes;
  Scan::Batch& batch = answer->batch;
  bytes.resize(max_bytes);
  BURROW_RETURN_IF_ERROR(scan->Fill(bytes.data(), bytes.size(), max_records, &batch));
  if (batch.needed > 0) {
    bytes.resize(batch.needed);
    BURROW_RETURN_IF_ERROR(scan->Fill(bytes.data(), bytes.size(), 1, &batch));
  }
  bytes.erase(batch.front_bytes, bytes.size() - batch.bytes());
  return Status();
}

napi_value FillAsync(napi_env env, napi_callback_info info) {
  ScanCall<4> call(env, info);
  if (call.scan() == nullptr) return nullptr;
  Reader reader(env);
  const uint64_t request = reader.Integer(call[1], "request");
  const auto max_records = static_cast<uint32_t>(reader.Integer(call[2], "maxRecords", UINT32_MAX));
  const uint64_t max_bytes = reader.Integer(call[3], "maxBytes", kMaxBuffer);
  if (!reader.ok()) return nullptr;
  EngineHandle* engine = call.handle();
  OperationCounter& counter = engine->counter(Operation::kNext);
  ++counter.count;
  // The engine closes scans after it joined this thread, so `scan` stays.
  std::shared_ptr<OpenScan> open = call.shared();
  open->busy = true;
  const bool accepted = engine->readers().Submit(
      Priority::kFlush, [open, answers = &engine->answers(), request, max_records, max_bytes,
                         timer = engine->timed() ? &counter.nanos : nullptr, measured = engine->measured()]() mutable {
        const auto begin = std::chrono::steady_clock::now();
        ReadAnswer answer;
        answer.request = request;
        answer.operation = Operation::kNext;
        if (measured) answer.phases = std::make_unique<PerfContext>();
        {
          PerfScope scope(answer.phases.get(), Phase::kMerge);
          answer.status = FillString(&*open->scan, max_records, max_bytes, &answer);
        }
        answer.scan = std::move(open);
        if (timer != nullptr) {
          timer->Record(static_cast<uint64_t>((std::chrono::steady_clock::now() - begin).count()));
        }
        answers->Push(std::move(answer));
      });
  return accepted ? nullptr : ThrowClosed(env);
}

// Also after close(): nothing is open then.
napi_value Close(napi_env env, napi_callback_info info) {
  Call<1> call(env, info);
  uint64_t id = 0;
  if (!GetInteger(env, call[0], &id)) return ThrowInvalid(env, "scan must be an integer");
  static_cast<EngineHandle*>(call.data())->CloseScan(id);
  return nullptr;
}

// The flags, then from argument `rest` on limit, readAhead and sequence.
template <size_t N>
bool ReadRequest(napi_env env, const EngineCall<N>& call, size_t rest, ScanOptions* options, SequenceNumber* sequence) {
  Reader reader(env);
  const uint64_t flags = reader.Integer(call[0], "flags", kReverse | kWithKeys | kWithValues | kFillCache);
  options->reverse = (flags & kReverse) != 0;
  options->keys = (flags & kWithKeys) != 0;
  options->values = (flags & kWithValues) != 0;
  options->read.fill_cache = (flags & kFillCache) != 0;
  if (reader.Number(call[rest], "limit") != INFINITY) options->limit = reader.Integer(call[rest], "limit");
  options->read.read_ahead = reader.Integer(call[rest + 1], "readAhead", kMaxBuffer);
  options->read.read_ahead_thread = call->read_ahead_thread();
  *sequence =
      reader.Undefined(call[rest + 2]) ? call.handle()->visible_sequence() : reader.Integer(call[rest + 2], "sequence");
  return reader.ok();
}

// `read_bounds` reads the arguments between the flags and `rest`; false after throwing.
template <size_t N, typename ReadBounds>
napi_value OpenScanCall(napi_env env, napi_callback_info info, size_t rest, ReadBounds read_bounds) {
  EngineCall<N> call(env, info);
  if (!call.open()) return nullptr;
  EngineHandle* engine = call.handle();
  ScanOptions options;
  SequenceNumber sequence;
  if (!read_bounds(call, &options) || !ReadRequest(env, call, rest, &options, &sequence)) return nullptr;
  options.read.measured = engine->measured();
  ScanBuffer buffer;
  const bool fill = !IsUndefined(env, call[N - 1]);
  if (fill && !buffer.ReadMemory(env, call[N - 1])) return nullptr;
  const auto max_records = static_cast<uint32_t>(std::min<uint64_t>(options.limit, UINT32_MAX));
  OpenScan* open = nullptr;
  {
    OperationCounter& counter = engine->counter(Operation::kScan);
    Measure measure(counter, engine->timed(), Measure::kSampled);
    Status status = engine->AddScan(&open);
    if (!status.ok()) {
      ++counter.errors;
      return Throw(env, status);
    }
    open->scan.emplace(call->CurrentView(), sequence, std::move(options));
  }
  if (fill) {
    Scan::Batch batch;
    Status status = FillBuffer(engine, &*open->scan, buffer, max_records, true, &batch);
    if (!status.ok()) {
      // It is told, and thrown, to who asks for these records: they may never be asked for.
      --engine->counter(Operation::kNext).count;
      --engine->counter(Operation::kNext).errors;
      memset(buffer.data, 0, kHeaderSize);
    }
  }
  return Number(env, open->id);
}

// openScan(flags, lower, upper, limit, readAhead, sequence[, memory])
napi_value OpenScanFunction(napi_env env, napi_callback_info info) {
  return OpenScanCall<7>(env, info, 3, [env](const auto& call, ScanOptions* options) {
    Reader reader(env);
    if (!reader.Undefined(call[1])) options->lower = reader.Bytes(call[1], "lower");
    if (!reader.Undefined(call[2])) options->upper = reader.Bytes(call[2], "upper");
    return reader.ok();
  });
}

// openScanFrom(flags, lower as a string, limit, readAhead, sequence[, memory])
napi_value OpenScanFrom(napi_env env, napi_callback_info info) {
  return OpenScanCall<6>(env, info, 2, [env](const auto& call, ScanOptions* options) {
    StringBytes lower;
    if (!lower.Read(env, call[1])) return ThrowInvalid(env, "lower must be a string"), false;
    options->lower = lower.slice();
    return true;
  });
}

constexpr EngineFunction kFunctions[] = {
    {"openScan", OpenScanFunction},     {"openScanFrom", OpenScanFrom}, {"fillScan", Fill<false>},
    {"fillScanFromMemory", Fill<true>}, {"countScan", Count},           {"seekScan", Seek},
    {"fillScanAsync", FillAsync},       {"closeScan", Close},
};

}  // namespace

std::span<const EngineFunction> ScanFunctions() { return kFunctions; }

}  // namespace burrow::binding
