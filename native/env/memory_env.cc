#include "env/memory_env.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <utility>

namespace burrow {

namespace {

// Keeps a file alive, and its room taken, while it is open.
class OpenHandle {
 public:
  explicit OpenHandle(std::shared_ptr<MemoryFile> file) : file_(std::move(file)) { file_->AddUser(); }
  ~OpenHandle() { Close(); }
  OpenHandle(const OpenHandle&) = delete;
  OpenHandle& operator=(const OpenHandle&) = delete;

  void Close() {
    if (file_ != nullptr) file_->DropUser();
    file_ = nullptr;
  }
  explicit operator bool() const { return file_ != nullptr; }
  MemoryFile* operator->() const { return file_.get(); }

 private:
  std::shared_ptr<MemoryFile> file_;
};

Status Result(Slice operation, const std::string& path, int error) {
  return error == 0 ? Status() : Status::FromErrno(operation, path, error);
}

class MemoryRandomAccessFile final : public RandomAccessFile {
 public:
  explicit MemoryRandomAccessFile(std::shared_ptr<MemoryFile> file) : file_(std::move(file)), size_(file_->Size()) {}

  Status Read(uint64_t offset, size_t n, Slice* result, char* scratch) const override {
    *result = Slice(scratch, file_->ReadAt(offset, n, scratch));
    return Status();
  }
  uint64_t Size() const override { return size_; }

 private:
  const OpenHandle file_;
  const uint64_t size_;
};

class MemoryWritableFile final : public WritableFile {
 public:
  MemoryWritableFile(std::string path, std::shared_ptr<MemoryFile> file)
      : path_(std::move(path)), file_(std::move(file)), end_(file_->Size()) {}

  Status Append(Slice data, size_t* written) override {
    size_t done = 0;
    BeforeChange();
    const uint64_t offset = end_;
    const int error = file_ ? file_->WriteAt(data, offset, &done) : EBADF;
    end_ += done;
    if (written != nullptr) *written = done;
    return Result("write", path_, error).WithOffset(offset);
  }

  Status Allocate(uint64_t size) override {
    BeforeChange();
    return Result("allocate", path_, file_ ? file_->GrowTo(size) : EBADF);
  }

  Status Sync() override {
    if (!file_) return Result("sync", path_, EBADF);
    BeforeChange();
    file_->Sync();
    return Status();
  }

  Status Truncate(uint64_t size) override {
    BeforeChange();
    BURROW_RETURN_IF_ERROR(Result("truncate", path_, file_ ? file_->Resize(size) : EBADF));
    end_ = std::min(end_, size);
    return Status();
  }

  Status Close() override {
    file_.Close();
    return Status();
  }

  uint64_t Size() const override { return end_; }

 private:
  void BeforeChange() const {
    if (file_) file_->space()->BeforeChange();
  }

  const std::string path_;
  OpenHandle file_;
  uint64_t end_;
};

class MemoryFileLock final : public FileLock {
 public:
  explicit MemoryFileLock(std::shared_ptr<MemoryFile> file) : file_(std::move(file)) {
    size_t written;
    file_->Resize(0);
    file_->WriteAt(std::to_string(getpid()) + "\n", 0, &written);  // a help for people: a full disk may refuse it
  }
  ~MemoryFileLock() override {
    file_->Resize(0);
    file_->Unlock();
  }

