#include "env/fault_env.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <thread>
#include <utility>

namespace burrow {

namespace fault {

const char* OpName(OpMask kind) {
  static constexpr const char* kNames[kKinds] = {"open",     "create", "read",    "write",  "sync",   "allocate",
                                                 "truncate", "close",  "syncdir", "rename", "remove", "link",
                                                 "mkdir",    "list",   "stat",    "lock"};
  return kNames[std::countr_zero(kind)];
}

}  // namespace fault

using fault::Effect;
using fault::OpMask;

namespace {

// What is to be done with one operation.
struct Verdict {
  int error_number = 0;  // not 0: it fails…
  bool half = false;     // …after half of its data
  bool garbage = false;
  bool kill = false;
};

// As nothing else than the system does it: no handler runs, nothing is written.
[[noreturn]] void Die() {
  (void)raise(SIGKILL);
  abort();
}

Slice BaseName(Slice path) {
  const size_t slash = path.find_last_of('/');
  return slash == Slice::npos ? path : path.substr(slash + 1);
}

bool Matches(const fault::Rule& rule, OpMask kind, const std::string& path) {
  return (rule.operations & kind) != 0 && path.find(rule.path_contains) != std::string::npos &&
         path.ends_with(rule.path_suffix);
}

}  // namespace

class FaultEnv::Injector {
 public:
  // Counts the operation, waits if a rule says so, and tells what becomes of it. `other`: the second path, or empty.
  Verdict Admit(OpMask kind, const std::string& path, const std::string& other = "") {
    Verdict verdict;
    uint64_t delay = 0;
    {
      std::lock_guard<std::mutex> guard(mu_);
      ++counts_[static_cast<size_t>(std::countr_zero(kind))];
      for (Armed& armed : rules_) {
        if (!Matches(armed.rule, kind, path) && (other.empty() || !Matches(armed.rule, kind, other))) continue;
        ++armed.seen;
        if (armed.seen < armed.rule.countdown || (armed.seen > armed.rule.countdown && !armed.rule.forever)) continue;
        ++armed.hits;
        delay += armed.rule.delay_micros;
        if (verdict.error_number != 0 || verdict.garbage || verdict.kill) continue;
        switch (armed.rule.effect) {
          case Effect::kShort: verdict.half = (kind & (fault::kWrite | fault::kRead)) != 0; [[fallthrough]];
          case Effect::kError: verdict.error_number = armed.rule.error_number; break;
          case Effect::kGarbage: verdict.garbage = true; break;
          case Effect::kDelay: break;
          case Effect::kKill: verdict.kill = true; break;
        }
      }
      if ((kind & fault::kMutating) != 0) {
        if (mutations_left_ == 0) verdict = Verdict{.error_number = EIO};
        if (mutations_left_ != kNever && mutations_left_ > 0) --mutations_left_;
      }
      if ((kind & trace_kinds_) != 0 && trace_.size() < trace_limit_) {
        std::string line = fault::OpName(kind);
        line.append(" ").append(BaseName(path));
        if (!other.empty()) line.append(" ").append(BaseName(other));
        if (verdict.error_number != 0) line.append(" !");
        trace_.push_back(std::move(line));
      }
    }
    if (delay > 0) std::this_thread::sleep_for(std::chrono::microseconds(delay));
    return verdict;
  }

  // For operations that happen as a whole or not at all.
  Status Check(OpMask kind, const std::string& path, const std::string& other = "") {
    const Verdict verdict = Admit(kind, path, other);
    if (verdict.kill) Die();
    if (verdict.error_number == 0) return Status();
    return Status::FromErrno(fault::OpName(kind), path, verdict.error_number);
  }

  uint64_t AddRule(fault::Rule rule) {
    std::lock_guard<std::mutex> guard(mu_);
    rules_.push_back({++last_id_, std::move(rule)});
    return last_id_;
  }

  void RemoveRule(uint64_t id) {
    std::lock_guard<std::mutex> guard(mu_);
    std::erase_if(rules_, [id](const Armed& armed) { return armed.id == id; });
  }

  uint64_t RuleHits(uint64_t id) const {
    std::lock_guard<std::mutex> guard(mu_);
    for (const Armed& armed : rules_) {
      if (armed.id == id) return armed.hits;
    }
    return 0;
  }

  void FreezeAfter(uint64_t operations) {
    std::lock_guard<std::mutex> guard(mu_);
    mutations_left_ = operations;
  }

  bool frozen() const {
    std::lock_guard<std::mutex> guard(mu_);
    return mutations_left_ == 0;
  }

  void Clear() {
    std::lock_guard<std::mutex> guard(mu_);
    rules_.clear();
    counts_ = {};
    mutations_left_ = kNever;
    trace_kinds_ = 0;
    trace_.clear();
  }

