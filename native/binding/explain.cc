// What the debugger asks of an engine: where reads look and why, which versions are there. Nothing else uses it.

#include <cmath>

#include "binding/dumps.h"
#include "binding/engine_handle.h"
#include "engine/explain_get.h"
#include "engine/explain_scan.h"
#include "engine/key_history.h"
#include "engine/key_sample.h"

namespace burrow::binding {

namespace {

constexpr TableReadOptions kAnywhere{};

double Micros(uint64_t nanos) { return static_cast<double>(nanos) / 1000; }

template <size_t N>
SequenceNumber ReadSequence(Reader* reader, const EngineCall<N>& call, napi_value value) {
  return reader->Undefined(value) ? call.handle()->visible_sequence() : reader->Integer(value, "sequence");
}

// Names the place that something was found in: a memtable with its id, or a level with a file.
class Places {
 public:
  explicit Places(const Engine& engine) : memtables_(engine.Memtables()) {
    if (engine.CurrentView()->active() == nullptr) memtables_.insert(memtables_.begin(), Engine::MemtableInfo());
  }

  void SetActive(napi_env env, napi_value object) const { SetMemtable(env, object, "memtable", memtables_[0]); }
  // `i` from the newest on; the list has them from the oldest on.
  void SetImmutable(napi_env env, napi_value object, size_t i) const {
    SetMemtable(env, object, "immutable", memtables_[memtables_.size() - 1 - i]);
  }
  static void SetTable(napi_env env, napi_value object, int level, uint64_t file) {
    Set(env, object, "place", Text(env, std::string("L").append(std::to_string(level))));
    Set(env, object, "level", Number(env, static_cast<double>(level)));
    if (file != 0) Set(env, object, "file", Number(env, file));
  }

 private:
  static void SetMemtable(napi_env env, napi_value object, const char* place, const Engine::MemtableInfo& memtable) {
    Set(env, object, "place", Text(env, place));
    Set(env, object, "memtable", Number(env, memtable.id));
  }

