#pragma once

#include <node_api.h>

#include <functional>

namespace burrow::binding {

// One piece of long work off the JavaScript thread, on a thread of its own.
struct BackgroundWork {
  const char* name;           // for tools that list what keeps a process alive
  std::function<void()> run;  // on the thread; must not touch JavaScript
  std::function<void()>
      cancel;  // has `run` end soon; may come at any time, before and after it, too. Null: it ends by itself
  // On the JavaScript thread, afterwards: what the promise gets, or null with an exception pending for its rejection.
  std::function<napi_value(napi_env)> answer;
  napi_value keep = nullptr;  // an object that is not collected before `answer` was called
};

// Starts it and returns its promise, which keeps the event loop alive; null, with an exception pending, when the environment
// refuses. An environment that ends meanwhile cancels it and waits for it; then nothing is answered.
napi_value RunInBackground(napi_env env, BackgroundWork work);

}  // namespace burrow::binding
