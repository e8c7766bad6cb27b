#pragma once

#include <node_api.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <unordered_map>
#include <utility>

#include "binding/args.h"
#include "binding/errors.h"
#include "binding/memory_use.h"
#include "binding/notifier.h"
#include "binding/operation_stats.h"
#include "engine/engine.h"
#include "jobs/completion_queue.h"
#include "jobs/job_runner.h"
#include "jobs/thread_pool.h"
#include "util/perf_context.h"

namespace burrow::binding {

// One range scan that JavaScript holds. Only its engine's JavaScript thread touches the fields, except that a disk
// thread uses `scan` while `busy`.
struct OpenScan {
  uint64_t id = 0;
  std::optional<Scan> scan;  // empty: closed
  bool busy = false;         // between fillAsync and its answer's way through takeReads
  bool close_when_answered = false;
};

// The answer of a disk thread: ReadCompletion of lib/native.ts.
struct ReadAnswer {
  uint64_t request = 0;
  Operation operation = Operation::kGet;
  Status status;
  bool found = true;  // false: `bytes` is undefined
  std::string bytes;
  Scan::Batch batch;                    // kNext
  std::shared_ptr<OpenScan> scan;       // kNext
  std::unique_ptr<PerfContext> phases;  // when the engine was measured at the call
};

// What the bound functions of one engine object share. Each of them holds a reference to it, so that it is there in
// whatever order JavaScript lets go of them; the engine itself ends with close(), with the environment or with the last
// reference, whichever comes first. Everything is for the JavaScript thread.
class EngineHandle {
 public:
  // openEngine(env, config).
  static napi_value Open(napi_env env, napi_callback_info info);
  ~EngineHandle();

  Engine* engine() { return engine_.get(); }  // null: closed
  JobRunner& runner() { return *runner_; }
  ThreadPool& readers() { return *readers_; }
  ProgressSignal& signal() { return *signal_; }
  Notifier& notifier() { return *notifier_; }
  Schedule* schedule() { return schedule_.get(); }  // null: there are threads
  CompletionQueue<JobCompletion>& completions() { return *completions_; }
  CompletionQueue<ReadAnswer>& answers() { return *answers_; }

  bool read_only() const { return read_only_; }
  bool started() const { return started_; }
  void set_started() { started_ = true; }
  // What reads without a sequence number see. In a read-only engine no write is under way: everything.
  SequenceNumber visible_sequence() const { return read_only_ ? kMaxSequence : engine_->visible_sequence(); }

  OperationCounter& counter(Operation operation) { return counters_[static_cast<size_t>(operation)]; }
  OperationCounters& counters() { return counters_; }
  bool timed() const { return timed_; }

  // What is in use now. Called before memory is given back, too, so that memory_peak() has what was highest in between:
  // memtables only grow until they are dropped.
  MemoryUse LookAtMemory();
  const MemoryUse& memory_peak() const { return memory_peak_; }

  // Native sub-phases are measured: of calls in phases(), which takePhases empties; of requests in their answers.
  bool measured() const { return measured_; }
  void Measure(bool on);
  PerfContext& phases() { return phases_; }
  PerfContext* phases_if_measured() { return measured_ ? &phases_ : nullptr; }

  // The value that was too large for the caller's buffer, until takePinned.
  void Pin(PinnedValue value);
  void Unpin();
  bool has_pinned() const { return has_pinned_; }
  Slice pinned() const { return pinned_.value; }

  // Where values go that are read as bytes, one behind the other, until the next slab. The caller keeps it attached:
  // it looks at that right before each read, so nothing is asked here.
  void SetSlab(napi_value array_buffer, char* data, size_t size);
  // Asks for the cache lines where the next small value will land: they come while it is looked up.
  void PrefetchSlab() const {
    const char* next = slab_ + slab_used_;
    for (size_t i = 0; i < 3; ++i) __builtin_prefetch(next + 64 * i, 1);
  }
  // Aligned to 8 bytes from the slab's begin on. False: no room.
  bool PutInSlab(Slice value) {
    if (value.size() > slab_size_ - slab_used_) return false;
    if (!value.empty()) memcpy(slab_ + slab_used_, value.data(), value.size());
    slab_used_ = std::min(slab_size_, (slab_used_ + value.size() + 7) & ~size_t{7});
    return true;
  }

