#include "jobs/table_job.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "env/fault_env.h"
#include "env/file_names.h"
#include "env/memory_env.h"
#include "merge/db_iterator.h"
#include "merge/merging_iterator.h"
#include "util/random.h"
#include "util/testing.h"

namespace burrow {
namespace {

constexpr char kDir[] = "/db";

struct Write {
  SequenceNumber sequence;
  Kind kind;
  std::string key;
  std::string value;
};

std::string Key(uint64_t i) {
  std::string digits = std::to_string(i);
  return "key" + std::string(4 - digits.size(), '0') + digits;
}

Write RandomWrite(Random* random, uint64_t keys, SequenceNumber sequence) {
  const uint64_t i = random->Uniform(keys);
  if (random->OneIn(15)) return {sequence, Kind::kRangeDelete, Key(i), Key(i + random->Uniform(keys / 3 + 2))};
  if (random->OneIn(4)) return {sequence, Kind::kDelete, Key(i), ""};
  return {sequence, Kind::kPut, Key(i), std::string(random->Uniform(60), 'v') + std::to_string(sequence)};
}

std::shared_ptr<MemTable> Fill(const std::vector<Write>& writes) {
  auto memtable = std::make_shared<MemTable>();
  for (const Write& w : writes) memtable->Add(w.sequence, w.kind, w.key, w.value);
  return memtable;
}

std::map<std::string, std::string> ModelAt(const std::vector<Write>& writes, SequenceNumber snapshot) {
  std::map<std::string, std::string> model;
  for (const Write& w : writes) {  // ascending sequence numbers
    if (w.sequence > snapshot) break;
    if (w.kind == Kind::kPut) {
      model[w.key] = w.value;
    } else if (w.kind == Kind::kDelete) {
      model.erase(w.key);
    } else if (w.key < w.value) {
      model.erase(model.lower_bound(w.key), model.lower_bound(w.value));
    }
  }
  return model;
}

// Sorted runs of tables without a manifest: index 0 is the newest.
struct Store {
  struct Table {
    std::shared_ptr<TableHandle> handle;
    TableProperties properties;
  };
  using Run = std::vector<Table>;

  explicit Store(std::shared_ptr<Env> use_env) : env(std::move(use_env)) {
    CHECK_OK(env->CreateDirs(kDir));
    context.env = env.get();
    context.directory = kDir;
    context.table_options.block_size = 256;
    context.table_options.codec = CodecId::kNone;
    context.new_file_number = [this] { return next_number++; };
  }

  static RunTable InRun(const Table& table) {
    const TableProperties& p = table.properties;
    return {table.handle, p.smallest, p.largest, p.largest_exclusive};
  }

  CompactionJob Compaction(size_t first, size_t last) const {
    CompactionJob job;
    for (size_t r = first; r < last; r++) {
      CompactionJob::Run& run = job.runs.emplace_back();
      for (const Table& t : runs[r]) run.tables.push_back(InRun(t));
    }
    for (size_t r = last; r < runs.size(); r++) {
      auto& level = job.below.emplace_back();
      for (const Table& t : runs[r]) level.push_back({t.properties.smallest, t.properties.largest});
    }
    return job;
  }

  // Checks what every successful job promises and gives its outputs as a run.
  Run Adopt(const TableJobResult& result) {
    CHECK_OK(result.status);
    Run run;
    uint64_t bytes = 0;
    for (const TableOutput& output : result.outputs) {
      CHECK(output.finished);
      const TableProperties& p = output.properties;
      uint64_t size = 0;
      CHECK_OK(env->GetFileSize(FileName(kDir, FileKind::kTable, output.number), &size));
      CHECK_EQ(size, p.file_size);
      bytes += size;
      CHECK(p.smallest < p.largest || (p.smallest == p.largest && !p.largest_exclusive));
      if (!run.empty()) {
        const TableProperties& before = run.back().properties;
        CHECK(before.largest < p.smallest || (before.largest == p.smallest && before.largest_exclusive));
      }
      run.push_back({tables.NewHandle(output.number, size), p});
      std::shared_ptr<TableReader> reader;
      CHECK_OK(run.back().handle->Acquire(false, &reader));
      CHECK_OK(reader->Verify());
    }
    CHECK_EQ(bytes, result.bytes_written);
    return run;
  }

