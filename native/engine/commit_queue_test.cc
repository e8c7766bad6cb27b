#include "engine/commit_queue.h"

#include <cerrno>

#include "util/random.h"
#include "util/testing.h"
#include "wal/log_reader.h"

namespace burrow {
namespace {

// What a log file went through, and what it is to do next. Shared by the file and the test.
struct Script {
  std::mutex mutex;
  std::condition_variable changed;
  std::string data;
  uint64_t allocated = 0;
  int appends = 0;
  int syncs = 0;
  bool hold_syncs = false;  // syncs wait until this is false
  bool sync_waiting = false;
  Status next_append;          // returned once…
  size_t short_by = SIZE_MAX;  // …with all but so many bytes written
  bool keeps_short = false;    // and no Truncate takes them back
  Status all_allocates;        // returned by every Allocate
  Status all_syncs;            // returned by every sync

  void Hold(bool hold) {
    std::lock_guard<std::mutex> lock(mutex);
    hold_syncs = hold;
    changed.notify_all();
  }
  void AwaitSyncBegin() {
    std::unique_lock<std::mutex> lock(mutex);
    changed.wait(lock, [&] { return sync_waiting; });
  }
  int Syncs() { return Get(&Script::syncs); }
  // The log thread looks at these at any time.
  template <typename T>
  void Set(T Script::*field, T value) {
    std::lock_guard<std::mutex> lock(mutex);
    this->*field = std::move(value);
  }
  template <typename T>
  T Get(T Script::*field) {
    std::lock_guard<std::mutex> lock(mutex);
    return this->*field;
  }
};

class ScriptedFile final : public WritableFile {
 public:
  explicit ScriptedFile(std::shared_ptr<Script> script) : script_(std::move(script)) {}
  Status Append(Slice data, size_t* written) override {
    std::lock_guard<std::mutex> lock(script_->mutex);
    if (written != nullptr) *written = 0;
    if (!script_->next_append.ok()) {
      const size_t done = data.size() - std::min(data.size(), script_->short_by);
      script_->data.append(data.substr(0, done));
      if (written != nullptr) *written = done;
      return std::exchange(script_->next_append, Status());
    }
    script_->data.append(data);
    ++script_->appends;
    if (written != nullptr) *written = data.size();
    return Status();
  }
  Status Allocate(uint64_t size) override {
    std::lock_guard<std::mutex> lock(script_->mutex);
    script_->allocated = std::max(script_->allocated, size);
    return script_->all_allocates;
  }
  Status Sync() override {
    std::unique_lock<std::mutex> lock(script_->mutex);
    ++script_->syncs;
    script_->sync_waiting = true;
    script_->changed.notify_all();
    script_->changed.wait(lock, [&] { return !script_->hold_syncs; });
    script_->sync_waiting = false;
    return script_->all_syncs;
  }
  Status Truncate(uint64_t size) override {
    std::lock_guard<std::mutex> lock(script_->mutex);
    if (script_->keeps_short) return Status::FromErrno("truncate", "log", EIO);
    script_->data.resize(std::min(script_->data.size(), size));
    return Status();
  }
  Status Close() override { return Status(); }
  uint64_t Size() const override { return script_->data.size(); }

 private:
  const std::shared_ptr<Script> script_;
};

class BytesFile final : public RandomAccessFile {
 public:
  explicit BytesFile(std::string data) : data_(std::move(data)) {}
  Status Read(uint64_t offset, size_t n, Slice* result, char*) const override {
    *result = offset >= data_.size() ? Slice() : Slice(data_).substr(offset, n);
    return Status();
  }
  uint64_t Size() const override { return data_.size(); }

 private:
  const std::string data_;
};

class CountingListener final : public ProgressListener {
 public:
  void OnProgress() override { ++calls; }
  std::atomic<int> calls{0};
};

struct Fixture {
  std::shared_ptr<Script> script = std::make_shared<Script>();
  CountingListener listener;
  std::shared_ptr<MemTable> memtable = std::make_shared<MemTable>();
  CommitQueue queue;

