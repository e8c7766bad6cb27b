#include "bench/driver.h"

#include "table/table_reader.h"

namespace burrow::bench {
namespace {

constexpr size_t kMaxMemtables = 3;

Engine::TableSpec SpecOf(int level, uint64_t number, const TableProperties& p) {
  return {
      level, number, p.file_size, p.smallest, p.largest, p.largest_exclusive, p.range_tombstones, p.largest_sequence};
}

}  // namespace

Driver::Driver(const Options& options, const DatabaseId& id, uint64_t next_file_number) : options_(options) {
  EngineOptions engine;
  engine.env = Env::Posix();
  engine.directory = options.directory;
  engine.database_id = id;
  engine.memtable_size = options.write_buffer_size;
  engine.block_cache_size = options.cache_size;
  engine.next_file_number = next_file_number;
  engine_ = std::make_unique<Engine>(engine, &progress_);
  runner_ = std::make_unique<JobRunner>(JobRunner::Options{}, engine_.get(), &completions_);
}

Driver::~Driver() {
  runner_->Shutdown();
  uint64_t log, length;
  // What the log says no longer matters: nobody replays it.
  if (writable()) static_cast<void>(engine_->StopWrites(&log, &length).ok());
}

Status Driver::Create(const Options& options, std::unique_ptr<Driver>* driver) {
  Env* env = Env::Posix();
  BURROW_RETURN_IF_ERROR(env->CreateDirs(options.directory));
  std::vector<std::string> names;
  BURROW_RETURN_IF_ERROR(env->GetChildren(options.directory, &names));
  for (const std::string& name : names) {
    FileKind kind;
    uint64_t number;
    if (ParseFileName(name, &kind, &number) && (kind == FileKind::kTable || kind == FileKind::kWal)) {
      BURROW_RETURN_IF_ERROR(env->RemoveFile(options.directory + "/" + name));
    }
  }
  driver->reset(new Driver(options, DatabaseId{}, 1));
  return (*driver)->Start();
}

Status Driver::Start() {
  uint64_t log = engine_->NewFileNumber();
  BURROW_RETURN_IF_ERROR(engine_->PrepareLog(log, options_.write_buffer_size));
  BURROW_RETURN_IF_ERROR(engine_->Start(1, log));
  logs_.push_back(log);
  return PrepareLog();
}

Status Driver::Open(const Options& options, const Tables& tables, std::unique_ptr<Driver>* driver) {
  std::vector<Engine::TableSpec> specs;
  DatabaseId id;
  TableReader::Counters counters;
  for (const auto& [level, number] : tables) {
    std::string path = FileName(options.directory, FileKind::kTable, number);
    std::unique_ptr<RandomAccessFile> file;
    std::shared_ptr<TableReader> reader;
    BURROW_RETURN_IF_ERROR(Env::Posix()->NewRandomAccessFile(path, &file));
    BURROW_RETURN_IF_ERROR(TableReader::Open(std::move(file), path, number, 0, nullptr, nullptr, &counters, &reader));
    specs.push_back(SpecOf(level, number, reader->properties()));
    id = reader->properties().database_id;
  }
  driver->reset(new Driver(options, id, kMaxFileNumber));
  return (*driver)->engine_->InstallVersion(specs, {}, 0);
}

Status Driver::Write(Slice records, uint32_t count, WriteMode mode) {
  Status status;
  while (engine_->commits().Write(records, count, mode, &status) == WriteOutcome::kMemtableFull) {
    BURROW_RETURN_IF_ERROR(Rotate());
  }
  return status;
}

Status Driver::Put(Slice key, Slice value, WriteMode mode) {
  Status status;
  while (engine_->commits().WriteOne(Kind::kPut, key, value, mode, &status) == WriteOutcome::kMemtableFull) {
    BURROW_RETURN_IF_ERROR(Rotate());
  }
  return status;
}

Status Driver::Flush() {
  if (engine_->Memtables()[0].entries > 0) BURROW_RETURN_IF_ERROR(Rotate());
  return WaitUntil([this] { return immutables() == 0; });
}

Status Driver::Compact() {
  CompactRequest request;
  request.format = options_.format;
  request.target_file_size = options_.write_buffer_size;
  compacted_.clear();
  const Levels& levels = engine_->CurrentView()->levels();
  for (int level = 0; level < std::min(levels.count(), 2); ++level) {
    CompactRequest::Input input{level, {}};
    for (const TableRef& table : levels.level(level).tables) {
      input.tables.push_back(table->number);
      compacted_.emplace_back(level, table->number);
    }
    if (!input.tables.empty()) request.inputs.push_back(std::move(input));
  }
  if (compacted_.empty()) return Status();
  compacting_ = true;
  BURROW_RETURN_IF_ERROR(Submit(std::move(request)));
  return WaitUntil([this] { return !compacting_; });
}

Status Driver::Rotate() {
  BURROW_RETURN_IF_ERROR(WaitUntil([this] { return next_log_ready_ && immutables() + 1 < kMaxMemtables; }));
  uint64_t sealed;
  BURROW_RETURN_IF_ERROR(engine_->Rotate(next_log_, &sealed));
  logs_.push_back(next_log_);
  BURROW_RETURN_IF_ERROR(PrepareLog());
  return FlushNext();
}

Status Driver::PrepareLog() {
  next_log_ready_ = false;
  next_log_ = engine_->NewFileNumber();
  return Submit(PrepareWalRequest{next_log_, options_.write_buffer_size});
}

// One flush at a time: the oldest memtable leaves first.
Status Driver::FlushNext() {
  auto memtables = engine_->Memtables();
  if (flushing_ || memtables.size() == 1) return Status();
  flushing_ = true;
  return Submit(FlushRequest{{memtables[1].id}, 0, options_.format});
}

Status Driver::Submit(JobRequest request) { return runner_->Submit({next_job_++, std::move(request)}); }

Status Driver::Install(const JobCompletion& done) {
  const bool flush = done.type == JobType::kFlush;
  std::vector<Engine::TableSpec> specs;
  for (const TableOutput& output : done.tables.outputs) {
    specs.push_back(SpecOf(flush ? 0 : 1, output.number, output.properties));
  }
  BURROW_RETURN_IF_ERROR(engine_->InstallVersion(specs, flush ? Tables{} : compacted_, flush ? 1 : 0));
  DeleteFilesRequest obsolete;
  for (uint64_t number : engine_->released()->Take()) obsolete.files.push_back({FileKind::kTable, number});
  if (flush) {
    obsolete.files.push_back({FileKind::kWal, logs_.front()});
    logs_.pop_front();
  }
  (flush ? flushing_ : compacting_) = false;
  BURROW_RETURN_IF_ERROR(Submit(std::move(obsolete)));
  return FlushNext();
}

template <typename Condition>
Status Driver::WaitUntil(Condition reached) {
  for (;;) {
    for (const JobCompletion& done : completions_.Take()) {
      BURROW_RETURN_IF_ERROR(done.status);
      if (done.type == JobType::kPrepareWal) next_log_ready_ = true;
      if (done.type == JobType::kFlush || done.type == JobType::kCompact) BURROW_RETURN_IF_ERROR(Install(done));
    }
    if (reached()) return Status();
    progress_.Wait(std::chrono::seconds(1));
  }
}

}  // namespace burrow::bench
