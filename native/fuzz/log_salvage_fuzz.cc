// A damaged WAL. What is salvaged are batches with ascending sequence numbers, and all there are when the log is whole;
// what is lost lies between them.
#include <vector>

#include "base/write_batch.h"
#include "fuzz/fuzzing.h"
#include "fuzz/log_mutator.h"
#include "table/table_testing.h"
#include "wal/log_salvager.h"

using namespace burrow;
using namespace burrow::log;

namespace {

std::unique_ptr<RandomAccessFile> Open(const std::string& bytes) {
  return std::make_unique<testing::StringReadableFile>(&bytes);
}

uint32_t RecordsIn(Slice payload, SequenceNumber* first) {
  uint32_t count;
  Slice records;
  CHECK_OK(DecodeBatchHeader(payload, first, &count, &records));
  BatchReader reader(records);
  BatchRecord record;
  for (uint32_t i = 0; i < count; i++) CHECK(reader.Next(&record));
  CHECK(!reader.Next(&record));
  CHECK_OK(reader.status());
  return count;
}

}  // namespace

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned seed) {
  return fuzz::Return(fuzz::MutateLog(fuzz::AsSlice(data, size), max_size, seed), data, max_size);
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string bytes(fuzz::AsSlice(data, size));
  const LogReader::Options options{.log_number = fuzz::kFuzzedLog};
  LogSalvager salvager(Open(bytes), "7.wal", options);
  std::vector<std::string> salvaged;
  Slice payload;
  SequenceNumber last = 0;
  uint64_t records = 0;
  while (salvager.Next(&payload)) {
    SequenceNumber first;
    const uint32_t count = RecordsIn(payload, &first);
    CHECK_GT(first, last);
    last = first + count - 1;
    CHECK_EQ(salvager.last_sequence(), last);
    records += count;
    salvaged.emplace_back(payload);
  }
  CHECK_EQ(salvager.records(), records);
  uint64_t behind = 0;
  const auto lost = salvager.TakeLost();
  for (const LostRange& range : lost) {
    CHECK_GE(range.offset, behind);
    CHECK_LE(range.size, size - range.offset);
    CHECK(!range.problem.empty());
    behind = range.offset + range.size;
  }

  LogReader reader(Open(bytes), "7.wal", options);
  std::vector<std::string> whole;
  while (reader.ReadRecord(&payload)) whole.emplace_back(payload);
  if (!reader.status().ok() || !reader.has_header()) return 0;  // behind a damaged header, salvaging goes on
  CHECK_OK(salvager.log().status());
  CHECK(salvager.log().end() == reader.end());
  CHECK_EQ(salvager.log().end_offset(), reader.end_offset());
  if (lost.empty()) CHECK(salvaged == whole);
  CHECK_EQ(lost.empty(), salvaged.size() == whole.size());
  return 0;
}
