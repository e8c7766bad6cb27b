#include "jobs/salvage_job.h"

#include "base/write_batch.h"
#include "env/fault_env.h"
#include "env/file_names.h"
#include "env/memory_env.h"
#include "jobs/copy_job.h"
#include "jobs/survey_wal_job.h"
#include "jobs/verify_job.h"
#include "util/testing.h"
#include "wal/log_writer.h"

namespace burrow {
namespace {

constexpr char kDir[] = "/db";

// A table 1 and a log 2, both with some damage, in a directory whose Env can fail.
struct Fixture {
  Fixture() {
    CHECK_OK(env.CreateDirs(kDir));
    std::unique_ptr<WritableFile> file;
    CHECK_OK(env.NewWritableFile(Table(1), Env::OpenMode::kTruncate, &file));
    TableBuilderOptions options;
    options.block_size = 512;
    options.codec = CodecId::kNone;
    TableBuilder builder(options, std::move(file));
    for (uint64_t i = 0; i < 500; i++) {
      std::string key;
      AppendInternalKey(&key, "key" + std::to_string(1000 + i), PackTrailer(i + 1, Kind::kPut));
      CHECK_OK(builder.Add(key, "value"));
    }
    builder.AddRangeTombstone({"a", "b", 7});
    TableProperties properties;
    CHECK_OK(builder.Finish(&properties));

    CHECK_OK(env.NewWritableFile(Wal(2), Env::OpenMode::kTruncate, &file));
    log::LogWriter log(std::move(file), log::LogKind::kWal, 2, DatabaseId());
    for (SequenceNumber sequence = 1; sequence <= 50; sequence++) {
      std::string payload(kBatchHeaderSize, '\0'), framed;
      EncodeBatchHeader(payload.data(), sequence, 1);
      AppendRecord(&payload, Kind::kPut, "key", std::string(3000, 'v'));
      log.Frame(payload, Slice(), &framed);
      CHECK_OK(log.Append(framed));
      CHECK_OK(log.Sync());
    }
    Damage(Table(1), 2000);
    Damage(Wal(2), 10'000);
    context.env = &env;
    context.directory = kDir;
    table = {1, 10};
    copy.from = Wal(2);
    copy.to = "/db/copy";
  }

  static std::string Table(uint64_t number) { return FileName(kDir, FileKind::kTable, number); }
  static std::string Wal(uint64_t number) { return FileName(kDir, FileKind::kWal, number); }

  void Damage(const std::string& path, size_t at) {
    std::string bytes;
    CHECK_OK(ReadFileToString(&memory, path, UINT64_MAX, &bytes));
    bytes[at] = static_cast<char>(bytes[at] ^ 1);
    std::unique_ptr<WritableFile> file;
    CHECK_OK(memory.NewWritableFile(path, Env::OpenMode::kTruncate, &file));
    CHECK_OK(file->Append(bytes));
  }

  bool Exists(const std::string& path) { return memory.FileExists(path).ok(); }

  MemoryEnv memory;
  FaultEnv env{&memory};
  TableJobContext context;
  SalvageTableJob table;
  CopyJob copy;
};

TEST(SalvageJob, SavesToANewTable) {
  Fixture f;
  const SalvageTableResult table = RunSalvageTable(f.table, f.context);
  CHECK_OK(table.status);
  CHECK(table.output->finished);
  CHECK_EQ(table.salvage.range_tombstones, 1);
  CHECK_EQ(table.salvage.lost.size(), 1);
  const VerifyResult verified = RunVerify(&f.env, Fixture::Table(10), 10, DatabaseId(), {});
  CHECK_OK(verified.status);
  CHECK_EQ(verified.properties.entries, table.salvage.records);
  CHECK(RunVerify(&f.env, Fixture::Table(1), 1, DatabaseId(), {}).status.Is(Code::kCorruption));
}

TEST(SurveyWalJob, TellsWhatALogHolds) {
  Fixture f;
  const SurveyWalResult wal = RunSurveyWal(&f.env, kDir, 2, {});
  CHECK_OK(wal.status);
  CHECK_EQ(wal.records, 49);
  CHECK_EQ(wal.first_sequence, 1);
  CHECK_EQ(wal.last_sequence, 50);
  CHECK_EQ(wal.lost.size(), 1);
  CHECK(wal.end == log::LogEnd::kCleanEnd);
  CHECK(wal.database_id == DatabaseId());
}

TEST(SalvageJob, CancelledJobsLeaveNothing) {
  Fixture f;
  const std::atomic<bool> cancelled{true};
  const Pace pace{nullptr, &cancelled};
  CHECK(RunSurveyWal(&f.env, kDir, 2, pace).status.Is(Code::kAborted));
  f.context.cancelled = &cancelled;
  const SalvageTableResult table = RunSalvageTable(f.table, f.context);
  CHECK(table.status.Is(Code::kAborted));
  CHECK(!table.output.has_value());
  CHECK(RunVerify(&f.env, Fixture::Table(1), 1, DatabaseId(), pace).status.Is(Code::kAborted));
  CHECK(RunCopy(&f.env, f.copy, pace).status.Is(Code::kAborted));
  f.copy.link = true;
  CHECK(RunCopy(&f.env, f.copy, pace).status.Is(Code::kAborted));
  CHECK(!f.Exists(f.copy.to));
}

// Every operation of a job fails once: the job fails, or did not need it, and no half of a file stays unnamed.
TEST(SalvageJob, EveryOperationMayFail) {
  for (int job = 0; job < 4; job++) {
    for (uint64_t n = 1;; n++) {
      Fixture f;
      const uint64_t rule = f.env.AddRule({.countdown = n});
      Status status;
      bool left = false;
      switch (job) {
        case 0: status = RunSurveyWal(&f.env, kDir, 2, {}).status; break;
        case 1: {
          const SalvageTableResult result = RunSalvageTable(f.table, f.context);
          status = result.status;
          left = f.Exists(Fixture::Table(10)) && !result.output.has_value();
          if (!status.ok() && result.output.has_value()) CHECK(!result.output->finished);
          break;
        }
        case 2:
          status = RunCopy(&f.env, f.copy, {}).status;
          left = f.Exists(f.copy.to);
          break;
        default: status = RunVerify(&f.env, Fixture::Table(1), 1, DatabaseId(), {}).status; break;
      }
      if (f.env.RuleHits(rule) == 0) {
        CHECK_GT(n, 2);  // each opens and reads at least
        break;
      }
      if (!status.ok()) CHECK(!left);
      // A block that cannot be read is lost to a table that is salvaged, as a damaged one is.
      if (job != 1) CHECK(status.Is(Code::kIO));
    }
  }
}

}  // namespace
}  // namespace burrow