 private:
  const OpenHandle file_;
};

std::vector<std::string> Components(const std::string& path) {
  std::vector<std::string> parts;
  for (size_t at = 0; at < path.size();) {
    const size_t end = std::min(path.find('/', at), path.size());
    const std::string part = path.substr(at, end - at);
    if (part == "..") {
      if (!parts.empty()) parts.pop_back();
    } else if (!part.empty() && part != ".") {
      parts.push_back(part);
    }
    at = end + 1;
  }
  return parts;
}

}  // namespace

std::shared_ptr<Env> Env::NewMemory() { return std::make_shared<MemoryEnv>(); }

std::vector<MemoryEnv::Node*> MemoryEnv::Change::Dirs() const {
  std::vector<Node*> dirs;
  if (from_dir != nullptr) dirs.push_back(from_dir.get());
  if (to_dir != nullptr && to_dir != from_dir) dirs.push_back(to_dir.get());
  if (to_dir == nullptr && node->file == nullptr) dirs.push_back(node.get());  // it had to become empty before
  return dirs;
}

template <typename EntriesOf>
bool MemoryEnv::Apply(const Change& change, EntriesOf entries) {
  if (change.from_dir != nullptr) {
    const Entries& from = entries(change.from_dir.get());
    const auto it = from.find(change.from_name);
    if (it == from.end() || it->second != change.node) return false;
  }
  if (change.to_dir == nullptr && change.node->file == nullptr && !entries(change.node.get()).empty()) return false;
  if (change.to_dir != nullptr && change.from_dir == nullptr && entries(change.to_dir.get()).contains(change.to_name)) {
    return false;
  }
  if (change.from_dir != nullptr) entries(change.from_dir.get()).erase(change.from_name);
  if (change.to_dir != nullptr) entries(change.to_dir.get())[change.to_name] = change.node;
  return true;
}

void MemoryEnv::Commit(Change change) {
  Apply(change, [](Node* dir) -> Entries& { return dir->live; });
  changes_.push_back(std::move(change));
}

int MemoryEnv::Find(const std::string& path, Place* place) const {
  if (path.empty()) return ENOENT;
  *place = Place{nullptr, "", root_};
  for (std::string& name : Components(path)) {
    if (place->node == nullptr) return ENOENT;
    if (place->node->file != nullptr) return ENOTDIR;
    place->dir = std::move(place->node);
    const auto it = place->dir->live.find(name);
    place->node = it == place->dir->live.end() ? nullptr : it->second;
    place->name = std::move(name);
  }
  return 0;
}

int MemoryEnv::FindDir(const std::string& path, NodePtr* dir) const {
  Place place;
  if (const int error = Find(path, &place)) return error;
  if (place.node == nullptr) return ENOENT;
  if (place.node->file != nullptr) return ENOTDIR;
  *dir = place.node;
  return 0;
}

int MemoryEnv::OpenFile(const std::string& path, bool create, std::shared_ptr<MemoryFile>* file) {
  Place place;
  if (const int error = Find(path, &place)) return error;
  if (place.node == nullptr) {
    if (!create) return ENOENT;
    place.node = std::make_shared<Node>();
    place.node->file = std::make_shared<MemoryFile>(space_);
    place.node->file->AddUser();
    Commit({place.node, nullptr, "", place.dir, place.name});
  }
  if (place.node->file == nullptr) return EISDIR;
  *file = place.node->file;
  return 0;
}

Status MemoryEnv::NewWritableFile(const std::string& path, OpenMode mode, std::unique_ptr<WritableFile>* file) {
  BURROW_RETURN_IF_ERROR(CheckPath(path));
  space_->BeforeChange();
  std::lock_guard<std::mutex> guard(mu_);
  std::shared_ptr<MemoryFile> content;
  BURROW_RETURN_IF_ERROR(Result("create", path, OpenFile(path, true, &content)));
  if (mode == OpenMode::kTruncate) content->Resize(0);
  *file = std::make_unique<MemoryWritableFile>(path, std::move(content));
  return Status();
}

Status MemoryEnv::NewRandomAccessFile(const std::string& path, std::unique_ptr<RandomAccessFile>* file) {
  BURROW_RETURN_IF_ERROR(CheckPath(path));
  std::lock_guard<std::mutex> guard(mu_);
  std::shared_ptr<MemoryFile> content;
  BURROW_RETURN_IF_ERROR(Result("open", path, OpenFile(path, false, &content)));
  *file = std::make_unique<MemoryRandomAccessFile>(std::move(content));
  return Status();
}

Status MemoryEnv::Stat(const std::string& path, Place* place) {
  BURROW_RETURN_IF_ERROR(CheckPath(path));
  std::lock_guard<std::mutex> guard(mu_);
  int error = Find(path, place);
  if (error == 0 && place->node == nullptr) error = ENOENT;
  return Result("stat", path, error);
}

Status MemoryEnv::FileExists(const std::string& path) {
  Place place;
  return Stat(path, &place);
}

Status MemoryEnv::GetFileSize(const std::string& path, uint64_t* size) {
  Place place;
  BURROW_RETURN_IF_ERROR(Stat(path, &place));
  *size = place.node->file == nullptr ? 0 : place.node->file->Size();
  return Status();
}

Status MemoryEnv::IsDirectory(const std::string& path, bool* is_directory) {
  Place place;
  BURROW_RETURN_IF_ERROR(Stat(path, &place));
  *is_directory = place.node->file == nullptr;
  return Status();
}

Status MemoryEnv::GetChildren(const std::string& dir, std::vector<std::string>* names) {
  names->clear();
  BURROW_RETURN_IF_ERROR(CheckPath(dir));
  std::lock_guard<std::mutex> guard(mu_);
  NodePtr node;
  BURROW_RETURN_IF_ERROR(Result("list", dir, FindDir(dir, &node)));
  for (const auto& [name, child] : node->live) names->push_back(name);
  return Status();
}

int MemoryEnv::Remove(const std::string& path, bool directory) {
  Place place;
  if (const int error = Find(path, &place)) return error;
  if (place.node == nullptr) return ENOENT;
  if (place.dir == nullptr) return EBUSY;
  if (directory && place.node->file != nullptr) return ENOTDIR;
  if (!directory && place.node->file == nullptr) return EISDIR;
  if (!place.node->live.empty()) return ENOTEMPTY;
  Commit({place.node, place.dir, place.name, nullptr, ""});
  if (!directory) place.node->file->DropUser();
  return 0;
}

Status MemoryEnv::RemoveFile(const std::string& path) {
  BURROW_RETURN_IF_ERROR(CheckPath(path));
  space_->BeforeChange();
  std::lock_guard<std::mutex> guard(mu_);
  return Result("remove", path, Remove(path, false));
}

Status MemoryEnv::RemoveDir(const std::string& path) {
  BURROW_RETURN_IF_ERROR(CheckPath(path));
  space_->BeforeChange();
  std::lock_guard<std::mutex> guard(mu_);
  return Result("remove directory", path, Remove(path, true));
}

int MemoryEnv::Rename(const std::string& from, const std::string& to) {
  Place source;
  Place target;
  if (const int error = Find(from, &source)) return error;
  if (source.node == nullptr) return ENOENT;
  if (const int error = Find(to, &target)) return error;
  if (source.dir == nullptr || target.dir == nullptr) return EBUSY;
  if (source.node == target.node) return 0;
  if (source.node->file == nullptr) {
    if (target.node != nullptr) return target.node->file == nullptr ? ENOTEMPTY : ENOTDIR;
    if (target.dir != source.dir) return EXDEV;
  } else if (target.node != nullptr && target.node->file == nullptr) {
    return EISDIR;
  }
  Commit({source.node, source.dir, source.name, target.dir, target.name});
  if (target.node != nullptr) target.node->file->DropUser();
  return 0;
}

Status MemoryEnv::RenameFile(const std::string& from, const std::string& to) {
  BURROW_RETURN_IF_ERROR(CheckPath(from));
  BURROW_RETURN_IF_ERROR(CheckPath(to));
  space_->BeforeChange();
  std::lock_guard<std::mutex> guard(mu_);
  return Result("rename to " + to + " from", from, Rename(from, to));
}

int MemoryEnv::Link(const std::string& from, const std::string& to) {
  Place source;
  Place target;
  if (const int error = Find(from, &source)) return error;
  if (source.node == nullptr) return ENOENT;
  if (source.node->file == nullptr) return EPERM;
  if (const int error = Find(to, &target)) return error;
  if (target.node != nullptr) return EEXIST;
  Commit({source.node, nullptr, "", target.dir, target.name});
  source.node->file->AddUser();
  return 0;
}

Status MemoryEnv::LinkFile(const std::string& from, const std::string& to) {
  BURROW_RETURN_IF_ERROR(CheckPath(from));
  BURROW_RETURN_IF_ERROR(CheckPath(to));
  space_->BeforeChange();
  std::lock_guard<std::mutex> guard(mu_);
  return Result("link to " + to + " from", from, Link(from, to));
}

int MemoryEnv::CreateDir(const std::string& path) {
  Place place;
  if (const int error = Find(path, &place)) return error;
  if (place.node == nullptr) {
    Commit({std::make_shared<Node>(), nullptr, "", place.dir, place.name});
  } else if (place.node->file != nullptr) {
    return ENOTDIR;
  }
  return 0;
}

Status MemoryEnv::CreateDirs(const std::string& path) {
  BURROW_RETURN_IF_ERROR(CheckPath(path));
  if (path.empty()) return Result("create directory", path, ENOENT);
  space_->BeforeChange();
  std::lock_guard<std::mutex> guard(mu_);
  std::string prefix;
  for (const std::string& part : Components(path)) {
    prefix += "/" + part;
    BURROW_RETURN_IF_ERROR(Result("create directory", path, CreateDir(prefix)));
  }
  return Status();
}

// Durable become the directory's changes and, because each is durable as a whole, all that those of them which touch
// another directory build on there.
Status MemoryEnv::SyncDir(const std::string& dir) {
  BURROW_RETURN_IF_ERROR(CheckPath(dir));
  space_->BeforeChange();
  std::lock_guard<std::mutex> guard(mu_);
  NodePtr node;
  BURROW_RETURN_IF_ERROR(Result("sync directory", dir, FindDir(dir, &node)));
  std::vector<Node*> synced{node.get()};
  std::vector<bool> chosen(changes_.size());
  for (size_t i = changes_.size(); i-- > 0;) {
    const std::vector<Node*> dirs = changes_[i].Dirs();
    chosen[i] = std::find_first_of(dirs.begin(), dirs.end(), synced.begin(), synced.end()) != dirs.end();
    if (chosen[i]) synced.insert(synced.end(), dirs.begin(), dirs.end());
  }
  std::vector<Change> rest;
  for (size_t i = 0; i < changes_.size(); ++i) {
    if (chosen[i]) {
      Apply(changes_[i], [](Node* each) -> Entries& { return each->durable; });
    } else {
      rest.push_back(std::move(changes_[i]));
    }
  }
  changes_ = std::move(rest);
  return Status();
}

Status MemoryEnv::GetFreeSpace(const std::string& path, uint64_t* bytes) {
  uint64_t capacity;
  BURROW_RETURN_IF_ERROR(GetTotalSpace(path, &capacity));
  const uint64_t used = space_->used.load();
  *bytes = capacity > used ? capacity - used : 0;
  return Status();
}

Status MemoryEnv::GetTotalSpace(const std::string& path, uint64_t* bytes) {
  constexpr uint64_t kPlenty = uint64_t{1} << 50;
  BURROW_RETURN_IF_ERROR(FileExists(path));
  *bytes = std::min(space_->capacity.load(), kPlenty);
  return Status();
}

Status MemoryEnv::LockFile(const std::string& path, std::unique_ptr<FileLock>* lock) {
  BURROW_RETURN_IF_ERROR(CheckPath(path));
  std::lock_guard<std::mutex> guard(mu_);
  std::shared_ptr<MemoryFile> file;
  BURROW_RETURN_IF_ERROR(Result("lock", path, OpenFile(path, true, &file)));
  if (!file->TryLock()) {
    return Status(Code::kLocked,
                  "the database is in use by process " + std::to_string(getpid()) + " (this one): " + path)
        .WithFile(path)
        .WithHolder(getpid());
  }
  *lock = std::make_unique<MemoryFileLock>(std::move(file));
  return Status();
}

uint64_t MemoryEnv::NowMicros() {
  return static_cast<uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now().time_since_epoch())
          .count());
}

