#include "env/fault_env.h"

#include <cerrno>
#include <thread>

#include "util/testing.h"

namespace burrow {

namespace {

struct Fixture {
  std::shared_ptr<Env> memory = Env::NewMemory();
  FaultEnv env{memory.get()};

  Fixture() { CHECK_OK(memory->CreateDirs("/db")); }
  std::unique_ptr<WritableFile> Open(const std::string& path) {
    std::unique_ptr<WritableFile> file;
    CHECK_OK(env.NewWritableFile(path, Env::OpenMode::kAppend, &file));
    return file;
  }
  std::string Read(const std::string& path) {
    std::string data;
    CHECK_OK(ReadFileToString(&env, path, 1 << 20, &data));
    return data;
  }
};

// A small protocol that keeps its promise at every failure: CURRENT is there, and is old or new.
Status Replace(Env* env, const std::string& text) {
  std::unique_ptr<WritableFile> file;
  BURROW_RETURN_IF_ERROR(env->NewWritableFile("/db/000001.tmp", Env::OpenMode::kTruncate, &file));
  BURROW_RETURN_IF_ERROR(file->Append(text));
  BURROW_RETURN_IF_ERROR(file->Sync());
  BURROW_RETURN_IF_ERROR(file->Close());
  BURROW_RETURN_IF_ERROR(env->RenameFile("/db/000001.tmp", "/db/CURRENT"));
  return env->SyncDir("/db");
}

}  // namespace

TEST(FaultEnv, PassesThroughAndCounts) {
  Fixture f;
  CHECK_OK(Replace(&f.env, "new"));
  CHECK_EQ(f.Read("/db/CURRENT"), "new");
  CHECK_EQ(f.env.OperationCount(fault::kWrite), 1u);
  CHECK_EQ(f.env.OperationCount(fault::kSync | fault::kSyncDir), 2u);
  CHECK_EQ(f.env.OperationCount(fault::kMutating), 5u);
  CHECK_EQ(f.env.OperationCount(), 8u);  // close, open, read
  std::unique_ptr<FileLock> lock;
  CHECK_OK(f.env.LockFile("/db/LOCK", &lock));
  CHECK_EQ(f.env.OperationCount(fault::kLock), 1u);
  f.env.Clear();
  CHECK_EQ(f.env.OperationCount(), 0u);
}

TEST(FaultEnv, EachOperationFailsInTurn) {
  Fixture f;
  CHECK_OK(Replace(&f.env, "old"));
  const uint64_t operations = f.env.OperationCount();
  CHECK_EQ(operations, 6u);
  for (uint64_t n = 1; n <= operations; ++n) {
    CHECK_OK(Replace(f.memory.get(), "old"));
    const uint64_t id = f.env.AddRule({.countdown = n});
    const Status status = Replace(&f.env, "new");
    CHECK_EQ(status.error_number(), EIO);
    CHECK(status.file().starts_with("/db"));
    CHECK_EQ(f.env.RuleHits(id), 1u);
    f.env.RemoveRule(id);
    CHECK_EQ(f.env.RuleHits(id), 0u);
    CHECK_EQ(f.Read("/db/CURRENT"), n < operations ? "old" : "new");
  }
}

TEST(FaultEnv, RulesMatchKindAndPath) {
  Fixture f;
  const auto wal = f.Open("/db/000001.wal");
  const auto table = f.Open("/db/000002.sst");
  f.env.AddRule(
      {.operations = fault::kWrite | fault::kSync, .path_suffix = ".wal", .forever = true, .error_number = ENOSPC});
  f.env.AddRule({.operations = fault::kRename, .path_contains = "CURRENT", .error_number = EROFS});
  for (int i = 0; i < 3; ++i) {
    const Status status = wal->Append("x");
    CHECK(status.Is(Code::kNoSpace));
    CHECK_EQ(status.file(), "/db/000001.wal");
    CHECK_EQ(status.offset(), 0);
    CHECK(wal->Sync().Is(Code::kNoSpace));
    CHECK_OK(table->Append("x"));
    CHECK_OK(table->Sync());
  }
  CHECK_OK(wal->Truncate(0));
  CHECK_OK(f.env.RenameFile("/db/000002.sst", "/db/000003.sst"));
  CHECK_EQ(f.env.RenameFile("/db/000003.sst", "/db/CURRENT").error_number(), EROFS);
  CHECK_OK(f.env.RenameFile("/db/000003.sst", "/db/CURRENT"));
}

TEST(FaultEnv, ShortRead) {
  Fixture f;
  CHECK_OK(f.Open("/db/a")->Append("0123456789"));
  f.env.AddRule({.operations = fault::kRead, .effect = fault::Effect::kShort});
  CHECK_EQ(f.Read("/db/a"), "01234");
  CHECK_EQ(f.Read("/db/a"), "0123456789");
}

TEST(FaultEnv, ShortWrite) {
  Fixture f;
  const auto file = f.Open("/db/a");
  CHECK_OK(file->Append("head"));
  f.env.AddRule({.operations = fault::kWrite, .effect = fault::Effect::kShort, .error_number = ENOSPC});
  size_t written = 0;
  const Status status = file->Append("12345678", &written);
  CHECK(status.Is(Code::kNoSpace));
  CHECK_EQ(status.offset(), 4);
  CHECK_EQ(written, 4u);
  CHECK_EQ(file->Size(), 8u);
  CHECK_EQ(f.Read("/db/a"), "head1234");
  CHECK_OK(file->Append("5678"));
  CHECK_EQ(f.Read("/db/a"), "head12345678");
}

TEST(FaultEnv, GarbageAndDelay) {
  Fixture f;
  CHECK_OK(f.Open("/db/a")->Append("0123456789"));
  f.env.AddRule({.operations = fault::kRead, .effect = fault::Effect::kGarbage});
  const std::string bad = f.Read("/db/a");
  CHECK_EQ(bad.size(), 10u);
  CHECK_EQ(bad.substr(0, 5), "01234");
  CHECK_NE(bad, "0123456789");
  CHECK_EQ(f.Read("/db/a"), "0123456789");
  f.env.AddRule({.operations = fault::kStat, .effect = fault::Effect::kDelay, .delay_micros = 20000});
  f.env.AddRule({.operations = fault::kStat, .error_number = ENOENT});
  const uint64_t before = f.env.NowMicros();
  CHECK(f.env.FileExists("/db/a").Is(Code::kNotFound));
  CHECK_GE(f.env.NowMicros() - before, 20000u);
  CHECK_OK(f.env.FileExists("/db/a"));
}

TEST(FaultEnv, AFrozenDiskTakesNothingButReads) {
  Fixture f;
  CHECK_OK(Replace(&f.env, "old"));
  f.env.FreezeAfter(3);  // create, write, sync
  CHECK(!f.env.frozen());
  const Status status = Replace(&f.env, "new");
  CHECK_EQ(status.error_number(), EIO);
  CHECK(f.env.frozen());
  CHECK_EQ(f.Read("/db/CURRENT"), "old");
  CHECK_EQ(f.Read("/db/000001.tmp"), "new");
  CHECK(!f.env.RemoveFile("/db/CURRENT").ok());
  CHECK(!f.env.CreateDirs("/db/x").ok());
  CHECK_OK(f.memory->FileExists("/db/CURRENT"));
  f.env.Clear();
  CHECK_OK(Replace(&f.env, "new"));
}

TEST(FaultEnv, TraceTellsTheOrderOfDurability) {
  Fixture f;
  f.env.StartTrace();
  CHECK_OK(Replace(&f.env, "x"));
  CHECK(f.env.TakeTrace() == std::vector<std::string>({"create 000001.tmp", "write 000001.tmp", "sync 000001.tmp",
                                                       "rename 000001.tmp CURRENT", "syncdir db"}));
  f.env.AddRule({.operations = fault::kSync});
  f.env.StartTrace(fault::kSync | fault::kWrite, 3);
  CHECK(!Replace(&f.env, "x").ok());
  CHECK_OK(Replace(&f.env, "x"));
  CHECK(f.env.TakeTrace() == std::vector<std::string>({"write 000001.tmp", "sync 000001.tmp !", "write 000001.tmp"}));
  CHECK(f.env.TakeTrace().empty());
}

TEST(FaultEnv, FilesOutliveTheEnv) {
  const std::shared_ptr<Env> memory = Env::NewMemory();
  std::unique_ptr<WritableFile> file;
  {
    FaultEnv env(memory.get());
    CHECK_OK(env.NewWritableFile("/a", Env::OpenMode::kTruncate, &file));
  }
  CHECK_OK(file->Append("x"));
  CHECK_OK(file->Close());
}

TEST(FaultEnv, ManyThreads) {
  Fixture f;
  const uint64_t id = f.env.AddRule({.operations = fault::kWrite, .countdown = 100});
  f.env.StartTrace(fault::kAll, 50);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&f, t] {
      const auto file = f.Open("/db/" + std::to_string(t));
      for (int i = 0; i < 50; ++i) (void)file->Append("x");
    });
  }
  for (int i = 0; i < 50; ++i) f.env.RemoveRule(f.env.AddRule({.operations = fault::kLink}));
  for (std::thread& thread : threads) thread.join();
  CHECK_EQ(f.env.OperationCount(fault::kWrite), 200u);
  CHECK_EQ(f.env.RuleHits(id), 1u);
  CHECK_EQ(f.env.TakeTrace().size(), 50u);
}

}  // namespace burrow
