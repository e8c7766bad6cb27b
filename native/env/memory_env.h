#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "env/env.h"
#include "env/memory_file.h"

namespace burrow {

// Files and directories in memory, thread-safe, with the behavior of posix except that a directory is only
// renamed to a free name beside its own. It starts with an empty root; a relative path starts there, too.
//
// It knows what is durable: of a file its content at the last Sync, of a directory its entries at the last SyncDir
// (a directory's own entry included: it belongs to its parent). From that, copies are made as crashes leave them, while
// the original runs on. Copies hold no locks and no open files.
class MemoryEnv final : public Env {
 public:
  ~MemoryEnv() override;

  // How changes of directories that were not synced get lost. kPrefix: each directory keeps its first few, in order, as
  // a journaling file system does. kSubset: any of them, as long as each finds what it builds on (a rename its file).
  enum class DirectoryLoss { kPrefix, kSubset };

  // What a power cut may leave: of each file the unsynced changes kept, dropped, cut short, or torn by sectors of 512
  // bytes; of each directory as `loss` says. The same seed and state give the same wreck.
  std::shared_ptr<MemoryEnv> CrashClone(uint64_t seed, DirectoryLoss loss = DirectoryLoss::kPrefix);
  // A power cut in the middle of things: just before the `changes`-th change of a file or directory from now, counted
  // from 1, a CrashClone is made, which TakeCrash hands over; null until then. Any later call takes the place of this one.
  void CrashAfter(uint64_t changes, uint64_t seed, DirectoryLoss loss = DirectoryLoss::kPrefix);
  std::shared_ptr<MemoryEnv> TakeCrash();
  // From now on Simulated(), with seeds that this one gives; so are copies.
  void Simulate(uint64_t seed);
  // What a killed process leaves: everything that was written.
  std::shared_ptr<MemoryEnv> KillClone();

  // Writes that make the sum of all file sizes larger than this fail with ENOSPC (after the part that fits).
  void SetCapacity(uint64_t bytes) { space_->capacity.store(bytes); }

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
  uint64_t NowMicros() override;
  bool Simulated(uint64_t* seed) override;

 private:
  struct Node;
  using NodePtr = std::shared_ptr<Node>;
  using Entries = std::map<std::string, NodePtr>;
  struct Node {
    std::shared_ptr<MemoryFile> file;  // null: a directory
    Entries live;
    Entries durable;
  };
  // A change of directories that is not synced: durable as a whole or not at all.
  struct Change {
    NodePtr node;      // what was added, removed or moved
    NodePtr from_dir;  // null: the node was added under a free name
    std::string from_name;
    NodePtr to_dir;  // null: it was removed
    std::string to_name;
    std::vector<Node*> Dirs() const;
  };
  // A place in the tree; `node` is null when the name is free. For the root, `dir` is null.
  struct Place {
    NodePtr dir;
    std::string name;
    NodePtr node;
  };
  using View = std::map<Node*, Entries>;

  // These REQUIRE mu_ and return an errno, or 0.
  int Find(const std::string& path, Place* place) const;
  int FindDir(const std::string& path, NodePtr* dir) const;
  int OpenFile(const std::string& path, bool create, std::shared_ptr<MemoryFile>* file);
  int Rename(const std::string& from, const std::string& to);
  int Link(const std::string& from, const std::string& to);
  int Remove(const std::string& path, bool directory);
  int CreateDir(const std::string& path);

  Status Stat(const std::string& path, Place* place);
  void Commit(Change change);  // makes a legal change and remembers it
  // Makes a change in directories as entries(dir) shows them; false when they do not have what it builds on.
  template <typename EntriesOf>
  static bool Apply(const Change& change, EntriesOf entries);
  View WreckDirectories(Random* random, DirectoryLoss loss) const;

  const std::shared_ptr<MemorySpace> space_ = std::make_shared<MemorySpace>();
  std::mutex mu_;  // before space_->world
  NodePtr root_ = std::make_shared<Node>();
  std::vector<Change> changes_;  // oldest first
  std::shared_ptr<MemoryEnv> crash_;
  std::optional<Random> schedule_seeds_;
};

}  // namespace burrow
