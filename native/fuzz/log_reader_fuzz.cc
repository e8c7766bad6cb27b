// A log file, WAL or manifest. Its whole records lie in it one behind the other, and are the same when it is read up to
// its recorded length, when its torn tail is cut, and when they are written anew. The mutator renews checksums.
#include <vector>

#include "fuzz/fuzzing.h"
#include "fuzz/log_mutator.h"
#include "table/table_testing.h"
#include "wal/log_reader.h"
#include "wal/log_writer.h"

using namespace burrow;
using namespace burrow::log;

namespace {

constexpr size_t kKindAt = kHeaderSize + 12;

struct Log {
  std::vector<std::string> records;
  Status status;
  LogEnd end = LogEnd::kCleanEnd;
  uint64_t end_offset = 0;
  DatabaseId id;
};

Log Read(const std::string& bytes, LogKind kind, uint64_t expected_length = UINT64_MAX) {
  LogReader reader(std::make_unique<testing::StringReadableFile>(&bytes), "7.wal",
                   {.kind = kind, .log_number = fuzz::kFuzzedLog, .expected_length = expected_length});
  Log log;
  Slice record;
  uint64_t behind = 0;
  while (reader.ReadRecord(&record)) {
    CHECK_GE(reader.record_offset(), behind);
    behind = reader.end_offset();
    CHECK_GE(behind, reader.record_offset() + kHeaderSize + record.size());
    CHECK_LE(behind, bytes.size());
    log.records.emplace_back(record);
  }
  CHECK(!reader.ReadRecord(&record));
  log.status = reader.status();
  log.end_offset = reader.end_offset();
  log.id = reader.database_id();
  if (!log.status.ok()) {
    CHECK(log.status.Is(Code::kCorruption) || log.status.Is(Code::kUnsupported));
    CHECK_EQ(log.status.file(), "7.wal");
    CHECK_LE(log.status.offset(), static_cast<int64_t>(bytes.size()));
    return log;
  }
  log.end = reader.end();
  CHECK_LE(log.end_offset + reader.torn_bytes(), bytes.size());
  CHECK(log.end == LogEnd::kTornTail || reader.torn_bytes() == 0);
  return log;
}

void CheckSame(const Log& log, const std::string& bytes, LogKind kind, uint64_t expected_length = UINT64_MAX) {
  const Log again = Read(bytes, kind, expected_length);
  CHECK_OK(again.status);
  CHECK(again.records == log.records);
  CHECK_EQ(again.end_offset, expected_length == UINT64_MAX ? again.end_offset : expected_length);
  CHECK(again.end == (log.end == LogEnd::kSealed ? LogEnd::kSealed : LogEnd::kCleanEnd));
}

std::string Write(const Log& log, LogKind kind) {
  std::string bytes;
  LogWriter writer(std::make_unique<testing::StringWritableFile>(&bytes), kind, fuzz::kFuzzedLog, log.id);
  for (const std::string& record : log.records) {
    std::string framed;
    writer.Frame(Slice(record).substr(0, record.size() / 2), Slice(record).substr(record.size() / 2), &framed);
    CHECK_OK(writer.Append(framed));
    CHECK_OK(writer.Sync());
  }
  if (log.end == LogEnd::kSealed) {
    std::string framed;
    writer.FrameEnd(&framed);
    CHECK_OK(writer.Append(framed));
  }
  return bytes;
}

}  // namespace

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned seed) {
  return fuzz::Return(fuzz::MutateLog(fuzz::AsSlice(data, size), max_size, seed), data, max_size);
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string bytes(fuzz::AsSlice(data, size));
  const LogKind kind = size > kKindAt && bytes[kKindAt] == 'M' ? LogKind::kManifest : LogKind::kWal;
  const Log log = Read(bytes, kind);
  if (!log.status.ok()) return 0;
  CheckSame(log, bytes.substr(0, log.end_offset), kind);
  CheckSame(log, bytes, kind, log.end_offset);
  if (!log.records.empty()) CheckSame(log, Write(log, kind), kind);
  return 0;
}