  explicit Fixture(uint64_t memtable_size = 1 << 20) : queue({.memtable_size = memtable_size}, &listener) {
    queue.Start(memtable, NewLog(script, 1), 1 << 20, 1);
  }
  static std::unique_ptr<log::LogWriter> NewLog(std::shared_ptr<Script> script, uint64_t number) {
    return std::make_unique<log::LogWriter>(std::make_unique<ScriptedFile>(std::move(script)), log::LogKind::kWal,
                                            number, DatabaseId());
  }
  WriteOutcome Put(Slice key, WriteMode mode, Status* status) {
    return queue.WriteOne(Kind::kPut, key, "value", mode, status);
  }
  void MustPut(Slice key, WriteMode mode = {}) {
    Status status;
    WriteOutcome outcome = Put(key, mode, &status);
    CHECK_OK(status);
    CHECK(outcome == WriteOutcome::kDone);
  }
  bool Has(Slice key) {
    Slice value;
    SequenceNumber sequence;
    return memtable->Get(LookupKey(key, queue.visible_sequence()), &value, &sequence) == LookupResult::kValue;
  }
  void AwaitAcknowledged(uint64_t index) {
    while (queue.acknowledged() < index) std::this_thread::yield();
  }
};

std::vector<std::string> LoggedKeys(const std::string& data, uint64_t number, log::LogEnd* end) {
  log::LogReader reader(std::make_unique<BytesFile>(data), "test.wal", {.log_number = number});
  std::vector<std::string> keys;
  SequenceNumber expected = 0;
  Slice payload;
  while (reader.ReadRecord(&payload)) {
    SequenceNumber first;
    uint32_t count;
    Slice records;
    CHECK_OK(DecodeBatchHeader(payload, &first, &count, &records));
    if (expected != 0) CHECK_EQ(first, expected);
    expected = first + count;
    BatchReader batch(records);
    for (BatchRecord record; batch.Next(&record);) keys.emplace_back(record.key);
  }
  CHECK_OK(reader.status());
  *end = reader.end();
  return keys;
}

const WriteMode kSyncMode{.sync = true};
const WriteMode kLater{.wait = false};
const WriteMode kSyncLater{.sync = true, .wait = false};

TEST(CommitQueue, ALoneWaitingWriterWritesForItself) {
  Fixture f;
  f.MustPut("a");
  CHECK_EQ(f.script->Get(&Script::appends), 1);
  CHECK_EQ(f.script->Get(&Script::syncs), 0);
  CHECK_EQ(f.queue.acknowledged(), 1);
  f.MustPut("b", kSyncMode);
  CHECK_EQ(f.script->Get(&Script::appends), 2);
  CHECK_EQ(f.script->Get(&Script::syncs), 1);
  CHECK(f.Has("a") && f.Has("b"));
}

TEST(CommitQueue, GatheredWritesAreVisibleAtOnceAndWrittenTogether) {
  Fixture f;
  for (int i = 0; i < 10; ++i) f.MustPut("k" + std::to_string(i), kLater);
  CHECK(f.Has("k9"));
  CHECK_EQ(f.queue.submitted(), 10);
  CHECK_EQ(f.queue.acknowledged(), 0);
  CHECK_OK(f.queue.WritePending());
  CHECK_EQ(f.queue.acknowledged(), 10);
  CHECK_EQ(f.script->Get(&Script::appends), 1);
}

TEST(CommitQueue, SyncsAreShared) {
  Fixture f;
  f.script->Hold(true);
  f.MustPut("first", kSyncLater);
  CHECK_OK(f.queue.WritePending());
  f.script->AwaitSyncBegin();
  for (int i = 0; i < 50; ++i) f.MustPut("k" + std::to_string(i), kSyncLater);
  CHECK_OK(f.queue.WritePending());
  CHECK(f.Has("k49"));
  CHECK_EQ(f.queue.acknowledged(), 0);
  f.script->Hold(false);
  f.AwaitAcknowledged(51);
  CHECK_EQ(f.script->Syncs(), 2);
  CHECK_GE(f.listener.calls.load(), 1);
}

TEST(CommitQueue, OneSyncForAllUntilWritePending) {
  Fixture f;
  for (int i = 0; i < 50; ++i) f.MustPut("k" + std::to_string(i), kSyncLater);
  CHECK_EQ(f.script->Get(&Script::appends), 0);
  CHECK_OK(f.queue.WritePending());
  f.AwaitAcknowledged(50);
  CHECK_EQ(f.script->Syncs(), 1);
  CHECK_EQ(f.script->Get(&Script::appends), 1);
}

TEST(CommitQueue, RotationDoesNotWaitForWritePending) {
  Fixture f;
  f.MustPut("a", kSyncLater);
  auto second = std::make_shared<Script>();
  std::shared_ptr<MemTable> sealed;
  CHECK_OK(f.queue.Rotate(std::make_shared<MemTable>(), Fixture::NewLog(second, 2), 1 << 20, &sealed));
  CHECK_OK(f.queue.AwaitAcknowledged(1));
  CHECK_GE(f.script->Syncs(), 1);
}

TEST(CommitQueue, MuchDataDoesNotWaitForWritePending) {
  Fixture f(64 << 20);
  const std::string value(1 << 20, 'x');
  Status status;
  for (int i = 0; i < 4; ++i) {
    CHECK(f.queue.WriteOne(Kind::kPut, "large", value, kSyncLater, &status) == WriteOutcome::kDone);
  }
  f.AwaitAcknowledged(1);
  CHECK_GE(f.script->Syncs(), 1);
}

TEST(CommitQueue, AFailedSyncPoisons) {
  Fixture f;
  f.MustPut("safe", kSyncMode);
  f.script->Set(&Script::all_syncs, Status::IO("fdatasync test.wal: no"));
  Status status;
  CHECK(f.Put("lost", kSyncMode, &status) == WriteOutcome::kFailed);
  CHECK(status.Is(Code::kIO));
  CHECK(f.Put("later", {}, &status) == WriteOutcome::kFailed);
  CHECK(status.Is(Code::kReadOnly));
  CHECK(f.Has("safe") && !f.Has("lost") && !f.Has("later"));
  CHECK_EQ(f.script->Syncs(), 2);
  CHECK(f.queue.poisoned());
}

TEST(CommitQueue, AFailedGroupFallsBackToTheLastAcknowledgedWrite) {
  Fixture f;
  f.MustPut("safe", kSyncMode);
  f.script->Hold(true);
  f.script->Set(&Script::all_syncs, Status::IO("no"));
  f.MustPut("a", kSyncLater);
  CHECK_OK(f.queue.WritePending());
  f.script->AwaitSyncBegin();
  f.MustPut("b", kSyncLater);
  CHECK_OK(f.queue.WritePending());
  CHECK(f.Has("a") && f.Has("b"));
  f.script->Hold(false);
  while (!f.queue.poisoned()) std::this_thread::yield();
  CHECK(f.Has("safe") && !f.Has("a") && !f.Has("b"));
  CHECK_EQ(f.queue.acknowledged(), 1);
}

TEST(CommitQueue, AFullDiskBeforeTheFirstByteRefusesOneWriteOnly) {
  Fixture f(16 << 20);
  f.MustPut("a");
  f.script->Set(&Script::next_append, Status::FromErrno("write", "test.wal", ENOSPC));
  Status status;
  CHECK(f.Put("refused", {}, &status) == WriteOutcome::kFailed);
  CHECK(status.Is(Code::kNoSpace));
  CHECK(!f.Has("refused"));
  f.MustPut("b");
  std::string large(14 << 20, 'x');
  f.script->Set(&Script::all_allocates, Status::FromErrno("fallocate", "test.wal", ENOSPC));
  CHECK(f.queue.WriteOne(Kind::kPut, "large", large, kLater, &status) == WriteOutcome::kFailed);
  CHECK(status.Is(Code::kNoSpace));
  f.script->Set(&Script::all_allocates, Status());
  f.MustPut("c", kLater);
  CHECK_OK(f.queue.WritePending());
  log::LogEnd end;
  CHECK((LoggedKeys(f.script->data, 1, &end) == std::vector<std::string>{"a", "b", "c"}));
}

TEST(CommitQueue, AWriteThatFindsSpaceForAPartIsTakenBack) {
  for (const bool keeps : {false, true}) {
    Fixture f;
    f.MustPut("a");
    f.script->Set(&Script::short_by, size_t{3});
    f.script->Set(&Script::keeps_short, keeps);
    f.script->Set(&Script::next_append, Status::FromErrno("write", "log", ENOSPC));
    Status status;
    CHECK(f.Put("b", {}, &status) == WriteOutcome::kFailed);
    CHECK(status.Is(Code::kNoSpace));
    CHECK_EQ(f.queue.poisoned(), keeps);
    if (keeps) continue;
    f.MustPut("c", kSyncMode);
    CHECK(!f.Has("b") && f.Has("c"));
    uint64_t length;
    CHECK_OK(f.queue.Stop(true, &length));
    log::LogEnd end;
    CHECK(LoggedKeys(f.script->data, 1, &end) == std::vector<std::string>({"a", "c"}));
    CHECK(end == log::LogEnd::kSealed);
  }
}

TEST(CommitQueue, AScheduleDoesTheWorkOfTheLogThread) {
  int wakes = 0;
  Schedule schedule(1, [&] { ++wakes; });
  const auto script = std::make_shared<Script>();
  CountingListener listener;
  CommitQueue queue({.memtable_size = 1 << 20, .schedule = &schedule}, &listener);
  const auto memtable = std::make_shared<MemTable>();
  queue.Start(memtable, Fixture::NewLog(script, 1), 1 << 20, 1);
  Status status;
  CHECK(queue.WriteOne(Kind::kPut, "a", "value", kSyncLater, &status) == WriteOutcome::kDone);
  CHECK_OK(queue.WritePending());
  CHECK_GT(wakes, 0);
  CHECK_EQ(queue.acknowledged(), 0);
  CHECK(schedule.RunOne());
  CHECK_EQ(queue.acknowledged(), 1);
  CHECK(queue.WriteOne(Kind::kPut, "b", "value", kLater, &status) == WriteOutcome::kDone);
  CHECK(queue.WriteOne(Kind::kPut, "c", "value", kSyncMode, &status) == WriteOutcome::kDone);  // does it itself
  CHECK_EQ(queue.acknowledged(), 3);
  uint64_t length;
  CHECK_OK(queue.Stop(true, &length));
  CHECK(!schedule.RunOne());
}

TEST(CommitQueue, TheFirstWriteOfALogMayBeRefusedToo) {
  Fixture f;
  f.script->Set(&Script::next_append, Status::FromErrno("write", "test.wal", ENOSPC));
  Status status;
  CHECK(f.Put("refused", {}, &status) == WriteOutcome::kFailed);
  f.MustPut("a");
  log::LogEnd end;
  CHECK((LoggedKeys(f.script->data, 1, &end) == std::vector<std::string>{"a"}));
}

TEST(CommitQueue, RotationSealsAndSyncsTheOldLogBeforeASyncInTheNewOneCounts) {
  Fixture f;
  f.MustPut("a");
  auto second = std::make_shared<Script>();
  auto memtable = std::make_shared<MemTable>();
  f.script->Hold(true);
  std::shared_ptr<MemTable> sealed;
  CHECK_OK(f.queue.Rotate(memtable, Fixture::NewLog(second, 2), 1 << 20, &sealed));
  CHECK(sealed == f.memtable);
  f.script->AwaitSyncBegin();
  f.MustPut("b", kSyncLater);
  CHECK_OK(f.queue.WritePending());
  CHECK_EQ(f.queue.acknowledged(), 1);
  CHECK_EQ(second->Syncs(), 0);
  f.script->Hold(false);
  f.AwaitAcknowledged(2);
  CHECK_EQ(second->Syncs(), 1);
  log::LogEnd end;
  CHECK((LoggedKeys(f.script->data, 1, &end) == std::vector<std::string>{"a"}));
  CHECK(end == log::LogEnd::kSealed);
  uint64_t length;
  CHECK_OK(f.queue.Stop(true, &length));
  CHECK_EQ(length, second->data.size());
  CHECK((LoggedKeys(second->data, 2, &end) == std::vector<std::string>{"b"}));
  CHECK(end == log::LogEnd::kSealed);
}

TEST(CommitQueue, ASealedLogThatIsSyncedHoldsUpOnlyThoseWhoNeedASync) {
  Fixture f;
  f.MustPut("a");
  auto second = std::make_shared<Script>(), third = std::make_shared<Script>();
  std::shared_ptr<MemTable> sealed;
  f.script->Hold(true);
  CHECK_OK(f.queue.Rotate(std::make_shared<MemTable>(), Fixture::NewLog(second, 2), 1 << 20, &sealed));
  f.script->AwaitSyncBegin();
  f.MustPut("b");
  f.MustPut("c", kLater);
  CHECK_OK(f.queue.WritePending());
  CHECK_EQ(f.queue.acknowledged(), 3);
  CHECK_OK(f.queue.Rotate(std::make_shared<MemTable>(), Fixture::NewLog(third, 3), 1 << 20, &sealed));
  f.MustPut("d", kSyncLater);
  CHECK_OK(f.queue.WritePending());
  CHECK_EQ(f.queue.acknowledged(), 3);
  f.script->Hold(false);
  f.AwaitAcknowledged(4);
  CHECK_EQ(second->Syncs(), 1);
  CHECK_EQ(third->Syncs(), 1);
}

TEST(CommitQueue, AllocatesAheadOfNeed) {
  Fixture f(64 << 20);
  const std::string value(100000, 'x');
  Status status;
  for (int i = 0; i < 200; ++i) {
    CHECK(f.queue.WriteOne(Kind::kPut, "key" + std::to_string(i), value, {}, &status) == WriteOutcome::kDone);
  }
  uint64_t length;
  CHECK_OK(f.queue.Stop(true, &length));
  CHECK_GT(f.script->Get(&Script::allocated), length);
}

TEST(CommitQueue, RefusesWhenTheMemtableIsFullOrWritesAreStopped) {
  Fixture f(4096);
  Status status;
  int admitted = 0;
  while (f.Put("key" + std::to_string(admitted), {}, &status) == WriteOutcome::kDone) ++admitted;
  CHECK_OK(status);
  CHECK_GT(admitted, 1);
  CHECK(f.Put("more", {}, &status) == WriteOutcome::kMemtableFull);
  CHECK(f.Put("more", {.force = true}, &status) == WriteOutcome::kDone);
  f.queue.SetGate(CommitQueue::Gate::kStopped, 0);
  CHECK(f.Put("stopped", {}, &status) == WriteOutcome::kStopped);
  CHECK(!f.Has("stopped"));
}

TEST(CommitQueue, ABatchLargerThanAMemtableIsAdmittedAlone) {
  Fixture f(4096);
  std::string records;
  AppendRecord(&records, Kind::kPut, "large", std::string(100000, 'x'));
  Status status;
  CHECK(f.queue.Write(records, 1, {}, &status) == WriteOutcome::kDone);
  CHECK(f.queue.Write(records, 1, {}, &status) == WriteOutcome::kMemtableFull);
}

TEST(CommitQueue, RefusesMalformedBatchesWithNothingChanged) {
  Fixture f;
  std::string records;
  AppendRecord(&records, Kind::kPut, "a", "1");
  Status status;
  CHECK(f.queue.Write(records, 2, {}, &status) == WriteOutcome::kFailed);
  CHECK(status.Is(Code::kInvalidArgument));
  CHECK(f.queue.Write(Slice(records).substr(0, 5), 1, {}, &status) == WriteOutcome::kFailed);
  CHECK_EQ(f.queue.submitted(), 0);
  f.MustPut("fine");
}

TEST(CommitQueue, WritesAfterStopAreNeverApplied) {
  Fixture f;
  f.MustPut("a", kLater);
  uint64_t length;
  CHECK_OK(f.queue.Stop(true, &length));
  Status status;
  CHECK(f.Put("b", {}, &status) == WriteOutcome::kFailed);
  CHECK(status.Is(Code::kClosed));
  CHECK_EQ(f.queue.acknowledged(), 1);
  CHECK_OK(f.queue.Stop(true, &length));
}

// Every mix of modes from one writer, with rotations: acknowledgements never run ahead, everything logged is replayed in
// order. The interesting verdict is TSan's.
TEST(CommitQueue, WhoeverAsksForTheVisibleSequenceFindsAllWritesUpToIt) {
  Fixture f(64 << 20);
  constexpr SequenceNumber kWrites = 20000;
  auto key_of = [](SequenceNumber s) { return std::to_string(s * 0x9e3779b9 % 1000003); };
  auto read = [&](uint64_t seed) {
    Random random(seed);
    for (SequenceNumber visible = 0; visible < kWrites;) {
      visible = f.queue.visible_sequence();
      if (visible == 0) continue;
      // The newest ones are those that may be on their way.
      const SequenceNumber s = visible - random.Uniform(std::min<SequenceNumber>(visible, 20));
      Slice value;
      SequenceNumber found;
      CHECK(f.memtable->Get(LookupKey(key_of(s), visible), &value, &found) == LookupResult::kValue);
      CHECK_EQ(found, s);
    }
  };
  std::vector<std::thread> readers;
  for (uint64_t i = 0; i < 2; ++i) readers.emplace_back(read, TestSeed() + i);
  for (SequenceNumber s = 1; s <= kWrites; ++s) f.MustPut(key_of(s), s % 100 == 0 ? WriteMode{} : kLater);
  for (std::thread& reader : readers) reader.join();
}

TEST(CommitQueue, ASealedMemtableHasAllItsRecords) {
  Fixture f;
  for (int i = 0; i < 21; ++i) f.MustPut("k" + std::to_string(i), kLater);
  std::shared_ptr<MemTable> sealed;
  CHECK_OK(
      f.queue.Rotate(std::make_shared<MemTable>(), Fixture::NewLog(std::make_shared<Script>(), 2), 1 << 20, &sealed));
  auto records = sealed->NewIterator();
  int found = 0;
  for (records->SeekToFirst(); records->Valid(); records->Next()) ++found;
  CHECK_EQ(found, 21);
}

TEST(CommitQueue, RandomModes) {
  Random random(TestSeed());
  Fixture f(1 << 16);
  std::vector<std::shared_ptr<Script>> logs{f.script};
  std::vector<std::string> expected;
  for (int i = 0; i < 3000; ++i) {
    std::string key = "key" + std::to_string(i);
    WriteMode mode{.sync = random.OneIn(8), .wal = !random.OneIn(10), .wait = random.OneIn(2), .force = true};
    f.MustPut(key, mode);
    if (mode.wal) expected.push_back(key);
    if (mode.wait) CHECK_EQ(f.queue.acknowledged(), f.queue.submitted());
    if (random.OneIn(20)) CHECK_OK(f.queue.WritePending());
    if (random.OneIn(50)) CHECK_OK(f.queue.Sync());
    if (random.OneIn(200)) {
      logs.push_back(std::make_shared<Script>());
      std::shared_ptr<MemTable> sealed;
      CHECK_OK(
          f.queue.Rotate(std::make_shared<MemTable>(), Fixture::NewLog(logs.back(), logs.size()), 1 << 20, &sealed));
    }
    if (random.OneIn(100)) {
      uint64_t index;
      CHECK_OK(f.queue.SyncAsync(&index));
      if (random.OneIn(2)) f.AwaitAcknowledged(index);
    }
  }
  uint64_t length;
  CHECK_OK(f.queue.Stop(true, &length));
  CHECK_EQ(f.queue.acknowledged(), f.queue.submitted());
  std::vector<std::string> logged;
  for (size_t i = 0; i < logs.size(); ++i) {
    log::LogReader reader(std::make_unique<BytesFile>(logs[i]->data), "test.wal", {.log_number = i + 1});
    for (Slice payload; reader.ReadRecord(&payload);) {
      BatchReader batch(payload.substr(kBatchHeaderSize));
      for (BatchRecord record; batch.Next(&record);) logged.emplace_back(record.key);
    }
    CHECK_OK(reader.status());
    CHECK(reader.end() == log::LogEnd::kSealed);
  }
  CHECK(logged == expected);
}

}  // namespace
}  // namespace burrow
