#include "engine/engine.h"

#include <algorithm>
#include <deque>
#include <utility>

#include "base/write_batch.h"
#include "env/file_names.h"
#include "wal/log_salvager.h"

namespace burrow {

namespace {

size_t SharedLength(Slice a, Slice b) {
  return static_cast<size_t>(std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin());
}

}  // namespace

Engine::Engine(const EngineOptions& options, ProgressListener* listener)
    : options_(options),
      next_file_number_(options.next_file_number),
      block_cache_(options.block_cache_size),
      table_cache_(options.env, options.directory, options.database_id, options.max_open_files, &block_cache_),
      read_ahead_thread_(options.schedule == nullptr ? std::make_unique<ReadAheadThread>() : nullptr),
      released_(std::make_shared<ReleasedTables>()),
      commits_({.memtable_size = options.memtable_size, .schedule = options.schedule}, listener) {
  Publish(std::make_shared<Levels>());
}

Engine::~Engine() = default;

void Engine::Publish(std::shared_ptr<const Levels> levels) {
  std::vector<std::shared_ptr<MemTable>> immutables;
  for (auto it = immutables_.rbegin(); it != immutables_.rend(); ++it) immutables.push_back(it->memtable);
  view_ = std::make_shared<ReadView>(active_.memtable, std::move(immutables), std::move(levels));
}

Status Engine::PrepareLog(uint64_t number, uint64_t allocate) {
  std::string path = FileName(options_.directory, FileKind::kWal, number);
  std::unique_ptr<WritableFile> file;
  BURROW_RETURN_IF_ERROR(options_.env->NewWritableFile(path, Env::OpenMode::kTruncate, &file));
  PreparedLog prepared;
  if (allocate > 0) {
    Status status = file->Allocate(allocate);
    if (!status.ok() && !status.Is(Code::kUnsupported)) return status;
    prepared.allocated = status.ok() ? allocate : UINT64_MAX;
  }
  BURROW_RETURN_IF_ERROR(options_.env->SyncDir(options_.directory));
  prepared.log = std::make_unique<log::LogWriter>(std::move(file), log::LogKind::kWal, number, options_.database_id);
  std::lock_guard<std::mutex> lock(mutex_);
  prepared_logs_[number] = std::move(prepared);
  return Status();
}

Status Engine::TakeLog(uint64_t number, PreparedLog* prepared) {
  std::lock_guard<std::mutex> lock(mutex_);
  auto found = prepared_logs_.find(number);
  if (found == prepared_logs_.end()) return Status::Internal("log " + std::to_string(number) + " was not prepared");
  *prepared = std::move(found->second);
  prepared_logs_.erase(found);
  return Status();
}

std::string Engine::ExpectedPrefix() const {
  if (active_.memtable != nullptr && !active_.memtable->empty()) return active_.memtable->shared_prefix();
  if (!immutables_.empty()) return immutables_.back().memtable->shared_prefix();
  std::string prefix;
  bool first = true;
  const Levels& levels = view_->levels();
  for (int i = 0; i < levels.count(); ++i) {
    for (const TableRef& table : levels.level(i).tables) {
      if (first) prefix = table->smallest;
      first = false;
      prefix.resize(std::min(SharedLength(prefix, table->smallest), SharedLength(prefix, table->largest)));
    }
  }
  return prefix;
}

namespace {

std::string SharedPrefix(const std::vector<MemTable::Entry>& entries) {
  Slice prefix = entries.front().user_key;
  for (const MemTable::Entry& entry : entries) prefix = prefix.substr(0, SharedLength(prefix, entry.user_key));
  return std::string(prefix);
}

// Collects records of a log and adds them to a memtable many at a time, which is what makes replay fast.
class Replay {
 public:
  // One WAL payload; copied.
  Status Add(Slice payload, Engine::ReplayResult* result);
  // What is left. Null when there was nothing at all.
  std::shared_ptr<MemTable> Finish() {
    Drain();
    return std::move(memtable_);
  }

 private:
  static constexpr size_t kGroupBytes = 8 << 20;

  void Drain();

