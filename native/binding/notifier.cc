#include "binding/notifier.h"

#include "binding/args.h"

namespace burrow::binding {

std::shared_ptr<Notifier> Notifier::Create(napi_env env, napi_value engine) {
  std::shared_ptr<Notifier> notifier(new Notifier(env));
  // The function's calls may arrive late, so it holds a reference of its own.
  auto* keep = new std::shared_ptr<Notifier>(notifier);
  auto release = [](napi_env, void* data, void*) { delete static_cast<std::shared_ptr<Notifier>*>(data); };
  if (napi_create_threadsafe_function(env, nullptr, nullptr, Text(env, "burrowdb progress"), 0, 1, keep, release,
                                      notifier.get(), CallJs, &notifier->function_) != napi_ok) {
    delete keep;
    return nullptr;
  }
  napi_unref_threadsafe_function(env, notifier->function_);
  if (napi_create_reference(env, engine, 0, &notifier->engine_) != napi_ok) {
    notifier->Close();
    return nullptr;
  }
  return notifier;
}

void Notifier::OnProgress() {
  if (scheduled_.exchange(true, std::memory_order_acq_rel)) return;
  std::lock_guard lock(mutex_);
  if (function_ != nullptr) napi_call_threadsafe_function(function_, nullptr, napi_tsfn_nonblocking);
}

void Notifier::CallJs(napi_env env, napi_value, void* context, void*) {
  if (env == nullptr) return;  // the environment ends
  auto* notifier = static_cast<Notifier*>(context);
  notifier->scheduled_.store(false, std::memory_order_release);
  if (notifier->engine_ == nullptr) return;
  napi_value engine = nullptr, callback = nullptr;
  if (napi_get_reference_value(env, notifier->engine_, &engine) != napi_ok || engine == nullptr) return;
  if (napi_get_named_property(env, engine, "onProgress", &callback) != napi_ok) return;
  // What it throws is an uncaught exception of the event loop.
  napi_call_function(env, engine, callback, 0, nullptr, nullptr);
}

void Notifier::Ref() {
  if (function_ == nullptr || refs_++ > 0) return;
  napi_ref_threadsafe_function(env_, function_);
  napi_reference_ref(env_, engine_, nullptr);
}

void Notifier::Unref() {
  if (function_ == nullptr || refs_ == 0 || --refs_ > 0) return;
  napi_unref_threadsafe_function(env_, function_);
  napi_reference_unref(env_, engine_, nullptr);
}

void Notifier::Silence() {
  std::lock_guard lock(mutex_);
  function_ = nullptr;
}

void Notifier::Close() {
  napi_threadsafe_function function = nullptr;
  {
    std::lock_guard lock(mutex_);
    std::swap(function, function_);
  }
  if (function != nullptr) napi_release_threadsafe_function(function, napi_tsfn_abort);
  if (engine_ != nullptr) napi_delete_reference(env_, engine_);
  engine_ = nullptr;
}

}  // namespace burrow::binding