  uint64_t OperationCount(OpMask kinds) const {
    std::lock_guard<std::mutex> guard(mu_);
    uint64_t sum = 0;
    for (size_t i = 0; i < counts_.size(); ++i) sum += (kinds >> i & 1) != 0 ? counts_[i] : 0;
    return sum;
  }

  void StartTrace(OpMask kinds, size_t limit) {
    std::lock_guard<std::mutex> guard(mu_);
    trace_kinds_ = kinds;
    trace_limit_ = limit;
    trace_.clear();
  }

  std::vector<std::string> TakeTrace() {
    std::lock_guard<std::mutex> guard(mu_);
    return std::exchange(trace_, {});
  }

 private:
  static constexpr uint64_t kNever = std::numeric_limits<uint64_t>::max();

  struct Armed {
    uint64_t id;
    fault::Rule rule;
    uint64_t seen = 0;
    uint64_t hits = 0;
  };

  mutable std::mutex mu_;
  std::vector<Armed> rules_;
  uint64_t last_id_ = 0;
  std::array<uint64_t, fault::kKinds> counts_{};
  uint64_t mutations_left_ = kNever;
  OpMask trace_kinds_ = 0;
  size_t trace_limit_ = 0;
  std::vector<std::string> trace_;
};

namespace {

class FaultRandomAccessFile final : public RandomAccessFile {
 public:
  FaultRandomAccessFile(std::string path, std::unique_ptr<RandomAccessFile> base,
                        std::shared_ptr<FaultEnv::Injector> injector)
      : path_(std::move(path)), base_(std::move(base)), injector_(std::move(injector)) {}

  Status Read(uint64_t offset, size_t n, Slice* result, char* scratch) const override {
    *result = Slice(scratch, 0);
    const Verdict verdict = injector_->Admit(fault::kRead, path_);
    if (verdict.kill) Die();
    if (verdict.error_number != 0 && !verdict.half) {
      return Status::FromErrno("read", path_, verdict.error_number).WithOffset(offset);
    }
    BURROW_RETURN_IF_ERROR(base_->Read(offset, n, result, scratch));
    if (verdict.half) *result = result->substr(0, result->size() / 2);
    if (verdict.garbage && !result->empty()) {
      if (result->data() != scratch) memcpy(scratch, result->data(), result->size());
      for (size_t i = result->size() / 2; i < std::min(result->size(), result->size() / 2 + 8); ++i) {
        scratch[i] = static_cast<char>(scratch[i] ^ 0x55);
      }
      *result = Slice(scratch, result->size());
    }
    return Status();
  }

  void Advise(uint64_t offset, uint64_t n, bool will_need) const override { base_->Advise(offset, n, will_need); }
  uint64_t Size() const override { return base_->Size(); }

 private:
  const std::string path_;
  const std::unique_ptr<RandomAccessFile> base_;
  const std::shared_ptr<FaultEnv::Injector> injector_;
};

class FaultWritableFile final : public WritableFile {
 public:
  FaultWritableFile(std::string path, std::unique_ptr<WritableFile> base, std::shared_ptr<FaultEnv::Injector> injector)
      : path_(std::move(path)), base_(std::move(base)), injector_(std::move(injector)) {}

  Status Append(Slice data, size_t* written) override {
    const Verdict verdict = injector_->Admit(fault::kWrite, path_);
    if (verdict.kill) {
      (void)base_->Append(data.substr(0, data.size() / 2), written);
      Die();
    }
    if (verdict.error_number == 0) return base_->Append(data, written);
    const uint64_t offset = base_->Size();
    if (written != nullptr) *written = 0;
    if (verdict.half) BURROW_RETURN_IF_ERROR(base_->Append(data.substr(0, data.size() / 2), written));
    return Status::FromErrno("write", path_, verdict.error_number).WithOffset(offset);
  }
  Status Allocate(uint64_t size) override {
    BURROW_RETURN_IF_ERROR(injector_->Check(fault::kAllocate, path_));
    return base_->Allocate(size);
  }
  Status Sync() override {
    BURROW_RETURN_IF_ERROR(injector_->Check(fault::kSync, path_));
    return base_->Sync();
  }
  void StartWriting(uint64_t offset, uint64_t n) override { base_->StartWriting(offset, n); }
  Status Truncate(uint64_t size) override {
    BURROW_RETURN_IF_ERROR(injector_->Check(fault::kTruncate, path_));
    return base_->Truncate(size);
  }
  // The file below is closed whatever the rules say, as close(2) does.
  Status Close() override {
    const Status injected = injector_->Check(fault::kClose, path_);
    const Status closed = base_->Close();
    return injected.ok() ? closed : injected;
  }
  uint64_t Size() const override { return base_->Size(); }