  // Makes one, whose `scan` is empty yet; kBusy beyond maxOpenScans.
  Status AddScan(OpenScan** added);
  const std::shared_ptr<OpenScan>* FindScan(uint64_t id) const;  // null: closed, or never opened
  // Nothing happens when it is closed already.
  void CloseScan(uint64_t id);
  size_t open_scans() const { return scans_.size(); }

  // Ends everything: what is gathered for the log is written (unsynced), jobs stop, threads are joined, scans close.
  // Idempotent.
  void Close();
  // What is left to do when the process exits: see process_exit.h. Any thread.
  void StopForExit();

 private:
  struct Config;
  EngineHandle() = default;
  static void OnEnvironmentEnd(void* handle);

  napi_env env_ = nullptr;
  const std::thread::id thread_ = std::this_thread::get_id();
  bool hooked_ = false;
  bool read_only_ = false;
  bool started_ = false;
  bool timed_ = true;
  bool measured_ = false;
  PerfContext phases_;
  size_t max_open_scans_ = 0;
  OperationCounters counters_;
  MemoryUse memory_peak_;

  // From the longest to the shortest life.
  std::shared_ptr<FileLock> lock_;  // the directory's, when a NativeLock holds it
  std::shared_ptr<Env> file_env_;
  std::shared_ptr<Notifier> notifier_;
  std::unique_ptr<ProgressSignal> signal_;
  std::unique_ptr<CompletionQueue<JobCompletion>> completions_;
  std::unique_ptr<CompletionQueue<ReadAnswer>> answers_;
  std::unique_ptr<Schedule> schedule_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<JobRunner> runner_;
  std::unique_ptr<ThreadPool> readers_;
  using OpenScans = std::unordered_map<uint64_t, std::shared_ptr<OpenScan>>;
  OpenScans scans_;
  OpenScans::node_type spare_scan_;  // the memory of one that was closed, for the next
  uint64_t next_scan_ = 1;
  napi_ref slab_reference_ = nullptr;  // keeps its memory
  char* slab_ = nullptr;
  size_t slab_size_ = 0;
  size_t slab_used_ = 0;
  PinnedValue pinned_;
  std::shared_ptr<const ReadView> pinned_view_;  // keeps a memtable's value
  bool has_pinned_ = false;
};

// A call of a bound function. open() is false, and CLOSED is thrown, after close().
template <size_t N>
class EngineCall : public Call<N> {
 public:
  EngineCall(napi_env env, napi_callback_info info)
      : Call<N>(env, info), handle_(static_cast<EngineHandle*>(this->data())), engine_(handle_->engine()) {
    if (engine_ == nullptr) [[unlikely]]
      ThrowClosed(env);
  }
  bool open() const { return engine_ != nullptr; }
  EngineHandle* handle() const { return handle_; }
  Engine* operator->() const { return engine_; }

 private:
  EngineHandle* const handle_;
  Engine* const engine_;
};

struct EngineFunction {
  const char* name;
  napi_callback callback;
};
std::span<const EngineFunction> WriteFunctions();      // writes.cc
std::span<const EngineFunction> ReadFunctions();       // reads.cc
std::span<const EngineFunction> ScanFunctions();       // scan_handle.cc
std::span<const EngineFunction> JobFunctions();        // jobs.cc
std::span<const EngineFunction> StructureFunctions();  // structure.cc
std::span<const EngineFunction> StatsFunctions();      // stats.cc
std::span<const EngineFunction> PhaseFunctions();      // phases.cc
std::span<const EngineFunction> ExplainFunctions();    // explain.cc

}  // namespace burrow::binding
