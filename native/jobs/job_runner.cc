#include "jobs/job_runner.h"

#include <algorithm>
#include <chrono>
#include <set>
#include <utility>

namespace burrow {

namespace {

uint64_t WallClockMillis() {
  auto now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
}

// User-key bounds of everything that a compaction reads; `upper` is taken as inclusive.
struct Span {
  Slice lower;
  Slice upper;
  bool Overlaps(const TableEntry& table) const {
    return Slice(table.largest) >= lower && Slice(table.smallest) <= upper;
  }
};

CompactionJob::Bounds BoundsOf(const TableEntry& table) { return {table.smallest, table.largest}; }

}  // namespace

bool OnlyReads(const JobRequest& request) {
  if (const auto* copy = std::get_if<CopyFileRequest>(&request)) return copy->copy.to.empty();
  if (const auto* table = std::get_if<SalvageTableRequest>(&request)) return !table->salvage.output.has_value();
  return std::holds_alternative<ReplayWalRequest>(request) || std::holds_alternative<VerifyTableRequest>(request) ||
         std::holds_alternative<SurveyWalRequest>(request);
}

struct JobRunner::Compaction {
  CompactionJob job;             // its bounds point into `inputs`
  std::vector<TableRef> inputs;  // keeps the files
  CancelFlag cancelled;
};

JobRunner::JobRunner(const Options& options, Engine* engine, CompletionQueue<JobCompletion>* completions)
    : engine_(engine),
      completions_(completions),
      rate_limiter_(options.compaction_bytes_per_second),
      manifest_(engine->env(), engine->options().directory, engine->options().database_id),
      cancel_compactions_(std::make_shared<std::atomic<bool>>(false)),
      pool_(std::max(options.threads, 1), options.threads >= 2 ? 1 : 0, "burrow-job", engine->options().schedule),
      manifest_queue_("burrow-manifest", engine->options().schedule),
      file_queue_("burrow-files", engine->options().schedule) {}

JobRunner::~JobRunner() { Shutdown(); }

std::vector<JobRunner::Progress> JobRunner::Compactions() const {
  std::vector<Progress> compactions;
  std::lock_guard lock(progress_mutex_);
  for (const auto& [id, records] : progress_) compactions.push_back({id, records.load(std::memory_order_relaxed)});
  return compactions;
}

void JobRunner::CancelCompactions() {
  cancel_compactions_->store(true, std::memory_order_release);
  cancel_compactions_ = std::make_shared<std::atomic<bool>>(false);
  rate_limiter_.Wake();
}

void JobRunner::Shutdown() {
  stopping_.store(true, std::memory_order_release);
  CancelCompactions();
  manifest_queue_.Shutdown(true);
  file_queue_.Shutdown(false);
  pool_.Shutdown();
}

// `body` fills the completion; the closure owns what it needs and lets go of it before the completion is seen, so that
// the owner finds released tables together with it.
template <typename Body>
std::function<void()> JobRunner::Task(const Job& job, Body body) {
  return [this, id = job.id, type = static_cast<JobType>(job.request.index()), body = std::move(body)]() mutable {
    JobCompletion completion;
    completion.id = id;
    completion.type = type;
    const auto begin = std::chrono::steady_clock::now();
    {
      Body run = std::move(body);
      run(&completion);
    }
    const auto elapsed = std::chrono::steady_clock::now() - begin;
    completion.micros = static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(elapsed).count());
    completions_->Push(std::move(completion));
  };
}

Status JobRunner::Submit(Job job) {
  return std::visit([&](auto& request) { return Queue(job, std::move(request)); }, job.request);
}

namespace {

Status Accepted(bool accepted) { return accepted ? Status() : Status(Code::kClosed, "background work was shut down"); }

}  // namespace

Status JobRunner::Queue(const Job& job, FlushRequest request) {
  auto flush = std::make_shared<FlushJob>();
  BURROW_RETURN_IF_ERROR(ResolveFlush(request, flush.get()));
  return Accepted(pool_.Submit(Priority::kFlush, Task(job, [this, flush, format = request.format](JobCompletion* out) {
                                 // What is not acknowledged may be taken back, and what it shadows counts again.
                                 SequenceNumber last = 0;
                                 for (const auto& memtable : flush->memtables) {
                                   last = std::max(last, memtable->last_sequence());
                                 }
                                 out->status = engine_->commits().AwaitAcknowledged(last);
                                 if (!out->status.ok()) return;
                                 TableJobContext context = Context(format);
                                 context.cancelled = &stopping_;
                                 out->tables = RunFlush(*flush, context);
                                 out->status = out->tables.status;
                               })));
}

