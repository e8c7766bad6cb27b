#include "binding/process_exit.h"

#include <cstdlib>
#include <mutex>
#include <unordered_set>

#include "binding/engine_handle.h"

namespace burrow::binding {

namespace {

struct OpenEngines {
  std::mutex mutex;
  std::unordered_set<EngineHandle*> handles;
};

// Never destroyed: other threads may still come here while the process exits.
OpenEngines& Engines() {
  static auto* engines = [] {
    std::atexit([] {
      std::lock_guard lock(Engines().mutex);
      for (EngineHandle* handle : Engines().handles) handle->StopForExit();
    });
    return new OpenEngines;
  }();
  return *engines;
}

}  // namespace

void StopAtProcessExit(EngineHandle* handle) {
  OpenEngines& engines = Engines();
  std::lock_guard lock(engines.mutex);
  engines.handles.insert(handle);
}

void ForgetAtProcessExit(EngineHandle* handle) {
  OpenEngines& engines = Engines();
  std::lock_guard lock(engines.mutex);
  engines.handles.erase(handle);
}

}  // namespace burrow::binding
