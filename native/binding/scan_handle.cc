// NativeScan: a range scan that fills buffers of JavaScript's with packed records.

#include "binding/scan_handle.h"

#include <cmath>

#include "binding/addon_data.h"
#include "binding/engine_handle.h"
#include "util/coding.h"

namespace burrow::binding {

namespace {

// The head of a filled buffer: SCAN_… of lib/native.ts.
constexpr size_t kHeaderSize = 16;
constexpr uint32_t kDone = 1;
constexpr uint32_t kAscii = 2;

constexpr uint64_t kMaxBuffer = uint64_t{2} << 30;

// What a NativeScan object wraps.
struct ScanHandle {
  std::shared_ptr<EngineHandle> engine;
  std::shared_ptr<OpenScan> scan;

  ~ScanHandle() { engine->CloseScan(scan); }
};

// A method call on an open scan that no disk thread uses; otherwise it throws, and scan() is null.
template <size_t N>
class ScanCall : public Call<N> {
 public:
  ScanCall(napi_env env, napi_callback_info info) : Call<N>(env, info) {
    void* wrapped = nullptr;
    if (napi_unwrap(env, this->self(), &wrapped) != napi_ok) {
      ThrowInvalid(env, "a NativeScan was expected");
      return;
    }
    handle_ = static_cast<ScanHandle*>(wrapped);
    const OpenScan& open = *handle_->scan;
    if (handle_->engine->engine() == nullptr) {
      ThrowClosed(env);
    } else if (open.scan == nullptr || open.close_when_answered) {
      Throw(env, Status(Code::kClosed, "the iterator is closed"));
    } else if (open.busy) {
      Throw(env, Status(Code::kBusy, "the iterator is busy: its last call was not answered yet"));
    } else {
      scan_ = open.scan.get();
    }
  }
  Scan* scan() const { return scan_; }
  ScanHandle* handle() const { return handle_; }
  EngineHandle* engine() const { return handle_->engine.get(); }

