#include "env/memory_env.h"

#include <algorithm>
#include <atomic>
#include <set>
#include <thread>

#include "util/testing.h"

namespace burrow {

namespace {

using Loss = MemoryEnv::DirectoryLoss;

constexpr uint64_t kWrecks = 300;  // seeds tried for "never" and "sometimes"

std::unique_ptr<WritableFile> Open(Env* env, const std::string& path, Env::OpenMode mode = Env::OpenMode::kAppend) {
  std::unique_ptr<WritableFile> file;
  CHECK_OK(env->NewWritableFile(path, mode, &file));
  return file;
}

void WriteSynced(Env* env, const std::string& path, Slice data) {
  auto file = Open(env, path, Env::OpenMode::kTruncate);
  CHECK_OK(file->Append(data));
  CHECK_OK(file->Sync());
}

std::string Read(Env* env, const std::string& path) {
  std::string data;
  CHECK_OK(ReadFileToString(env, path, 1 << 30, &data));
  return data;
}

std::string ReadIfThere(Env* env, const std::string& path) {
  return env->FileExists(path).ok() ? Read(env, path) : "(none)";
}

std::shared_ptr<MemoryEnv> NewEnv() {
  auto env = std::make_shared<MemoryEnv>();
  CHECK_OK(env->CreateDirs("/db"));
  CHECK_OK(env->SyncDir("/"));
  return env;
}

// "path=content" of every file, for comparing whole trees.
std::string Dump(Env* env, const std::string& dir) {
  std::string text = dir + "/\n";
  std::vector<std::string> names;
  CHECK_OK(env->GetChildren(dir, &names));
  for (const std::string& name : names) {
    const std::string path = dir + "/" + name;
    bool is_directory;
    CHECK_OK(env->IsDirectory(path, &is_directory));
    text += is_directory ? Dump(env, path) : path + "=" + Read(env, path) + "\n";
  }
  return text;
}

}  // namespace

TEST(MemoryEnv, WhatWasSyncedSurvivesEveryCrash) {
  const auto env = NewEnv();
  WriteSynced(env.get(), "/db/a", "synced");
  CHECK_OK(env->SyncDir("/db"));
  CHECK_OK(Open(env.get(), "/db/a")->Append(std::string(5000, 'x')));
  for (uint64_t seed = 0; seed < kWrecks; ++seed) {
    for (Loss loss : {Loss::kPrefix, Loss::kSubset}) {
      const std::string left = Read(env->CrashClone(seed, loss).get(), "/db/a");
      CHECK_EQ(left.substr(0, 6), "synced");
      CHECK_LE(left.size(), 5006u);
    }
  }
}

TEST(MemoryEnv, UnsyncedDataMeetsEveryFate) {
  const auto env = NewEnv();
  CHECK_OK(env->SyncDir("/db"));
  const auto file = Open(env.get(), "/db/wal");
  CHECK_OK(env->SyncDir("/db"));
  CHECK_OK(file->Append(std::string(2048, 'x')));
  bool kept = false;
  bool dropped = false;
  bool cut_short = false;
  bool hole = false;
  for (uint64_t seed = 0; seed < kWrecks; ++seed) {
    const std::string left = Read(env->CrashClone(seed).get(), "/db/wal");
    for (size_t at = 0; at < left.size(); at += 512) {  // a sector has its data as a whole, or not at all
      const std::string sector = left.substr(at, 512);
      const size_t data = static_cast<size_t>(std::count(sector.begin(), sector.end(), 'x'));
      CHECK(data == sector.size() || 4 * data < sector.size() + 16);
    }
    const size_t zero = left.find('\0');
    const bool whole = left.find_first_not_of('x') == std::string::npos;
    kept |= whole && left.size() == 2048;
    dropped |= left.empty();
    cut_short |= whole && !left.empty() && left.size() < 2048;
    hole |= zero != std::string::npos && left.find('x', zero) != std::string::npos;
  }
  CHECK(kept);
  CHECK(dropped);
  CHECK(cut_short);
  CHECK(hole);
}

TEST(MemoryEnv, PreallocatedSectorsAreOldOrNewAndSyncedBytesStay) {
  const auto env = NewEnv();
  const auto file = Open(env.get(), "/db/wal");
  CHECK_OK(file->Allocate(64 << 10));
  CHECK_OK(file->Append(std::string(700, 'a')));
  CHECK_OK(file->Sync());
  CHECK_OK(env->SyncDir("/db"));
  CHECK_OK(file->Append(std::string(40000, 'b')));
  std::set<size_t> how_much;
  for (uint64_t seed = 0; seed < kWrecks; ++seed) {
    const std::string left = Read(env->CrashClone(seed).get(), "/db/wal");
    CHECK_EQ(left.size(), 64u << 10);
    CHECK_EQ(left.substr(0, 700), std::string(700, 'a'));
    size_t written = 0;
    for (size_t i = 700; i < left.size(); ++i) {
      CHECK(left[i] == (i < 40700 ? 'b' : '\0') || left[i] == '\0');
      written += left[i] == 'b';
    }
    how_much.insert(written);
  }
  CHECK(how_much.contains(0));
  CHECK(how_much.contains(40000));
  CHECK_GT(how_much.size(), 20u);
}

TEST(MemoryEnv, ARewrittenFileIsOldNewOrEmpty) {
  const auto env = NewEnv();
  WriteSynced(env.get(), "/db/a", std::string(512, 'o'));
  CHECK_OK(env->SyncDir("/db"));
  CHECK_OK(Open(env.get(), "/db/a", Env::OpenMode::kTruncate)->Append(std::string(512, 'n')));
  std::set<std::string> seen;
  for (uint64_t seed = 0; seed < kWrecks; ++seed) seen.insert(Read(env->CrashClone(seed).get(), "/db/a"));
  CHECK(seen.contains(std::string(512, 'o')));
  CHECK(seen.contains(std::string(512, 'n')));
  CHECK(seen.contains(std::string(512, '\0')));
}

TEST(MemoryEnv, ABlockWithoutItsDataMayHoldWhatWasThereBefore) {
  const auto env = NewEnv();
  CHECK_OK(env->SyncDir("/"));
  const std::string data(4096, 'x');
  CHECK_OK(Open(env.get(), "/db/a")->Append(data));
  CHECK_OK(env->SyncDir("/db"));
  int garbage = 0;
  for (uint64_t seed = 0; seed < kWrecks; ++seed) {
    for (const char c : Read(env->CrashClone(seed).get(), "/db/a")) garbage += c != 'x' && c != '\0';
  }
  CHECK_GT(garbage, 10'000);
}

TEST(MemoryEnv, ThePowerIsCutInTheMiddleOfThings) {
  const auto env = NewEnv();
  WriteSynced(env.get(), "/db/a", "A");
  CHECK_OK(env->SyncDir("/db"));
  env->CrashAfter(3, 7);
  CHECK_OK(Open(env.get(), "/db/a")->Append("1"));  // an open file is created and written: two changes
  CHECK(env->TakeCrash() == nullptr);
  CHECK_OK(env->RemoveFile("/db/a"));
  CHECK_OK(env->SyncDir("/db"));
  const auto wreck = env->TakeCrash();
  CHECK(wreck != nullptr);
  CHECK_EQ(Read(wreck.get(), "/db/a").substr(0, 1), "A");
  CHECK(env->TakeCrash() == nullptr);
  env->CrashAfter(1, 7);
  env->CrashAfter(0, 7);
  CHECK_OK(env->CreateDirs("/db/more"));
  CHECK(env->TakeCrash() == nullptr);
}

TEST(MemoryEnv, CopiesOfASimulationAreSimulationsToo) {
  uint64_t one, two;
  CHECK(!NewEnv()->Simulated(&one));
  const auto env = NewEnv();
  env->Simulate(5);
  CHECK(env->Simulated(&one));
  CHECK(env->Simulated(&two));
  CHECK_NE(one, two);
  CHECK(env->CrashClone(1)->Simulated(&one));
  CHECK(env->CrashClone(1)->Simulated(&two));
  CHECK_EQ(one, two);
  CHECK(env->KillClone()->Simulated(&one));
}

TEST(MemoryEnv, ATruncationMayBeLost) {
  const auto env = NewEnv();
  WriteSynced(env.get(), "/db/a", "0123456789");
  CHECK_OK(env->SyncDir("/db"));
  CHECK_OK(Open(env.get(), "/db/a")->Truncate(4));
  std::set<size_t> sizes;
  for (uint64_t seed = 0; seed < kWrecks; ++seed) {
    const std::string left = Read(env->CrashClone(seed).get(), "/db/a");
    CHECK_EQ(left.substr(0, 4), "0123");
    sizes.insert(left.size());
  }
  CHECK(sizes == std::set<size_t>({4, 10}));
}

TEST(MemoryEnv, NamesNeedSyncDir) {
  const auto env = NewEnv();
  WriteSynced(env.get(), "/db/a", "A");
  WriteSynced(env.get(), "/db/b", "B");
  std::set<std::string> prefixes;
  std::set<std::string> subsets;
  for (uint64_t seed = 0; seed < kWrecks; ++seed) {
    prefixes.insert(Dump(env->CrashClone(seed, Loss::kPrefix).get(), "/db"));
    subsets.insert(Dump(env->CrashClone(seed, Loss::kSubset).get(), "/db"));
  }
  CHECK(prefixes == std::set<std::string>({"/db/\n", "/db/\n/db/a=A\n", "/db/\n/db/a=A\n/db/b=B\n"}));
  CHECK(subsets == std::set<std::string>({"/db/\n", "/db/\n/db/a=A\n", "/db/\n/db/b=B\n", "/db/\n/db/a=A\n/db/b=B\n"}));
  CHECK_OK(env->SyncDir("/db"));
  for (uint64_t seed = 0; seed < 20; ++seed) {
    CHECK_EQ(Dump(env->CrashClone(seed).get(), "/db"), "/db/\n/db/a=A\n/db/b=B\n");
  }
  CHECK_OK(env->RemoveFile("/db/a"));
  std::set<std::string> seen;
  for (uint64_t seed = 0; seed < 20; ++seed) seen.insert(ReadIfThere(env->CrashClone(seed).get(), "/db/a"));
  CHECK(seen == std::set<std::string>({"A", "(none)"}));
}

TEST(MemoryEnv, ADirectoryIsAnEntryOfItsParent) {
  MemoryEnv env;
  CHECK_OK(env.CreateDirs("/db"));
  WriteSynced(&env, "/db/a", "A");
  CHECK_OK(env.SyncDir("/db"));
  std::set<std::string> seen;
  for (uint64_t seed = 0; seed < 20; ++seed) seen.insert(ReadIfThere(env.CrashClone(seed).get(), "/db/a"));
  CHECK(seen == std::set<std::string>({"A", "(none)"}));
  CHECK_OK(env.SyncDir("/"));
  for (uint64_t seed = 0; seed < 20; ++seed) CHECK_EQ(Read(env.CrashClone(seed).get(), "/db/a"), "A");
}

TEST(MemoryEnv, ARenameLeavesOneOfBothStates) {
  const auto env = NewEnv();
  WriteSynced(env.get(), "/db/CURRENT", "1");
  CHECK_OK(env->SyncDir("/db"));
  WriteSynced(env.get(), "/db/tmp", "2");
  CHECK_OK(env->RenameFile("/db/tmp", "/db/CURRENT"));
  std::set<std::string> seen;
  for (uint64_t seed = 0; seed < kWrecks; ++seed) {
    for (Loss loss : {Loss::kPrefix, Loss::kSubset}) seen.insert(Dump(env->CrashClone(seed, loss).get(), "/db"));
  }
  CHECK(seen ==
        std::set<std::string>({"/db/\n/db/CURRENT=1\n", "/db/\n/db/CURRENT=1\n/db/tmp=2\n", "/db/\n/db/CURRENT=2\n"}));
}

TEST(MemoryEnv, AMoveBetweenDirectoriesIsWholeAndSyncedByEither) {
  const auto env = NewEnv();
  CHECK_OK(env->CreateDirs("/db/lost"));
  WriteSynced(env.get(), "/db/a", "A");
  CHECK_OK(env->SyncDir("/db"));
  CHECK_OK(env->RenameFile("/db/a", "/db/lost/a"));
  for (uint64_t seed = 0; seed < kWrecks; ++seed) {
    for (Loss loss : {Loss::kPrefix, Loss::kSubset}) {
      const auto wreck = env->CrashClone(seed, loss);
      CHECK_NE(wreck->FileExists("/db/a").ok(), wreck->FileExists("/db/lost/a").ok());
    }
  }
  CHECK_OK(env->SyncDir("/db/lost"));
  for (uint64_t seed = 0; seed < 20; ++seed) {
    CHECK_EQ(Dump(env->CrashClone(seed).get(), "/db"), "/db/\n/db/lost/\n/db/lost/a=A\n");
  }
}

TEST(MemoryEnv, SameSeedSameWreckAndTheOriginalRunsOn) {
  const auto make = [] {
    auto env = NewEnv();
    for (int i = 0; i < 30; ++i) {
      CHECK_OK(
          Open(env.get(), "/db/" + std::to_string(i % 7))->Append(std::string(1000, static_cast<char>('a' + i % 26))));
      if (i % 5 == 0) CHECK_OK(env->RenameFile("/db/" + std::to_string(i % 7), "/db/r" + std::to_string(i)));
    }
    return env;
  };
  const auto one = make();
  const auto two = make();
  const std::string before = Dump(one.get(), "/");
  std::set<std::string> different;
  for (uint64_t seed = 0; seed < 50; ++seed) {
    const auto wreck = one->CrashClone(seed);
    CHECK(Dump(wreck.get(), "/") == Dump(two->CrashClone(seed).get(), "/"));
    different.insert(Dump(wreck.get(), "/"));
    WriteSynced(wreck.get(), "/db/more", "only there");
  }
  CHECK_GT(different.size(), 10u);
  CHECK(Dump(one.get(), "/") == before);
}

TEST(MemoryEnv, AKilledProcessLosesNothingButAPowerCutAfterwardsMay) {
  const auto env = NewEnv();
  const auto file = Open(env.get(), "/db/a");
  CHECK_OK(file->Append("one"));
  CHECK_OK(file->Sync());
  CHECK_OK(file->Append("two"));
  std::unique_ptr<FileLock> lock;
  CHECK_OK(env->LockFile("/db/LOCK", &lock));
  const auto killed = env->KillClone();
  CHECK_OK(file->Append("after"));
  CHECK_EQ(Read(killed.get(), "/db/a"), "onetwo");
  std::unique_ptr<FileLock> again;
  CHECK_OK(killed->LockFile("/db/LOCK", &again));  // the dead hold no locks
  std::set<std::string> seen;
  for (uint64_t seed = 0; seed < kWrecks; ++seed) seen.insert(ReadIfThere(killed->CrashClone(seed).get(), "/db/a"));
  CHECK(seen.contains("(none)"));
  CHECK(seen.contains("one"));
  CHECK(seen.contains("onetwo"));
  CHECK_OK(Open(killed.get(), "/db/a")->Append("three"));
  CHECK_EQ(Read(killed.get(), "/db/a"), "onetwothree");
  CHECK_EQ(Read(env.get(), "/db/a"), "onetwoafter");
}

TEST(MemoryEnv, CapacityIsToTheByte) {
  const auto env = NewEnv();
  env->SetCapacity(1000);
  const auto file = Open(env.get(), "/db/a");
  CHECK_OK(file->Append(std::string(600, 'x')));
  uint64_t free_space;
  CHECK_OK(env->GetFreeSpace("/db", &free_space));
  CHECK_EQ(free_space, 400u);
  auto other = Open(env.get(), "/db/b");
  size_t written;
  CHECK(other->Append(std::string(500, 'y'), &written).Is(Code::kNoSpace));
  CHECK_EQ(written, 400u);
  CHECK_EQ(other->Size(), 400u);
  CHECK(file->Append("z", &written).Is(Code::kNoSpace));
  CHECK_EQ(written, 0u);
  CHECK(file->Allocate(601).Is(Code::kNoSpace));
  CHECK_OK(env->RemoveFile("/db/b"));
  CHECK(file->Append("z").Is(Code::kNoSpace));  // still open
  other.reset();
  CHECK_OK(file->Allocate(1000));
  CHECK_OK(file->Append(std::string(400, 'x')));
  CHECK(file->Append("z").Is(Code::kNoSpace));
  CHECK_OK(env->GetFreeSpace("/db", &free_space));
  CHECK_EQ(free_space, 0u);
  const auto killed = env->KillClone();
  CHECK(Open(killed.get(), "/db/c")->Append("z").Is(Code::kNoSpace));
  CHECK_OK(file->Truncate(0));
  CHECK_OK(env->GetFreeSpace("/db", &free_space));
  CHECK_EQ(free_space, 1000u);
  CHECK_OK(env->GetTotalSpace("/db", &free_space));
  CHECK_EQ(free_space, 1000u);
}

TEST(MemoryEnv, WhenAllIsSyncedEveryWreckIsTheOriginal) {
  Random random(TestSeed());
  const auto env = NewEnv();
  CHECK_OK(env->CreateDirs("/db/lost"));
  CHECK_OK(env->CreateDirs("/db/temp"));
  const std::string dirs[] = {"/db", "/db/lost", "/db/temp"};
  const auto any = [&] { return dirs[random.Uniform(3)] + "/" + std::to_string(random.Uniform(5)); };
  for (int round = 0; round < 40; ++round) {
    for (int i = 0; i < 30; ++i) {
      const std::string path = any();
      switch (random.Uniform(6)) {
        case 0: (void)env->RemoveFile(path); break;
        case 1: (void)env->RenameFile(path, any()); break;
        case 2: (void)env->LinkFile(path, any()); break;
        case 3:
          if (!env->RemoveDir("/db/temp").ok()) (void)env->CreateDirs("/db/temp");
          break;
        default: {
          std::unique_ptr<WritableFile> file;
          const auto mode = random.OneIn(4) ? Env::OpenMode::kTruncate : Env::OpenMode::kAppend;
          if (!env->NewWritableFile(path, mode, &file).ok()) break;
          CHECK_OK(file->Append(std::string(random.Uniform(3000), static_cast<char>('a' + i % 26))));
          if (random.OneIn(3)) CHECK_OK(file->Truncate(random.Uniform(3000)));
          if (random.OneIn(3)) CHECK_OK(file->Sync());
        }
      }
    }
    (void)env->SyncDir(dirs[random.Uniform(3)]);
    for (int i = 0; i < 5; ++i) {  // any wreck can be read and written
      const auto wreck = env->CrashClone(random.Next(), random.OneIn(2) ? Loss::kPrefix : Loss::kSubset);
      (void)Dump(wreck.get(), "/");
      if (wreck->FileExists("/db").ok()) WriteSynced(wreck.get(), "/db/x", "x");
    }
    const auto done = env->KillClone();
    CHECK(Dump(done.get(), "/") == Dump(env.get(), "/"));
    for (const std::string& dir : dirs) {
      std::vector<std::string> names;
      (void)done->GetChildren(dir, &names);
      for (const std::string& name : names) {
        std::unique_ptr<WritableFile> file;
        if (done->NewWritableFile(dir + "/" + name, Env::OpenMode::kAppend, &file).ok()) CHECK_OK(file->Sync());
      }
      (void)done->SyncDir(dir);
    }
    for (uint64_t seed = 0; seed < 5; ++seed) {
      const auto wreck = done->CrashClone(seed, seed % 2 == 0 ? Loss::kPrefix : Loss::kSubset);
      CHECK(Dump(wreck.get(), "/") == Dump(env.get(), "/"));
    }
  }
}

// A wreck is of one instant: when the manifest names a table, the table's sync came before.
TEST(MemoryEnv, AWreckIsOfOneInstant) {
  const auto env = NewEnv();
  const auto manifest = Open(env.get(), "/db/manifest");
  const auto table = Open(env.get(), "/db/a-table");  // copied before the manifest
  CHECK_OK(env->SyncDir("/db"));
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    while (!stop) {
      CHECK_OK(table->Append("t"));
      CHECK_OK(table->Sync());
      CHECK_OK(manifest->Append("m"));
      CHECK_OK(manifest->Sync());
    }
  });
  for (uint64_t seed = 0; seed < 300; ++seed) {
    const auto wreck = seed % 2 == 0 ? env->CrashClone(seed) : env->KillClone();
    CHECK_GE(Read(wreck.get(), "/db/a-table").size(), Read(wreck.get(), "/db/manifest").size());
  }
  stop = true;
  writer.join();
}

}  // namespace burrow
