#include "binding/background.h"

#include <memory>
#include <thread>
#include <utility>

#include "binding/args.h"
#include "binding/errors.h"
#include "util/background_thread.h"

namespace burrow::binding {

namespace {

// Owned by its threadsafe function, whose finalizer is the last that happens.
struct Task {
  napi_env env;
  BackgroundWork work;
  napi_deferred deferred = nullptr;
  napi_ref kept = nullptr;
  napi_threadsafe_function settle = nullptr;
  std::thread thread;
};

void Join(Task* task) {
  if (task->thread.joinable()) task->thread.join();
}

// Cleanup hooks run before threadsafe functions are closed under the threads that call them.
void OnEnvironmentEnd(void* data) {
  auto* task = static_cast<Task*>(data);
  if (task->work.cancel) task->work.cancel();
  Join(task);
}

void Settle(napi_env env, napi_value, void* context, void*) {
  if (env == nullptr) return;  // the environment ends
  auto* task = static_cast<Task*>(context);
  Join(task);
  napi_remove_env_cleanup_hook(env, OnEnvironmentEnd, task);
  napi_value result = task->work.answer(env);
  bool failed = false;
  napi_is_exception_pending(env, &failed);
  if (failed) {
    napi_get_and_clear_last_exception(env, &result);
    napi_reject_deferred(env, task->deferred, result);
  } else {
    if (result == nullptr) napi_get_undefined(env, &result);
    napi_resolve_deferred(env, task->deferred, result);
  }
  if (task->kept != nullptr) napi_delete_reference(env, task->kept);
  napi_release_threadsafe_function(task->settle, napi_tsfn_release);
}

}  // namespace

napi_value RunInBackground(napi_env env, BackgroundWork work) {
  auto task = std::make_unique<Task>(Task{.env = env, .work = std::move(work), .thread = {}});
  auto release = [](napi_env, void* data, void*) { delete static_cast<Task*>(data); };
  if (napi_create_threadsafe_function(env, nullptr, nullptr, Text(env, task->work.name), 0, 1, task.get(), release,
                                      task.get(), Settle, &task->settle) != napi_ok) {
    return Throw(env, Status::Internal("the environment takes no background work"));
  }
  Task* const owned = task.release();
  napi_value promise = nullptr;
  napi_create_promise(env, &owned->deferred, &promise);
  if (owned->work.keep != nullptr) napi_create_reference(env, owned->work.keep, 1, &owned->kept);
  napi_add_env_cleanup_hook(env, OnEnvironmentEnd, owned);
  owned->thread = StartBackgroundThread("burrow-work", [owned] {
    owned->work.run();
    napi_call_threadsafe_function(owned->settle, nullptr, napi_tsfn_nonblocking);
  });
  return promise;
}

}  // namespace burrow::binding
