#include "env/file_names.h"

namespace burrow {

namespace {

constexpr size_t kMinDigits = 6;
constexpr size_t kMaxDigits = 16;  // of kMaxFileNumber

struct Form {
  FileKind kind;
  Slice prefix;
  Slice suffix;
  bool numbered;
};

constexpr Form kForms[] = {
    {FileKind::kCurrent, "CURRENT", "", false},   {FileKind::kLock, "LOCK", "", false},
    {FileKind::kManifest, "MANIFEST-", "", true}, {FileKind::kWal, "", ".wal", true},
    {FileKind::kTable, "", ".sst", true},         {FileKind::kTemp, "", ".tmp", true},
    {FileKind::kLost, "lost", "", false},
};

bool ParseNumber(Slice digits, uint64_t* number) {
  if (digits.size() < kMinDigits || digits.size() > kMaxDigits) return false;
  if (digits.size() > kMinDigits && digits[0] == '0') return false;
  uint64_t value = 0;
  for (char c : digits) {
    if (c < '0' || c > '9') return false;
    value = value * 10 + static_cast<uint64_t>(c - '0');
  }
  if (value > kMaxFileNumber) return false;
  *number = value;
  return true;
}

}  // namespace

std::string FileName(const std::string& dir, FileKind kind, uint64_t number) {
  std::string path = dir + "/";
  for (const Form& form : kForms) {
    if (form.kind != kind) continue;
    path.append(form.prefix);
    if (form.numbered) {
      const std::string digits = std::to_string(number);
      if (digits.size() < kMinDigits) path.append(kMinDigits - digits.size(), '0');
      path.append(digits);
    }
    path.append(form.suffix);
  }
  return path;
}

bool ParseFileName(Slice name, FileKind* kind, uint64_t* number) {
  for (const Form& form : kForms) {
    if (!name.starts_with(form.prefix) || !name.ends_with(form.suffix)) continue;
    uint64_t value = 0;
    if (form.numbered) {
      if (name.size() < form.prefix.size() + form.suffix.size()) continue;
      const size_t digits = name.size() - form.prefix.size() - form.suffix.size();
      if (!ParseNumber(name.substr(form.prefix.size(), digits), &value)) continue;
    } else if (name != form.prefix) {
      continue;
    }
    *kind = form.kind;
    *number = value;
    return true;
  }
  return false;
}

}  // namespace burrow
