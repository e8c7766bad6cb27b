// Threads on one engine, for the thread sanitizer and for what only shows when everything happens at once. The owner
// writes, rotates, installs what jobs made and deletes what was released, as the contract of engine/engine.h has it; other
// threads get, scan and verify through the views and snapshots that it hands out. In the middle of it all, it closes; what
// is in the files then is all that was written.
//
// Every batch does the same to the keys a… and b…, so that each moment shows both halves alike.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <deque>
#include <map>
#include <mutex>
#include <thread>

#include "base/write_batch.h"
#include "engine/engine.h"
#include "engine/scan_testing.h"
#include "env/file_names.h"
#include "jobs/job_runner.h"
#include "jobs/job_testing.h"
#include "util/hash.h"
#include "util/random.h"
#include "util/testing.h"

namespace burrow {
namespace {

constexpr uint64_t kKeys = 200;
constexpr size_t kSnapshots = 4;

std::string Key(char half, uint64_t i) { return half + std::to_string(1000 + i); }

// A moment to read at: what the owner hands to other threads.
struct Moment {
  std::shared_ptr<const ReadView> view;
  SequenceNumber sequence = 0;
  ReadAheadThread* read_ahead_thread = nullptr;
};

// A sequence number that stays readable through every later view, and the digest of what the first read there saw.
struct Snapshot {
  explicit Snapshot(SequenceNumber at) : sequence(at) {}
  const SequenceNumber sequence;
  std::atomic<uint64_t> digest{0};  // 0: not read yet
};

class Board {
 public:
  void Publish(Moment moment) {
    std::lock_guard lock(mutex_);
    moment_ = std::move(moment);
  }
  // The newest moment or, as often, that of a snapshot in the newest view.
  Moment Take(Random* random, std::shared_ptr<Snapshot>* snapshot) {
    std::lock_guard lock(mutex_);
    Moment moment = moment_;
    snapshot->reset();
    if (!snapshots_.empty() && random->OneIn(2)) {
      *snapshot = snapshots_[random->Uniform(snapshots_.size())];
      moment.sequence = (*snapshot)->sequence;
    }
    return moment;
  }
  void Add(std::shared_ptr<Snapshot> snapshot) {
    std::lock_guard lock(mutex_);
    snapshots_.push_back(std::move(snapshot));
  }
  // The oldest snapshot once no thread reads at it; null when there are few, or it is still read at.
  std::shared_ptr<Snapshot> Retire() {
    std::lock_guard lock(mutex_);
    if (snapshots_.size() < kSnapshots || snapshots_.front().use_count() > 1) return nullptr;
    std::shared_ptr<Snapshot> oldest = std::move(snapshots_.front());
    snapshots_.pop_front();
    return oldest;
  }

 private:
  std::mutex mutex_;
  Moment moment_;
  std::deque<std::shared_ptr<Snapshot>> snapshots_;
};

// What one half of the keys looks like at a moment.
std::vector<std::pair<std::string, std::string>> ReadHalf(const Moment& moment, char half, bool reverse,
                                                          Random* random) {
  ScanOptions options;
  options.lower = std::string(1, half);
  options.upper = std::string(1, static_cast<char>(half + 1));
  options.reverse = reverse;
  options.read.fill_cache = random->OneIn(2);
  if (random->OneIn(3)) options.read.read_ahead = 100 + random->Uniform(4000);
  if (random->OneIn(2)) options.read.read_ahead_thread = moment.read_ahead_thread;
  Scan scan(moment.view, moment.sequence, options);
  std::vector<std::pair<std::string, std::string>> found;
  char buffer[2048];
  for (Scan::Batch batch; !batch.done;) {
    CHECK_OK(scan.Fill(buffer, sizeof buffer, 1 + static_cast<uint32_t>(random->Uniform(40)), &batch));
    UnpackRecords(buffer, sizeof buffer, batch, &found);
  }
  for (auto& [key, value] : found) key.erase(0, 1);
  if (reverse) std::reverse(found.begin(), found.end());
  return found;
}

uint64_t Digest(const std::vector<std::pair<std::string, std::string>>& records) {
  uint64_t digest = 1;
  for (const auto& [key, value] : records) digest = Hash64(value, Hash64(key, digest));
  return digest | 1;
}

void CheckPair(const Moment& moment, uint64_t i) {
  GetResult a, b;
  CHECK_OK(PointGet(*moment.view, Key('a', i), moment.sequence, {}, &a));
  CHECK_OK(PointGet(*moment.view, Key('b', i), moment.sequence, {}, &b));
  CHECK(a.outcome == b.outcome);
  if (a.outcome == GetOutcome::kValue) CHECK_EQ(a.value.value, b.value.value);
}

void CheckHalves(const Moment& moment, Snapshot* snapshot, Random* random) {
  const auto a = ReadHalf(moment, 'a', random->OneIn(2), random);
  CHECK(a == ReadHalf(moment, 'b', random->OneIn(2), random));
  if (snapshot == nullptr) return;
  uint64_t expected = 0;
  const uint64_t digest = Digest(a);
  if (!snapshot->digest.compare_exchange_strong(expected, digest)) CHECK_EQ(digest, expected);
}

class Machine {
 public:
  explicit Machine(uint64_t seed) : random_(seed) {
    CHECK_OK(env_->CreateDirs("/db"));
    format_.block_size = 100 + random_.Uniform(1000);
    format_.codec = random_.OneIn(2) ? CodecId::kNone : CodecId::kLz4;
    Open();
    active_log_ = engine_->NewFileNumber();
    CHECK_OK(engine_->PrepareLog(active_log_, 4096));
    CHECK_OK(engine_->Start(1, active_log_));
    Publish();
  }

