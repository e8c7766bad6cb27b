#pragma once

#include <node_api.h>

#include <atomic>
#include <memory>
#include <mutex>

#include "base/listener.h"

namespace burrow::binding {

// Calls `onProgress` of one engine object on its event loop after background progress, once for any amount of it.
//
// The engine object is held weakly, so that one that nobody uses can be collected, and the event loop is not kept
// alive; between Ref and Unref, while something in JavaScript waits for an answer, both hold.
class Notifier final : public ProgressListener {
 public:
  // Null, with an exception pending, when the environment refuses. `engine` has the property onProgress.
  static std::shared_ptr<Notifier> Create(napi_env env, napi_value engine);

  void OnProgress() override;  // any thread
  // The JavaScript thread; they nest.
  void Ref();
  void Unref();
  // Nothing is called any more once it returns. The JavaScript thread. Idempotent.
  void Close();
  // The same for a process that exits, and for any thread: the environment is not touched.
  void Silence();

 private:
  explicit Notifier(napi_env env) : env_(env) {}
  static void CallJs(napi_env env, napi_value function, void* context, void* data);

  napi_env const env_;
  napi_ref engine_ = nullptr;
  int refs_ = 0;
  std::atomic<bool> scheduled_{false};
  std::mutex mutex_;  // guards function_ against Close
  napi_threadsafe_function function_ = nullptr;
};

}  // namespace burrow::binding
