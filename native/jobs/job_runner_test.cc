#include "jobs/job_runner.h"

#include <cerrno>
#include <thread>

#include "env/fault_env.h"
#include "env/memory_env.h"
#include "jobs/job_testing.h"
#include "util/testing.h"
#include "wal/log_reader.h"

namespace burrow {
namespace {

// An engine in memory, behind an Env that can fail, with its runner.
class Fixture {
 public:
  Fixture() {
    CHECK_OK(env.CreateDirs("/db"));
    EngineOptions options;
    options.env = &env;
    options.directory = "/db";
    options.memtable_size = 1 << 20;
    engine = std::make_unique<Engine>(options, &signal);
    runner = std::make_unique<JobRunner>(JobRunner::Options{}, engine.get(), &completions);
  }

  JobCompletion Run(JobRequest request) {
    CHECK_OK(runner->Submit({next_id_++, std::move(request)}));
    return Next();
  }

  JobCompletion Next() {
    while (ready_.empty()) {
      for (JobCompletion& completion : completions.Take()) ready_.push_back(std::move(completion));
      if (ready_.empty()) signal.Wait(std::chrono::seconds(10));
    }
    JobCompletion first = std::move(ready_.front());
    ready_.erase(ready_.begin());
    return first;
  }

  void Start() {
    const uint64_t log = engine->NewFileNumber();
    CHECK_OK(Run(PrepareWalRequest{log, 0}).status);
    CHECK_OK(engine->Start(1, log));
  }

  // Writes keys [first, first + count) and returns the memtable that holds them, sealed.
  uint64_t WriteAndRotate(int first, int count) {
    for (int i = first; i < first + count; ++i) {
      Status status;
      const std::string key = "key" + std::to_string(10000 + i);
      CHECK(engine->commits().WriteOne(Kind::kPut, key, "value", {}, &status) == WriteOutcome::kDone);
    }
    const uint64_t log = engine->NewFileNumber();
    CHECK_OK(Run(PrepareWalRequest{log, 0}).status);
    uint64_t sealed = 0;
    CHECK_OK(engine->Rotate(log, &sealed));
    return sealed;
  }

  // A table of level 0 with these keys.
  uint64_t FlushKeys(int first, int count) {
    JobCompletion flushed = Run(FlushRequest{{WriteAndRotate(first, count)}, 0, {}});
    CHECK_OK(flushed.status);
    CHECK_EQ(flushed.tables.outputs.size(), 1);
    CHECK_OK(engine->InstallVersion(TableSpecs(flushed.tables, 0), {}, 1));
    return flushed.tables.outputs[0].number;
  }

  std::vector<std::string> ManifestRecords(uint64_t number) {
    const std::string path = FileName("/db", FileKind::kManifest, number);
    std::unique_ptr<RandomAccessFile> file;
    CHECK_OK(env.NewRandomAccessFile(path, &file));
    log::LogReader reader(std::move(file), path, {.kind = log::LogKind::kManifest, .log_number = number});
    std::vector<std::string> records;
    Slice record;
    while (reader.ReadRecord(&record)) records.emplace_back(record);
    CHECK_OK(reader.status());
    return records;
  }

  std::string Current() {
    std::string text;
    CHECK_OK(ReadFileToString(&env, "/db/CURRENT", 100, &text));
    return text;
  }

  MemoryEnv memory;
  FaultEnv env{&memory};
  ProgressSignal signal{nullptr};
  CompletionQueue<JobCompletion> completions{&signal};
  std::unique_ptr<Engine> engine;
  std::unique_ptr<JobRunner> runner;