  void Run(int steps) {
    std::vector<std::thread> threads;
    for (uint64_t i = 0; i < 3; ++i) threads.emplace_back([this, seed = random_.Next()] { ReadForAWhile(seed); });
    threads.emplace_back([this, seed = random_.Next()] { VerifyForAWhile(seed); });
    threads.emplace_back([this] { WatchForAWhile(); });
    for (int step = 0; step < steps; ++step) Step();
    // Jobs are running, and threads are reading.
    runner_->Shutdown();
    uint64_t log, length;
    CHECK_OK(engine_->StopWrites(&log, &length));
    CHECK_EQ(log, active_log_);
    Status status;
    CHECK(engine_->commits().WriteOne(Kind::kPut, "a", "", {}, &status) == WriteOutcome::kFailed);
    stopped_ = true;
    for (std::thread& thread : threads) thread.join();
    CheckWhatIsOnDisk();
  }

 private:
  void Open() {
    EngineOptions options;
    options.env = env_.get();
    options.directory = "/db";
    options.memtable_size = 16 << 10;
    options.block_cache_size = random_.OneIn(3) ? 0 : 32 << 10;
    options.max_open_files = random_.OneIn(2) ? 2 : 100;
    if (engine_ != nullptr) options.next_file_number = engine_->next_file_number();
    runner_.reset();
    engine_ = std::make_unique<Engine>(options, &progress_);
    runner_ = std::make_unique<JobRunner>(JobRunner::Options{}, engine_.get(), &completions_);
  }
  void Publish() {
    board_.Publish({engine_->CurrentView(), engine_->visible_sequence(), engine_->read_ahead_thread()});
  }

  // --- the owner
  void Step() {
    switch (random_.Uniform(16)) {
      case 0: StartFlush(); break;
      case 1: StartCompaction(); break;
      case 2: HandleSnapshots(); break;
      case 3: DeleteReleased(); break;
      case 4: DeleteRange(); break;
      case 5:
        if (random_.OneIn(20)) runner_->CancelCompactions();
        break;
      case 6:
        if (random_.OneIn(10)) CHECK_OK(engine_->commits().Sync());
        break;
      case 7:
        if (random_.OneIn(4)) (void)progress_.Wait(std::chrono::milliseconds(2));  // lets jobs come to an end
        break;
      default: Write();
    }
    TakeCompletions();
    Publish();
  }

