#include "base/database_id.h"

namespace burrow {

namespace {

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::string DatabaseId::ToHex() const {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  hex.reserve(2 * bytes.size());
  for (char c : bytes) {
    hex.push_back(kDigits[static_cast<uint8_t>(c) >> 4]);
    hex.push_back(kDigits[static_cast<uint8_t>(c) & 15]);
  }
  return hex;
}

bool DatabaseId::FromHex(Slice hex, DatabaseId* id) {
  DatabaseId parsed;
  if (hex.size() != 2 * parsed.bytes.size()) return false;
  for (size_t i = 0; i < parsed.bytes.size(); i++) {
    int high = HexDigit(hex[2 * i]), low = HexDigit(hex[2 * i + 1]);
    if (high < 0 || low < 0) return false;
    parsed.bytes[i] = static_cast<char>(high << 4 | low);
  }
  *id = parsed;
  return true;
}

}  // namespace burrow
