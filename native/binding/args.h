#pragma once

#include <node_api.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/internal_key.h"
#include "util/slice.h"

namespace burrow::binding {

inline constexpr uint64_t kMaxSafeInteger = (uint64_t{1} << 53) - 1;

// --- results. A failing call yields null, which the next call refuses: nothing here can crash.
napi_value Number(napi_env env, double value);
inline napi_value Number(napi_env env, uint64_t value) { return Number(env, static_cast<double>(value)); }
napi_value Boolean(napi_env env, bool value);
napi_value Null(napi_env env);
napi_value Text(napi_env env, Slice utf8);
napi_value BufferCopy(napi_env env, Slice bytes);
napi_value Object(napi_env env);
napi_value Array(napi_env env, size_t length);
void Set(napi_env env, napi_value object, const char* name, napi_value value);
void SetElement(napi_env env, napi_value array, size_t index, napi_value value);

// Handles made while it lives are given back at its end; for loops that make many.
class HandleScope {
 public:
  explicit HandleScope(napi_env env) : env_(env) { napi_open_handle_scope(env, &scope_); }
  ~HandleScope() { napi_close_handle_scope(env_, scope_); }
  HandleScope(const HandleScope&) = delete;
  HandleScope& operator=(const HandleScope&) = delete;

 private:
  napi_env env_;
  napi_handle_scope scope_ = nullptr;
};

napi_valuetype TypeOf(napi_env env, napi_value value);
inline bool IsUndefined(napi_env env, napi_value value) { return TypeOf(env, value) == napi_undefined; }

// --- arguments on hot paths. False: not of that type; nothing is thrown.

// The bytes of a Uint8Array (a Buffer is one), which JavaScript owns: valid until this call into native code ends.
// A detached one has none.
bool GetBytes(napi_env env, napi_value value, Slice* bytes);
bool GetMutableBytes(napi_env env, napi_value value, char** data, size_t* size);
// An integer in [0, 2^53).
bool GetInteger(napi_env env, napi_value value, uint64_t* integer);

// A string as UTF-8 (a lone surrogate becomes U+FFFD), on the stack when it is short.
class StringBytes {
 public:
  bool Read(napi_env env, napi_value value);
  Slice slice() const { return slice_; }

 private:
  Slice slice_;
  std::unique_ptr<char[]> heap_;
  char stack_[1024];
};

class ArrayBytes {
 public:
  bool Read(napi_env env, napi_value value) { return GetBytes(env, value, &slice_); }
  Slice slice() const { return slice_; }

 private:
  Slice slice_;
};

// A user key in one of the two forms. False after throwing INVALID_ARGUMENT for another type or a bad length.
template <typename Bytes>
class Key {
 public:
  bool Read(napi_env env, napi_value value) {
    if (!bytes_.Read(env, value)) return RefuseType(env);
    const size_t size = bytes_.slice().size();
    return (size - 1 < kMaxUserKeySize) || RefuseSize(env, size);
  }
  Slice slice() const { return bytes_.slice(); }

 private:
  static bool RefuseType(napi_env env);
  static bool RefuseSize(napi_env env, size_t size);

  Bytes bytes_;
};

// --- arguments elsewhere. The first value that is wrong throws INVALID_ARGUMENT and says its name; from then on ok()
// is false and every read answers nothing, so that a run of reads is checked once at its end.
class Reader {
 public:
  explicit Reader(napi_env env) : env_(env) {}
  napi_env env() const { return env_; }
  bool ok() const { return ok_; }
  void Fail(std::string message);

  uint64_t Integer(napi_value value, const char* what, uint64_t max = kMaxSafeInteger);
  int Int(napi_value value, const char* what, int min, int max);
  double Number(napi_value value, const char* what);
  bool Bool(napi_value value, const char* what);
  std::string Text(napi_value value, const char* what);
  Slice Bytes(napi_value value, const char* what);           // borrowed: see GetBytes
  std::string UserKey(napi_value value, const char* what);   // string or bytes
  std::string KeyBound(napi_value value, const char* what);  // the same, and it may be empty
  void Function(napi_value value, const char* what);
  bool Undefined(napi_value value);  // also after a failure
  // undefined: a property that is not there.
  napi_value Property(napi_value object, const char* name);
  size_t Length(napi_value array, const char* what);
  napi_value Element(napi_value array, size_t index);

 private:
  void Expect(const char* what, const char* expected);

  napi_env env_;
  bool ok_ = true;
};

// The arguments of a call; those that were not given are undefined.
template <size_t N>
class Call {
 public:
  Call(napi_env env, napi_callback_info info) { napi_get_cb_info(env, info, &count_, args_, &self_, &data_); }
  napi_value operator[](size_t i) const { return args_[i]; }
  size_t count() const { return count_; }
  napi_value self() const { return self_; }
  void* data() const { return data_; }

 private:
  size_t count_ = N;
  napi_value args_[N];
  napi_value self_ = nullptr;
  void* data_ = nullptr;
};

}  // namespace burrow::binding
