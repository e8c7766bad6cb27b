// The engine against a simple model: random writes, range deletions, snapshots, rotations, flushes and compactions, with
// every kind of read after each, on the memory Env. What TypeScript decides is decided here at random.

#include <algorithm>
#include <map>
#include <optional>

#include "engine/engine.h"
#include "engine/explain_get.h"
#include "engine/explain_scan.h"
#include "engine/key_history.h"
#include "engine/scan_testing.h"
#include "jobs/job_runner.h"
#include "jobs/job_testing.h"
#include "util/random.h"
#include "util/testing.h"

namespace burrow {
namespace {

using Model = std::map<std::string, std::string>;

class Machine {
 public:
  explicit Machine(uint64_t seed) : random_(seed) {
    CHECK_OK(env_->CreateDirs("/db"));
    EngineOptions options;
    options.env = env_.get();
    options.directory = "/db";
    options.memtable_size = 8 << 10;
    options.block_cache_size = random_.OneIn(3) ? 0 : 16 << 10;
    options.max_open_files = random_.OneIn(2) ? 2 : 100;
    engine_ = std::make_unique<Engine>(options, &progress_);
    runner_ = std::make_unique<JobRunner>(JobRunner::Options{}, engine_.get(), &completions_);
    format_.block_size = 1 + random_.Uniform(2000);
    format_.codec = random_.OneIn(2) ? CodecId::kNone : CodecId::kLz4;
    format_.bloom_bits_per_key = random_.OneIn(3) ? 0 : 10;
    target_file_size_ = 512 + random_.Uniform(8000);
    uint64_t log = PrepareLog();
    CHECK_OK(engine_->Start(1, log));
  }

  void Step() {
    switch (random_.Uniform(40)) {
      case 0: Rotate(); break;
      case 1: Flush(); break;
      case 2: CompactL0(); break;
      case 3: CompactOneTable(1 + static_cast<int>(random_.Uniform(2))); break;
      case 4: TakeSnapshot(); break;
      case 5: DropSnapshot(); break;
      case 6:
      case 7: DeleteRange(); break;
      case 8:
      case 9:
      case 10:
      case 11: Delete(); break;
      case 12:
      case 13: CheckScan(); break;
      case 14:
      case 15:
      case 16:
      case 17: CheckGet(); break;
      default: Put(); break;
    }
  }

  void CheckAll() {
    for (int i = 0; i < kKeys; ++i) CheckGetOf(Key(i));
    CheckWholeScan(false);
    CheckWholeScan(true);
  }

 private:
  static constexpr int kKeys = 300;
  struct Snapshot {
    SequenceNumber sequence;
    Model model;
  };

  std::string Key(uint64_t i) const { return "key" + std::to_string(1000 + i); }
  std::string RandomKey() { return Key(random_.Uniform(kKeys)); }

  void Write(Kind kind, Slice key, Slice value) {
    Status status;
    WriteMode mode{.sync = random_.OneIn(20), .wait = random_.OneIn(2)};
    WriteOutcome outcome = engine_->commits().WriteOne(kind, key, value, mode, &status);
    if (outcome == WriteOutcome::kMemtableFull) {
      Rotate();
      outcome = engine_->commits().WriteOne(kind, key, value, mode, &status);
    }
    CHECK_OK(status);
    CHECK(outcome == WriteOutcome::kDone);
  }
  void Put() {
    std::string key = RandomKey(), value = std::string(random_.Uniform(120), 'a' + random_.Uniform(26));
    Write(Kind::kPut, key, value);
    model_[key] = value;
  }
  void Delete() {
    std::string key = RandomKey();
    Write(Kind::kDelete, key, "");
    model_.erase(key);
  }
  void DeleteRange() {
    std::string begin = RandomKey(), end = Key(random_.Uniform(kKeys));
    if (random_.OneIn(2) && begin < end) end = Key(std::min<uint64_t>(std::stoul(begin.substr(3)) - 1000 + 5, kKeys));
    Write(Kind::kRangeDelete, begin, end);
    if (begin < end) model_.erase(model_.lower_bound(begin), model_.lower_bound(end));
  }

  uint64_t PrepareLog() {
    uint64_t number = engine_->NewFileNumber();
    CHECK_OK(Run(PrepareWalRequest{number, 4096}).status);
    return number;
  }
  JobCompletion Run(JobRequest request) {
    CHECK_OK(runner_->Submit({++job_, std::move(request)}));
    std::vector<JobCompletion> done;
    while (done.empty()) {
      progress_.Wait(std::chrono::milliseconds(100));
      done = completions_.Take();
    }
    CHECK_EQ(done.size(), 1);
    CHECK_EQ(done[0].id, job_);
    return std::move(done[0]);
  }

