#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>

#include "util/slice.h"

namespace burrow {

// Little-endian fixed-width and LEB128 variable-width integers, as written to disk.
static_assert(std::endian::native == std::endian::little, "big-endian hosts need byte swaps here");

inline void EncodeFixed16(char* to, uint16_t v) { memcpy(to, &v, sizeof v); }
inline void EncodeFixed32(char* to, uint32_t v) { memcpy(to, &v, sizeof v); }
inline void EncodeFixed64(char* to, uint64_t v) { memcpy(to, &v, sizeof v); }

inline uint16_t DecodeFixed16(const char* from) {
  uint16_t v;
  memcpy(&v, from, sizeof v);
  return v;
}
inline uint32_t DecodeFixed32(const char* from) {
  uint32_t v;
  memcpy(&v, from, sizeof v);
  return v;
}
inline uint64_t DecodeFixed64(const char* from) {
  uint64_t v;
  memcpy(&v, from, sizeof v);
  return v;
}

inline void PutFixed16(std::string* to, uint16_t v) { to->append(reinterpret_cast<const char*>(&v), sizeof v); }
inline void PutFixed32(std::string* to, uint32_t v) { to->append(reinterpret_cast<const char*>(&v), sizeof v); }
inline void PutFixed64(std::string* to, uint64_t v) { to->append(reinterpret_cast<const char*>(&v), sizeof v); }

inline constexpr int kMaxVarint32Bytes = 5;
inline constexpr int kMaxVarint64Bytes = 10;

// Writes v at `to` (room for kMaxVarint64Bytes) and returns the byte after it.
inline char* EncodeVarint64(char* to, uint64_t v) {
  auto* p = reinterpret_cast<uint8_t*>(to);
  while (v >= 0x80) {
    *p++ = static_cast<uint8_t>(v) | 0x80;
    v >>= 7;
  }
  *p++ = static_cast<uint8_t>(v);
  return reinterpret_cast<char*>(p);
}
inline char* EncodeVarint32(char* to, uint32_t v) { return EncodeVarint64(to, v); }

inline void PutVarint64(std::string* to, uint64_t v) {
  char buffer[kMaxVarint64Bytes];
  to->append(buffer, static_cast<size_t>(EncodeVarint64(buffer, v) - buffer));
}
inline void PutVarint32(std::string* to, uint32_t v) { PutVarint64(to, v); }
inline void PutLengthPrefixed(std::string* to, Slice v) {
  PutVarint64(to, v.size());
  to->append(v);
}

// Reads a varint from [p, limit); returns the byte after it, or nullptr when it is truncated or too large for the type.
inline const char* DecodeVarint64(const char* p, const char* limit, uint64_t* v) {
  uint64_t result = 0;
  for (unsigned shift = 0; shift <= 63 && p < limit; shift += 7) {
    auto byte = static_cast<uint8_t>(*p++);
    if (shift == 63 && byte > 1) return nullptr;
    result |= static_cast<uint64_t>(byte & 0x7f) << shift;
    if ((byte & 0x80) == 0) {
      *v = result;
      return p;
    }
  }
  return nullptr;
}
inline const char* DecodeVarint32(const char* p, const char* limit, uint32_t* v) {
  if (p < limit && (static_cast<uint8_t>(*p) & 0x80) == 0) {
    *v = static_cast<uint8_t>(*p);
    return p + 1;
  }
  uint64_t wide;
  p = DecodeVarint64(p, limit, &wide);
  if (p == nullptr || wide > UINT32_MAX) return nullptr;
  *v = static_cast<uint32_t>(wide);
  return p;
}

// Consumes fields from the front of a byte run. Every getter returns false, and leaves the cursor where it was, when
// the run is too short or the field malformed.
class Decoder {
 public:
  explicit Decoder(Slice bytes) : rest_(bytes) {}

  bool Fixed16(uint16_t* v) { return Fixed(v); }
  bool Fixed32(uint32_t* v) { return Fixed(v); }
  bool Fixed64(uint64_t* v) { return Fixed(v); }
  bool Varint32(uint32_t* v) { return Advance(DecodeVarint32(rest_.data(), End(), v)); }
  bool Varint64(uint64_t* v) { return Advance(DecodeVarint64(rest_.data(), End(), v)); }
  bool Bytes(size_t n, Slice* v) {
    if (rest_.size() < n) return false;
    *v = rest_.substr(0, n);
    rest_.remove_prefix(n);
    return true;
  }
  bool LengthPrefixed(Slice* v) {
    Slice before = rest_;
    uint64_t n;
    if (Varint64(&n) && Bytes(n, v)) return true;
    rest_ = before;
    return false;
  }

  Slice rest() const { return rest_; }
  bool empty() const { return rest_.empty(); }

 private:
  const char* End() const { return rest_.data() + rest_.size(); }
  bool Advance(const char* p) {
    if (p == nullptr) return false;
    rest_.remove_prefix(static_cast<size_t>(p - rest_.data()));
    return true;
  }
  template <typename T>
  bool Fixed(T* v) {
    if (rest_.size() < sizeof(T)) return false;
    memcpy(v, rest_.data(), sizeof(T));
    rest_.remove_prefix(sizeof(T));
    return true;
  }

  Slice rest_;
};

}  // namespace burrow