MemoryEnv::View MemoryEnv::WreckDirectories(Random* random, DirectoryLoss loss) const {
  View view;
  const auto entries = [&view](Node* dir) -> Entries& { return view.try_emplace(dir, dir->durable).first->second; };
  std::map<Node*, uint64_t> kept;  // how many more of its changes each directory keeps
  if (loss == DirectoryLoss::kPrefix) {
    std::vector<Node*> in_order;  // not by address: the same seed gives the same wreck
    for (const Change& change : changes_) {
      for (Node* dir : change.Dirs()) {
        if (kept[dir]++ == 0) in_order.push_back(dir);
      }
    }
    for (Node* dir : in_order) kept[dir] = random->Uniform(kept[dir] + 1);
  }
  for (const Change& change : changes_) {
    if (loss == DirectoryLoss::kSubset) {
      if (random->OneIn(2)) Apply(change, entries);
      continue;
    }
    const std::vector<Node*> dirs = change.Dirs();
    const bool keep = std::all_of(dirs.begin(), dirs.end(), [&](Node* dir) { return kept[dir] > 0; });
    const bool applied = keep && Apply(change, entries);
    for (Node* dir : dirs) kept[dir] = applied ? kept[dir] - 1 : 0;
  }
  return view;
}

MemoryEnv::~MemoryEnv() { space_->CrashAfter(0, nullptr); }