  std::vector<Engine::MemtableInfo> memtables_;
};

napi_value StepObject(napi_env env, const Places& places, const GetStep& step) {
  static constexpr const char* kOutcomes[] = {"hit",          "tombstone",  "not-in-memtable",
                                              "not-in-block", "bloom-skip", "range-skip"};
  napi_value object = Object(env);
  switch (step.place) {
    case GetStep::Place::kActive: places.SetActive(env, object); break;
    case GetStep::Place::kImmutable: places.SetImmutable(env, object, step.memtable); break;
    case GetStep::Place::kLevel: Places::SetTable(env, object, step.level, step.file); break;
  }
  Set(env, object, "outcome", Text(env, kOutcomes[static_cast<size_t>(step.outcome)]));
  if (step.sequence != 0) Set(env, object, "sequence", Number(env, step.sequence));
  if (step.range_tombstone != 0) Set(env, object, "rangeTombstone", Number(env, step.range_tombstone));
  if (step.filtered) Set(env, object, "filtered", Boolean(env, true));
  if (step.opened) Set(env, object, "opened", Boolean(env, true));
  const bool none = step.block == GetStep::BlockSource::kNone;
  const bool cache = step.block == GetStep::BlockSource::kCache;
  Set(env, object, "blockRead", none ? Null(env) : Text(env, cache ? "cache" : "disk"));
  Set(env, object, "microseconds", Number(env, Micros(step.nanos)));
  return object;
}

napi_value ExplainGetFunction(napi_env env, napi_callback_info info) {
  EngineCall<2> call(env, info);
  if (!call.open()) return nullptr;
  Reader reader(env);
  const std::string key = reader.UserKey(call[0], "key");
  const SequenceNumber sequence = ReadSequence(&reader, call, call[1]);
  if (!reader.ok()) return nullptr;
  GetResult found;
  SequenceNumber found_sequence = 0;
  std::vector<GetStep> steps;
  const std::shared_ptr<const ReadView> view = call->CurrentView();
  Status status = ExplainGet(*view, key, sequence, kAnywhere, &found, &found_sequence, &steps);
  if (!status.ok()) return Throw(env, status);
  const Places places(*call.handle()->engine());
  napi_value list = Array(env, steps.size());
  for (size_t i = 0; i < steps.size(); ++i) {
    HandleScope scope(env);
    SetElement(env, list, i, StepObject(env, places, steps[i]));
  }
  const bool is_there = found.outcome == GetOutcome::kValue;
  napi_value result = Object(env);
  Set(env, result, "found", Boolean(env, is_there));
  if (is_there) {
    Set(env, result, "value", BufferCopy(env, found.value.value));
    Set(env, result, "sequence", Number(env, found_sequence));
  }
  Set(env, result, "steps", list);
  return result;
}

void SetBlocks(napi_env env, napi_value object, const BlockReads::Counts& blocks) {
  Set(env, object, "cacheBlocks", Number(env, blocks.cached));
  Set(env, object, "diskBlocks", Number(env, blocks.read));
  Set(env, object, "diskBytes", Number(env, blocks.bytes));
}

napi_value ReportObject(napi_env env, const ScanReport& report) {
  napi_value tables = Array(env, report.tables.size());
  for (size_t i = 0; i < report.tables.size(); ++i) {
    HandleScope scope(env);
    napi_value table = Object(env);
    Places::SetTable(env, table, report.tables[i].level, report.tables[i].file);
    SetBlocks(env, table, report.tables[i].blocks);
    SetElement(env, tables, i, table);
  }
  napi_value outside = Array(env, report.outside.size());
  for (size_t i = 0; i < report.outside.size(); ++i) {
    HandleScope scope(env);
    napi_value level = Object(env);
    Set(env, level, "level", Number(env, static_cast<double>(report.outside[i].level)));
    Set(env, level, "tables", Number(env, report.outside[i].tables));
    SetElement(env, outside, i, level);
  }
  napi_value result = Object(env);
  Set(env, result, "returned", Number(env, report.returned));
  Set(env, result, "keyBytes", Number(env, report.key_bytes));
  Set(env, result, "valueBytes", Number(env, report.value_bytes));
  Set(env, result, "passed", Number(env, report.records.passed));
  Set(env, result, "tombstones", Number(env, report.records.tombstones));
  Set(env, result, "skipped", Number(env, report.skipped));
  SetBlocks(env, result, report.blocks);
  Set(env, result, "tables", tables);
  Set(env, result, "outside", outside);
  Set(env, result, "done", Boolean(env, report.done));
  Set(env, result, "firstMicros", Number(env, Micros(report.first_nanos)));
  Set(env, result, "micros", Number(env, Micros(report.nanos)));
  return result;
}

// explainScan(reverse, lower, upper, limit, sequence)
napi_value ExplainScanFunction(napi_env env, napi_callback_info info) {
  EngineCall<5> call(env, info);
  if (!call.open()) return nullptr;
  Reader reader(env);
  ScanOptions options;
  options.reverse = reader.Bool(call[0], "reverse");
  if (!reader.Undefined(call[1])) options.lower = reader.Bytes(call[1], "lower");
  if (!reader.Undefined(call[2])) options.upper = reader.Bytes(call[2], "upper");
  if (reader.Number(call[3], "limit") != INFINITY) options.limit = reader.Integer(call[3], "limit");
  const SequenceNumber sequence = ReadSequence(&reader, call, call[4]);
  if (!reader.ok()) return nullptr;
  ScanReport report;
  Status status = ExplainScan(call->CurrentView(), sequence, std::move(options), &report);
  return status.ok() ? ReportObject(env, report) : Throw(env, status);
}

napi_value KeyHistoryFunction(napi_env env, napi_callback_info info) {
  static constexpr const char* kKinds[] = {"delete", "put", "rangeDelete"};
  EngineCall<2> call(env, info);
  if (!call.open()) return nullptr;
  Reader reader(env);
  const std::string key = reader.UserKey(call[0], "key");
  const SequenceNumber sequence = ReadSequence(&reader, call, call[1]);
  if (!reader.ok()) return nullptr;
  std::vector<KeyVersion> versions;
  Status status = KeyHistory(*call->CurrentView(), key, sequence, &versions);
  if (!status.ok()) return Throw(env, status);
  const Places places(*call.handle()->engine());
  napi_value list = Array(env, versions.size());
  for (size_t i = 0; i < versions.size(); ++i) {
    HandleScope scope(env);
    const KeyVersion& version = versions[i];
    napi_value object = Object(env);
    Set(env, object, "sequence", Number(env, version.sequence));
    Set(env, object, "kind", Text(env, version.kind <= kLastKind ? kKinds[version.kind] : "unknown"));
    if (version.level >= 0) {
      Places::SetTable(env, object, version.level, version.file);
    } else if (version.active) {
      places.SetActive(env, object);
    } else {
      places.SetImmutable(env, object, version.memtable);
    }
    if (version.kind == static_cast<uint8_t>(Kind::kRangeDelete)) {
      Set(env, object, "begin", BufferCopy(env, version.begin));
      Set(env, object, "end", BufferCopy(env, version.end));
    } else if (version.kind != static_cast<uint8_t>(Kind::kDelete)) {
      Set(env, object, "valueBytes", Number(env, version.value_bytes));
    }
    SetElement(env, list, i, object);
  }
  return list;
}

napi_value SampleKeysFunction(napi_env env, napi_callback_info info) {
  EngineCall<1> call(env, info);
  if (!call.open()) return nullptr;
  Reader reader(env);
  const uint64_t stride = reader.Integer(call[0], "stride");
  if (stride == 0) reader.Fail("stride must be at least 1");
  if (!reader.ok()) return nullptr;
  std::vector<KeySample> samples;
  Status status = SampleKeys(*call->CurrentView(), call.handle()->visible_sequence(), stride, &samples);
  if (!status.ok()) return Throw(env, status);
  const Places places(*call.handle()->engine());
  napi_value list = Array(env, samples.size());
  for (size_t i = 0; i < samples.size(); ++i) {
    HandleScope scope(env);
    const KeySample& sample = samples[i];
    napi_value object = Object(env);
    if (sample.level >= 0) {
      Places::SetTable(env, object, sample.level, sample.file);
    } else if (sample.active) {
      places.SetActive(env, object);
    } else {
      places.SetImmutable(env, object, sample.memtable);
    }
    Set(env, object, "entries", Number(env, sample.entries));
    Set(env, object, "sampled", Number(env, sample.sampled));
    Set(env, object, "keys", BufferCopy(env, sample.packed));
    SetElement(env, list, i, object);
  }
  return list;
}

napi_value DumpMemtables(napi_env env, napi_callback_info info) {
  EngineCall<1> call(env, info);
  if (!call.open()) return nullptr;
  const std::shared_ptr<const ReadView> view = call->CurrentView();
  std::vector<std::shared_ptr<MemTable>> memtables;
  if (view->active() != nullptr) memtables.push_back(view->active());
  memtables.insert(memtables.end(), view->immutables().begin(), view->immutables().end());
  return DumpObject(env, RecordDump::OfMemtables(std::move(memtables), call.handle()->visible_sequence()));
}

constexpr EngineFunction kFunctions[] = {
    {"explainGet", ExplainGetFunction}, {"explainScan", ExplainScanFunction}, {"keyHistory", KeyHistoryFunction},
    {"sampleKeys", SampleKeysFunction}, {"dumpMemtables", DumpMemtables},
};

}  // namespace

std::span<const EngineFunction> ExplainFunctions() { return kFunctions; }

}  // namespace burrow::binding
