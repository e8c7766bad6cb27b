// A damaged table. What is salvaged ascends, what is lost lies inside of the file in its order, and nothing is lost of
// a table that verifies.
#include <vector>

#include "fuzz/fuzzing.h"
#include "fuzz/table_mutator.h"
#include "table/table_salvage.h"
#include "table/table_testing.h"

using namespace burrow;

namespace {

class Sink final : public SalvageSink {
 public:
  Status Add(Slice internal_key, Slice value) override {
    CHECK_GT(internal_key.size(), kTrailerSize);
    CHECK_LE(RawKindOf(internal_key), static_cast<uint8_t>(Kind::kPut));
    if (!records.empty()) CHECK_LT(CompareInternalKeys(records.back().first, internal_key), 0);
    records.emplace_back(internal_key, value);
    return Status();
  }
  Status AddRangeTombstone(const RangeTombstone& tombstone) override {
    CHECK_LT(tombstone.begin, tombstone.end);
    range_tombstones++;
    return Status();
  }

  std::vector<std::pair<std::string, std::string>> records;
  uint64_t range_tombstones = 0;
};

void CheckAgainstWhole(const std::string& bytes, const Sink& sink, const TableSalvage& salvage) {
  TableReader::Counters counters;
  std::shared_ptr<TableReader> table;
  if (!testing::OpenTable(bytes, nullptr, &counters, &table).ok() || !table->Verify().ok()) return;
  CHECK(salvage.lost.empty());
  CHECK_EQ(salvage.range_tombstones, table->properties().range_tombstones);
  size_t i = 0;
  auto iterator = table->NewIterator({});
  for (iterator->SeekToFirst(); iterator->Valid(); iterator->Next(), i++) {
    CHECK_LT(i, sink.records.size());
    CHECK_EQ(sink.records[i].first, iterator->key());
    CHECK_EQ(sink.records[i].second, iterator->value());
  }
  CHECK_EQ(i, sink.records.size());
}

}  // namespace

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned seed) {
  // Half of the time damage that checksums show.
  const Slice table = fuzz::AsSlice(data, size);
  return fuzz::Return(seed % 2 == 0 ? fuzz::Mutate(table, max_size) : fuzz::MutateTable(table, max_size, seed), data,
                      max_size);
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string bytes(fuzz::AsSlice(data, size));
  const testing::StringReadableFile file(&bytes);
  Sink sink;
  TableSalvage salvage;
  const Status status = SalvageTable(file, &sink, &salvage);
  if (!status.ok()) {
    CHECK(status.Is(Code::kUnsupported));
    return 0;
  }
  CHECK_EQ(salvage.records, sink.records.size());
  CHECK_EQ(salvage.range_tombstones, sink.range_tombstones);
  uint64_t behind = 0;
  for (const LostRange& range : salvage.lost) {
    CHECK_GE(range.offset, behind);
    CHECK_LE(range.offset, size);
    CHECK_LE(range.size, size - range.offset);
    CHECK(!range.problem.empty());
    behind = range.offset + range.size;
  }
  CheckAgainstWhole(bytes, sink, salvage);
  return 0;
}
