#include "binding/datagen.h"

#include <algorithm>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "binding/args.h"
#include "binding/errors.h"
#include "datagen/fill_pool.h"
#include "datagen/generator.h"
#include "datagen/source.h"

namespace burrow::binding {

namespace {

using datagen::FillPool;
using datagen::Source;

// One generator object. Its functions keep it; so does every fill that has not been answered.
class GeneratorHandle : public std::enable_shared_from_this<GeneratorHandle> {
 public:
  GeneratorHandle(napi_env env, const Source& from, std::shared_ptr<FillPool> threads)
      : source(from), pool(std::move(threads)), env_(env) {
    hooked_ = napi_add_env_cleanup_hook(env, OnEnvironmentEnd, this) == napi_ok;
  }
  ~GeneratorHandle() { End(); }

  // Fills `view` on the pool; a promise of n.
  napi_value Start(napi_value view, uint64_t offset, size_t n, char* out);
  bool closed() const { return pool == nullptr; }
  // No more calls; fills that run come to their end.
  void Close() { pool.reset(); }

  Source source;
  std::shared_ptr<FillPool> pool;  // null: closed

 private:
  // A fill on its way.
  struct Pending {
    std::shared_ptr<GeneratorHandle> handle;
    std::shared_ptr<FillPool> pool;
    napi_deferred deferred = nullptr;
    napi_ref view = nullptr;
    size_t n = 0;
  };

  static void OnEnvironmentEnd(void* data) {
    auto* handle = static_cast<GeneratorHandle*>(data);
    handle->hooked_ = false;
    handle->End();
  }
  // Waits for the fills that run: their memory goes with the environment.
  void End();
  void Answer(Pending* pending);  // a thread of the pool
  static void CallJs(napi_env env, napi_value function, void* context, void* data);
  bool PrepareAnswers();

  napi_env const env_;
  bool hooked_ = false;
  size_t unanswered_ = 0;  // the JavaScript thread's
  std::mutex mutex_;
  std::condition_variable changed_;
  size_t running_ = 0;                          // guarded by mutex_
  napi_threadsafe_function answers_ = nullptr;  // made at the first need
};

bool GeneratorHandle::PrepareAnswers() {
  if (answers_ != nullptr) return true;
  if (napi_create_threadsafe_function(env_, nullptr, nullptr, Text(env_, "burrowdb datagen"), 0, 1, nullptr, nullptr,
                                      nullptr, CallJs, &answers_) != napi_ok) {
    return false;
  }
  napi_unref_threadsafe_function(env_, answers_);
  return true;
}

napi_value GeneratorHandle::Start(napi_value view, uint64_t offset, size_t n, char* out) {
  napi_value promise = nullptr;
  auto pending = std::make_unique<Pending>();
  pending->handle = shared_from_this();
  pending->pool = pool;
  pending->n = n;
  if (!PrepareAnswers() || napi_create_reference(env_, view, 1, &pending->view) != napi_ok ||
      napi_create_promise(env_, &pending->deferred, &promise) != napi_ok) {
    if (pending->view != nullptr) napi_delete_reference(env_, pending->view);
    return Throw(env_, Status::Internal("the environment takes no more functions"));
  }
  if (unanswered_++ == 0) napi_ref_threadsafe_function(env_, answers_);
  {
    std::lock_guard lock(mutex_);
    ++running_;
  }
  Pending* const job = pending.release();
  job->pool->Start(source, offset, n, out, [job] { job->handle->Answer(job); });
  return promise;
}

void GeneratorHandle::Answer(Pending* pending) {
  std::lock_guard lock(mutex_);
  napi_call_threadsafe_function(answers_, pending, napi_tsfn_nonblocking);
  --running_;
  changed_.notify_all();
}

void GeneratorHandle::CallJs(napi_env env, napi_value, void*, void* data) {
  const std::unique_ptr<Pending> pending(static_cast<Pending*>(data));
  if (env == nullptr) return;  // the environment ends
  if (--pending->handle->unanswered_ == 0) napi_unref_threadsafe_function(env, pending->handle->answers_);
  napi_delete_reference(env, pending->view);
  napi_resolve_deferred(env, pending->deferred, Number(env, uint64_t{pending->n}));
}

void GeneratorHandle::End() {
  if (hooked_) napi_remove_env_cleanup_hook(env_, OnEnvironmentEnd, this);
  hooked_ = false;
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return running_ == 0; });
  }
  if (answers_ != nullptr) napi_release_threadsafe_function(answers_, napi_tsfn_release);
  answers_ = nullptr;
  pool.reset();
}

// A call of a bound function; `handle` is null, and CLOSED is thrown, after close().
template <size_t N>
class GeneratorCall : public Call<N> {
 public:
  GeneratorCall(napi_env env, napi_callback_info info)
      : Call<N>(env, info), handle(static_cast<GeneratorHandle*>(this->data())) {
    if (!handle->closed()) return;
    Throw(env, Status(Code::kClosed, "the data generator is closed"));
    handle = nullptr;
  }
  GeneratorHandle* handle;
};

// (offset, view): what there is from `offset` on for the view. False after throwing.
template <size_t N>
bool ReadRange(napi_env env, const GeneratorCall<N>& call, uint64_t* offset, char** out, size_t* n) {
  Reader reader(env);
  *offset = reader.Integer(call[0], "offset");
  if (reader.ok() && !GetMutableBytes(env, call[1], out, n)) reader.Fail("view must be a Uint8Array");
  if (reader.ok()) *n = call.handle->source.Available(*offset, *n);
  return reader.ok();
}

