// One body for every Env that keeps files: what posix does is what memory does.
#include "env/env.h"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <thread>

#include "util/random.h"
#include "util/testing.h"

namespace burrow {

namespace {

void ForEachEnv(void (*body)(Env* env, const std::string& dir)) {
  body(Env::Posix(), TestDir());
  const std::shared_ptr<Env> memory = Env::NewMemory();
  CHECK_OK(memory->CreateDirs("/some/where"));
  body(memory.get(), "/some/where");
}

void WriteFile(Env* env, const std::string& path, Slice data) {
  std::unique_ptr<WritableFile> file;
  CHECK_OK(env->NewWritableFile(path, Env::OpenMode::kTruncate, &file));
  CHECK_OK(file->Append(data));
  CHECK_OK(file->Close());
}

std::string ReadFile(Env* env, const std::string& path) {
  std::string data;
  CHECK_OK(ReadFileToString(env, path, 1 << 30, &data));
  return data;
}

std::vector<std::string> List(Env* env, const std::string& dir) {
  std::vector<std::string> names;
  CHECK_OK(env->GetChildren(dir, &names));
  std::sort(names.begin(), names.end());
  return names;
}

void CheckCode(const Status& status, Code code, const std::string& path) {
  CHECK_EQ(status.ToString().empty(), false);
  if (!status.Is(code)) CHECK_EQ(status.ToString(), CodeName(code));
  CHECK_EQ(status.file(), path);
  CHECK(status.message().find(path) != std::string::npos);
}

}  // namespace

TEST(Env, WritesAndReads) {
  ForEachEnv([](Env* env, const std::string& dir) {
    const std::string path = dir + "/a";
    std::unique_ptr<WritableFile> file;
    CHECK_OK(env->NewWritableFile(path, Env::OpenMode::kTruncate, &file));
    CHECK_OK(file->Append("hello "));
    size_t written = 0;
    CHECK_OK(file->Append("world", &written));
    CHECK_EQ(written, 5u);
    CHECK_OK(file->Append(""));
    CHECK_EQ(file->Size(), 11u);
    CHECK_OK(file->Sync());
    CHECK_OK(file->Close());
    CHECK_OK(file->Close());
    CHECK(!file->Append("after close").ok());

    std::unique_ptr<RandomAccessFile> reader;
    CHECK_OK(env->NewRandomAccessFile(path, &reader));
    CHECK_EQ(reader->Size(), 11u);
    char scratch[32];
    Slice result;
    CHECK_OK(reader->Read(0, 11, &result, scratch));
    CHECK_EQ(result, "hello world");
    CHECK_OK(reader->Read(6, 20, &result, scratch));
    CHECK_EQ(result, "world");
    for (uint64_t offset : {uint64_t{11}, uint64_t{1} << 40, UINT64_MAX - 3, UINT64_MAX}) {
      CHECK_OK(reader->Read(offset, 8, &result, scratch));
      CHECK_EQ(result, "");
    }
    reader->Advise(0, 11, true);

    uint64_t size;
    CHECK_OK(env->GetFileSize(path, &size));
    CHECK_EQ(size, 11u);
    std::string data;
    CHECK_OK(ReadFileToString(env, path, 11, &data));
    CheckCode(ReadFileToString(env, path, 10, &data), Code::kCorruption, path);
  });
}

TEST(Env, OpenModes) {
  ForEachEnv([](Env* env, const std::string& dir) {
    const std::string path = dir + "/a";
    std::unique_ptr<WritableFile> file;
    CHECK_OK(env->NewWritableFile(path, Env::OpenMode::kAppend, &file));
    CHECK_OK(file->Append("one"));
    CHECK_OK(env->NewWritableFile(path, Env::OpenMode::kAppend, &file));
    CHECK_EQ(file->Size(), 3u);
    CHECK_OK(file->Append("two"));
    CHECK_EQ(ReadFile(env, path), "onetwo");
    CHECK_OK(env->NewWritableFile(path, Env::OpenMode::kTruncate, &file));
    CHECK_EQ(file->Size(), 0u);
    CHECK_EQ(ReadFile(env, path), "");
  });
}

TEST(Env, AllocateMovesTheSizeButNotTheEnd) {
  ForEachEnv([](Env* env, const std::string& dir) {
    const std::string path = dir + "/wal";
    std::unique_ptr<WritableFile> file;
    CHECK_OK(env->NewWritableFile(path, Env::OpenMode::kTruncate, &file));
    const Status allocated = file->Allocate(100000);
    if (allocated.Is(Code::kUnsupported)) return;
    CHECK_OK(allocated);
    CHECK_EQ(file->Size(), 0u);
    CHECK_OK(file->Append("data"));
    CHECK_EQ(ReadFile(env, path), "data" + std::string(99996, '\0'));
    CHECK_OK(file->Allocate(10));  // never shrinks
    CHECK_EQ(ReadFile(env, path).size(), 100000u);
    CHECK_OK(file->Truncate(4));
    CHECK_EQ(ReadFile(env, path), "data");
    CHECK_OK(file->Append("more"));
    CHECK_EQ(ReadFile(env, path), "datamore");
    CHECK_OK(file->Truncate(2));
    CHECK_EQ(file->Size(), 2u);
    CHECK_OK(file->Truncate(6));
    CHECK_EQ(file->Size(), 2u);
    CHECK_OK(file->Append("x"));
    CHECK_EQ(ReadFile(env, path), Slice("dax\0\0\0", 6));
    CHECK_OK(file->Allocate(0));
    CHECK(!file->Allocate(UINT64_MAX).ok());
    CHECK(!file->Truncate(UINT64_MAX).ok());
    CHECK_EQ(ReadFile(env, path), Slice("dax\0\0\0", 6));
  });
}

TEST(Env, LargeRandomContentMatchesAModel) {
  ForEachEnv([](Env* env, const std::string& dir) {
    Random random(TestSeed());
    const std::string path = dir + "/big";
    std::unique_ptr<WritableFile> file;
    CHECK_OK(env->NewWritableFile(path, Env::OpenMode::kTruncate, &file));
    std::string model;
    for (int i = 0; i < 300; ++i) {
      const uint64_t action = random.Uniform(20);
      if (action == 0) {
        const size_t size = random.Uniform(model.size() + 1);
        CHECK_OK(file->Truncate(size));
        model.resize(size);
      } else if (action == 1) {
        CHECK_OK(file->Sync());
      } else {
        const std::string piece(random.Uniform(action == 2 ? 100000 : 3000), static_cast<char>('a' + i % 26));
        CHECK_OK(file->Append(piece));
        model += piece;
      }
      CHECK_EQ(file->Size(), model.size());
    }
    CHECK(ReadFile(env, path) == model);
    std::unique_ptr<RandomAccessFile> reader;
    CHECK_OK(env->NewRandomAccessFile(path, &reader));
    std::string scratch(50000, '\0');
    for (int i = 0; i < 200; ++i) {
      const size_t offset = random.Uniform(model.size() + 1000);
      const size_t n = random.Uniform(scratch.size());
      Slice result;
      CHECK_OK(reader->Read(offset, n, &result, scratch.data()));
      CHECK(result == (offset < model.size() ? Slice(model).substr(offset, n) : Slice()));
    }
  });
}

TEST(Env, StartWritingChangesNothing) {
  ForEachEnv([](Env* env, const std::string& dir) {
    std::unique_ptr<WritableFile> file;
    CHECK_OK(env->NewWritableFile(dir + "/a", Env::OpenMode::kTruncate, &file));
    const std::string bytes(100000, 'x');
    CHECK_OK(file->Append(bytes));
    file->StartWriting(0, 4096);
    file->StartWriting(5000, bytes.size());  // also beyond the end
    CHECK_EQ(file->Size(), bytes.size());
    CHECK_OK(file->Append("more"));
    CHECK_OK(file->Sync());
    CHECK_OK(file->Close());
    file->StartWriting(0, 4096);
    CHECK(ReadFile(env, dir + "/a") == bytes + "more");
  });
}

TEST(Env, Directories) {
  ForEachEnv([](Env* env, const std::string& dir) {
    CHECK_OK(env->CreateDirs(dir + "/x/y/z"));
    CHECK_OK(env->CreateDirs(dir + "/x/y/z"));
    CHECK_OK(env->CreateDirs(dir + "/x/y/z/"));
    bool is_directory = false;
    CHECK_OK(env->IsDirectory(dir + "/x/y", &is_directory));
    CHECK(is_directory);
    WriteFile(env, dir + "/x/file", "1");
    CHECK_OK(env->IsDirectory(dir + "/x/file", &is_directory));
    CHECK(!is_directory);
    CHECK(List(env, dir + "/x") == std::vector<std::string>({"file", "y"}));
    CHECK_OK(env->SyncDir(dir + "/x"));
    CHECK(!env->RemoveDir(dir + "/x").ok());
    CHECK(!env->RemoveFile(dir + "/x/y").ok());
    CHECK(!env->CreateDirs(dir + "/x/file").ok());
    CHECK(!env->CreateDirs(dir + "/x/file/below").ok());
    CHECK(!env->FileExists(dir + "/x/file/below").ok());
    CHECK(!env->SyncDir(dir + "/x/file").ok());
    std::vector<std::string> names;
    CHECK(!env->GetChildren(dir + "/x/file", &names).ok());
    CHECK_OK(env->RemoveDir(dir + "/x/y/z"));
    CheckCode(env->FileExists(dir + "/x/y/z"), Code::kNotFound, dir + "/x/y/z");
    uint64_t bytes = 0;
    CHECK_OK(env->GetFreeSpace(dir, &bytes));
    CHECK_GT(bytes, 0u);
    uint64_t total = 0;
    CHECK_OK(env->GetTotalSpace(dir, &total));
    CHECK_GE(total, bytes);
  });
}

TEST(Env, RenameLinkRemove) {
  ForEachEnv([](Env* env, const std::string& dir) {
    WriteFile(env, dir + "/a", "A");
    WriteFile(env, dir + "/b", "B");
    CHECK_OK(env->RenameFile(dir + "/a", dir + "/b"));
    CHECK_EQ(ReadFile(env, dir + "/b"), "A");
    CHECK(List(env, dir) == std::vector<std::string>({"b"}));
    CHECK_OK(env->LinkFile(dir + "/b", dir + "/c"));
    CheckCode(env->LinkFile(dir + "/b", dir + "/c"), Code::kExists, dir + "/b");
    CHECK_OK(env->RenameFile(dir + "/b", dir + "/c"));  // two names of one file: nothing happens
    CHECK(List(env, dir) == std::vector<std::string>({"b", "c"}));
    CHECK_OK(env->RemoveFile(dir + "/b"));
    CHECK_EQ(ReadFile(env, dir + "/c"), "A");
    CHECK_OK(env->CreateDirs(dir + "/lost"));
    CHECK_OK(env->RenameFile(dir + "/c", dir + "/lost/c"));
    CHECK_EQ(ReadFile(env, dir + "/lost/c"), "A");
    CHECK(!env->RenameFile(dir + "/lost/c", dir + "/lost").ok());
    CHECK(!env->RenameFile(dir + "/lost", dir + "/lost/inside").ok());
    CHECK_OK(env->RenameFile(dir + "/lost", dir + "/found"));
    CHECK_EQ(ReadFile(env, dir + "/found/c"), "A");
    CheckCode(env->RenameFile(dir + "/none", dir + "/d"), Code::kNotFound, dir + "/none");
    CheckCode(env->LinkFile(dir + "/none", dir + "/d"), Code::kNotFound, dir + "/none");
    CheckCode(env->RemoveFile(dir + "/none"), Code::kNotFound, dir + "/none");
  });
}

TEST(Env, RemovedFilesStayReadable) {
  ForEachEnv([](Env* env, const std::string& dir) {
    const std::string path = dir + "/a";
    WriteFile(env, path, "still here");
    std::unique_ptr<RandomAccessFile> reader;
    std::unique_ptr<WritableFile> writer;
    CHECK_OK(env->NewRandomAccessFile(path, &reader));
    CHECK_OK(env->NewWritableFile(path, Env::OpenMode::kAppend, &writer));
    CHECK_OK(env->RemoveFile(path));
    WriteFile(env, path, "another");
    CHECK_OK(writer->Append("!"));
    char scratch[32];
    Slice result;
    CHECK_OK(reader->Read(0, 32, &result, scratch));
    CHECK_EQ(result, "still here!");
    CHECK_EQ(ReadFile(env, path), "another");
  });
}

TEST(Env, ErrorsNameTheFile) {
  ForEachEnv([](Env* env, const std::string& dir) {
    const std::string missing = dir + "/no/such";
    std::unique_ptr<WritableFile> writer;
    std::unique_ptr<RandomAccessFile> reader;
    std::unique_ptr<FileLock> lock;
    std::vector<std::string> names;
    std::string data;
    uint64_t number;
    bool flag;
    CheckCode(env->NewWritableFile(missing, Env::OpenMode::kTruncate, &writer), Code::kNotFound, missing);
    CheckCode(env->NewRandomAccessFile(missing, &reader), Code::kNotFound, missing);
    CheckCode(ReadFileToString(env, missing, 10, &data), Code::kNotFound, missing);
    CheckCode(env->GetFileSize(missing, &number), Code::kNotFound, missing);
    CheckCode(env->IsDirectory(missing, &flag), Code::kNotFound, missing);
    CheckCode(env->GetChildren(missing, &names), Code::kNotFound, missing);
    CheckCode(env->RemoveDir(missing), Code::kNotFound, missing);
    CheckCode(env->SyncDir(missing), Code::kNotFound, missing);
    CheckCode(env->LockFile(missing, &lock), Code::kNotFound, missing);
    CheckCode(env->GetFreeSpace(missing, &number), Code::kNotFound, missing);
    CheckCode(env->GetTotalSpace(missing, &number), Code::kNotFound, missing);
    CheckCode(env->NewRandomAccessFile(dir, &reader), Code::kIO, dir);
    CheckCode(env->NewWritableFile(dir, Env::OpenMode::kAppend, &writer), Code::kIO, dir);
  });
}

TEST(Env, PathsWithNulAreRefused) {
  ForEachEnv([](Env* env, const std::string& dir) {
    const std::string good = dir + "/a";
    const std::string bad = good + std::string("\0b", 2);
    WriteFile(env, good, "1");
    std::unique_ptr<WritableFile> writer;
    std::unique_ptr<RandomAccessFile> reader;
    std::unique_ptr<FileLock> lock;
    std::vector<std::string> names;
    uint64_t number;
    bool flag;
    const Status all[] = {
        env->NewWritableFile(bad, Env::OpenMode::kTruncate, &writer),
        env->NewRandomAccessFile(bad, &reader),
        env->FileExists(bad),
        env->GetFileSize(bad, &number),
        env->IsDirectory(bad, &flag),
        env->GetChildren(bad, &names),
        env->RemoveFile(bad),
        env->RemoveDir(bad),
        env->RenameFile(bad, good),
        env->RenameFile(good, bad),
        env->LinkFile(bad, good),
        env->LinkFile(good, bad),
        env->CreateDirs(bad),
        env->SyncDir(bad),
        env->GetFreeSpace(bad, &number),
        env->GetTotalSpace(bad, &number),
        env->LockFile(bad, &lock),
    };
    for (const Status& status : all) CHECK_EQ(CodeName(status.code()), CodeName(Code::kInvalidArgument));
    CHECK_EQ(ReadFile(env, good), "1");
  });
}

TEST(Env, OneLockAtATimeInThisProcess) {
  ForEachEnv([](Env* env, const std::string& dir) {
    const std::string path = dir + "/LOCK";
    std::unique_ptr<FileLock> first;
    std::unique_ptr<FileLock> second;
    CHECK_OK(env->LockFile(path, &first));
    CHECK_EQ(ReadFile(env, path), std::to_string(getpid()) + "\n");
    const Status refused = env->LockFile(path, &second);
    CheckCode(refused, Code::kLocked, path);
    CHECK_EQ(refused.holder_pid(), getpid());
    CHECK_OK(env->LinkFile(path, dir + "/ALIAS"));  // the lock is of the file, not of the name
    CHECK(env->LockFile(dir + "/ALIAS", &second).Is(Code::kLocked));
    first.reset();
    CHECK_EQ(ReadFile(env, path), "");
    CHECK_OK(env->LockFile(path, &second));
    CHECK(env->LockFile(path, &first).Is(Code::kLocked));
  });
}

TEST(Env, LocksKeepOtherProcessesOut) {
  Env* const env = Env::Posix();
  const std::string path = TestDir() + "/LOCK";
  int ready[2];
  int go_on[2];
  CHECK_EQ(pipe(ready), 0);
  CHECK_EQ(pipe(go_on), 0);
  const pid_t child = fork();
  if (child == 0) {
    std::unique_ptr<FileLock> lock;
    CHECK_OK(env->LockFile(path, &lock));
    CHECK_EQ(write(ready[1], "x", 1), 1);
    char byte;
    CHECK_EQ(read(go_on[0], &byte, 1), 1);
    _exit(0);  // without a destructor: as a killed process
  }
  char byte;
  CHECK_EQ(read(ready[0], &byte, 1), 1);
  std::unique_ptr<FileLock> lock;
  const Status refused = env->LockFile(path, &lock);
  CheckCode(refused, Code::kLocked, path);
  CHECK_EQ(refused.holder_pid(), child);
  CHECK(refused.message().find("in use by process " + std::to_string(child)) != std::string::npos);
  CHECK_EQ(write(go_on[1], "x", 1), 1);
  int status;
  CHECK_EQ(waitpid(child, &status, 0), child);
  CHECK_EQ(status, 0);
  CHECK_OK(env->LockFile(path, &lock));
  CHECK_EQ(ReadFile(env, path), std::to_string(getpid()) + "\n");
}

TEST(Env, ADirectoryThatVanishesIsAnErrorNotACrash) {
  Env* const env = Env::Posix();
  const std::string dir = TestDir() + "/db";
  CHECK_OK(env->CreateDirs(dir));
  std::unique_ptr<FileLock> lock;
  CHECK_OK(env->LockFile(dir + "/LOCK", &lock));
  std::unique_ptr<WritableFile> file;
  CHECK_OK(env->NewWritableFile(dir + "/a", Env::OpenMode::kTruncate, &file));
  CHECK_OK(env->RemoveFile(dir + "/a"));
  CHECK_OK(env->RemoveFile(dir + "/LOCK"));
  CHECK_OK(env->RemoveDir(dir));
  CHECK_OK(file->Append("into the void"));
  CHECK_OK(file->Sync());
  CheckCode(env->SyncDir(dir), Code::kNotFound, dir);
  CheckCode(env->NewWritableFile(dir + "/b", Env::OpenMode::kTruncate, &file), Code::kNotFound, dir + "/b");
  lock.reset();
}

TEST(Env, ManyThreads) {
  ForEachEnv([](Env* env, const std::string& dir) {
    std::unique_ptr<WritableFile> shared;
    CHECK_OK(env->NewWritableFile(dir + "/shared", Env::OpenMode::kTruncate, &shared));
    std::vector<std::thread> threads;
    for (int t = 0; t < 3; ++t) {
      threads.emplace_back([env, &dir, t] {
        const std::string path = dir + "/" + std::to_string(t);
        for (int i = 0; i < 30; ++i) {
          WriteFile(env, path + ".tmp", std::to_string(i));
          CHECK_OK(env->RenameFile(path + ".tmp", path));
          CHECK_EQ(ReadFile(env, path), std::to_string(i));
          std::vector<std::string> names;
          CHECK_OK(env->GetChildren(dir, &names));
          std::unique_ptr<FileLock> lock;
          const Status locked = env->LockFile(dir + "/LOCK", &lock);
          CHECK(locked.ok() || locked.Is(Code::kLocked));
        }
      });
    }
    threads.emplace_back([&shared] {
      for (int i = 0; i < 30; ++i) {
        CHECK_OK(shared->Sync());
        const Status allocated = shared->Allocate(static_cast<uint64_t>(i) * 1000);
        CHECK(allocated.ok() || allocated.Is(Code::kUnsupported));
      }
    });
    for (int i = 0; i < 300; ++i) CHECK_OK(shared->Append("0123456789"));
    for (std::thread& thread : threads) thread.join();
    CHECK_EQ(ReadFile(env, dir + "/shared").substr(2990, 10), "0123456789");
  });
}

TEST(Env, TimeGoesForward) {
  ForEachEnv([](Env* env, const std::string&) {
    const uint64_t before = env->NowMicros();
    CHECK_GE(env->NowMicros(), before);
  });
}

}  // namespace burrow
