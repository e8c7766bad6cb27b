#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "engine/engine.h"
#include "env/file_names.h"
#include "jobs/completion_queue.h"
#include "jobs/copy_job.h"
#include "jobs/manifest_writer.h"
#include "jobs/rate_limiter.h"
#include "jobs/salvage_job.h"
#include "jobs/survey_wal_job.h"
#include "jobs/table_job.h"
#include "jobs/thread_pool.h"
#include "jobs/verify_job.h"

namespace burrow {

// Background work as it is asked for: plain data, the `Job` of lib/native.ts.

struct TableFormat {
  size_t block_size = 4096;
  double bloom_bits_per_key = 10;
  CodecId codec = CodecId::kLz4;
  int codec_level = 0;
};

struct FlushRequest {
  std::vector<uint64_t> memtables;  // ids of immutable ones
  uint64_t target_file_size = 0;
  TableFormat format;
};

struct CompactRequest {
  struct Input {
    int level = 0;
    std::vector<uint64_t> tables;
  };
  Priority priority = Priority::kCompaction;
  std::vector<Input> inputs;
  int output_level = 1;
  uint64_t target_file_size = 0;
  uint64_t max_grandparent_overlap = 0;
  TableFormat format;
};

struct PrepareWalRequest {
  uint64_t number = 0;
  uint64_t allocate = 0;
};

struct ReplayWalRequest {
  uint64_t number = 0;
  uint64_t expected_length = UINT64_MAX;
  bool salvage = false;
};

struct SealWalRequest {
  uint64_t number = 0;
  uint64_t end_offset = UINT64_MAX;
};

struct ManifestCreateRequest {
  uint64_t number = 0;
  std::vector<std::string> records;
};

struct ManifestAppendRequest {
  std::string record;
};

struct DeleteFilesRequest {
  struct File {
    FileKind kind = FileKind::kTable;
    uint64_t number = 0;
  };
  std::vector<File> files;
};

struct MoveToLostRequest {
  std::vector<std::string> names;  // of files in the database directory
};

struct VerifyTableRequest {
  uint64_t number = 0;
};

struct SurveyWalRequest {
  uint64_t number = 0;
};

struct SalvageTableRequest {
  SalvageTableJob salvage;
  TableFormat format;
};

struct CopyFileRequest {
  CopyJob copy;
};

using JobRequest =
    std::variant<FlushRequest, CompactRequest, PrepareWalRequest, ReplayWalRequest, ManifestCreateRequest,
                 ManifestAppendRequest, DeleteFilesRequest, MoveToLostRequest, SealWalRequest, VerifyTableRequest,
                 CopyFileRequest, SurveyWalRequest, SalvageTableRequest>;

// The alternatives of JobRequest, in its order.
enum class JobType : uint8_t {
  kFlush,
  kCompact,
  kPrepareWal,
  kReplayWal,
  kManifestCreate,
  kManifestAppend,
  kDeleteFiles,
  kMoveToLost,
  kSealWal,
  kVerifyTable,
  kCopyFile,
  kSurveyWal,
  kSalvageTable,
};
inline constexpr int kJobTypes = static_cast<int>(std::variant_size_v<JobRequest>);
// Whether it leaves every file as it is: such jobs are accepted where a database is open for reading only.
bool OnlyReads(const JobRequest& request);

struct Job {
  uint64_t id = 0;  // chosen by the caller
  JobRequest request;
};

struct JobCompletion {
  uint64_t id = 0;
  JobType type = JobType::kFlush;
  Status status;
  uint64_t micros = 0;
  TableJobResult tables;              // kFlush, kCompact
  Engine::ReplayResult replay;        // kReplayWal
  uint64_t manifest_size = 0;         // kManifestCreate, kManifestAppend
  VerifyResult verified;              // kVerifyTable
  CopyResult copied;                  // kCopyFile
  SurveyWalResult surveyed_wal;       // kSurveyWal
  SalvageTableResult salvaged_table;  // kSalvageTable
};

// Runs jobs for one engine. Flushes, compactions and log work share a pool; manifest jobs have a thread of their own and
// strict order; deletions have one too, so that they starve nobody and nobody starves them.
class JobRunner {
 public:
  struct Options {
    int threads = 2;  // one of two or more is kept for flushes
    uint64_t compaction_bytes_per_second = 0;
  };
  // The engine and the queue outlive the runner.
  JobRunner(const Options& options, Engine* engine, CompletionQueue<JobCompletion>* completions);
  ~JobRunner();  // Shutdown()

  // Resolves the inputs in the current view and queues the job; its completion will come. An error means that it names
  // what is not there and that no completion comes. Owner.
  Status Submit(Job job);
  struct Progress {
    uint64_t id = 0;  // of the job
    uint64_t records = 0;
  };
  // Input records that each compaction has been through which has begun and not ended, by job id. Any thread.
  std::vector<Progress> Compactions() const;
  // Compactions, verifications, surveys, salvages and copies submitted so far, queued or running, end with kAborted at
  // the next chance. Owner.
  void CancelCompactions();
  // Finishes queued manifest jobs, drops other jobs that have not begun, stops running ones at the next block, joins.
  // Idempotent. Owner.
  void Shutdown();

 private:
  using CancelFlag = std::shared_ptr<std::atomic<bool>>;
  struct Compaction;  // a resolved one, with what keeps its inputs alive

  Status Queue(const Job& job, FlushRequest request);
  Status Queue(const Job& job, CompactRequest request);
  Status Queue(const Job& job, PrepareWalRequest request);
  Status Queue(const Job& job, ReplayWalRequest request);
  Status Queue(const Job& job, ManifestCreateRequest request);
  Status Queue(const Job& job, ManifestAppendRequest request);
  Status Queue(const Job& job, DeleteFilesRequest request);
  Status Queue(const Job& job, MoveToLostRequest request);
  Status Queue(const Job& job, SealWalRequest request);
  Status Queue(const Job& job, VerifyTableRequest request);
  Status Queue(const Job& job, CopyFileRequest request);
  Status Queue(const Job& job, SurveyWalRequest request);
  Status Queue(const Job& job, SalvageTableRequest request);
  Status ResolveFlush(const FlushRequest& request, FlushJob* job) const;
  Status ResolveCompaction(const CompactRequest& request, Compaction* compaction) const;
  TableJobContext Context(const TableFormat& format) const;
  template <typename Body>
  std::function<void()> Task(const Job& job, Body body);
  // Queues housekeeping that is rate limited and cancelled like a compaction: body(completion, pace).
  template <typename Body>
  Status QueuePaced(const Job& job, Body body);
  Status DeleteFiles(const std::vector<DeleteFilesRequest::File>& files);
  Status MoveToLost(const std::vector<std::string>& names);

  Engine* const engine_;
  CompletionQueue<JobCompletion>* const completions_;
  RateLimiter rate_limiter_;
  ManifestWriter manifest_;            // on the manifest queue only
  std::atomic<bool> stopping_{false};  // cancels flushes
  CancelFlag cancel_compactions_;      // of those submitted since the last cancellation
  mutable std::mutex progress_mutex_;
  std::map<uint64_t, std::atomic<uint64_t>> progress_;  // by job id, while it runs; guarded by progress_mutex_
  ThreadPool pool_;
  SerialQueue manifest_queue_;
  SerialQueue file_queue_;
};

}  // namespace burrow