  void Rotate() {
    uint64_t sealed;
    CHECK_OK(engine_->Rotate(PrepareLog(), &sealed));
  }
  void Flush() {
    auto memtables = engine_->Memtables();
    if (memtables.size() == 1) return;
    FlushRequest request;
    request.format = format_;
    request.target_file_size = random_.OneIn(2) ? 0 : target_file_size_;
    size_t count = 1 + random_.Uniform(memtables.size() - 1);
    for (size_t i = 1; i <= count; ++i) request.memtables.push_back(memtables[i].id);
    JobCompletion done = Run(request);
    CHECK_OK(done.status);
    CHECK_OK(engine_->InstallVersion(TableSpecs(done.tables, 0), {}, count));
  }

  std::vector<TableRef> Tables(int level) const {
    const Levels& levels = engine_->CurrentView()->levels();
    return level < levels.count() ? levels.level(level).tables : std::vector<TableRef>();
  }
  static bool Before(const TableEntry& a, const TableEntry& b) {
    return a.largest < b.smallest || (a.largest == b.smallest && a.largest_exclusive);
  }
  void Compact(std::vector<TableRef> upper, int level) {
    if (upper.empty()) return;
    // All that lies within the span of the upper tables together, as the policy picks them: an output may bridge a gap
    // between two of these, where none of them overlaps anything.
    std::vector<TableRef> lower;
    for (const TableRef& table : Tables(level + 1)) {
      if (std::any_of(upper.begin(), upper.end(), [&](const TableRef& t) { return !Before(*t, *table); }) &&
          std::any_of(upper.begin(), upper.end(), [&](const TableRef& t) { return !Before(*table, *t); })) {
        lower.push_back(table);
      }
    }
    CompactRequest request;
    request.format = format_;
    request.output_level = level + 1;
    request.target_file_size = target_file_size_;
    request.max_grandparent_overlap = random_.OneIn(2) ? 0 : 4 * target_file_size_;
    std::vector<std::pair<int, uint64_t>> dropped;
    CompactRequest::Input top{level, {}}, bottom{level + 1, {}};
    for (const TableRef& t : upper) top.tables.push_back(t->number), dropped.emplace_back(level, t->number);
    for (const TableRef& t : lower) bottom.tables.push_back(t->number), dropped.emplace_back(level + 1, t->number);
    request.inputs.push_back(top);
    if (!bottom.tables.empty()) request.inputs.push_back(bottom);
    JobCompletion done = Run(request);
    CHECK_OK(done.status);
    CHECK_OK(engine_->InstallVersion(TableSpecs(done.tables, level + 1), dropped, 0));
    DeleteReleased();
  }
  void CompactL0() { Compact(Tables(0), 0); }
  void CompactOneTable(int level) {
    auto tables = Tables(level);
    if (!tables.empty()) Compact({tables[random_.Uniform(tables.size())]}, level);
  }
  void DeleteReleased() {
    DeleteFilesRequest request;
    for (uint64_t number : engine_->released()->Take()) request.files.push_back({FileKind::kTable, number});
    if (!request.files.empty()) CHECK_OK(Run(request).status);
  }

  void TakeSnapshot() {
    if (snapshots_.size() >= 4) return;
    snapshots_.push_back({engine_->visible_sequence(), model_});
    engine_->snapshots().Add(snapshots_.back().sequence);
  }
  void DropSnapshot() {
    if (snapshots_.empty()) return;
    size_t i = random_.Uniform(snapshots_.size());
    engine_->snapshots().Remove(snapshots_[i].sequence);
    snapshots_.erase(snapshots_.begin() + static_cast<ptrdiff_t>(i));
  }