 private:
  const std::string path_;
  const std::unique_ptr<WritableFile> base_;
  const std::shared_ptr<FaultEnv::Injector> injector_;
};

}  // namespace

FaultEnv::FaultEnv(Env* base) : base_(base), injector_(std::make_shared<Injector>()) {}
FaultEnv::~FaultEnv() = default;

uint64_t FaultEnv::AddRule(fault::Rule rule) { return injector_->AddRule(std::move(rule)); }
void FaultEnv::RemoveRule(uint64_t id) { injector_->RemoveRule(id); }
uint64_t FaultEnv::RuleHits(uint64_t id) const { return injector_->RuleHits(id); }
void FaultEnv::FreezeAfter(uint64_t operations) { injector_->FreezeAfter(operations); }
bool FaultEnv::frozen() const { return injector_->frozen(); }
void FaultEnv::Clear() { injector_->Clear(); }
uint64_t FaultEnv::OperationCount(OpMask kinds) const { return injector_->OperationCount(kinds); }
void FaultEnv::StartTrace(OpMask kinds, size_t limit) { injector_->StartTrace(kinds, limit); }
std::vector<std::string> FaultEnv::TakeTrace() { return injector_->TakeTrace(); }

Status FaultEnv::NewWritableFile(const std::string& path, OpenMode mode, std::unique_ptr<WritableFile>* file) {
  BURROW_RETURN_IF_ERROR(injector_->Check(fault::kCreate, path));
  std::unique_ptr<WritableFile> base;
  BURROW_RETURN_IF_ERROR(base_->NewWritableFile(path, mode, &base));
  *file = std::make_unique<FaultWritableFile>(path, std::move(base), injector_);
  return Status();
}

Status FaultEnv::NewRandomAccessFile(const std::string& path, std::unique_ptr<RandomAccessFile>* file) {
  BURROW_RETURN_IF_ERROR(injector_->Check(fault::kOpen, path));
  std::unique_ptr<RandomAccessFile> base;
  BURROW_RETURN_IF_ERROR(base_->NewRandomAccessFile(path, &base));
  *file = std::make_unique<FaultRandomAccessFile>(path, std::move(base), injector_);
  return Status();
}

Status FaultEnv::FileExists(const std::string& path) {
  BURROW_RETURN_IF_ERROR(injector_->Check(fault::kStat, path));
  return base_->FileExists(path);
}

Status FaultEnv::GetFileSize(const std::string& path, uint64_t* size) {
  BURROW_RETURN_IF_ERROR(injector_->Check(fault::kStat, path));
  return base_->GetFileSize(path, size);
}

Status FaultEnv::IsDirectory(const std::string& path, bool* is_directory) {
  BURROW_RETURN_IF_ERROR(injector_->Check(fault::kStat, path));
  return base_->IsDirectory(path, is_directory);
}

Status FaultEnv::GetChildren(const std::string& dir, std::vector<std::string>* names) {
  BURROW_RETURN_IF_ERROR(injector_->Check(fault::kList, dir));
  return base_->GetChildren(dir, names);
}

Status FaultEnv::RemoveFile(const std::string& path) {
  BURROW_RETURN_IF_ERROR(injector_->Check(fault::kRemove, path));
  return base_->RemoveFile(path);
}

Status FaultEnv::RemoveDir(const std::string& path) {
  BURROW_RETURN_IF_ERROR(injector_->Check(fault::kRemove, path));
  return base_->RemoveDir(path);
}

Status FaultEnv::RenameFile(const std::string& from, const std::string& to) {
  BURROW_RETURN_IF_ERROR(injector_->Check(fault::kRename, from, to));
  return base_->RenameFile(from, to);
}

Status FaultEnv::LinkFile(const std::string& from, const std::string& to) {
  BURROW_RETURN_IF_ERROR(injector_->Check(fault::kLink, from, to));
  return base_->LinkFile(from, to);
}

Status FaultEnv::CreateDirs(const std::string& path) {
  BURROW_RETURN_IF_ERROR(injector_->Check(fault::kCreateDir, path));
  return base_->CreateDirs(path);
}

Status FaultEnv::SyncDir(const std::string& dir) {
  BURROW_RETURN_IF_ERROR(injector_->Check(fault::kSyncDir, dir));
  return base_->SyncDir(dir);
}

Status FaultEnv::GetFreeSpace(const std::string& path, uint64_t* bytes) {
  BURROW_RETURN_IF_ERROR(injector_->Check(fault::kStat, path));
  return base_->GetFreeSpace(path, bytes);
}

Status FaultEnv::GetTotalSpace(const std::string& path, uint64_t* bytes) {
  BURROW_RETURN_IF_ERROR(injector_->Check(fault::kStat, path));
  return base_->GetTotalSpace(path, bytes);
}

Status FaultEnv::LockFile(const std::string& path, std::unique_ptr<FileLock>* lock) {
  BURROW_RETURN_IF_ERROR(injector_->Check(fault::kLock, path));
  return base_->LockFile(path, lock);
}

}  // namespace burrow