  void Submit(const std::string& records, uint32_t count) {
    Status status;
    const WriteMode mode{.sync = random_.OneIn(10), .wait = random_.OneIn(10)};
    WriteOutcome outcome = engine_->commits().Write(records, count, mode, &status);
    if (outcome == WriteOutcome::kMemtableFull) {
      Rotate();
      outcome = engine_->commits().Write(records, count, mode, &status);
    }
    CHECK_OK(status);
    CHECK(outcome == WriteOutcome::kDone);
  }
  void Write() {
    std::string records;
    const uint32_t pairs = 1 + static_cast<uint32_t>(random_.Uniform(8));
    for (uint32_t n = 0; n < pairs; ++n) {
      const uint64_t i = random_.Uniform(kKeys);
      const bool put = !random_.OneIn(5);
      const std::string value =
          put ? std::string(random_.Uniform(100), static_cast<char>('a' + random_.Uniform(26))) : "";
      for (char half : {'a', 'b'}) AppendRecord(&records, put ? Kind::kPut : Kind::kDelete, Key(half, i), value);
      if (put) {
        model_[std::to_string(1000 + i)] = value;
      } else {
        model_.erase(std::to_string(1000 + i));
      }
    }
    Submit(records, 2 * pairs);
  }
  void DeleteRange() {
    const uint64_t begin = random_.Uniform(kKeys), end = begin + random_.Uniform(20);
    std::string records;
    for (char half : {'a', 'b'}) AppendRecord(&records, Kind::kRangeDelete, Key(half, begin), Key(half, end));
    model_.erase(model_.lower_bound(std::to_string(1000 + begin)), model_.lower_bound(std::to_string(1000 + end)));
    Submit(records, 2);
  }
  void Rotate() {
    const uint64_t log = engine_->NewFileNumber();
    CHECK_OK(engine_->PrepareLog(log, 4096));
    uint64_t sealed;
    CHECK_OK(engine_->Rotate(log, &sealed));
    sealed_logs_.push_back(active_log_);
    active_log_ = log;
  }
  void HandleSnapshots() {
    if (auto retired = board_.Retire()) engine_->snapshots().Remove(retired->sequence);
    auto snapshot = std::make_shared<Snapshot>(engine_->visible_sequence());
    engine_->snapshots().Add(snapshot->sequence);
    board_.Add(std::move(snapshot));
  }

  void StartFlush() {
    const auto memtables = engine_->Memtables();
    if (flushing_ > 0 || memtables.size() == 1) return;
    FlushRequest request;
    request.format = format_;
    flushing_ = 1 + random_.Uniform(memtables.size() - 1);
    for (size_t i = 1; i <= flushing_; ++i) request.memtables.push_back(memtables[i].id);
    CHECK_OK(runner_->Submit({kFlushId, std::move(request)}));
  }
  std::vector<TableRef> Tables(int level) const {
    const Levels& levels = engine_->CurrentView()->levels();
    return level < levels.count() ? levels.level(level).tables : std::vector<TableRef>();
  }
  // All of L0 and L1 into L1.
  void StartCompaction() {
    if (!compacting_.empty() || Tables(0).size() < 2) return;
    CompactRequest request;
    request.format = format_;
    request.output_level = 1;
    request.target_file_size = 4 << 10;
    for (int level : {0, 1}) {
      CompactRequest::Input input{level, {}};
      for (const TableRef& table : Tables(level)) {
        input.tables.push_back(table->number);
        compacting_.emplace_back(level, table->number);
      }
      if (!input.tables.empty()) request.inputs.push_back(std::move(input));
    }
    CHECK_OK(runner_->Submit({kCompactionId, std::move(request)}));
  }
  void DeleteReleased() {
    DeleteFilesRequest request;
    for (uint64_t number : engine_->released()->Take()) request.files.push_back({FileKind::kTable, number});
    if (!request.files.empty()) CHECK_OK(runner_->Submit({kDeletionId, std::move(request)}));
  }

  void TakeCompletions() {
    if (completions_.empty()) return;
    for (JobCompletion& done : completions_.Take()) {
      if (done.id == kDeletionId) {
        CHECK_OK(done.status);
      } else if (!done.status.ok()) {
        CHECK(done.id == kCompactionId && done.status.Is(Code::kAborted));
        DeleteFilesRequest request;
        for (const TableOutput& output : done.tables.outputs)
          request.files.push_back({FileKind::kTable, output.number});
        if (!request.files.empty()) CHECK_OK(runner_->Submit({kDeletionId, std::move(request)}));
        compacting_.clear();
      } else if (done.id == kFlushId) {
        CHECK_OK(engine_->InstallVersion(TableSpecs(done.tables, 0), {}, flushing_));
        sealed_logs_.erase(sealed_logs_.begin(), sealed_logs_.begin() + static_cast<ptrdiff_t>(flushing_));
        flushing_ = 0;
      } else {
        CHECK_OK(engine_->InstallVersion(TableSpecs(done.tables, 1), compacting_, 0));
        compacting_.clear();
      }
    }
  }

