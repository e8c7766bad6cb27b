#pragma once

#include <node_api.h>

#include <memory>
#include <string>
#include <vector>

#include "env/env.h"

namespace burrow::binding {

// A directory lock that is held, as engines look for it: see LockOf.
struct HeldLock {
  const Env* env;
  std::string directory;
  std::weak_ptr<FileLock> lock;
};

// What one JavaScript environment (the main thread's, a worker's) keeps: the addon may be loaded by several at once.
struct AddonData {
  napi_ref error_factory = nullptr;
  napi_ref env_classes[3] = {};  // posix, memory, fault
  napi_ref lock_class = nullptr;
  std::vector<HeldLock> locks;
};

// Set when the addon is loaded; it lives as long as JavaScript runs in `env`.
AddonData* DataOf(napi_env env);

}  // namespace burrow::binding
