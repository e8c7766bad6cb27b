#include "binding/engine_handle.h"

#include <utility>

#include "binding/addon_data.h"
#include "binding/env_handle.h"
#include "binding/process_exit.h"

namespace burrow::binding {

struct EngineHandle::Config {
  EngineOptions engine;
  JobRunner::Options jobs;
  int read_threads = 1;
  size_t max_open_scans = 0;
  bool statistics = true;
  bool read_only = false;
  napi_value on_progress = nullptr;

  static bool Read(napi_env env, napi_value object, Config* config);
};

bool EngineHandle::Config::Read(napi_env env, napi_value object, Config* config) {
  Reader reader(env);
  auto integer = [&](const char* name) { return reader.Integer(reader.Property(object, name), name); };
  EngineOptions& engine = config->engine;
  engine.directory = reader.Text(reader.Property(object, "directory"), "directory");
  const std::string id = reader.Text(reader.Property(object, "databaseId"), "databaseId");
  if (reader.ok() && !DatabaseId::FromHex(id, &engine.database_id)) reader.Fail("databaseId must be 32 hex digits");
  engine.memtable_size = integer("memtableSize");
  engine.block_cache_size = integer("blockCacheSize");
  engine.max_open_files = integer("maxOpenFiles");
  engine.next_file_number = integer("nextFileNumber");
  config->jobs.threads = reader.Int(reader.Property(object, "jobThreads"), "jobThreads", 1, 1024);
  config->jobs.compaction_bytes_per_second = integer("compactionBytesPerSecond");
  config->read_threads = reader.Int(reader.Property(object, "readThreads"), "readThreads", 1, 1024);
  config->max_open_scans = integer("maxOpenScans");
  config->statistics = reader.Bool(reader.Property(object, "statistics"), "statistics");
  config->read_only = reader.Bool(reader.Property(object, "readOnly"), "readOnly");
  config->on_progress = reader.Property(object, "onProgress");
  reader.Function(config->on_progress, "onProgress");
  return reader.ok();
}

namespace {

// The functions of an engine object keep the handle: JavaScript may take them off the object and let go of that.
bool BindFunctions(napi_env env, napi_value object, const std::shared_ptr<EngineHandle>& handle) {
  auto release = [](napi_env, void* data, void*) { delete static_cast<std::shared_ptr<EngineHandle>*>(data); };
  for (auto functions : {WriteFunctions(), ReadFunctions(), ScanFunctions(), JobFunctions(), StructureFunctions(),
                         StatsFunctions(), PhaseFunctions(), ExplainFunctions()}) {
    for (const EngineFunction& entry : functions) {
      napi_value function = nullptr;
      if (napi_create_function(env, entry.name, NAPI_AUTO_LENGTH, entry.callback, handle.get(), &function) != napi_ok) {
        return false;
      }
      auto* keep = new std::shared_ptr<EngineHandle>(handle);
      if (napi_add_finalizer(env, function, keep, release, nullptr, nullptr) != napi_ok) {
        delete keep;
        return false;
      }
      Set(env, object, entry.name, function);
    }
  }
  return true;
}

}  // namespace

napi_value EngineHandle::Open(napi_env env, napi_callback_info info) {
  Call<2> call(env, info);
  std::shared_ptr<Env> file_env = EnvOf(env, call[0]);
  if (file_env == nullptr) return ThrowInvalid(env, "env must be a NativeEnv");
  Config config;
  if (!Config::Read(env, call[1], &config)) return nullptr;

  napi_value object = Object(env);
  napi_property_descriptor on_progress{};
  on_progress.utf8name = "onProgress";
  on_progress.value = config.on_progress;
  napi_define_properties(env, object, 1, &on_progress);

  std::shared_ptr<EngineHandle> handle(new EngineHandle);
  handle->env_ = env;
  handle->read_only_ = config.read_only;
  handle->timed_ = config.statistics;
  handle->max_open_scans_ = config.max_open_scans;
  handle->lock_ = LockOf(env, file_env.get(), config.engine.directory);
  handle->notifier_ = Notifier::Create(env, object);
  if (handle->notifier_ == nullptr) return Throw(env, Status::Internal("the environment takes no more functions"));
  handle->signal_ = std::make_unique<ProgressSignal>(handle->notifier_.get());
  handle->completions_ = std::make_unique<CompletionQueue<JobCompletion>>(handle->signal_.get());
  handle->answers_ = std::make_unique<CompletionQueue<ReadAnswer>>(handle->signal_.get());
  config.engine.env = file_env.get();
  uint64_t seed;
  if (file_env->Simulated(&seed)) {
    auto wake = [signal = handle->signal_.get()] { signal->OnProgress(); };
    handle->schedule_ = std::make_unique<Schedule>(seed, wake);
    config.engine.schedule = handle->schedule_.get();
  }
  handle->file_env_ = std::move(file_env);
  handle->engine_ = std::make_unique<Engine>(config.engine, handle->signal_.get());
  handle->runner_ = std::make_unique<JobRunner>(config.jobs, handle->engine_.get(), handle->completions_.get());
  handle->readers_ = std::make_unique<ThreadPool>(config.read_threads, 0, "burrow-read", handle->schedule());
  // After the notifier's own hook, hence called before it: threads end first.
  handle->hooked_ = napi_add_env_cleanup_hook(env, OnEnvironmentEnd, handle.get()) == napi_ok;
  StopAtProcessExit(handle.get());
  if (!BindFunctions(env, object, handle)) return Throw(env, Status::Internal("the engine's functions were refused"));
  return object;
}

EngineHandle::~EngineHandle() { Close(); }

void EngineHandle::OnEnvironmentEnd(void* data) {
  auto* handle = static_cast<EngineHandle*>(data);
  handle->hooked_ = false;
  handle->Close();
}

void EngineHandle::Close() {
  if (engine_ == nullptr) return;
  if (hooked_) napi_remove_env_cleanup_hook(env_, OnEnvironmentEnd, this);
  hooked_ = false;
  ForgetAtProcessExit(this);
  // The log first: whatever happens next, what was acknowledged is with the operating system.
  uint64_t length;
  (void)engine_->commits().Stop(false, &length);
  readers_->Shutdown();
  runner_->Shutdown();
  notifier_->Close();
  for (const auto& [id, scan] : scans_) scan->scan.reset();
  scans_.clear();
  spare_scan_ = {};
  Unpin();
  SetSlab(nullptr, nullptr, 0);
  (void)completions_->Take();
  (void)answers_->Take();
  readers_.reset();
  runner_.reset();
  engine_.reset();
  lock_.reset();
}

void EngineHandle::StopForExit() {
  uint64_t length;
  (void)engine_->commits().Stop(false, &length);
  if (thread_ != std::this_thread::get_id()) return;  // its owner may be using it
  notifier_->Silence();
  readers_->Shutdown();
  runner_->Shutdown();
}

MemoryUse EngineHandle::LookAtMemory() {
  MemoryUse use = MemoryUse::Of(engine_.get(), started_);
  memory_peak_.RaiseTo(use);
  return use;
}

void EngineHandle::Pin(PinnedValue value) {
  pinned_ = std::move(value);
  pinned_view_ = pinned_.block ? nullptr : engine_->CurrentView();
  has_pinned_ = true;
}

void EngineHandle::Unpin() {
  pinned_ = {};
  pinned_view_.reset();
  has_pinned_ = false;
}

void EngineHandle::Measure(bool on) {
  measured_ = on;
  phases_.Clear();
  engine_->commits().MeasureGroups(on);
}

void EngineHandle::SetSlab(napi_value array_buffer, char* data, size_t size) {
  if (slab_reference_ != nullptr) napi_delete_reference(env_, slab_reference_);
  slab_reference_ = nullptr;
  if (array_buffer != nullptr) napi_create_reference(env_, array_buffer, 1, &slab_reference_);
  slab_ = data;
  slab_size_ = size;
  slab_used_ = 0;
}

Status EngineHandle::AddScan(OpenScan** added) {
  if (scans_.size() >= max_open_scans_) {
    return Status(Code::kBusy,
                  std::to_string(scans_.size()) + " iterators are open, as many as maxOpenIterators allows");
  }
  const uint64_t id = next_scan_++;
  if (spare_scan_.empty()) {
    *added = scans_.emplace(id, std::make_shared<OpenScan>()).first->second.get();
  } else {
    spare_scan_.key() = id;
    *added = scans_.insert(std::move(spare_scan_)).position->second.get();
  }
  (*added)->id = id;
  return Status();
}

const std::shared_ptr<OpenScan>* EngineHandle::FindScan(uint64_t id) const {
  auto found = scans_.find(id);
  return found == scans_.end() ? nullptr : &found->second;
}

void EngineHandle::CloseScan(uint64_t id) {
  auto found = scans_.find(id);
  if (found == scans_.end()) return;
  if (found->second->busy) {
    found->second->close_when_answered = true;
    return;
  }
  found->second->scan.reset();
  // An answer that was not taken yet keeps its scan.
  if (found->second.use_count() == 1) {
    spare_scan_ = scans_.extract(found);
  } else {
    scans_.erase(found);
  }
}

}  // namespace burrow::binding
