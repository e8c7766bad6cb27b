#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "env/env.h"

namespace burrow {

// The kinds of operations that faults are matched against and that are counted, as bits of a mask.
namespace fault {

using OpMask = uint32_t;

inline constexpr OpMask kOpen = 1u << 0;    // for reading
inline constexpr OpMask kCreate = 1u << 1;  // for writing
inline constexpr OpMask kRead = 1u << 2;
inline constexpr OpMask kWrite = 1u << 3;  // Append
inline constexpr OpMask kSync = 1u << 4;
inline constexpr OpMask kAllocate = 1u << 5;
inline constexpr OpMask kTruncate = 1u << 6;
inline constexpr OpMask kClose = 1u << 7;  // of a writable file, when it is called for
inline constexpr OpMask kSyncDir = 1u << 8;
inline constexpr OpMask kRename = 1u << 9;   // the path is either of both
inline constexpr OpMask kRemove = 1u << 10;  // files and directories
inline constexpr OpMask kLink = 1u << 11;    // the path is either of both
inline constexpr OpMask kCreateDir = 1u << 12;
inline constexpr OpMask kList = 1u << 13;
inline constexpr OpMask kStat = 1u << 14;  // FileExists, GetFileSize, IsDirectory, GetFreeSpace, GetTotalSpace
inline constexpr OpMask kLock = 1u << 15;
inline constexpr int kKinds = 16;

inline constexpr OpMask kAll = (1u << kKinds) - 1;
inline constexpr OpMask kMutating =
    kCreate | kWrite | kSync | kAllocate | kTruncate | kSyncDir | kRename | kRemove | kLink | kCreateDir;

const char* OpName(OpMask kind);  // "sync"; `kind` is one bit

enum class Effect : uint8_t {
  kError,    // nothing happens below; fails with `error_number`
  kShort,    // half of an Append reaches the file, then it fails; a read gives half of what is there; any other
             // operation just fails
  kGarbage,  // a read succeeds with some of its bits flipped; any other operation is left alone
  kDelay,    // takes `delay_micros` longer and goes on
  kKill,     // half of an Append reaches the file, then the process dies as by kill -9
};

struct Rule {
  OpMask operations = kAll;
  std::string path_contains = "";  // empty: any path
  std::string path_suffix = "";    // empty: any path
  uint64_t countdown = 1;          // takes effect at this matching operation, counted from 1 when the rule is added…
  bool forever = false;            // …and at each that follows
  Effect effect = Effect::kError;
  int error_number = 5;       // EIO
  uint64_t delay_micros = 0;  // added whatever the effect is
};

}  // namespace fault

// Passes everything to another Env and lets some of it fail, by rules. Thread-safe. Files and locks that it opened may
// outlive it, but not the Env below.
class FaultEnv final : public Env {
 public:
  explicit FaultEnv(Env* base);  // not owned
  ~FaultEnv() override;

  // Rules are looked at in the order they were added: delays add up, the first other effect is taken. Every rule that
  // matches counts the operation. The id is never used again.
  uint64_t AddRule(fault::Rule rule);
  void RemoveRule(uint64_t id);          // no-op when it is gone
  uint64_t RuleHits(uint64_t id) const;  // how often it took effect; 0 when it is gone

  // After `operations` more mutating operations, every further one does nothing and fails with EIO: a dead disk.
  // Reads go on.
  void FreezeAfter(uint64_t operations);
  bool frozen() const;

  // Removes the rules, thaws, stops the trace and forgets the counts.
  void Clear();

  // Operations that were asked for since the start or Clear, those that failed included.
  uint64_t OperationCount(fault::OpMask kinds = fault::kAll) const;

  // Records operations of these kinds as "sync 000004.wal", "rename 000004.tmp CURRENT" (names without directories; an
  // injected error is marked with a trailing "!"), until there are `limit`; further ones are not recorded.
  void StartTrace(fault::OpMask kinds = fault::kMutating, size_t limit = 10000);
  std::vector<std::string> TakeTrace();  // and starts again with an empty one

  Status NewWritableFile(const std::string& path, OpenMode mode, std::unique_ptr<WritableFile>* file) override;
  Status NewRandomAccessFile(const std::string& path, std::unique_ptr<RandomAccessFile>* file) override;
  Status FileExists(const std::string& path) override;
  Status GetFileSize(const std::string& path, uint64_t* size) override;
  Status IsDirectory(const std::string& path, bool* is_directory) override;
  Status GetChildren(const std::string& dir, std::vector<std::string>* names) override;
  Status RemoveFile(const std::string& path) override;
  Status RemoveDir(const std::string& path) override;
  Status RenameFile(const std::string& from, const std::string& to) override;
  Status LinkFile(const std::string& from, const std::string& to) override;
  Status CreateDirs(const std::string& path) override;
  Status SyncDir(const std::string& dir) override;
  Status GetFreeSpace(const std::string& path, uint64_t* bytes) override;
  Status GetTotalSpace(const std::string& path, uint64_t* bytes) override;
  Status LockFile(const std::string& path, std::unique_ptr<FileLock>* lock) override;
  uint64_t NowMicros() override { return base_->NowMicros(); }
  bool Simulated(uint64_t* seed) override { return base_->Simulated(seed); }

  class Injector;  // what files share with their Env

 private:
  Env* const base_;
  const std::shared_ptr<Injector> injector_;
};

}  // namespace burrow