Status JobRunner::Queue(const Job& job, CompactRequest request) {
  auto compaction = std::make_shared<Compaction>();
  BURROW_RETURN_IF_ERROR(ResolveCompaction(request, compaction.get()));
  compaction->cancelled = cancel_compactions_;
  auto body = [this, compaction, id = job.id, format = request.format](JobCompletion* out) {
    if (compaction->cancelled->load(std::memory_order_acquire)) {
      out->status = Status::Aborted("the compaction was cancelled before it began");
      return;
    }
    TableJobContext context = Context(format);
    context.rate_limiter = &rate_limiter_;
    context.cancelled = compaction->cancelled.get();
    {
      std::lock_guard lock(progress_mutex_);
      context.records_done = &progress_[id];
    }
    out->tables = RunCompaction(compaction->job, context);
    out->status = out->tables.status;
    std::lock_guard lock(progress_mutex_);
    progress_.erase(id);
  };
  return Accepted(pool_.Submit(request.priority, Task(job, std::move(body))));
}

Status JobRunner::Queue(const Job& job, PrepareWalRequest request) {
  // Writers may be waiting for it.
  return Accepted(pool_.Submit(Priority::kFlush, Task(job, [this, request](JobCompletion* out) {
                                 out->status = engine_->PrepareLog(request.number, request.allocate);
                               })));
}

Status JobRunner::Queue(const Job& job, ReplayWalRequest request) {
  return Accepted(pool_.Submit(Priority::kHousekeeping, Task(job, [this, request](JobCompletion* out) {
                                 out->status = engine_->ReplayLog(request.number, request.expected_length,
                                                                  request.salvage, &out->replay);
                               })));
}

Status JobRunner::Queue(const Job& job, ManifestCreateRequest request) {
  return Accepted(manifest_queue_.Submit(Task(job, [this, request = std::move(request)](JobCompletion* out) {
    out->status = manifest_.Create(request.number, request.records);
    out->manifest_size = manifest_.size();
  })));
}

Status JobRunner::Queue(const Job& job, ManifestAppendRequest request) {
  return Accepted(manifest_queue_.Submit(Task(job, [this, request = std::move(request)](JobCompletion* out) {
    out->status = manifest_.Append(request.record);
    out->manifest_size = manifest_.size();
  })));
}

Status JobRunner::Queue(const Job& job, DeleteFilesRequest request) {
  return Accepted(file_queue_.Submit(Task(
      job, [this, request = std::move(request)](JobCompletion* out) { out->status = DeleteFiles(request.files); })));
}

Status JobRunner::Queue(const Job& job, MoveToLostRequest request) {
  return Accepted(file_queue_.Submit(Task(
      job, [this, request = std::move(request)](JobCompletion* out) { out->status = MoveToLost(request.names); })));
}

Status JobRunner::Queue(const Job& job, SealWalRequest request) {
  return Accepted(pool_.Submit(Priority::kFlush, Task(job, [this, request](JobCompletion* out) {
                                 out->status = engine_->SealLog(request.number, request.end_offset);
                               })));
}

template <typename Body>
Status JobRunner::QueuePaced(const Job& job, Body body) {
  auto task = [this, cancelled = cancel_compactions_, body = std::move(body)](JobCompletion* out) {
    body(out, Pace{&rate_limiter_, cancelled.get()});
  };
  return Accepted(pool_.Submit(Priority::kHousekeeping, Task(job, std::move(task))));
}

Status JobRunner::Queue(const Job& job, VerifyTableRequest request) {
  return QueuePaced(job, [this, request](JobCompletion* out, const Pace& pace) {
    const EngineOptions& options = engine_->options();
    out->verified = RunVerify(options.env, FileName(options.directory, FileKind::kTable, request.number),
                              request.number, options.database_id, pace);
    out->status = out->verified.status;
  });
}

Status JobRunner::Queue(const Job& job, CopyFileRequest request) {
  return QueuePaced(job, [this, request = std::move(request)](JobCompletion* out, const Pace& pace) {
    out->copied = RunCopy(engine_->env(), request.copy, pace);
    out->status = out->copied.status;
  });
}

Status JobRunner::Queue(const Job& job, SurveyWalRequest request) {
  return QueuePaced(job, [this, request](JobCompletion* out, const Pace& pace) {
    out->surveyed_wal = RunSurveyWal(engine_->env(), engine_->options().directory, request.number, pace);
    out->status = out->surveyed_wal.status;
  });
}

Status JobRunner::Queue(const Job& job, SalvageTableRequest request) {
  return QueuePaced(job, [this, request](JobCompletion* out, const Pace& pace) {
    TableJobContext context = Context(request.format);
    context.rate_limiter = pace.rate_limiter;
    context.cancelled = pace.cancelled;
    out->salvaged_table = RunSalvageTable(request.salvage, context);
    out->status = out->salvaged_table.status;
  });
}