 private:
  uint64_t next_id_ = 1;
  std::vector<JobCompletion> ready_;
};

using Strings = std::vector<std::string>;

TEST(JobRunner, WritesTheManifestInOrderAndPointsCurrentAtIt) {
  Fixture f;
  f.env.StartTrace();
  CHECK_OK(f.Run(ManifestCreateRequest{1, {"a", "b"}}).status);
  const Strings trace = f.env.TakeTrace();
  const Strings expected = {
      "create MANIFEST-000001", "write MANIFEST-000001", "sync MANIFEST-000001",      "syncdir db", "create 000001.tmp",
      "write 000001.tmp",       "sync 000001.tmp",       "rename 000001.tmp CURRENT", "syncdir db"};
  CHECK_EQ(trace.size(), expected.size());
  for (size_t i = 0; i < trace.size(); ++i) CHECK_EQ(trace[i], expected[i]);

  for (int i = 0; i < 100; ++i)
    CHECK_OK(f.runner->Submit({100u + i, ManifestAppendRequest{"edit" + std::to_string(i)}}));
  uint64_t size = 0;
  for (int i = 0; i < 100; ++i) {
    JobCompletion completion = f.Next();
    CHECK_OK(completion.status);
    CHECK_EQ(completion.id, 100 + i);
    CHECK_GT(completion.manifest_size, size);
    size = completion.manifest_size;
  }
  CHECK_EQ(f.Current(), "MANIFEST-000001\n");
  const Strings records = f.ManifestRecords(1);
  CHECK_EQ(records.size(), 102);
  CHECK_EQ(records[1], "b");
  CHECK_EQ(records[101], "edit99");
}

TEST(JobRunner, AFailedAppendPoisonsTheManifest) {
  for (fault::OpMask operation : {fault::kWrite, fault::kSync}) {
    Fixture f;
    CHECK_OK(f.Run(ManifestCreateRequest{1, {"a"}}).status);
    f.env.AddRule({.operations = operation, .path_contains = "MANIFEST"});
    CHECK(f.Run(ManifestAppendRequest{"b"}).status.Is(Code::kIO));
    const uint64_t syncs = f.env.OperationCount(fault::kSync);
    CHECK(f.Run(ManifestAppendRequest{"c"}).status.Is(Code::kReadOnly));
    CHECK(f.Run(ManifestCreateRequest{2, {"a"}}).status.Is(Code::kReadOnly));
    CHECK_EQ(f.env.OperationCount(fault::kSync), syncs);
    CHECK_EQ(f.Current(), "MANIFEST-000001\n");
  }
}

TEST(JobRunner, ANewManifestThatFailsBeforeCurrentLeavesTheOldOne) {
  Fixture f;
  CHECK(f.Run(ManifestAppendRequest{"too early"}).status.Is(Code::kInvalidArgument));
  CHECK_OK(f.Run(ManifestCreateRequest{1, {"a"}}).status);
  for (fault::OpMask operation : {fault::kCreate, fault::kWrite, fault::kSync}) {
    for (const char* name : {"MANIFEST-000002", "000002.tmp"}) {
      f.env.AddRule({.operations = operation, .path_contains = name, .error_number = ENOSPC});
      CHECK(f.Run(ManifestCreateRequest{2, {"b"}}).status.Is(Code::kNoSpace));
      CHECK(f.env.FileExists("/db/MANIFEST-000002").Is(Code::kNotFound));
      CHECK(f.env.FileExists("/db/000002.tmp").Is(Code::kNotFound));
    }
  }
  CHECK_OK(f.Run(ManifestAppendRequest{"c"}).status);
  CHECK_EQ(f.Current(), "MANIFEST-000001\n");
  CHECK_OK(f.Run(ManifestCreateRequest{3, {"d"}}).status);
  CHECK_EQ(f.Current(), "MANIFEST-000003\n");
  f.env.AddRule({.operations = fault::kRename});
  CHECK(f.Run(ManifestCreateRequest{4, {"e"}}).status.Is(Code::kIO));
  CHECK(f.Run(ManifestAppendRequest{"f"}).status.Is(Code::kReadOnly));
}

TEST(JobRunner, FlushesAndCompacts) {
  Fixture f;
  f.Start();
  const uint64_t older = f.FlushKeys(0, 1000), newer = f.FlushKeys(500, 1000);
  CompactRequest compact;
  compact.inputs = {{0, {older, newer}}};
  compact.target_file_size = 8 << 10;
  JobCompletion merged = f.Run(compact);
  CHECK_OK(merged.status);
  CHECK_EQ(merged.tables.records_in, 2000);
  CHECK_EQ(merged.tables.records_dropped, 500);
  CHECK_GT(merged.tables.outputs.size(), 1);
  const std::vector<Engine::TableSpec> added = TableSpecs(merged.tables, 1);
  CHECK_OK(f.engine->InstallVersion(added, {{0, older}, {0, newer}}, 0));

  std::vector<uint64_t> released = f.engine->released()->Take();
  CHECK_EQ(released.size(), 2);
  DeleteFilesRequest deletion;
  for (uint64_t number : released) deletion.files.push_back({FileKind::kTable, number});
  CHECK_OK(f.Run(deletion).status);
  CHECK_OK(f.Run(deletion).status);  // a retry finds nothing
  CHECK(f.env.FileExists(FileName("/db", FileKind::kTable, older)).Is(Code::kNotFound));

  // The whole of level 1 as one run.
  CompactRequest deeper;
  deeper.inputs = {{1, {}}};
  for (const Engine::TableSpec& table : added) deeper.inputs[0].tables.push_back(table.number);
  deeper.output_level = 2;
  JobCompletion moved = f.Run(deeper);
  CHECK_OK(moved.status);
  CHECK_EQ(moved.tables.records_in, 1500);
  CHECK_EQ(moved.tables.outputs.size(), 1);
}

// Where the log fails, reads fall back to what was acknowledged before. A table that was made of newer versions by then
// would have left out those that count again.
TEST(JobRunner, AFlushWaitsForTheAcknowledgementOfWhatItWrites) {
  for (bool fails : {false, true}) {
    for (int attempt = 0;; ++attempt) {
      CHECK_LT(attempt, 1000);
      Fixture db;
      db.Start();
      const uint64_t next_log = db.engine->NewFileNumber();
      CHECK_OK(db.Run(PrepareWalRequest{next_log, 0}).status);
      CommitQueue& commits = db.engine->commits();
      Status status;
      CHECK(commits.WriteOne(Kind::kPut, "key", "old", {}, &status) == WriteOutcome::kDone);
      fault::Rule slow{.operations = fault::kSync, .path_suffix = ".wal", .delay_micros = 100'000};
      if (!fails) slow.effect = fault::Effect::kDelay;
      db.env.AddRule(slow);
      const WriteMode sync_later{.sync = true, .wait = false};
      CHECK(commits.WriteOne(Kind::kPut, "key", "new", sync_later, &status) == WriteOutcome::kDone);
      uint64_t sealed = 0;
      status = db.engine->Rotate(next_log, &sealed);
      if (!status.ok() || commits.acknowledged() == 2) continue;  // the log thread was faster

      JobCompletion flushed = db.Run(FlushRequest{{sealed}, 0, {}});
      if (flushed.status.ok()) {
        CHECK_OK(db.engine->InstallVersion(TableSpecs(flushed.tables, 0), {}, 1));
      }
      while (commits.acknowledged() < 2 && !commits.poisoned()) std::this_thread::yield();
      CHECK_EQ(commits.poisoned(), fails);
      CHECK_EQ(flushed.status.ok(), !fails);
      GetResult result;
      CHECK_OK(db.engine->Get("key", db.engine->visible_sequence(), {}, &result));
      CHECK(result.outcome == GetOutcome::kValue);
      CHECK_EQ(result.value.value, fails ? "old" : "new");
      break;
    }
  }
}

TEST(JobRunner, TombstonesStayWhileAnOlderTableOfLevelZeroHoldsTheKey) {
  Fixture f;
  f.Start();
  const uint64_t oldest = f.FlushKeys(0, 10);
  Status status;
  CHECK(f.engine->commits().WriteOne(Kind::kDelete, "key10003", "", {}, &status) == WriteOutcome::kDone);
  const uint64_t tombstone = f.FlushKeys(20, 1);
  CompactRequest compact;
  compact.inputs = {{0, {tombstone}}};
  compact.output_level = 0;
  CHECK_EQ(f.Run(compact).tables.tombstones_dropped, 0);
  compact.inputs = {{0, {tombstone, oldest}}};
  CHECK_EQ(f.Run(compact).tables.tombstones_dropped, 1);
}

// Behind a hole valid records may follow. When the power fails while the log is cut there and sealed, any of both may
// have reached the disk.
TEST(JobRunner, ATornLogIsReadableAfterAPowerCutWhileItIsSealed) {
  Fixture db;
  const uint64_t number = db.engine->NewFileNumber();
  const std::string path = FileName("/db", FileKind::kWal, number);
  std::unique_ptr<WritableFile> file;
  CHECK_OK(db.memory.NewWritableFile(path, Env::OpenMode::kTruncate, &file));
  log::LogWriter log(std::move(file), log::LogKind::kWal, number, DatabaseId());
  std::string framed;
  for (SequenceNumber sequence = 1; sequence <= 3; ++sequence) {
    std::string batch(kBatchHeaderSize, '\0');
    EncodeBatchHeader(batch.data(), sequence, 1);
    AppendRecord(&batch, Kind::kPut, "key" + std::to_string(sequence), std::string(700, 'v'));
    const size_t begin = framed.size();
    log.Frame(batch, Slice(), &framed);
    if (sequence == 2) std::fill(framed.begin() + static_cast<ptrdiff_t>(begin), framed.end(), '\0');
  }
  CHECK_OK(log.Append(framed));
  CHECK_OK(log.Sync());
  CHECK_OK(db.memory.SyncDir("/db"));
  CHECK_OK(db.memory.SyncDir("/"));

  const JobCompletion torn = db.Run(ReplayWalRequest{number, UINT64_MAX});
  CHECK_OK(torn.status);
  CHECK(torn.replay.end == log::LogEnd::kTornTail);
  CHECK_EQ(torn.replay.records, 1);
  for (uint64_t failing_sync = 1; failing_sync <= 2; ++failing_sync) {
    db.env.AddRule({.operations = fault::kSync, .countdown = failing_sync});
    CHECK(!db.Run(SealWalRequest{number, torn.replay.end_offset}).status.ok());
    for (uint64_t i = 0; i < 200; ++i) {
      std::shared_ptr<MemoryEnv> wreck = db.memory.CrashClone(TestSeed() + i);
      EngineOptions options = db.engine->options();
      options.env = wreck.get();
      Engine engine(options, &db.signal);
      Engine::ReplayResult replay;
      CHECK_OK(engine.ReplayLog(number, UINT64_MAX, false, &replay));
      CHECK_EQ(replay.records, 1);
    }
  }
}

// A log that has taken all the records that fit on a full disk can still be ended.
TEST(JobRunner, AFullDiskLeavesRoomForTheEndOfALog) {
  for (size_t value_size = 0; value_size < 30; ++value_size) {
    Fixture db;
    constexpr uint64_t kAllocated = 64 << 10;
    const uint64_t log = db.engine->NewFileNumber(), next_log = db.engine->NewFileNumber();
    CHECK_OK(db.Run(PrepareWalRequest{log, kAllocated}).status);
    CHECK_OK(db.Run(PrepareWalRequest{next_log, kAllocated}).status);
    CHECK_OK(db.engine->Start(1, log));
    db.memory.SetCapacity(2 * kAllocated);
    Status status;
    const std::string value(value_size, 'v');
    while (db.engine->commits().WriteOne(Kind::kPut, "key", value, {}, &status) == WriteOutcome::kDone) {
    }
    CHECK(status.Is(Code::kNoSpace));
    uint64_t sealed = 0;
    CHECK_OK(db.engine->Rotate(next_log, &sealed));
    CHECK(db.engine->commits().WriteOne(Kind::kPut, "key", value, {}, &status) == WriteOutcome::kDone);
  }
}

TEST(JobRunner, RefusesWhatIsNotThere) {
  Fixture f;
  f.Start();
  const uint64_t table = f.FlushKeys(0, 10);
  CHECK(f.runner->Submit({1, FlushRequest{{}, 0, {}}}).Is(Code::kInvalidArgument));
  CHECK(f.runner->Submit({1, FlushRequest{{99}, 0, {}}}).Is(Code::kInvalidArgument));
  CompactRequest compact;
  CHECK(f.runner->Submit({1, compact}).Is(Code::kInvalidArgument));
  compact.inputs = {{0, {table, 999}}};
  CHECK(f.runner->Submit({1, compact}).Is(Code::kInvalidArgument));
  compact.inputs = {{7, {table}}};
  CHECK(f.runner->Submit({1, compact}).Is(Code::kInvalidArgument));
  compact.inputs = {{0, {table}}};
  compact.output_level = Levels::kMaxLevels;
  CHECK(f.runner->Submit({1, compact}).Is(Code::kInvalidArgument));
}

TEST(JobRunner, CancelsCompactionsAndGoesOn) {
  Fixture f;
  f.Start();
  const uint64_t table = f.FlushKeys(0, 2000);
  CompactRequest compact;
  compact.inputs = {{0, {table}}};
  // The first reads slowly, the second waits for the pool.
  f.env.AddRule({.operations = fault::kCreate | fault::kWrite,
                 .path_contains = ".sst",
                 .forever = true,
                 .effect = fault::Effect::kDelay,
                 .delay_micros = 100'000});
  CHECK_OK(f.runner->Submit({1, compact}));
  CHECK_OK(f.runner->Submit({2, compact}));
  f.runner->CancelCompactions();
  for (int i = 0; i < 2; ++i) {
    JobCompletion completion = f.Next();
    CHECK(completion.status.Is(Code::kAborted));
    for (const TableOutput& output : completion.tables.outputs) CHECK(!output.finished);
  }
  f.env.Clear();
  CHECK_OK(f.Run(compact).status);
}

TEST(JobRunner, MovesToLostWithoutReplacing) {
  Fixture f;
  auto write = [&](const char* name, Slice text) {
    std::unique_ptr<WritableFile> file;
    CHECK_OK(f.env.NewWritableFile(std::string("/db/") + name, Env::OpenMode::kTruncate, &file));
    CHECK_OK(file->Append(text));
  };
  write("000007.sst", "first");
  CHECK_OK(f.Run(MoveToLostRequest{{"000007.sst"}}).status);
  write("000007.sst", "second");
  CHECK_OK(f.Run(MoveToLostRequest{{"000007.sst"}}).status);
  std::string text;
  CHECK_OK(ReadFileToString(&f.env, "/db/lost/000007.sst", 100, &text));
  CHECK_EQ(text, "first");
  CHECK_OK(ReadFileToString(&f.env, "/db/lost/000007.sst.1", 100, &text));
  CHECK_EQ(text, "second");
}

TEST(JobRunner, ShutdownDrainsTheManifestAndDropsTheRest) {
  Fixture f;
  f.Start();
  const uint64_t table = f.FlushKeys(0, 2000);
  CompactRequest compact;
  compact.inputs = {{0, {table}}};
  CHECK_OK(f.runner->Submit({1, ManifestCreateRequest{1, {}}}));
  for (int i = 0; i < 50; ++i) CHECK_OK(f.runner->Submit({2, ManifestAppendRequest{"edit"}}));
  for (int i = 0; i < 50; ++i) CHECK_OK(f.runner->Submit({3, compact}));
  f.runner->Shutdown();
  f.runner->Shutdown();
  CHECK_EQ(f.ManifestRecords(1).size(), 50);
  CHECK(f.runner->Submit({4, ManifestAppendRequest{"late"}}).Is(Code::kClosed));
  CHECK(f.runner->Submit({4, compact}).Is(Code::kClosed));
  CHECK(f.runner->Submit({4, DeleteFilesRequest{}}).Is(Code::kClosed));
}

TEST(ProgressSignal, WakesOnceForWhatHappenedSince) {
  ProgressSignal signal(nullptr);
  CHECK(!signal.Wait(std::chrono::milliseconds(1)));
  signal.OnProgress();
  signal.OnProgress();
  CHECK(signal.Wait(std::chrono::seconds(10)));
  CHECK(!signal.Wait(std::chrono::milliseconds(1)));
  std::thread other([&] {
    for (int i = 0; i < 1000; ++i) signal.OnProgress();
  });
  CHECK(signal.Wait(std::chrono::seconds(10)));
  other.join();
}

}  // namespace
}  // namespace burrow
