#include "binding/args.h"

#include <cmath>
#include <utility>

#include "binding/errors.h"
#include "util/ascii.h"

namespace burrow::binding {

napi_value Number(napi_env env, double value) {
  napi_value result = nullptr;
  napi_create_double(env, value, &result);
  return result;
}

napi_value Boolean(napi_env env, bool value) {
  napi_value result = nullptr;
  napi_get_boolean(env, value, &result);
  return result;
}

napi_value Null(napi_env env) {
  napi_value result = nullptr;
  napi_get_null(env, &result);
  return result;
}

napi_value Text(napi_env env, Slice utf8) {
  napi_value result = nullptr;
  // V8 copies Latin-1 as it is; UTF-8 it reads twice.
  auto* create = AllAscii(utf8) ? napi_create_string_latin1 : napi_create_string_utf8;
  create(env, utf8.empty() ? "" : utf8.data(), utf8.size(), &result);
  return result;
}

napi_value BufferCopy(napi_env env, Slice bytes) {
  napi_value result = nullptr;
  napi_create_buffer_copy(env, bytes.size(), bytes.empty() ? "" : bytes.data(), nullptr, &result);
  return result;
}

napi_value Object(napi_env env) {
  napi_value result = nullptr;
  napi_create_object(env, &result);
  return result;
}

napi_value Array(napi_env env, size_t length) {
  napi_value result = nullptr;
  napi_create_array_with_length(env, length, &result);
  return result;
}

void Set(napi_env env, napi_value object, const char* name, napi_value value) {
  napi_set_named_property(env, object, name, value);
}

void SetElement(napi_env env, napi_value array, size_t index, napi_value value) {
  napi_set_element(env, array, static_cast<uint32_t>(index), value);
}

napi_valuetype TypeOf(napi_env env, napi_value value) {
  napi_valuetype type = napi_undefined;
  napi_typeof(env, value, &type);
  return type;
}

bool GetMutableBytes(napi_env env, napi_value value, char** data, size_t* size) {
  napi_typedarray_type type;
  void* bytes = nullptr;
  if (napi_get_typedarray_info(env, value, &type, size, &bytes, nullptr, nullptr) != napi_ok) return false;
  *data = static_cast<char*>(bytes);
  if (bytes == nullptr) *size = 0;
  return type == napi_uint8_array;
}

bool GetBytes(napi_env env, napi_value value, Slice* bytes) {
  char* data = nullptr;
  size_t size = 0;
  if (!GetMutableBytes(env, value, &data, &size)) return false;
  *bytes = Slice(data, size);
  return true;
}

bool GetInteger(napi_env env, napi_value value, uint64_t* integer) {
  double number;
  if (napi_get_value_double(env, value, &number) != napi_ok) return false;
  if (!(number >= 0 && number <= static_cast<double>(kMaxSafeInteger))) return false;
  *integer = static_cast<uint64_t>(number);
  return static_cast<double>(*integer) == number;
}

bool StringBytes::Read(napi_env env, napi_value value) {
  size_t size = 0;
  // Most keys, and many values, are short and ASCII: V8 hands out their units at half the price of UTF-8.
  constexpr size_t kShortUnits = 256;
  char16_t units[kShortUnits];
  if (napi_get_value_string_utf16(env, value, units, kShortUnits, &size) != napi_ok) return false;
  if (size + 1 < kShortUnits && NarrowAscii(units, size, stack_)) {
    slice_ = Slice(stack_, size);
    return true;
  }
  if (napi_get_value_string_utf8(env, value, stack_, sizeof stack_, &size) != napi_ok) return false;
  // A string that was cut leaves room for less than one character and the terminator.
  if (size + 4 < sizeof stack_) {
    slice_ = Slice(stack_, size);
    return true;
  }
  napi_get_value_string_utf8(env, value, nullptr, 0, &size);
  heap_.reset(new char[size + 1]);
  if (napi_get_value_string_utf8(env, value, heap_.get(), size + 1, &size) != napi_ok) return false;
  slice_ = Slice(heap_.get(), size);
  return true;
}

template <typename Bytes>
bool Key<Bytes>::RefuseType(napi_env env) {
  ThrowInvalid(env, std::is_same_v<Bytes, StringBytes> ? "the key must be a string" : "the key must be a Uint8Array");
  return false;
}

template <typename Bytes>
bool Key<Bytes>::RefuseSize(napi_env env, size_t size) {
  ThrowInvalid(env, size == 0 ? std::string("the key is empty")
                              : "the key has " + std::to_string(size) + " bytes; " + std::to_string(kMaxUserKeySize) +
                                    " are allowed");
  return false;
}

template class Key<StringBytes>;
template class Key<ArrayBytes>;

void Reader::Fail(std::string message) {
  if (!ok_) return;
  ok_ = false;
  ThrowInvalid(env_, std::move(message));
}

void Reader::Expect(const char* what, const char* expected) { Fail(std::string(what) + " must be " + expected); }

uint64_t Reader::Integer(napi_value value, const char* what, uint64_t max) {
  uint64_t integer = 0;
  if (!ok_) return 0;
  if (!GetInteger(env_, value, &integer) || integer > max) {
    Expect(what, ("an integer from 0 to " + std::to_string(max)).c_str());
    return 0;
  }
  return integer;
}

int Reader::Int(napi_value value, const char* what, int min, int max) {
  const double number = Number(value, what);
  if (!ok_) return min;
  if (!(number >= min && number <= max) || number != std::floor(number)) {
    Expect(what, ("an integer from " + std::to_string(min) + " to " + std::to_string(max)).c_str());
    return min;
  }
  return static_cast<int>(number);
}

double Reader::Number(napi_value value, const char* what) {
  double number = 0;
  if (!ok_) return 0;
  if (napi_get_value_double(env_, value, &number) != napi_ok || std::isnan(number)) {
    Expect(what, "a number");
    return 0;
  }
  return number;
}

bool Reader::Bool(napi_value value, const char* what) {
  bool result = false;
  if (ok_ && napi_get_value_bool(env_, value, &result) != napi_ok) Expect(what, "a boolean");
  return result;
}

std::string Reader::Text(napi_value value, const char* what) {
  if (!ok_) return {};
  StringBytes bytes;
  if (!bytes.Read(env_, value)) {
    Expect(what, "a string");
    return {};
  }
  return std::string(bytes.slice());
}

Slice Reader::Bytes(napi_value value, const char* what) {
  Slice bytes;
  if (!ok_) return {};
  if (!GetBytes(env_, value, &bytes)) {
    Expect(what, "a Uint8Array");
    return {};
  }
  return bytes;
}

std::string Reader::KeyBound(napi_value value, const char* what) {
  if (!ok_) return {};
  std::string key = TypeOf(env_, value) == napi_string ? Text(value, what) : std::string(Bytes(value, what));
  if (ok_ && key.size() > kMaxUserKeySize) Expect(what, "at most 65535 bytes long");
  return key;
}

std::string Reader::UserKey(napi_value value, const char* what) {
  std::string key = KeyBound(value, what);
  if (ok_ && key.empty()) Expect(what, "a key of 1 to 65535 bytes");
  return key;
}

void Reader::Function(napi_value value, const char* what) {
  if (ok_ && TypeOf(env_, value) != napi_function) Expect(what, "a function");
}

bool Reader::Undefined(napi_value value) { return !ok_ || IsUndefined(env_, value); }

napi_value Reader::Property(napi_value object, const char* name) {
  napi_value value = nullptr;
  if (!ok_) return nullptr;
  if (napi_valuetype type = TypeOf(env_, object); type != napi_object && type != napi_function) {
    Fail("an object with a property '" + std::string(name) + "' was expected");
    return nullptr;
  }
  // A getter that throws leaves its exception pending; Fail keeps it.
  if (napi_get_named_property(env_, object, name, &value) != napi_ok) Expect(name, "readable");
  return value;
}

size_t Reader::Length(napi_value array, const char* what) {
  uint32_t length = 0;
  if (ok_ && napi_get_array_length(env_, array, &length) != napi_ok) Expect(what, "an array");
  return length;
}

napi_value Reader::Element(napi_value array, size_t index) {
  napi_value value = nullptr;
  if (!ok_) return nullptr;
  if (napi_get_element(env_, array, static_cast<uint32_t>(index), &value) != napi_ok)
    Fail("an element is not readable");
  return value;
}

}  // namespace burrow::binding