  std::map<std::string, std::string> ReadAt(SequenceNumber snapshot) {
    std::vector<std::unique_ptr<InternalIterator>> children;
    std::vector<std::shared_ptr<const FragmentedTombstones>> tombstones;
    for (const Run& run : runs) {
      if (run.empty()) continue;
      std::vector<RunTable> run_tables;
      for (const Table& t : run) {
        run_tables.push_back(InRun(t));
        std::shared_ptr<TableReader> reader;
        CHECK_OK(t.handle->Acquire(false, &reader));
        tombstones.push_back(reader->range_tombstones());
      }
      children.push_back(NewLevelIterator(run_tables, {}));
    }
    DbIterator::Options options;
    options.sequence = snapshot;
    DbIterator it(NewMergingIterator(std::move(children)), FragmentedTombstones::Merge(tombstones), options);
    std::map<std::string, std::string> found;
    for (it.SeekToFirst(); it.Valid(); it.Next()) found.emplace(it.key(), it.value());
    CHECK_OK(it.status());
    return found;
  }

  std::set<uint64_t> TableNumbers() {
    std::vector<std::string> names;
    CHECK_OK(env->GetChildren(kDir, &names));
    std::set<uint64_t> numbers;
    for (const std::string& name : names) {
      FileKind kind;
      uint64_t number;
      if (ParseFileName(name, &kind, &number) && kind == FileKind::kTable) numbers.insert(number);
    }
    return numbers;
  }