  std::shared_ptr<MemTable> memtable_;
  std::deque<std::string> payloads_;  // those that entries_ borrows from
  size_t bytes_ = 0;
  std::vector<MemTable::Entry> entries_;
};

Status Replay::Add(Slice payload, Engine::ReplayResult* result) {
  if (bytes_ + payload.size() > kGroupBytes) Drain();
  payload = payloads_.emplace_back(payload);
  bytes_ += payload.size();
  SequenceNumber first;
  uint32_t count;
  Slice records;
  BURROW_RETURN_IF_ERROR(DecodeBatchHeader(payload, &first, &count, &records));
  if (first <= result->last_sequence) return Status::Corruption("sequence numbers in the log do not ascend");
  BatchReader reader(records);
  BatchRecord record;
  uint32_t seen = 0;
  while (reader.Next(&record)) {
    if (seen == count) return Status::Corruption("a batch in the log holds more records than it says");
    entries_.push_back({record.key, record.value, PackTrailer(first + seen++, record.kind)});
  }
  BURROW_RETURN_IF_ERROR(reader.status());
  if (seen != count) return Status::Corruption("a batch in the log holds fewer records than it says");
  result->last_sequence = first + count - 1;
  result->records += count;
  result->bytes += payload.size();
  return Status();
}

void Replay::Drain() {
  if (entries_.empty()) return;
  if (memtable_ == nullptr) memtable_ = std::make_shared<MemTable>(SharedPrefix(entries_));
  memtable_->AddAll(&entries_);
  entries_.clear();
  payloads_.clear();
  bytes_ = 0;
}

}  // namespace

Status Engine::ReplayLog(uint64_t number, uint64_t expected_length, bool salvage, ReplayResult* result) {
  std::string path = FileName(options_.directory, FileKind::kWal, number);
  std::unique_ptr<RandomAccessFile> file;
  BURROW_RETURN_IF_ERROR(options_.env->NewRandomAccessFile(path, &file));
  const log::LogReader::Options options{.kind = log::LogKind::kWal,
                                        .log_number = number,
                                        .database_id = &options_.database_id,
                                        .expected_length = expected_length};
  Replay replay;
  auto finish = [result](const log::LogReader& reader) {
    result->end = reader.end();
    result->end_offset = reader.end_offset();
    result->torn_bytes = reader.torn_bytes();
    result->synced_offset = reader.synced_offset();
  };
  Slice payload;
  if (salvage) {
    log::LogSalvager salvager(std::move(file), path, options);
    while (salvager.Next(&payload)) BURROW_RETURN_IF_ERROR(replay.Add(payload, result));
    BURROW_RETURN_IF_ERROR(salvager.log().status());
    finish(salvager.log());
    result->lost = salvager.TakeLost();
  } else {
    log::LogReader reader(std::move(file), path, options);
    while (reader.ReadRecord(&payload)) {
      Status status = replay.Add(payload, result);
      if (!status.ok()) return std::move(status).WithFile(path).WithOffset(reader.record_offset());
    }
    BURROW_RETURN_IF_ERROR(reader.status());
    finish(reader);
  }
  std::shared_ptr<MemTable> memtable = replay.Finish();
  if (memtable == nullptr) return Status();
  result->memtable_id = next_memtable_id_.fetch_add(1);
  std::lock_guard<std::mutex> lock(mutex_);
  replayed_[result->memtable_id] = std::move(memtable);
  return Status();
}

Status Engine::SealLog(uint64_t number, uint64_t end_offset) {
  std::string path = FileName(options_.directory, FileKind::kWal, number);
  std::unique_ptr<WritableFile> file;
  BURROW_RETURN_IF_ERROR(options_.env->NewWritableFile(path, Env::OpenMode::kAppend, &file));
  if (end_offset == UINT64_MAX) return file->Sync();
  BURROW_RETURN_IF_ERROR(file->Truncate(end_offset));
  // On its own: an end record with records of the cut tail behind it would be corruption after a power cut.
  BURROW_RETURN_IF_ERROR(file->Sync());
  log::LogWriter log(std::move(file), log::LogKind::kWal, number, options_.database_id, end_offset);
  std::string framed;
  log.FrameEnd(&framed);
  BURROW_RETURN_IF_ERROR(log.Append(framed));
  return log.Sync();
}

Status Engine::AdoptMemtable(uint64_t id) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    auto found = replayed_.find(id);
    if (found == replayed_.end()) return Status::Internal("memtable " + std::to_string(id) + " was not replayed");
    immutables_.push_back({id, std::move(found->second)});
    replayed_.erase(found);
  }
  Publish(view_->levels_ref());
  return Status();
}

std::shared_ptr<MemTable> Engine::NewMemtable() const {
  return std::make_shared<MemTable>(ExpectedPrefix(), options_.memtable_size);
}

Status Engine::Start(SequenceNumber next_sequence, uint64_t log_number) {
  PreparedLog prepared;
  BURROW_RETURN_IF_ERROR(TakeLog(log_number, &prepared));
  active_ = {next_memtable_id_.fetch_add(1), NewMemtable()};
  commits_.Start(active_.memtable, std::move(prepared.log), prepared.allocated, next_sequence);
  active_log_ = log_number;
  Publish(view_->levels_ref());
  return Status();
}

Status Engine::StopWrites(uint64_t* log_number, uint64_t* length) {
  *log_number = active_log_;
  return commits_.Stop(true, length);
}