napi_value ReadAt(napi_env env, napi_callback_info info) {
  GeneratorCall<2> call(env, info);
  uint64_t offset;
  char* out;
  size_t n;
  if (call.handle == nullptr || !ReadRange(env, call, &offset, &out, &n)) return nullptr;
  call.handle->pool->Fill(call.handle->source, offset, n, out);
  return Number(env, uint64_t{n});
}

napi_value Fill(napi_env env, napi_callback_info info) {
  GeneratorCall<2> call(env, info);
  uint64_t offset;
  char* out;
  size_t n;
  if (call.handle == nullptr || !ReadRange(env, call, &offset, &out, &n)) return nullptr;
  if (n > FillPool::kAlone) return call.handle->Start(call[1], offset, n, out);
  // Less work than waking a thread and being woken.
  call.handle->source.Fill(offset, n, out, false);
  napi_deferred deferred = nullptr;
  napi_value promise = nullptr;
  if (napi_create_promise(env, &deferred, &promise) != napi_ok) return nullptr;
  napi_resolve_deferred(env, deferred, Number(env, uint64_t{n}));
  return promise;
}

uint64_t ReadSeed(Reader* reader, napi_value value) {
  uint64_t seed = 0;
  bool lossless = false;
  if (!reader->ok()) return 0;
  if (napi_get_value_bigint_uint64(reader->env(), value, &seed, &lossless) != napi_ok || !lossless) {
    reader->Fail("seed must be a bigint from 0 to 2^64 - 1");
  }
  return seed;
}

napi_value SetSeed(napi_env env, napi_callback_info info) {
  GeneratorCall<1> call(env, info);
  if (call.handle == nullptr) return nullptr;
  Reader reader(env);
  const uint64_t seed = ReadSeed(&reader, call[0]);
  if (reader.ok()) call.handle->source.SetSeed(seed);
  return nullptr;
}

napi_value CloseGenerator(napi_env env, napi_callback_info info) {
  Call<0> call(env, info);
  static_cast<GeneratorHandle*>(call.data())->Close();
  return nullptr;
}

struct GeneratorFunction {
  const char* name;
  napi_callback callback;
};
constexpr GeneratorFunction kFunctions[] = {
    {"readAt", ReadAt},
    {"fill", Fill},
    {"setSeed", SetSeed},
    {"close", CloseGenerator},
};

// undefined: the fastest.
const datagen::PageKernel* ReadKernel(Reader* reader, napi_value value) {
  if (reader->Undefined(value)) return datagen::BestKernel();
  const std::string name = reader->Text(value, "simd");
  if (!reader->ok()) return datagen::BestKernel();
  const datagen::PageKernel* kernel = datagen::KernelNamed(name);
  if (kernel == nullptr) reader->Fail("simd '" + name + "' is not there on this machine");
  return kernel;
}

}  // namespace

napi_value OpenDataGenerator(napi_env env, napi_callback_info info) {
  Call<1> call(env, info);
  Reader reader(env);
  auto property = [&](const char* name) { return reader.Property(call[0], name); };
  datagen::Options options;
  options.size = reader.Integer(property("size"), "size");
  options.seed = ReadSeed(&reader, property("seed"));
  options.dedup_ratio = reader.Number(property("dedupRatio"), "dedupRatio");
  options.compress_ratio = reader.Number(property("compressRatio"), "compressRatio");
  options.pattern = static_cast<datagen::Pattern>(reader.Int(property("pattern"), "pattern", 0, datagen::kLastPattern));
  options.block_size = reader.Integer(property("blockSize"), "blockSize");
  datagen::PoolOptions pool_options;
  pool_options.threads = reader.Int(property("threads"), "threads", 0, datagen::kMaxThreads);
  pool_options.mode = static_cast<datagen::NumaMode>(reader.Int(property("numaMode"), "numaMode", 0, 2));
  pool_options.node = reader.Int(property("numaNode"), "numaNode", -1, datagen::kMaxNodes - 1);
  const datagen::PageKernel* const kernel = ReadKernel(&reader, property("simd"));
  if (!reader.ok()) return nullptr;
  if (Status status = datagen::Validate(options); !status.ok()) return Throw(env, status);
  std::shared_ptr<FillPool> pool;
  if (Status status = datagen::PoolFor(pool_options, &pool); !status.ok()) return Throw(env, status);

  auto handle = std::make_shared<GeneratorHandle>(env, Source(options, kernel), std::move(pool));
  napi_value object = Object(env);
  Set(env, object, "simd", Text(env, kernel->name));
  Set(env, object, "threads", Number(env, static_cast<double>(handle->pool->threads())));
  Set(env, object, "blocks", Number(env, handle->source.blocks().blocks()));
  Set(env, object, "uniqueBlocks", Number(env, handle->source.blocks().unique_blocks()));
  auto release = [](napi_env, void* data, void*) { delete static_cast<std::shared_ptr<GeneratorHandle>*>(data); };
  for (const GeneratorFunction& entry : kFunctions) {
    napi_value function = nullptr;
    auto* keep = new std::shared_ptr<GeneratorHandle>(handle);
    if (napi_create_function(env, entry.name, NAPI_AUTO_LENGTH, entry.callback, handle.get(), &function) != napi_ok ||
        napi_add_finalizer(env, function, keep, release, nullptr, nullptr) != napi_ok) {
      delete keep;
      return Throw(env, Status::Internal("the generator's functions were refused"));
    }
    Set(env, object, entry.name, function);
  }
  return object;
}

}  // namespace burrow::binding