  // Latest, or one of the snapshots.
  SequenceNumber PickMoment(const Model** model) {
    *model = &model_;
    if (snapshots_.empty() || random_.OneIn(2)) return engine_->visible_sequence();
    const Snapshot& snapshot = snapshots_[random_.Uniform(snapshots_.size())];
    *model = &snapshot.model;
    return snapshot.sequence;
  }
  void CheckGet() { CheckGetOf(RandomKey()); }
  void CheckGetOf(const std::string& key) {
    const Model* model;
    SequenceNumber sequence = PickMoment(&model);
    GetResult result;
    CHECK_OK(engine_->Get(key, sequence, {}, &result));
    auto expected = model->find(key);
    CHECK_EQ(result.outcome == GetOutcome::kValue, expected != model->end());
    if (expected != model->end()) CHECK_EQ(result.value.value, expected->second);
    CheckExplainedGet(key, sequence, result);
  }
  // The explanation has the answer of the read, and ends where that was found; the history leads to the same one.
  void CheckExplainedGet(const std::string& key, SequenceNumber sequence, const GetResult& answer) {
    GetResult explained;
    SequenceNumber found;
    std::vector<GetStep> steps;
    CHECK_OK(ExplainGet(*engine_->CurrentView(), key, sequence, {}, &explained, &found, &steps));
    CHECK(explained.outcome == answer.outcome);
    CHECK_EQ(explained.value.value, answer.value.value);
    CHECK(!steps.empty());
    const bool is_there = answer.outcome == GetOutcome::kValue;
    CHECK_EQ(steps.back().outcome == GetStep::Outcome::kHit, is_there);
    CHECK_EQ(steps.back().sequence, is_there ? found : steps.back().sequence);
    for (size_t i = 0; i + 1 < steps.size(); ++i) CHECK(steps[i].outcome != GetStep::Outcome::kHit);

    std::vector<KeyVersion> versions;
    CHECK_OK(KeyHistory(*engine_->CurrentView(), key, sequence, &versions));
    const bool put_is_newest = !versions.empty() && versions[0].kind == static_cast<uint8_t>(Kind::kPut);
    CHECK_EQ(put_is_newest, is_there);
    if (!is_there) return;
    CHECK_EQ(versions[0].sequence, found);
    CHECK_EQ(versions[0].value_bytes, answer.value.value.size());
    CHECK_EQ(versions[0].file, steps.back().file);
  }
  void CheckWholeScan(bool reverse) {
    ScanOptions options;
    options.reverse = reverse;
    CheckScanOf(options);
  }
  void CheckScan() {
    ScanOptions options;
    options.reverse = random_.OneIn(2);
    if (random_.OneIn(2)) options.lower = RandomKey();
    if (random_.OneIn(2)) options.upper = RandomKey();
    if (random_.OneIn(3)) options.limit = random_.Uniform(20);
    if (random_.OneIn(2)) options.read.read_ahead = 1 + random_.Uniform(4096);
    if (random_.OneIn(2)) options.read.read_ahead_thread = engine_->read_ahead_thread();
    CheckScanOf(options);
  }
  void CheckScanOf(const ScanOptions& options) {
    const Model* model;
    SequenceNumber sequence = PickMoment(&model);
    std::vector<std::pair<std::string, std::string>> expected;
    for (const auto& entry : *model) {
      if (options.lower && entry.first < *options.lower) continue;
      if (options.upper && entry.first >= *options.upper) continue;
      expected.push_back(entry);
    }
    if (options.reverse) std::reverse(expected.begin(), expected.end());
    if (expected.size() > options.limit) expected.resize(options.limit);

    Scan scan(engine_->CurrentView(), sequence, options);
    std::vector<std::pair<std::string, std::string>> found;
    char buffer[1024];
    for (Scan::Batch batch; !batch.done;) {
      CHECK_OK(scan.Fill(buffer, sizeof buffer, 1 + static_cast<uint32_t>(random_.Uniform(10)), &batch));
      CHECK_EQ(batch.needed, 0);
      UnpackRecords(buffer, sizeof buffer, batch, &found);
    }
    CHECK_EQ(found.size(), expected.size());
    CHECK(found == expected);
    CheckExplainedScan(options, sequence, expected);
  }

  void CheckExplainedScan(const ScanOptions& options, SequenceNumber sequence,
                          const std::vector<std::pair<std::string, std::string>>& expected) {
    ScanReport report;
    CHECK_OK(ExplainScan(engine_->CurrentView(), sequence, options, &report));
    CHECK_EQ(report.returned, expected.size());
    size_t keys = 0, values = 0;
    for (const auto& [key, value] : expected) keys += key.size(), values += value.size();
    CHECK_EQ(report.key_bytes, keys);
    CHECK_EQ(report.value_bytes, values);
    CHECK(report.records.passed >= report.returned);
    if (!options.reverse) CHECK(report.skipped >= report.records.tombstones);
    BlockReads::Counts sum;
    for (const ScanReport::Table& table : report.tables) {
      sum.cached += table.blocks.cached;
      sum.read += table.blocks.read;
      sum.bytes += table.blocks.bytes;
    }
    CHECK_EQ(sum.cached, report.blocks.cached);
    CHECK_EQ(sum.read, report.blocks.read);
    CHECK_EQ(sum.bytes, report.blocks.bytes);
  }

  Random random_;
  std::shared_ptr<Env> env_ = Env::NewMemory();
  ProgressSignal progress_{nullptr};
  CompletionQueue<JobCompletion> completions_{&progress_};
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<JobRunner> runner_;
  TableFormat format_;
  uint64_t target_file_size_ = 0;
  uint64_t job_ = 0;
  Model model_;
  std::vector<Snapshot> snapshots_;
};

TEST(EngineModel, RandomHistories) {
  for (uint64_t i = 0; i < 12; ++i) {
    Machine machine(TestSeed() + i);
    for (int step = 0; step < 2000; ++step) machine.Step();
    machine.CheckAll();
  }
}

}  // namespace
}  // namespace burrow
