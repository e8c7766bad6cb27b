#include "table/properties.h"

#include <algorithm>
#include <map>

#include "util/coding.h"

namespace burrow {
namespace {

struct NumberField {
  const char* name;
  uint64_t TableProperties::*member;
};
constexpr NumberField kNumbers[] = {
    {"created_at_ms", &TableProperties::created_at_ms},
    {"data_bytes", &TableProperties::data_bytes},
    {"entries", &TableProperties::entries},
    {"filter_bytes", &TableProperties::filter_bytes},
    {"index_bytes", &TableProperties::index_bytes},
    {"largest_sequence", &TableProperties::largest_sequence},
    {"range_tombstones", &TableProperties::range_tombstones},
    {"raw_key_bytes", &TableProperties::raw_key_bytes},
    {"raw_value_bytes", &TableProperties::raw_value_bytes},
    {"smallest_sequence", &TableProperties::smallest_sequence},
    {"tombstones", &TableProperties::tombstones},
};
constexpr char kCodec[] = "codec";
constexpr char kDatabaseId[] = "database_id";
constexpr char kLargest[] = "largest";
constexpr char kLargestExclusive[] = "largest_exclusive";
constexpr char kSmallest[] = "smallest";
constexpr uint64_t kMaxNumber = (uint64_t{1} << 53) - 1;  // numbers cross into JavaScript as doubles

using Values = std::map<std::string, std::string, std::less<>>;

bool Number(const Values& values, const char* name, uint64_t* number) {
  auto it = values.find(name);
  if (it == values.end()) return false;
  Decoder in(it->second);
  return in.Varint64(number) && in.empty() && *number <= kMaxNumber;
}

bool Bytes(const Values& values, const char* name, std::string* bytes) {
  auto it = values.find(name);
  if (it == values.end()) return false;
  *bytes = it->second;
  return true;
}

}  // namespace

std::string EncodeProperties(const TableProperties& properties) {
  Values values;
  for (const NumberField& field : kNumbers) PutVarint64(&values[field.name], properties.*field.member);
  PutVarint64(&values[kCodec], static_cast<uint64_t>(properties.codec));
  PutVarint64(&values[kLargestExclusive], properties.largest_exclusive);
  values[kDatabaseId] = properties.database_id.slice();
  values[kSmallest] = properties.smallest;
  values[kLargest] = properties.largest;
  std::string block;
  for (const auto& [name, value] : values) {
    PutLengthPrefixed(&block, name);
    PutLengthPrefixed(&block, value);
  }
  return block;
}

Status DecodeProperties(Slice block, TableProperties* properties) {
  Values values;
  Decoder in(block);
  Slice name, value;
  while (!in.empty()) {
    if (!in.LengthPrefixed(&name) || !in.LengthPrefixed(&value)) return Status::Corruption("malformed properties");
    if (name.starts_with('!')) {
      return Status::Unsupported("table needs the unknown feature \"" + std::string(name.substr(1)) + "\"");
    }
    if (!values.empty() && name <= values.rbegin()->first) return Status::Corruption("properties out of order");
    values.emplace_hint(values.end(), name, value);
  }
  for (const NumberField& field : kNumbers) {
    if (!Number(values, field.name, &(properties->*field.member))) {
      return Status::Corruption(std::string("bad table property ") + field.name);
    }
  }
  uint64_t codec, exclusive;
  std::string id;
  if (!Number(values, kCodec, &codec) || !Number(values, kLargestExclusive, &exclusive) || exclusive > 1 ||
      !Bytes(values, kDatabaseId, &id) || id.size() != properties->database_id.bytes.size() ||
      !Bytes(values, kSmallest, &properties->smallest) || !Bytes(values, kLargest, &properties->largest) ||
      properties->smallest > properties->largest || properties->smallest_sequence > properties->largest_sequence ||
      properties->tombstones > properties->entries) {
    return Status::Corruption("bad table properties");
  }
  if (codec > kLastCodecId) return Status::Unsupported("unknown table codec " + std::to_string(codec));
  properties->codec = static_cast<CodecId>(codec);
  properties->largest_exclusive = exclusive == 1;
  std::copy(id.begin(), id.end(), properties->database_id.bytes.begin());
  return Status();
}

}  // namespace burrow
