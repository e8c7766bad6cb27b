#pragma once

#include <node_api.h>

#include <memory>
#include <span>

#include "binding/args.h"
#include "binding/engine_handle.h"
#include "binding/errors.h"

namespace burrow::binding {

// An object whose functions keep `handle`: JavaScript may take them off it. In them, BoundTo(call.data()) is the handle. Null,
// with an exception pending, when the environment refuses.
template <typename Handle>
napi_value BoundObject(napi_env env, const std::shared_ptr<Handle>& handle, std::span<const EngineFunction> functions) {
  auto release = [](napi_env, void* data, void*) { delete static_cast<std::shared_ptr<Handle>*>(data); };
  napi_value object = Object(env);
  for (const EngineFunction& entry : functions) {
    auto keep = std::make_unique<std::shared_ptr<Handle>>(handle);
    napi_value function = nullptr;
    if (napi_create_function(env, entry.name, NAPI_AUTO_LENGTH, entry.callback, keep.get(), &function) != napi_ok ||
        napi_add_finalizer(env, function, keep.get(), release, nullptr, nullptr) != napi_ok) {
      return Throw(env, Status::Internal("the functions of a native object were refused"));
    }
    keep.release();
    Set(env, object, entry.name, function);
  }
  return object;
}

template <typename Handle>
const std::shared_ptr<Handle>* BoundTo(void* data) {
  return static_cast<const std::shared_ptr<Handle>*>(data);
}

}  // namespace burrow::binding