  // --- the other threads, until the owner has closed
  void ReadForAWhile(uint64_t seed) {
    Random random(seed);
    while (!stopped_) {
      std::shared_ptr<Snapshot> snapshot;
      const Moment moment = board_.Take(&random, &snapshot);
      for (int i = 0; i < 20; ++i) CheckPair(moment, random.Uniform(kKeys));
      CheckHalves(moment, snapshot.get(), &random);
    }
  }
  void VerifyForAWhile(uint64_t seed) {
    Random random(seed);
    TableReader::Counters counters;
    while (!stopped_) {
      std::shared_ptr<Snapshot> snapshot;
      const Moment moment = board_.Take(&random, &snapshot);
      const Levels& levels = moment.view->levels();
      for (int level = 0; level < levels.count() && !stopped_; ++level) {
        for (const TableRef& table : levels.level(level).tables) VerifyTable(*table, &counters);
      }
    }
  }
  void VerifyTable(const TableEntry& table, TableReader::Counters* counters) {
    const std::string path = FileName("/db", FileKind::kTable, table.number);
    std::unique_ptr<RandomAccessFile> file;
    CHECK_OK(env_->NewRandomAccessFile(path, &file));
    std::shared_ptr<TableReader> reader;
    CHECK_OK(TableReader::Open(std::move(file), path, table.number, table.size, nullptr, nullptr, counters, &reader));
    CHECK_OK(reader->Verify());
  }
  void WatchForAWhile() {
    while (!stopped_) {
      CHECK_LE(engine_->commits().acknowledged(), engine_->commits().submitted());
      (void)engine_->commits().GetStats();
      (void)engine_->block_cache().GetStats();
      (void)engine_->snapshots().Distinct();
      std::this_thread::yield();
    }
  }

  // --- after the close: the tables that are installed, and the logs of the memtables that are not flushed.
  void CheckWhatIsOnDisk() {
    std::vector<Engine::TableSpec> specs;
    for (int level : {1, 0}) {
      auto tables = Tables(level);
      std::reverse(tables.begin(), tables.end());
      for (const TableRef& t : tables) {
        specs.push_back({level, t->number, t->size, t->smallest, t->largest, t->largest_exclusive, t->range_tombstones,
                         t->largest_sequence});
      }
    }
    board_.Publish({});
    Open();
    CHECK_OK(engine_->InstallVersion(specs, {}, 0));
    SequenceNumber last = 0;
    for (const Engine::TableSpec& spec : specs) last = std::max(last, spec.largest_sequence);
    sealed_logs_.push_back(active_log_);
    for (uint64_t number : sealed_logs_) {
      Engine::ReplayResult replay;
      CHECK_OK(engine_->ReplayLog(number, UINT64_MAX, /*salvage=*/false, &replay));
      CHECK(replay.end == log::LogEnd::kSealed);
      if (replay.memtable_id != 0) CHECK_OK(engine_->AdoptMemtable(replay.memtable_id));
      last = std::max(last, replay.last_sequence);
    }
    const Moment moment{engine_->CurrentView(), last};
    const auto found = ReadHalf(moment, 'a', false, &random_);
    CHECK(found == (std::vector<std::pair<std::string, std::string>>(model_.begin(), model_.end())));
    CHECK(found == ReadHalf(moment, 'b', true, &random_));
  }

  static constexpr uint64_t kFlushId = 1, kCompactionId = 2, kDeletionId = 3;

  Random random_;
  std::shared_ptr<Env> env_ = Env::NewMemory();
  ProgressSignal progress_{nullptr};
  CompletionQueue<JobCompletion> completions_{&progress_};
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<JobRunner> runner_;
  TableFormat format_;
  Board board_;
  std::atomic<bool> stopped_{false};

  std::map<std::string, std::string> model_;  // of one half
  uint64_t active_log_ = 0;
  std::vector<uint64_t> sealed_logs_;  // of the immutable memtables, oldest first
  size_t flushing_ = 0;                // memtables that the running flush writes
  std::vector<std::pair<int, uint64_t>> compacting_;
};

TEST(Stress, ReadsWritesJobsAndACloseAtOnce) {
  for (uint64_t i = 0; i < 6; ++i) {
    Machine machine(TestSeed() + i);
    machine.Run(2000);
  }
}

}  // namespace
}  // namespace burrow