  std::shared_ptr<Env> env;
  BlockCache cache{1 << 20};
  TableCache tables{env.get(), kDir, DatabaseId{}, 100, &cache};
  std::atomic<uint64_t> next_number{1};
  TableJobContext context;
  std::vector<Run> runs;
};

TEST(TableJob, FlushesAndCompactionsChangeNothingThatAnyoneReads) {
  for (uint64_t round = 0; round < 12; round++) {
    Random random(TestSeed() + round);
    Store store(Env::NewMemory());
    const uint64_t keys = 5 + random.Uniform(200);
    std::vector<Write> history;
    std::set<SequenceNumber> snapshots;
    for (int step = 0; step < 20; step++) {
      while (!snapshots.empty() && (snapshots.size() > 6 || random.OneIn(3))) {
        snapshots.erase(std::next(snapshots.begin(), static_cast<long>(random.Uniform(snapshots.size()))));
      }
      const uint64_t target = random.OneIn(3) ? 0 : 500 + random.Uniform(3000);

      if (store.runs.empty() || random.OneIn(2)) {
        FlushJob job;
        job.target_file_size = target;
        for (uint64_t n = 1 + random.Uniform(3); n > 0; n--) {
          std::vector<Write> writes;
          for (uint64_t i = random.Uniform(120); i > 0; i--) {
            writes.push_back(RandomWrite(&random, keys, history.size() + 1));
            history.push_back(writes.back());
            if (random.OneIn(60)) snapshots.insert(history.size());
          }
          job.memtables.push_back(Fill(writes));
        }
        store.context.snapshots.assign(snapshots.begin(), snapshots.end());
        store.runs.insert(store.runs.begin(), store.Adopt(RunFlush(job, store.context)));
      } else {
        const size_t first = random.Uniform(store.runs.size());
        const size_t last = first + 1 + random.Uniform(store.runs.size() - first);
        CompactionJob job = store.Compaction(first, last);
        job.target_file_size = target;
        if (random.OneIn(2) && last < store.runs.size()) {
          job.max_grandparent_overlap = 1000 + random.Uniform(4000);
          for (const Store::Table& t : store.runs[last]) {
            job.grandparents.push_back({t.properties.smallest, t.properties.largest, t.properties.file_size});
          }
        }
        store.context.snapshots.assign(snapshots.begin(), snapshots.end());
        Store::Run output = store.Adopt(RunCompaction(job, store.context));
        store.runs.erase(store.runs.begin() + static_cast<long>(first), store.runs.begin() + static_cast<long>(last));
        store.runs.insert(store.runs.begin() + static_cast<long>(first), std::move(output));
      }
      CHECK(store.ReadAt(kMaxSequence) == ModelAt(history, kMaxSequence));
      for (SequenceNumber snapshot : snapshots) CHECK(store.ReadAt(snapshot) == ModelAt(history, snapshot));
    }
    // Everything into one run without snapshots: live records are all that remains.
    store.context.snapshots.clear();
    TableJobResult last = RunCompaction(store.Compaction(0, store.runs.size()), store.context);
    store.runs = {store.Adopt(last)};
    auto model = ModelAt(history, kMaxSequence);
    CHECK(store.ReadAt(kMaxSequence) == model);
    uint64_t entries = 0;
    for (const Store::Table& t : store.runs[0]) {
      entries += t.properties.entries;
      CHECK_EQ(t.properties.tombstones + t.properties.range_tombstones, 0u);
    }
    CHECK_EQ(entries, model.size());
    CHECK_EQ(last.records_in - last.records_dropped - last.tombstones_dropped, entries);
  }
}

TEST(TableJob, RangeTombstonesAloneAreWrittenAndVanishAtTheBottom) {
  Store store(Env::NewMemory());
  FlushJob flush;
  flush.memtables = {Fill({{1, Kind::kRangeDelete, "b", "m"}, {2, Kind::kRangeDelete, "x", "z"}})};
  store.runs = {store.Adopt(RunFlush(flush, store.context))};
  CHECK_EQ(store.runs[0].size(), 1u);
  const TableProperties& p = store.runs[0][0].properties;
  CHECK_EQ(p.smallest, "b");
  CHECK_EQ(p.largest, "z");
  CHECK(p.largest_exclusive);
  CHECK_EQ(p.range_tombstones, 2u);

  CompactionJob job = store.Compaction(0, 1);
  job.below = {{{"a", "bb"}, {"n", "p"}}};  // something under the first one
  TableJobResult result = RunCompaction(job, store.context);
  CHECK_EQ(store.Adopt(result)[0].properties.largest, "m");
  job.below.clear();
  result = RunCompaction(job, store.context);
  CHECK_OK(result.status);
  CHECK(result.outputs.empty());
  CHECK_EQ(result.bytes_read, p.file_size);
}

TEST(TableJob, TombstonesStayWhereATableBelowMayHoldTheKey) {
  Store store(Env::NewMemory());
  FlushJob flush;
  flush.memtables = {Fill({{1, Kind::kDelete, "b", ""},
                           {2, Kind::kDelete, "c", ""},
                           {3, Kind::kDelete, "d", ""},
                           {4, Kind::kDelete, "e", ""},
                           {5, Kind::kDelete, "f", ""},
                           {6, Kind::kRangeDelete, "g", "h"},
                           {7, Kind::kRangeDelete, "h", "i"},
                           {8, Kind::kRangeDelete, "i", "j"}})};
  store.runs = {store.Adopt(RunFlush(flush, store.context))};
  CompactionJob job = store.Compaction(0, 1);
  job.below = {{{"c", "d"}, {"f", "f"}}, {{"a", "b"}, {"h", "h"}}};
  std::atomic<uint64_t> records_done = 0;
  store.context.records_done = &records_done;
  const TableJobResult result = RunCompaction(job, store.context);
  CHECK(records_done > 0 && records_done <= result.records_in);
  const TableProperties p = store.Adopt(result).at(0).properties;
  CHECK_EQ(p.tombstones, 4u);  // all but e
  CHECK_EQ(result.tombstones_dropped, 1u);
  CHECK_EQ(p.range_tombstones, 1u);
  CHECK_EQ(p.largest, "i");
}

TEST(TableJob, RangeTombstonesAreCutWhereOutputsEnd) {
  Store store(Env::NewMemory());
  std::vector<Write> writes;
  for (uint64_t i = 0; i < 100; i++) writes.push_back({i + 1, Kind::kPut, Key(i), std::string(50, 'v')});
  writes.push_back({200, Kind::kRangeDelete, Key(10), Key(90)});
  FlushJob flush;
  flush.memtables = {Fill(writes)};
  flush.target_file_size = 1000;
  store.context.snapshots = {150};  // keeps what the range covers
  Store::Run run = store.Adopt(RunFlush(flush, store.context));
  CHECK_GT(run.size(), 3u);
  std::string covered_to = Key(10);
  for (const Store::Table& t : run) {
    std::shared_ptr<TableReader> reader;
    CHECK_OK(t.handle->Acquire(false, &reader));
    if (reader->range_tombstones() == nullptr) continue;
    for (const auto& fragment : reader->range_tombstones()->fragments()) {
      CHECK_EQ(fragment.begin, covered_to);
      CHECK_GE(fragment.begin, t.properties.smallest);
      CHECK_LE(fragment.end, t.properties.largest);
      covered_to = fragment.end;
    }
  }
  CHECK_EQ(covered_to, Key(90));
}

TEST(TableJob, AnEmptyMemtableGivesNoTable) {
  Store store(Env::NewMemory());
  FlushJob flush;
  flush.memtables = {std::make_shared<MemTable>()};
  CHECK(store.Adopt(RunFlush(flush, store.context)).empty());
  CHECK(store.TableNumbers().empty());
}

std::vector<Write> ManyWrites(uint64_t count, SequenceNumber first) {
  std::vector<Write> writes;
  for (uint64_t i = 0; i < count; i++) {
    if (i % 50 == 7) {
      writes.push_back({first + i, Kind::kRangeDelete, Key(i), Key(i + 20)});
    } else {
      writes.push_back({first + i, Kind::kPut, Key((i * 37) % count), std::string(100, 'v')});
    }
  }
  return writes;
}

// Of a job that failed: nothing is finished, and no file is there that it does not name.
void CheckLeftovers(Store* store, const TableJobResult& result, std::set<uint64_t> before) {
  for (const TableOutput& output : result.outputs) {
    CHECK(!output.finished);
    before.insert(output.number);
  }
  for (uint64_t number : store->TableNumbers()) CHECK(before.contains(number));
}

TEST(TableJob, CancellationAtAnyMomentNamesWhatWasBegun) {
  Store store(Env::NewMemory());
  std::atomic<bool> cancelled{false};
  uint64_t files_until_cancelled = 0;
  store.context.cancelled = &cancelled;
  store.context.new_file_number = [&] {
    if (files_until_cancelled-- == 0) cancelled = true;
    return store.next_number++;
  };
  FlushJob flush;
  flush.memtables = {Fill(ManyWrites(300, 1))};
  flush.target_file_size = 2000;
  for (uint64_t n = 0; n < 4; n++) {
    cancelled = false;
    files_until_cancelled = n;
    const std::set<uint64_t> before = store.TableNumbers();
    TableJobResult result = RunFlush(flush, store.context);
    CHECK(result.status.Is(Code::kAborted));
    CHECK_EQ(result.outputs.size(), n + 1);
    CheckLeftovers(&store, result, before);
  }
  TableJobResult begun_cancelled = RunFlush(flush, store.context);
  CHECK(begun_cancelled.status.Is(Code::kAborted));
  CHECK(begun_cancelled.outputs.empty());
}

TEST(TableJob, AnyFailedOperationIsAnErrorThatNamesTheFiles) {
  const auto memory = Env::NewMemory();
  const auto faults = std::make_shared<FaultEnv>(memory.get());
  Store store(faults);
  FlushJob flush;
  flush.target_file_size = 6000;
  for (int i = 0; i < 3; i++) {
    flush.memtables = {Fill(ManyWrites(100, 1 + static_cast<SequenceNumber>(i) * 100))};
    store.runs.insert(store.runs.begin(), store.Adopt(RunFlush(flush, store.context)));
  }
  for (const bool is_flush : {true, false}) {
    for (const fault::Effect effect : {fault::Effect::kError, fault::Effect::kShort}) {
      uint64_t failures = 0;
      for (bool failed = true; failed; failures += failed) {
        const std::set<uint64_t> before = store.TableNumbers();
        // Input tables are opened anew, so that opening fails in its turn, too.
        TableCache cold(faults.get(), kDir, DatabaseId{}, 100, nullptr);
        CompactionJob compaction = store.Compaction(0, store.runs.size());
        compaction.target_file_size = 6000;
        compaction.read_ahead = 0;
        for (CompactionJob::Run& run : compaction.runs) {
          for (RunTable& t : run.tables) t.handle = cold.NewHandle(t.handle->number(), t.handle->size());
        }
        fault::Rule rule;
        rule.effect = effect;
        rule.countdown = failures + 1;
        const uint64_t id = faults->AddRule(rule);
        const TableJobResult result =
            is_flush ? RunFlush(flush, store.context) : RunCompaction(compaction, store.context);
        failed = faults->RuleHits(id) > 0;
        faults->RemoveRule(id);
        CHECK_EQ(result.status.ok(), !failed);
        if (failed) {
          const bool short_read = effect == fault::Effect::kShort && result.status.Is(Code::kCorruption);
          CHECK(short_read || result.status.Is(Code::kIO));
          CheckLeftovers(&store, result, before);
        } else {
          store.Adopt(result);
        }
        for (const TableOutput& output : result.outputs) {
          Status removed = faults->RemoveFile(FileName(kDir, FileKind::kTable, output.number));
          CHECK(removed.ok() || removed.Is(Code::kNotFound));
        }
      }
      CHECK_GT(failures, is_flush ? 5u : 15u);
    }
  }
}

TEST(TableJob, OutputsAndTheirDirectoryEntriesSurviveAPowerCut) {
  const auto memory = std::static_pointer_cast<MemoryEnv>(Env::NewMemory());
  Store store(memory);
  CHECK_OK(memory->SyncDir("/"));
  FlushJob flush;
  flush.memtables = {Fill(ManyWrites(200, 1))};
  flush.target_file_size = 4000;
  const Store::Run run = store.Adopt(RunFlush(flush, store.context));
  for (uint64_t seed = 0; seed < 20; seed++) {
    const auto wreck = memory->CrashClone(TestSeed() + seed);
    TableCache tables(wreck.get(), kDir, DatabaseId{}, 100, nullptr);
    for (const Store::Table& t : run) {
      std::shared_ptr<TableReader> reader;
      const auto handle = tables.NewHandle(t.handle->number(), t.handle->size());
      CHECK_OK(handle->Acquire(false, &reader));
      CHECK_OK(reader->Verify());
    }
  }
}

TEST(TableJob, WritesPassTheRateLimiter) {
  Store store(Env::NewMemory());
  RateLimiter limiter(256 << 10);
  store.context.rate_limiter = &limiter;
  FlushJob flush;
  flush.memtables = {Fill(ManyWrites(2000, 1))};
  const uint64_t start = Env::Posix()->NowMicros();
  TableJobResult result = RunFlush(flush, store.context);
  store.Adopt(result);
  CHECK_GT(result.bytes_written, 128u << 10);
  // Each 64 KiB delays the next ones.
  CHECK_GE(Env::Posix()->NowMicros() - start, (result.bytes_written / (64 << 10) - 1) * 250000 - 11000);
}

}  // namespace
}  // namespace burrow