 private:
  ScanHandle* handle_ = nullptr;
  Scan* scan_ = nullptr;
};

napi_value Fill(napi_env env, napi_callback_info info) {
  ScanCall<2> call(env, info);
  if (call.scan() == nullptr) return nullptr;
  char* buffer = nullptr;
  size_t size = 0;
  uint32_t max_records = 0;
  if (!GetMutableBytes(env, call[0], &buffer, &size) || size < kHeaderSize) {
    return ThrowInvalid(env, "buffer must be a Uint8Array of at least 16 bytes");
  }
  if (napi_get_value_uint32(env, call[1], &max_records) != napi_ok) {
    return ThrowInvalid(env, "maxRecords must be an integer");
  }
  OperationCounter& counter = call.engine()->counter(Operation::kNext);
  Measure measure(counter, call.engine()->timed(), Measure::kSampled);
  Scan::Batch batch;
  const size_t room = std::min<size_t>(size - kHeaderSize, kMaxBuffer);
  Status status = call.scan()->Fill(buffer + kHeaderSize, room, max_records, &batch);
  if (!status.ok()) {
    ++counter.errors;
    return Throw(env, status);
  }
  counter.bytes_out += batch.bytes;
  EncodeFixed32(buffer, batch.records);
  EncodeFixed32(buffer + 4, static_cast<uint32_t>(batch.bytes));
  EncodeFixed32(buffer + 8, (batch.done ? kDone : 0) | (batch.ascii ? kAscii : 0));
  EncodeFixed32(buffer + 12, static_cast<uint32_t>(batch.needed));
  napi_value result = nullptr;
  napi_create_uint32(env, batch.records, &result);
  return result;
}

napi_value Count(napi_env env, napi_callback_info info) {
  ScanCall<1> call(env, info);
  if (call.scan() == nullptr) return nullptr;
  Reader reader(env);
  const uint64_t max = reader.Integer(call[0], "max");
  if (!reader.ok()) return nullptr;
  OperationCounter& counter = call.engine()->counter(Operation::kNext);
  Measure measure(counter, call.engine()->timed(), Measure::kSampled);
  uint64_t counted = 0;
  bool done = false;
  Status status = call.scan()->Count(max, &counted, &done);
  if (status.ok()) return Number(env, counted);
  ++counter.errors;
  return Throw(env, status);
}

napi_value Seek(napi_env env, napi_callback_info info) {
  ScanCall<1> call(env, info);
  if (call.scan() == nullptr) return nullptr;
  Reader reader(env);
  const std::string key = reader.KeyBound(call[0], "key");
  if (!reader.ok()) return nullptr;
  Status status = call.scan()->Seek(key);
  return status.ok() ? nullptr : Throw(env, status);
}

// Packs on a disk thread; the buffer grows for a record that is larger.
Status FillString(Scan* scan, uint32_t max_records, size_t max_bytes, ReadAnswer* answer) {
  answer->bytes.resize(max_bytes);
  BURROW_RETURN_IF_ERROR(scan->Fill(answer->bytes.data(), max_bytes, max_records, &answer->batch));
  if (answer->batch.needed > 0) {
    answer->bytes.resize(answer->batch.needed);
    BURROW_RETURN_IF_ERROR(scan->Fill(answer->bytes.data(), answer->bytes.size(), 1, &answer->batch));
  }
  answer->bytes.resize(answer->batch.bytes);
  return Status();
}

napi_value FillAsync(napi_env env, napi_callback_info info) {
  ScanCall<3> call(env, info);
  if (call.scan() == nullptr) return nullptr;
  Reader reader(env);
  const uint64_t request = reader.Integer(call[0], "request");
  const auto max_records = static_cast<uint32_t>(reader.Integer(call[1], "maxRecords", UINT32_MAX));
  const uint64_t max_bytes = reader.Integer(call[2], "maxBytes", kMaxBuffer);
  if (!reader.ok()) return nullptr;
  EngineHandle* engine = call.engine();
  OperationCounter& counter = engine->counter(Operation::kNext);
  ++counter.count;
  // The engine closes scans after it joined this thread, so `scan` stays.
  std::shared_ptr<OpenScan> open = call.handle()->scan;
  open->busy = true;
  const bool accepted =
      engine->readers().Submit(Priority::kFlush, [open, answers = &engine->answers(), request, max_records, max_bytes,
                                                  timer = engine->timed() ? &counter.nanos : nullptr]() mutable {
        const auto begin = std::chrono::steady_clock::now();
        ReadAnswer answer;
        answer.request = request;
        answer.operation = Operation::kNext;
        answer.status = FillString(open->scan.get(), max_records, max_bytes, &answer);
        answer.scan = std::move(open);
        if (timer != nullptr) {
          timer->Record(static_cast<uint64_t>((std::chrono::steady_clock::now() - begin).count()));
        }
        answers->Push(std::move(answer));
      });
  return accepted ? nullptr : ThrowClosed(env);
}

napi_value Close(napi_env env, napi_callback_info info) {
  Call<1> call(env, info);
  void* wrapped = nullptr;
  if (napi_unwrap(env, call.self(), &wrapped) != napi_ok) return ThrowInvalid(env, "a NativeScan was expected");
  auto* handle = static_cast<ScanHandle*>(wrapped);
  handle->engine->CloseScan(handle->scan);
  return nullptr;
}

bool ReadRequest(napi_env env, napi_value object, ScanOptions* options, std::optional<SequenceNumber>* sequence) {
  Reader reader(env);
  napi_value lower = reader.Property(object, "lower");
  if (!reader.Undefined(lower)) options->lower = reader.Bytes(lower, "lower");
  napi_value upper = reader.Property(object, "upper");
  if (!reader.Undefined(upper)) options->upper = reader.Bytes(upper, "upper");
  options->reverse = reader.Bool(reader.Property(object, "reverse"), "reverse");
  options->keys = reader.Bool(reader.Property(object, "keys"), "keys");
  options->values = reader.Bool(reader.Property(object, "values"), "values");
  napi_value limit = reader.Property(object, "limit");
  if (reader.Number(limit, "limit") != INFINITY) options->limit = reader.Integer(limit, "limit");
  options->read.fill_cache = reader.Bool(reader.Property(object, "fillCache"), "fillCache");
  options->read.read_ahead = reader.Integer(reader.Property(object, "readAhead"), "readAhead", kMaxBuffer);
  napi_value at = reader.Property(object, "sequence");
  if (!reader.Undefined(at)) *sequence = reader.Integer(at, "sequence");
  return reader.ok();
}

napi_value OpenScanFunction(napi_env env, napi_callback_info info) {
  EngineCall<1> call(env, info);
  if (!call.open()) return nullptr;
  EngineHandle* engine = call.handle();
  OperationCounter& counter = engine->counter(Operation::kScan);
  Measure measure(counter, engine->timed(), Measure::kSampled);
  ScanOptions options;
  std::optional<SequenceNumber> sequence;
  if (!ReadRequest(env, call[0], &options, &sequence)) return nullptr;
  napi_value cls = nullptr, object = nullptr;
  napi_get_reference_value(env, DataOf(env)->scan_class, &cls);
  if (napi_new_instance(env, cls, 0, nullptr, &object) != napi_ok) return nullptr;

  auto open = std::make_shared<OpenScan>();
  Status status = engine->AddScan(open);
  if (!status.ok()) {
    ++counter.errors;
    return Throw(env, status);
  }
  open->scan =
      std::make_unique<Scan>(call->CurrentView(), sequence.value_or(engine->visible_sequence()), std::move(options));
  auto handle = std::unique_ptr<ScanHandle>(new ScanHandle{engine->shared_from_this(), std::move(open)});
  auto release = [](napi_env, void* data, void*) { delete static_cast<ScanHandle*>(data); };
  if (napi_wrap(env, object, handle.get(), release, nullptr, nullptr) != napi_ok) {
    return Throw(env, Status::Internal("the scan was refused"));
  }
  handle.release();
  return object;
}

napi_value Construct(napi_env, napi_callback_info) { return nullptr; }

constexpr EngineFunction kFunctions[] = {{"openScan", OpenScanFunction}};

}  // namespace

std::span<const EngineFunction> ScanFunctions() { return kFunctions; }

void DefineScanClass(napi_env env) {
  const std::pair<const char*, napi_callback> methods[] = {
      {"fill", Fill}, {"count", Count}, {"seek", Seek}, {"fillAsync", FillAsync}, {"close", Close}};
  napi_property_descriptor descriptors[std::size(methods)] = {};
  for (size_t i = 0; i < std::size(methods); ++i) {
    descriptors[i].utf8name = methods[i].first;
    descriptors[i].method = methods[i].second;
    descriptors[i].attributes = napi_default_method;
  }
  napi_value cls = nullptr;
  if (napi_define_class(env, "NativeScan", NAPI_AUTO_LENGTH, Construct, nullptr, std::size(descriptors), descriptors,
                        &cls) == napi_ok) {
    napi_create_reference(env, cls, 1, &DataOf(env)->scan_class);
  }
}

}  // namespace burrow::binding