TableJobContext JobRunner::Context(const TableFormat& format) const {
  TableJobContext context;
  context.env = engine_->env();
  context.directory = engine_->options().directory;
  context.table_options.block_size = format.block_size;
  context.table_options.bloom_bits_per_key = format.bloom_bits_per_key;
  context.table_options.codec = format.codec;
  context.table_options.codec_level = format.codec_level;
  context.table_options.database_id = engine_->options().database_id;
  context.table_options.created_at_ms = WallClockMillis();
  context.new_file_number = [engine = engine_] { return engine->NewFileNumber(); };
  context.snapshots = engine_->snapshots().Distinct();
  return context;
}

Status JobRunner::ResolveFlush(const FlushRequest& request, FlushJob* job) const {
  if (request.memtables.empty()) return Status::InvalidArgument("a flush needs a memtable");
  job->target_file_size = request.target_file_size;
  return engine_->FindMemtables(request.memtables, &job->memtables);
}

Status JobRunner::ResolveCompaction(const CompactRequest& request, Compaction* compaction) const {
  const std::shared_ptr<const Levels> levels = engine_->CurrentView()->levels_ref();
  if (request.output_level < 0 || request.output_level >= Levels::kMaxLevels) {
    return Status::InvalidArgument("output level " + std::to_string(request.output_level) + " is out of range");
  }
  CompactionJob& job = compaction->job;
  job.target_file_size = request.target_file_size;
  job.max_grandparent_overlap = request.max_grandparent_overlap;

  std::set<uint64_t> input_numbers;
  for (const CompactRequest::Input& input : request.inputs) {
    if (input.level < 0 || input.level >= levels->count()) {
      return Status::InvalidArgument("there is no level " + std::to_string(input.level));
    }
    const std::set<uint64_t> wanted(input.tables.begin(), input.tables.end());
    CompactionJob::Run run;
    size_t found = 0;
    for (const TableRef& table : levels->level(input.level).tables) {
      if (!wanted.contains(table->number)) continue;
      ++found;
      input_numbers.insert(table->number);
      compaction->inputs.push_back(table);
      run.tables.push_back({table->handle, table->smallest, table->largest, table->largest_exclusive});
      if (input.level == 0) job.runs.push_back(std::exchange(run, {}));
    }
    if (found != wanted.size()) {
      return Status::InvalidArgument("level " + std::to_string(input.level) + " does not hold every input table");
    }
    if (!run.tables.empty()) job.runs.push_back(std::move(run));
  }
  if (compaction->inputs.empty()) return Status::InvalidArgument("a compaction needs an input table");

  Span span{compaction->inputs[0]->smallest, compaction->inputs[0]->largest};
  for (const TableRef& table : compaction->inputs) {
    span.lower = std::min(span.lower, Slice(table->smallest));
    span.upper = std::max(span.upper, Slice(table->largest));
  }
  // Where output stays in level 0, the tables that stay beside it may be older and hold the same keys.
  if (request.output_level == 0) {
    for (const TableRef& table : levels->level(0).tables) {
      if (input_numbers.contains(table->number) || !span.Overlaps(*table)) continue;
      job.below.push_back({BoundsOf(*table)});
    }
  }
  for (int number = request.output_level + 1; number < levels->count(); ++number) {
    std::vector<CompactionJob::Bounds> bounds;
    for (const TableRef& table : levels->level(number).tables) {
      if (!span.Overlaps(*table)) continue;
      bounds.push_back(BoundsOf(*table));
      if (number == request.output_level + 1) {
        job.grandparents.push_back({table->smallest, table->largest, table->size});
      }
    }
    if (!bounds.empty()) job.below.push_back(std::move(bounds));
  }
  return Status();
}

// Goes on after a failure: whoever retries need not start anew, and a file that is gone is what was asked for.
Status JobRunner::DeleteFiles(const std::vector<DeleteFilesRequest::File>& files) {
  Status first;
  for (const DeleteFilesRequest::File& file : files) {
    if (file.kind == FileKind::kTable) engine_->block_cache().EraseFile(file.number);
    Status status = engine_->env()->RemoveFile(FileName(engine_->options().directory, file.kind, file.number));
    if (first.ok() && !status.ok() && !status.Is(Code::kNotFound)) first = status;
  }
  return first;
}

Status JobRunner::MoveToLost(const std::vector<std::string>& names) {
  Env* env = engine_->env();
  const std::string& directory = engine_->options().directory;
  const std::string lost = FileName(directory, FileKind::kLost);
  BURROW_RETURN_IF_ERROR(env->CreateDirs(lost));
  for (const std::string& name : names) {
    // A file that an earlier accident left there under the same name is kept.
    std::string target = lost + "/" + name;
    for (int i = 1;; ++i) {
      Status taken = env->FileExists(target);
      if (taken.Is(Code::kNotFound)) break;
      BURROW_RETURN_IF_ERROR(taken);
      target = lost + "/" + name + "." + std::to_string(i);
    }
    BURROW_RETURN_IF_ERROR(env->RenameFile(directory + "/" + name, target));
  }
  BURROW_RETURN_IF_ERROR(env->SyncDir(lost));
  return env->SyncDir(directory);
}

}  // namespace burrow