void MemoryEnv::CrashAfter(uint64_t changes, uint64_t seed, DirectoryLoss loss) {
  {
    std::lock_guard<std::mutex> guard(mu_);
    crash_ = nullptr;
  }
  space_->CrashAfter(changes, [this, seed, loss] {
    std::shared_ptr<MemoryEnv> wreck = CrashClone(seed, loss);
    std::lock_guard<std::mutex> guard(mu_);
    crash_ = std::move(wreck);
  });
}

std::shared_ptr<MemoryEnv> MemoryEnv::TakeCrash() {
  std::lock_guard<std::mutex> guard(mu_);
  return std::exchange(crash_, nullptr);
}

void MemoryEnv::Simulate(uint64_t seed) {
  std::lock_guard<std::mutex> guard(mu_);
  schedule_seeds_.emplace(seed);
}

bool MemoryEnv::Simulated(uint64_t* seed) {
  std::lock_guard<std::mutex> guard(mu_);
  if (!schedule_seeds_) return false;
  *seed = schedule_seeds_->Next();
  return true;
}

std::shared_ptr<MemoryEnv> MemoryEnv::CrashClone(uint64_t seed, DirectoryLoss loss) {
  Random random(seed);
  auto wreck = std::make_shared<MemoryEnv>();
  wreck->SetCapacity(space_->capacity.load());
  std::lock_guard<std::mutex> guard(mu_);
  std::lock_guard<std::shared_mutex> world(space_->world);
  const View view = WreckDirectories(&random, loss);
  std::map<Node*, NodePtr> files;  // a file that has two names is one file in the wreck, too
  const auto copy_dir = [&](const auto& self, Node* from, Node* to) -> void {
    const auto changed = view.find(from);
    for (const auto& [name, child] : changed == view.end() ? from->durable : changed->second) {
      NodePtr copy;
      if (child->file == nullptr) {
        copy = std::make_shared<Node>();
        self(self, child.get(), copy.get());
      } else {
        NodePtr& known = files[child.get()];
        if (known == nullptr) {
          known = std::make_shared<Node>();
          known->file = child->file->CrashClone(wreck->space_, &random);
        }
        known->file->AddUser();
        copy = known;
      }
      to->live[name] = copy;
      to->durable[name] = copy;
    }
  };
  copy_dir(copy_dir, root_.get(), wreck->root_.get());
  if (schedule_seeds_) wreck->schedule_seeds_.emplace(seed);
  return wreck;
}

