#include "binding/errors.h"

#include <utility>

#include "binding/addon_data.h"
#include "binding/args.h"

namespace burrow::binding {

napi_value StatusObject(napi_env env, const Status& status) {
  napi_value info = Object(env);
  Set(env, info, "code", Number(env, static_cast<double>(status.code())));
  Set(env, info, "message", Text(env, status.message()));
  Set(env, info, "place", Text(env, status.place()));
  if (!status.file().empty()) Set(env, info, "file", Text(env, status.file()));
  if (status.offset() >= 0) Set(env, info, "offset", Number(env, static_cast<double>(status.offset())));
  if (status.error_number() != 0) Set(env, info, "errno", Number(env, static_cast<double>(status.error_number())));
  if (status.holder_pid() != 0) Set(env, info, "holderPid", Number(env, static_cast<double>(status.holder_pid())));
  return info;
}

napi_value Throw(napi_env env, const Status& status) {
  bool pending = false;
  napi_is_exception_pending(env, &pending);
  if (pending) return nullptr;
  napi_value factory = nullptr, receiver = nullptr, error = nullptr;
  AddonData* data = DataOf(env);
  if (data->error_factory != nullptr) napi_get_reference_value(env, data->error_factory, &factory);
  if (factory != nullptr) {
    napi_get_undefined(env, &receiver);
    napi_value info = StatusObject(env, status);
    // When the factory itself throws, that is what the caller gets.
    if (napi_call_function(env, receiver, factory, 1, &info, &error) == napi_ok) napi_throw(env, error);
  } else {
    napi_throw_error(env, CodeName(status.code()), status.ToString().c_str());
  }
  return nullptr;
}

napi_value ThrowInvalid(napi_env env, std::string message) {
  return Throw(env, Status::InvalidArgument(std::move(message)));
}

napi_value ThrowClosed(napi_env env) { return Throw(env, Status(Code::kClosed, "the database is closed")); }

napi_value SetErrorFactory(napi_env env, napi_callback_info info) {
  Call<1> call(env, info);
  Reader reader(env);
  reader.Function(call[0], "factory");
  if (!reader.ok()) return nullptr;
  AddonData* data = DataOf(env);
  if (data->error_factory != nullptr) napi_delete_reference(env, data->error_factory);
  data->error_factory = nullptr;
  napi_create_reference(env, call[0], 1, &data->error_factory);
  return nullptr;
}

}  // namespace burrow::binding
