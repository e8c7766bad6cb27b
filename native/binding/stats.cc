// EngineStats of lib/native.ts.

#include "binding/engine_handle.h"

namespace burrow::binding {

namespace {

// `unit`: what the histogram counts, in microseconds.
napi_value Latency(napi_env env, const HistogramSnapshot& snapshot, double unit) {
  napi_value object = Object(env);
  Set(env, object, "p50", Number(env, snapshot.Percentile(50) * unit));
  Set(env, object, "p90", Number(env, snapshot.Percentile(90) * unit));
  Set(env, object, "p99", Number(env, snapshot.Percentile(99) * unit));
  Set(env, object, "p999", Number(env, snapshot.Percentile(99.9) * unit));
  Set(env, object, "max", Number(env, static_cast<double>(snapshot.max()) * unit));
  Set(env, object, "mean", Number(env, snapshot.Mean() * unit));
  return object;
}

constexpr double kNanos = 1e-3;
constexpr double kMicros = 1;

napi_value Operations(napi_env env, EngineHandle* handle) {
  napi_value object = Object(env);
  for (int i = 0; i < kOperations; ++i) {
    const OperationCounter& counter = handle->counter(static_cast<Operation>(i));
    napi_value operation = Object(env);
    Set(env, operation, "count", Number(env, counter.count));
    Set(env, operation, "errors", Number(env, counter.errors));
    Set(env, operation, "bytesIn", Number(env, counter.bytes_in));
    Set(env, operation, "bytesOut", Number(env, counter.bytes_out));
    Set(env, operation, "latency", Latency(env, counter.nanos.Snapshot(), kNanos));
    Set(env, object, kOperationNames[i], operation);
  }
  return object;
}

struct CacheNumbers {
  uint64_t capacity = 0, used = 0, hits = 0, misses = 0, evictions = 0, pinned = 0;
};

napi_value CacheObject(napi_env env, const CacheNumbers& numbers) {
  napi_value object = Object(env);
  Set(env, object, "capacityBytes", Number(env, numbers.capacity));
  Set(env, object, "usedBytes", Number(env, numbers.used));
  Set(env, object, "hits", Number(env, numbers.hits));
  Set(env, object, "misses", Number(env, numbers.misses));
  Set(env, object, "evictions", Number(env, numbers.evictions));
  Set(env, object, "pinnedBytes", Number(env, numbers.pinned));
  return object;
}

// One cache holds all kinds of blocks: capacity and pinned bytes are those of the whole and stand with 'block'.
napi_value Caches(napi_env env, Engine* engine) {
  const BlockCache::Stats blocks = engine->block_cache().GetStats();
  auto of_type = [&blocks](BlockType type) {
    const BlockCache::TypeStats& stats = blocks.by_type[static_cast<int>(type)];
    return CacheNumbers{0, stats.used_bytes, stats.hits, stats.misses, stats.evictions, 0};
  };
  CacheNumbers data = of_type(BlockType::kData);
  data.capacity = blocks.capacity_bytes;
  data.pinned = blocks.pinned_bytes;
  const TableCache::Stats tables = engine->table_cache().GetStats();
  napi_value object = Object(env);
  Set(env, object, "block", CacheObject(env, data));
  Set(env, object, "index", CacheObject(env, of_type(BlockType::kIndex)));
  Set(env, object, "filter", CacheObject(env, of_type(BlockType::kFilter)));
  Set(env, object, "table",
      CacheObject(env, {tables.capacity, tables.memory_bytes, tables.hits, tables.misses, tables.evictions, 0}));
  return object;
}

napi_value MemtableStats(napi_env env, EngineHandle* handle) {
  uint64_t active_bytes = 0, active_entries = 0, bytes = 0, entries = 0, count = 0;
  bool is_active = handle->started();
  for (const Engine::MemtableInfo& memtable : handle->engine()->Memtables()) {
    (is_active ? active_bytes : bytes) += memtable.bytes;
    (is_active ? active_entries : entries) += memtable.entries;
    count += is_active ? 0 : 1;
    is_active = false;
  }
  napi_value active = Object(env), immutable = Object(env), object = Object(env);
  Set(env, active, "bytes", Number(env, active_bytes));
  Set(env, active, "entries", Number(env, active_entries));
  Set(env, immutable, "bytes", Number(env, bytes));
  Set(env, immutable, "entries", Number(env, entries));
  Set(env, immutable, "count", Number(env, count));
  Set(env, object, "active", active);
  Set(env, object, "immutable", immutable);
  return object;
}

napi_value WalStats(napi_env env, Engine* engine) {
  const CommitQueue::Stats stats = engine->commits().GetStats();
  napi_value object = Object(env);
  Set(env, object, "bytes", Number(env, stats.bytes));
  Set(env, object, "writes", Number(env, stats.writes));
  Set(env, object, "syncs", Number(env, stats.syncs));
  Set(env, object, "grouped", Number(env, stats.grouped));
  Set(env, object, "activeBytes", Number(env, engine->commits().log_size()));
  Set(env, object, "syncLatency", Latency(env, stats.sync_micros, kMicros));
  return object;
}

napi_value MemoryObject(napi_env env, const MemoryUse& use) {
  napi_value object = Object(env);
  for (size_t i = 0; i < MemoryUse::kOwners; ++i) Set(env, object, MemoryUse::kNames[i], Number(env, use.bytes[i]));
  return object;
}

// EngineMemory of lib/native.ts.
napi_value Memory(napi_env env, napi_callback_info info) {
  EngineCall<1> call(env, info);
  if (!call.open()) return nullptr;
  const MemoryUse use = call.handle()->LookAtMemory();
  const MemoryUse& peak = call.handle()->memory_peak();
  napi_value object = Object(env);
  Set(env, object, "byOwner", MemoryObject(env, use));
  Set(env, object, "peakByOwner", MemoryObject(env, peak));
  Set(env, object, "totalBytes", Number(env, use.total));
  Set(env, object, "peakBytes", Number(env, peak.total));
  return object;
}

napi_value Compactions(napi_env env, EngineHandle* handle) {
  const std::vector<JobRunner::Progress> running = handle->runner().Compactions();
  napi_value list = Array(env, running.size());
  for (size_t i = 0; i < running.size(); ++i) {
    napi_value one = Object(env);
    Set(env, one, "id", Number(env, running[i].id));
    Set(env, one, "records", Number(env, running[i].records));
    SetElement(env, list, i, one);
  }
  return list;
}

uint64_t Load(const std::atomic<uint64_t>& counter) { return counter.load(std::memory_order_relaxed); }

napi_value Stats(napi_env env, napi_callback_info info) {
  EngineCall<1> call(env, info);
  if (!call.open()) return nullptr;
  EngineHandle* handle = call.handle();
  Engine* engine = handle->engine();
  const TableReader::Counters& counters = engine->table_cache().counters();
  napi_value bloom = Object(env), disk = Object(env), object = Object(env);
  Set(env, bloom, "checks", Number(env, Load(counters.bloom_passed) + Load(counters.bloom_useful)));
  Set(env, bloom, "useful", Number(env, Load(counters.bloom_useful)));
  Set(env, bloom, "falsePositives", Number(env, Load(counters.bloom_false_positives)));
  Set(env, disk, "blocks", Number(env, Load(counters.blocks_read)));
  Set(env, disk, "bytes", Number(env, Load(counters.bytes_read)));
  Set(env, disk, "ahead", Number(env, Load(counters.blocks_ahead)));
  Set(env, object, "ops", Operations(env, handle));
  Set(env, object, "cache", Caches(env, engine));
  Set(env, object, "bloom", bloom);
  Set(env, object, "memtables", MemtableStats(env, handle));
  Set(env, object, "wal", WalStats(env, engine));
  Set(env, object, "snapshots", Number(env, uint64_t{engine->snapshots().count()}));
  Set(env, object, "scans", Number(env, uint64_t{handle->open_scans()}));
  Set(env, object, "visibleSequence", Number(env, handle->visible_sequence()));
  Set(env, object, "nextFileNumber", Number(env, engine->next_file_number()));
  Set(env, object, "diskReads", disk);
  Set(env, object, "compactions", Compactions(env, handle));
  return object;
}

napi_value ResetPeakStats(napi_env env, napi_callback_info info) {
  EngineCall<1> call(env, info);
  if (!call.open()) return nullptr;
  for (OperationCounter& counter : call.handle()->counters()) counter.nanos.Clear();
  return nullptr;
}

constexpr EngineFunction kFunctions[] = {{"stats", Stats}, {"memory", Memory}, {"resetPeakStats", ResetPeakStats}};

}  // namespace

std::span<const EngineFunction> StatsFunctions() { return kFunctions; }

}  // namespace burrow::binding