std::shared_ptr<MemoryEnv> MemoryEnv::KillClone() {
  auto clone = std::make_shared<MemoryEnv>();
  clone->SetCapacity(space_->capacity.load());
  std::lock_guard<std::mutex> guard(mu_);
  std::lock_guard<std::shared_mutex> world(space_->world);
  std::map<Node*, NodePtr> copies;
  const auto copy_of = [&](const auto& self, const NodePtr& node) -> NodePtr {
    if (node == nullptr) return nullptr;
    NodePtr& known = copies[node.get()];
    if (known != nullptr) return known;
    const NodePtr copy = known = std::make_shared<Node>();
    if (node->file != nullptr) copy->file = node->file->KillClone(clone->space_);
    for (const auto& [name, child] : node->live) {
      copy->live[name] = self(self, child);
      if (child->file != nullptr) copy->live[name]->file->AddUser();
    }
    for (const auto& [name, child] : node->durable) copy->durable[name] = self(self, child);
    return copy;
  };
  clone->root_ = copy_of(copy_of, root_);
  clone->schedule_seeds_ = schedule_seeds_;
  for (const Change& change : changes_) {
    clone->changes_.push_back({copy_of(copy_of, change.node), copy_of(copy_of, change.from_dir), change.from_name,
                               copy_of(copy_of, change.to_dir), change.to_name});
  }
  return clone;
}

}  // namespace burrow