Status Engine::Rotate(uint64_t log_number, uint64_t* sealed_memtable) {
  PreparedLog prepared;
  BURROW_RETURN_IF_ERROR(TakeLog(log_number, &prepared));
  NamedMemtable next{next_memtable_id_.fetch_add(1), NewMemtable()};
  std::shared_ptr<MemTable> sealed;
  BURROW_RETURN_IF_ERROR(commits_.Rotate(next.memtable, std::move(prepared.log), prepared.allocated, &sealed));
  *sealed_memtable = active_.id;
  immutables_.push_back(std::exchange(active_, std::move(next)));
  active_log_ = log_number;
  Publish(view_->levels_ref());
  return Status();
}

Status Engine::InstallVersion(const std::vector<TableSpec>& added, const std::vector<std::pair<int, uint64_t>>& dropped,
                              size_t drop_memtables) {
  if (drop_memtables > immutables_.size()) {
    return Status::Internal("cannot drop " + std::to_string(drop_memtables) + " of " +
                            std::to_string(immutables_.size()) + " immutable memtables");
  }
  // A table that moves between levels stays one entry, so that its reader stays open.
  std::map<uint64_t, TableRef> leaving;
  for (const auto& [level, number] : dropped) {
    if (level < 0 || level >= view_->levels().count()) continue;
    for (const TableRef& table : view_->levels().level(level).tables) {
      if (table->number == number) leaving[number] = table;
    }
  }
  LevelsDelta delta;
  delta.dropped = dropped;
  for (const TableSpec& spec : added) {
    auto moved = leaving.find(spec.number);
    if (moved != leaving.end()) {
      delta.added.push_back({spec.level, moved->second});
      leaving.erase(moved);
      continue;
    }
    auto entry = std::make_shared<TableEntry>();
    entry->number = spec.number;
    entry->size = spec.size;
    entry->smallest = spec.smallest;
    entry->largest = spec.largest;
    entry->largest_exclusive = spec.largest_exclusive;
    entry->range_tombstones = spec.range_tombstones;
    entry->largest_sequence = spec.largest_sequence;
    entry->handle = table_cache_.NewHandle(spec.number, spec.size);
    entry->released = released_;
    delta.added.push_back({spec.level, std::move(entry)});
  }
  std::shared_ptr<const Levels> levels;
  BURROW_RETURN_IF_ERROR(Levels::Apply(view_->levels(), delta, &levels));
  for (const auto& [number, table] : leaving) table->dropped.store(true, std::memory_order_release);
  immutables_.erase(immutables_.begin(), immutables_.begin() + static_cast<ptrdiff_t>(drop_memtables));
  Publish(std::move(levels));
  return Status();
}

std::vector<Engine::MemtableInfo> Engine::Memtables() const {
  std::vector<MemtableInfo> infos;
  auto add = [&](const NamedMemtable& named) {
    infos.push_back(
        {named.id, named.memtable->MemoryUsage(), named.memtable->entries(), named.memtable->last_sequence()});
  };
  if (active_.memtable != nullptr) add(active_);
  for (const NamedMemtable& named : immutables_) add(named);
  return infos;
}

Status Engine::FindMemtables(const std::vector<uint64_t>& ids,
                             std::vector<std::shared_ptr<MemTable>>* memtables) const {
  for (uint64_t id : ids) {
    auto found = std::find_if(immutables_.begin(), immutables_.end(),
                              [id](const NamedMemtable& named) { return named.id == id; });
    if (found == immutables_.end()) {
      return Status::InvalidArgument("no immutable memtable has the id " + std::to_string(id));
    }
    memtables->push_back(found->memtable);
  }
  return Status();
}

uint64_t Engine::ApproximateSize(const Slice* lower, const Slice* upper) {
  uint64_t total = 0;
  const Levels& levels = view_->levels();
  for (int i = 0; i < levels.count(); ++i) {
    for (const TableRef& table : levels.level(i).tables) {
      bool below = lower != nullptr && Slice(table->largest) < *lower;
      bool above = upper != nullptr && Slice(table->smallest) >= *upper;
      if (below || above) continue;
      bool cut_front = lower != nullptr && Slice(table->smallest) < *lower;
      bool cut_back = upper != nullptr && Slice(table->largest) >= *upper;
      uint64_t begin = 0, end = table->size;
      std::shared_ptr<TableReader> reader;
      // A table that cannot be opened counts whole: this is an estimate, and reads report the error.
      if ((cut_front || cut_back) && table->handle->Acquire(false, &reader).ok()) {
        if (cut_front) begin = reader->ApproximateOffsetOf(*lower);
        if (cut_back) end = reader->ApproximateOffsetOf(*upper);
      }
      if (end > begin) total += end - begin;
    }
  }
  return total;
}

}  // namespace burrow
