// The payload of a WAL record: what decodes encodes to the same bytes, and a memtable that took it holds exactly it.
#include <vector>

#include "base/write_batch.h"
#include "fuzz/fuzzing.h"
#include "memtable/memtable.h"

using namespace burrow;

namespace {

void ApplyAndReadBack(std::vector<MemTable::Entry> entries) {
  const auto kind_of = [](const MemTable::Entry& entry) { return static_cast<Kind>(entry.trailer & 0xff); };
  size_t points = 0;
  for (const auto& entry : entries) points += kind_of(entry) != Kind::kRangeDelete;
  const std::vector<MemTable::Entry> written = entries;
  MemTable memtable;
  memtable.AddAll(&entries);
  CHECK_EQ(memtable.entries(), written.size());
  CHECK_EQ(memtable.range_tombstone_count(), written.size() - points);
  for (const auto& entry : written) {
    const Kind kind = kind_of(entry);
    const SequenceNumber sequence = entry.trailer >> 8;
    if (kind == Kind::kRangeDelete) {
      if (entry.user_key < entry.value) CHECK_GE(memtable.MaxCoveringTombstone(entry.user_key, sequence), sequence);
      continue;
    }
    Slice value;
    SequenceNumber found;
    const LookupKey key(entry.user_key, sequence);
    CHECK(memtable.Get(key, &value, &found) == (kind == Kind::kPut ? LookupResult::kValue : LookupResult::kDeleted));
    CHECK_EQ(found, sequence);
    if (kind == Kind::kPut) CHECK_EQ(value, entry.value);
  }
  size_t seen = 0;
  std::string last;
  auto iterator = memtable.NewIterator();
  for (iterator->SeekToFirst(); iterator->Valid(); iterator->Next(), seen++) {
    if (seen > 0) CHECK_LT(CompareInternalKeys(last, iterator->key()), 0);
    last = iterator->key();
  }
  CHECK_EQ(seen, points);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string payload(fuzz::AsSlice(data, size));
  SequenceNumber first;
  uint32_t count;
  Slice records;
  if (!DecodeBatchHeader(payload, &first, &count, &records).ok()) return 0;
  BatchReader reader(records);
  BatchRecord record;
  std::string again;
  std::vector<MemTable::Entry> entries;
  while (reader.Next(&record)) {
    AppendRecord(&again, record.kind, record.key, record.value);
    CHECK_EQ(reader.offset(), again.size());
    entries.push_back({record.key, record.value, PackTrailer(first + entries.size(), record.kind)});
  }
  CHECK_EQ(records.substr(0, again.size()), again);
  if (!reader.status().ok() || entries.size() != count) return 0;
  CHECK_EQ(again.size(), records.size());
  if (first > 0 && !entries.empty()) ApplyAndReadBack(std::move(entries));
  return 0;
}
