// Point reads: on the caller's thread, or on a disk thread with the view of the moment of the call.

#include "binding/engine_handle.h"
#include "binding/phase_numbers.h"
#include "engine/multi_get.h"
#include "util/ascii.h"
#include "util/coding.h"

namespace burrow::binding {

namespace {

// READ_… of lib/native.ts.
constexpr int32_t kReadAbsent = -1;
constexpr int32_t kReadNotCached = INT32_MIN;

// Buffers of results; what a JavaScript engine takes varies, and nobody means more.
constexpr size_t kMaxPacked = size_t{2} << 30;
// Values that JavaScript gets as parts of one string: each keeps all of it alive, as the records of a scan do.
constexpr size_t kMaxTogether = size_t{32} << 10;
constexpr size_t kMaxGathered = size_t{8} << 10;       // of gets that nobody asked for together
constexpr size_t kMaxGatheredValue = size_t{4} << 10;  // a larger one is copied once less when it is asked for alone

// Of point reads.
constexpr TableReadOptions OptionsFor(bool memory_only, bool measured) {
  TableReadOptions options;
  options.cache_only = memory_only;
  options.measured = measured;
  return options;
}
constexpr TableReadOptions kAnywhere = OptionsFor(false, false), kMemoryOnly = OptionsFor(true, false);
constexpr TableReadOptions kMeasuredAnywhere = OptionsFor(false, true), kMeasuredMemoryOnly = OptionsFor(true, true);

const TableReadOptions& OptionsOf(const EngineHandle& handle, bool memory_only) {
  if (handle.measured()) [[unlikely]]
    return memory_only ? kMeasuredMemoryOnly : kMeasuredAnywhere;
  return memory_only ? kMemoryOnly : kAnywhere;
}

// An optional last argument.
template <size_t N>
bool ReadSequence(napi_env env, const EngineCall<N>& call, size_t i, SequenceNumber* sequence) {
  if (call.count() <= i || IsUndefined(env, call[i])) {
    *sequence = call.handle()->visible_sequence();
    return true;
  }
  if (GetInteger(env, call[i], sequence)) return true;
  ThrowInvalid(env, "sequence must be an integer");
  return false;
}

napi_value Int32(napi_env env, int32_t value) {
  napi_value result = nullptr;
  napi_create_int32(env, value, &result);
  return result;
}

// Reads one key on this thread. False after throwing.
template <typename Bytes, size_t N>
bool GetHere(napi_env env, const EngineCall<N>& call, size_t sequence_argument, bool memory_only, GetResult* result) {
  Key<Bytes> key;
  SequenceNumber sequence;
  if (!key.Read(env, call[0]) || !ReadSequence(env, call, sequence_argument, &sequence)) return false;
  OperationCounter& counter = call.handle()->counter(Operation::kGet);
  Measure measure(counter, call.handle()->timed(), Measure::kSampled);
  PerfScope scope(call.handle()->phases_if_measured());
  Status status = call->Get(key.slice(), sequence, OptionsOf(*call.handle(), memory_only), result);
  if (!status.ok()) [[unlikely]] {
    ++counter.errors;
    Throw(env, status);
    return false;
  }
  if (result->outcome == GetOutcome::kNotCached) {
    --counter.count;  // it will be asked again, of the disk
  } else {
    counter.bytes_in += key.slice().size();
    counter.bytes_out += result->value.value.size();
  }
  return true;
}

// As Text. That a large value is ASCII is found out once, and remembered with its block: to look at all of it takes as
// long as to copy it.
napi_value TextOf(napi_env env, PinnedValue* value) {
  constexpr size_t kLarge = 16 << 10;
  // Then it is the one value that is half of its block.
  const bool remembers =
      value->value.size() >= kLarge && value->block && value->value.size() > value->block.contents().size() / 2;
  if (!remembers) return Text(env, value->value);
  if (!value->block.remark()) {
    if (!AllAscii(value->value)) return Text(env, value->value);
    value->block.SetRemark();
  }
  napi_value text = nullptr;
  napi_create_string_latin1(env, value->value.data(), value->value.size(), &text);
  return text;
}

template <typename Bytes, bool memory_only>
napi_value GetString(napi_env env, napi_callback_info info) {
  EngineCall<2> call(env, info);
  GetResult found;
  if (!call.open() || !GetHere<Bytes>(env, call, 1, memory_only, &found)) return nullptr;
  if (found.outcome == GetOutcome::kNotCached) return Null(env);
  if (found.outcome != GetOutcome::kValue) return nullptr;
  napi_value text = TextOf(env, &found.value);
  if (text == nullptr) [[unlikely]] {
    return ThrowInvalid(env, "the value has " + std::to_string(found.value.value.size()) +
                                 " bytes, too many for a string: read it with valueEncoding: 'buffer'");
  }
  return text;
}

template <typename Bytes, bool memory_only>
napi_value GetBytesIntoSlab(napi_env env, napi_callback_info info) {
  EngineCall<2> call(env, info);
  GetResult found;
  if (!call.open()) return nullptr;
  call.handle()->PrefetchSlab();
  if (!GetHere<Bytes>(env, call, 1, memory_only, &found)) return nullptr;
  if (found.outcome == GetOutcome::kNotCached) return Int32(env, kReadNotCached);
  if (found.outcome != GetOutcome::kValue) return Int32(env, kReadAbsent);
  const int32_t length = static_cast<int32_t>(found.value.value.size());
  if (call.handle()->PutInSlab(found.value.value)) return Int32(env, length);
  call.handle()->Pin(std::move(found.value));
  return Int32(env, -2 - length);
}

napi_value SetSlab(napi_env env, napi_callback_info info) {
  EngineCall<1> call(env, info);
  if (!call.open()) return nullptr;
  void* data = nullptr;
  size_t size = 0;
  if (napi_get_arraybuffer_info(env, call[0], &data, &size) != napi_ok) {
    return ThrowInvalid(env, "slab must be an ArrayBuffer");
  }
  call.handle()->SetSlab(call[0], static_cast<char*>(data), data == nullptr ? 0 : size);
  return nullptr;
}

napi_value TakePinned(napi_env env, napi_callback_info info) {
  EngineCall<1> call(env, info);
  if (!call.open()) return nullptr;
  char* into = nullptr;
  size_t size = 0;
  if (!GetMutableBytes(env, call[0], &into, &size)) return ThrowInvalid(env, "into must be a Uint8Array");
  EngineHandle* handle = call.handle();
  if (!handle->has_pinned()) return ThrowInvalid(env, "no value is waiting");
  const Slice value = handle->pinned();
  if (size < value.size()) return ThrowInvalid(env, "the value needs " + std::to_string(value.size()) + " bytes");
  if (!value.empty()) memcpy(into, value.data(), value.size());
  handle->Unpin();
  return nullptr;
}

template <typename Bytes, bool memory_only>
napi_value Has(napi_env env, napi_callback_info info) {
  EngineCall<2> call(env, info);
  GetResult found;
  if (!call.open() || !GetHere<Bytes>(env, call, 1, memory_only, &found)) return nullptr;
  if (found.outcome == GetOutcome::kNotCached) return Null(env);
  return Boolean(env, found.outcome == GetOutcome::kValue);
}

// `count` keys, each a u16 length and its bytes.
Status CheckPackedKeys(Slice packed, uint64_t count) {
  size_t offset = 0;
  for (uint64_t i = 0; i < count; ++i) {
    if (packed.size() - offset < 2) return Status::InvalidArgument("the packed keys end early");
    const size_t size = DecodeFixed16(packed.data() + offset);
    offset += 2;
    if (size == 0) return Status::InvalidArgument("the key is empty");
    if (packed.size() - offset < size) return Status::InvalidArgument("the packed keys end early");
    offset += size;
  }
  if (offset != packed.size()) return Status::InvalidArgument("bytes follow the packed keys");
  return Status();
}

// Looks up checked packed keys and calls take(i, result) for each in turn. *cached is false when memory did not suffice:
// nothing is to be done with what was taken. With null for `cached` the results say of which keys that is so.
template <typename Take>
Status GetEach(const ReadView& view, Slice keys, SequenceNumber sequence, const TableReadOptions& options, bool* cached,
               Take take) {
  MultiGet reads(view, sequence, options);
  if (cached != nullptr) *cached = true;
  for (size_t first = 0; !keys.empty();) {
    Slice group[MultiGet::kMaxKeys];
    size_t count = 0;
    for (; count < MultiGet::kMaxKeys && !keys.empty(); ++count) {
      const size_t size = DecodeFixed16(keys.data());
      group[count] = keys.substr(2, size);
      keys.remove_prefix(2 + size);
    }
    bool all_cached;
    BURROW_RETURN_IF_ERROR(reads.Get(std::span(group, count), &all_cached));
    if (cached != nullptr && !all_cached) {
      *cached = false;
      return Status();
    }
    for (size_t i = 0; i < count; ++i) BURROW_RETURN_IF_ERROR(take(first + i, reads.result(i)));
    first += count;
  }
  return Status();
}

Status TooMuch() {
  return Status::InvalidArgument("the values have more than " + std::to_string(kMaxPacked) +
                                 " bytes together: ask for fewer keys at once");
}

// *packed is what getMany answers: for each key a length, or -1, and the value.
Status GetPacked(const ReadView& view, Slice keys, SequenceNumber sequence, const TableReadOptions& options,
                 std::string* packed, bool* cached) {
  return GetEach(view, keys, sequence, options, cached, [packed](size_t, const GetResult& found) {
    const bool absent = found.outcome != GetOutcome::kValue;
    PutFixed32(packed, absent ? UINT32_MAX : static_cast<uint32_t>(found.value.value.size()));
    if (absent) return Status();
    if (packed->size() + found.value.value.size() > kMaxPacked) return TooMuch();
    packed->append(found.value.value);
    return Status();
  });
}

// The values alone; lengths[i] is that of the i-th one, or a READ_…: kReadNotCached also for one of more than
// `most_a_value` bytes.
Status GetColumn(const ReadView& view, Slice keys, SequenceNumber sequence, const TableReadOptions& options,
                 size_t most_a_value, int32_t* lengths, std::string* values, bool* cached) {
  return GetEach(view, keys, sequence, options, cached, [=](size_t i, const GetResult& found) {
    const Slice value = found.value.value;
    if (found.outcome != GetOutcome::kValue || value.size() > most_a_value) {
      lengths[i] = found.outcome == GetOutcome::kAbsent ? kReadAbsent : kReadNotCached;
      return Status();
    }
    lengths[i] = static_cast<int32_t>(value.size());
    if (values->size() + value.size() > kMaxPacked) return TooMuch();
    values->append(value);
    return Status();
  });
}

// The keys that getMany and its sisters get, from argument `first` on: bytes, length, count, sequence.
template <size_t N>
bool ReadPackedKeys(napi_env env, const EngineCall<N>& call, size_t first, Slice* keys, uint64_t* count,
                    SequenceNumber* sequence) {
  Reader reader(env);
  const Slice buffer = reader.Bytes(call[first], "keys");
  const uint64_t length = reader.Integer(call[first + 1], "length", buffer.size());
  *count = reader.Integer(call[first + 2], "count", UINT32_MAX);
  if (!reader.ok() || !ReadSequence(env, call, first + 3, sequence)) return false;
  *keys = buffer.substr(0, length);
  Status status = CheckPackedKeys(*keys, *count);
  if (!status.ok()) Throw(env, status);
  return status.ok();
}

// Where the lengths go, argument `i` of getMany: null when it was not given. False after throwing.
template <size_t N>
bool ReadLengths(napi_env env, const EngineCall<N>& call, size_t i, uint64_t count, int32_t** lengths) {
  *lengths = nullptr;
  if (IsUndefined(env, call[i])) return true;
  napi_typedarray_type type;
  size_t length = 0;
  void* data = nullptr;
  if (napi_get_typedarray_info(env, call[i], &type, &length, &data, nullptr, nullptr) != napi_ok ||
      type != napi_int32_array || length < count) {
    return ThrowInvalid(env, "lengths must be an Int32Array with room for each key"), false;
  }
  *lengths = static_cast<int32_t*>(data);
  return true;
}

// One string, when the values are ASCII and no more bytes than `most`.
napi_value Column(napi_env env, const std::string& values, size_t most) {
  if (values.size() > most || !AllAscii(values)) return BufferCopy(env, values);
  napi_value text = nullptr;
  napi_create_string_latin1(env, values.data(), values.size(), &text);
  return text;
}

template <bool memory_only>
napi_value GetMany(napi_env env, napi_callback_info info) {
  EngineCall<5> call(env, info);
  Slice keys;
  uint64_t count;
  SequenceNumber sequence;
  int32_t* lengths;
  if (!call.open() || !ReadPackedKeys(env, call, 0, &keys, &count, &sequence) ||
      !ReadLengths(env, call, 4, count, &lengths)) {
    return nullptr;
  }
  OperationCounter& counter = call.handle()->counter(Operation::kGetMany);
  Measure measure(counter, call.handle()->timed(), Measure::kSampled);
  const TableReadOptions& options = OptionsOf(*call.handle(), memory_only);
  PerfScope scope(call.handle()->phases_if_measured());
  std::string found;
  bool cached = true;
  Status status = lengths == nullptr
                      ? GetPacked(*call->CurrentView(), keys, sequence, options, &found, &cached)
                      : GetColumn(*call->CurrentView(), keys, sequence, options, SIZE_MAX, lengths, &found, &cached);
  if (!status.ok()) {
    ++counter.errors;
    return Throw(env, status);
  }
  if (!cached) {
    --counter.count;
    return Null(env);
  }
  counter.bytes_in += keys.size();
  counter.bytes_out += found.size();
  return lengths == nullptr ? BufferCopy(env, found) : Column(env, found, kMaxTogether);
}

// As many gets: what getMany answers, but with kReadNotCached for the length of a value that the disk would be needed
// for, or that is large; such a key counts when it is asked again. Null: there was an error, and all are to be asked again.
napi_value TryGetTogether(napi_env env, napi_callback_info info) {
  EngineCall<5> call(env, info);
  Slice keys;
  uint64_t count;
  SequenceNumber sequence;
  int32_t* lengths;
  if (!call.open() || !ReadPackedKeys(env, call, 0, &keys, &count, &sequence) ||
      !ReadLengths(env, call, 4, count, &lengths)) {
    return nullptr;
  }
  if (lengths == nullptr) return ThrowInvalid(env, "lengths are missing");
  EngineHandle* handle = call.handle();
  const auto begin = handle->timed() ? std::chrono::steady_clock::now() : std::chrono::steady_clock::time_point();
  std::string values;
  values.reserve(kMaxGathered);
  uint64_t answered = 0;
  Status status = GetColumn(*call->CurrentView(), keys, sequence, OptionsOf(*handle, true), kMaxGatheredValue, lengths,
                            &values, nullptr);
  if (!status.ok()) return Null(env);
  OperationCounter& counter = handle->counter(Operation::kGet);
  for (uint64_t i = 0; i < count; ++i) {
    const size_t size = DecodeFixed16(keys.data());
    keys.remove_prefix(2 + size);
    if (lengths[i] == kReadNotCached) continue;
    ++answered;
    counter.bytes_in += size;
  }
  counter.count += answered;
  counter.bytes_out += values.size();
  if (handle->timed() && answered > 0) {
    // As one in kSampled of them would have been timed; what one took cannot be told from the others.
    const auto nanos = static_cast<uint64_t>((std::chrono::steady_clock::now() - begin).count()) / count;
    for (uint64_t i = 0; i < answered; i += Measure::kSampled) counter.nanos.Record(nanos);
  }
  return Column(env, values, kMaxGathered);
}

// Runs `read(view, options, &answer)` on a disk thread with the view of now.
template <typename Read>
napi_value SubmitRead(napi_env env, EngineHandle* handle, Operation operation, uint64_t request, size_t bytes,
                      Read read) {
  OperationCounter& counter = handle->counter(operation);
  ++counter.count;
  counter.bytes_in += bytes;
  const bool accepted = handle->readers().Submit(
      Priority::kFlush, [answers = &handle->answers(), view = handle->engine()->CurrentView(), operation, request,
                         timer = handle->timed() ? &counter.nanos : nullptr, measured = handle->measured(),
                         read = std::move(read)]() mutable {
        const auto begin = std::chrono::steady_clock::now();
        ReadAnswer answer;
        answer.request = request;
        answer.operation = operation;
        if (measured) answer.phases = std::make_unique<PerfContext>();
        {
          PerfScope scope(answer.phases.get());
          answer.status = read(*view, measured ? kMeasuredAnywhere : kAnywhere, &answer);
        }
        view.reset();
        if (timer != nullptr) {
          timer->Record(static_cast<uint64_t>((std::chrono::steady_clock::now() - begin).count()));
        }
        answers->Push(std::move(answer));
      });
  return accepted ? nullptr : ThrowClosed(env);
}

napi_value SubmitGet(napi_env env, napi_callback_info info) {
  EngineCall<3> call(env, info);
  if (!call.open()) return nullptr;
  Reader reader(env);
  const uint64_t request = reader.Integer(call[0], "request");
  std::string key = reader.UserKey(call[1], "key");
  SequenceNumber sequence;
  if (!reader.ok() || !ReadSequence(env, call, 2, &sequence)) return nullptr;
  const size_t bytes = key.size();
  return SubmitRead(
      env, call.handle(), Operation::kGet, request, bytes,
      [key = std::move(key), sequence](const ReadView& view, const TableReadOptions& options, ReadAnswer* answer) {
        GetResult found;
        BURROW_RETURN_IF_ERROR(PointGet(view, key, sequence, options, &found));
        answer->found = found.outcome == GetOutcome::kValue;
        answer->bytes = found.value.value;
        return Status();
      });
}

napi_value SubmitGetMany(napi_env env, napi_callback_info info) {
  EngineCall<5> call(env, info);
  if (!call.open()) return nullptr;
  Reader reader(env);
  const uint64_t request = reader.Integer(call[0], "request");
  Slice keys;
  uint64_t count;
  SequenceNumber sequence;
  if (!reader.ok() || !ReadPackedKeys(env, call, 1, &keys, &count, &sequence)) return nullptr;
  return SubmitRead(
      env, call.handle(), Operation::kGetMany, request, keys.size(),
      [keys = std::string(keys), sequence](const ReadView& view, const TableReadOptions& options, ReadAnswer* answer) {
        bool cached;
        return GetPacked(view, keys, sequence, options, &answer->bytes, &cached);
      });
}

napi_value AnswerObject(napi_env env, EngineHandle* handle, const ReadAnswer& answer) {
  napi_value object = Object(env);
  Set(env, object, "request", Number(env, answer.request));
  if (answer.phases != nullptr) Set(env, object, "phases", PhaseNumbers(env, *answer.phases));
  OperationCounter& counter = handle->counter(answer.operation);
  if (!answer.status.ok()) {
    ++counter.errors;
    Set(env, object, "error", StatusObject(env, answer.status));
    return object;
  }
  counter.bytes_out += answer.bytes.size();
  if (answer.found) Set(env, object, "bytes", BufferCopy(env, answer.bytes));
  if (answer.operation == Operation::kNext) {
    Set(env, object, "records", Number(env, uint64_t{answer.batch.records}));
    Set(env, object, "done", Boolean(env, answer.batch.done));
    Set(env, object, "valueBytes", Number(env, uint64_t{answer.batch.value_bytes}));
    Set(env, object, "asciiKeys", Boolean(env, answer.batch.ascii_keys));
    Set(env, object, "asciiValues", Boolean(env, answer.batch.ascii_values));
  }
  return object;
}

napi_value TakeReads(napi_env env, napi_callback_info info) {
  EngineCall<1> call(env, info);
  if (!call.open()) return nullptr;
  EngineHandle* handle = call.handle();
  const std::vector<ReadAnswer> answers = handle->answers().Take();
  napi_value list = Array(env, answers.size());
  for (size_t i = 0; i < answers.size(); ++i) {
    HandleScope scope(env);
    SetElement(env, list, i, AnswerObject(env, handle, answers[i]));
    const std::shared_ptr<OpenScan>& scan = answers[i].scan;
    if (scan == nullptr) continue;
    scan->busy = false;
    if (scan->close_when_answered) handle->CloseScan(scan->id);
  }
  return list;
}

napi_value ApproximateSize(napi_env env, napi_callback_info info) {
  EngineCall<2> call(env, info);
  if (!call.open()) return nullptr;
  Reader reader(env);
  Slice bounds[2];
  const Slice* given[2] = {};
  for (int i = 0; i < 2; ++i) {
    if (reader.Undefined(call[i])) continue;
    bounds[i] = reader.Bytes(call[i], i == 0 ? "lower" : "upper");
    given[i] = &bounds[i];
  }
  return reader.ok() ? Number(env, call->ApproximateSize(given[0], given[1])) : nullptr;
}

constexpr EngineFunction kFunctions[] = {
    {"getStringS", GetString<StringBytes, false>},
    {"getStringB", GetString<ArrayBytes, false>},
    {"getBytesS", GetBytesIntoSlab<StringBytes, false>},
    {"getBytesB", GetBytesIntoSlab<ArrayBytes, false>},
    {"tryGetStringS", GetString<StringBytes, true>},
    {"tryGetStringB", GetString<ArrayBytes, true>},
    {"tryGetBytesS", GetBytesIntoSlab<StringBytes, true>},
    {"tryGetBytesB", GetBytesIntoSlab<ArrayBytes, true>},
    {"setSlab", SetSlab},
    {"takePinned", TakePinned},
    {"hasS", Has<StringBytes, false>},
    {"hasB", Has<ArrayBytes, false>},
    {"tryHasS", Has<StringBytes, true>},
    {"tryHasB", Has<ArrayBytes, true>},
    {"getMany", GetMany<false>},
    {"tryGetMany", GetMany<true>},
    {"tryGetTogether", TryGetTogether},
    {"submitGet", SubmitGet},
    {"submitGetMany", SubmitGetMany},
    {"takeReads", TakeReads},
    {"approximateSize", ApproximateSize},
};

}  // namespace

std::span<const EngineFunction> ReadFunctions() { return kFunctions; }

}  // namespace burrow::binding
