#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "base/write_batch.h"
#include "util/crc32c.h"
#include "util/golden.h"
#include "util/random.h"
#include "util/testing.h"
#include "wal/log_reader.h"
#include "wal/log_writer.h"

namespace burrow::log {
namespace {

constexpr uint64_t kNumber = 7;
constexpr size_t kFirstRecord = kHeaderSize + 37;  // behind the log's header

DatabaseId TestId() {
  DatabaseId id;
  CHECK(DatabaseId::FromHex("00112233445566778899aabbccddeeff", &id));
  return id;
}

class StringSink final : public WritableFile {
 public:
  explicit StringSink(std::string* to) : to_(to) {}
  Status Append(Slice data, size_t* written) override {
    size_t n = std::min(data.size(), room);
    to_->append(data.substr(0, n));
    room -= n;
    if (written != nullptr) *written = n;
    return n == data.size() ? Status() : Status::IO("disk is full");
  }
  Status Allocate(uint64_t) override { return Status(); }
  Status Sync() override { return fail_sync ? Status::IO("sync failed") : Status(); }
  Status Truncate(uint64_t) override { return Status(); }
  Status Close() override { return Status(); }
  uint64_t Size() const override { return to_->size(); }

  size_t room = SIZE_MAX;
  bool fail_sync = false;

 private:
  std::string* to_;
};

class StringSource final : public RandomAccessFile {
 public:
  explicit StringSource(Slice bytes) : bytes_(bytes) {}
  Status Read(uint64_t offset, size_t n, Slice* result, char* scratch) const override {
    size_t got = bytes_.substr(offset).copy(scratch, n);
    *result = Slice(scratch, got);
    return Status();
  }
  uint64_t Size() const override { return bytes_.size(); }

 private:
  Slice bytes_;
};

// Writes a log into a string, one record at a time.
struct Builder {
  explicit Builder(uint64_t number = kNumber, LogKind kind = LogKind::kWal)
      : writer(std::make_unique<StringSink>(&bytes), kind, number, TestId()) {}
  void Add(Slice record) {
    std::string framed;
    writer.Frame(record.substr(0, record.size() / 3), record.substr(record.size() / 3), &framed);
    CHECK_OK(writer.Append(framed));
    CHECK_EQ(writer.framed_size(), bytes.size());
    ends.push_back(bytes.size());
    records.emplace_back(record);
  }
  void Seal() {
    std::string framed;
    writer.FrameEnd(&framed);
    CHECK_OK(writer.Append(framed));
  }
  std::string bytes;
  LogWriter writer;
  std::vector<std::string> records;
  std::vector<uint64_t> ends;  // of each record
};

struct Replay {
  std::vector<std::string> records;
  Status status;
  LogEnd end = LogEnd::kCleanEnd;
  uint64_t end_offset = 0;
};

Replay Read(Slice bytes, LogReader::Options options = {}) {
  if (options.log_number == 0) options.log_number = kNumber;
  LogReader reader(std::make_unique<StringSource>(bytes), "000007.wal", options);
  Replay result;
  Slice record;
  uint64_t previous = 0;
  while (reader.ReadRecord(&record)) {
    CHECK_GT(reader.record_offset(), previous);
    previous = reader.record_offset();
    result.records.emplace_back(record);
  }
  CHECK(!reader.ReadRecord(&record));
  result.status = reader.status();
  result.end_offset = reader.end_offset();
  if (result.status.ok()) result.end = reader.end();
  if (!result.status.ok()) CHECK_EQ(result.status.file(), "000007.wal");
  return result;
}

void CheckPrefix(const Replay& replay, const std::vector<std::string>& records, size_t count) {
  CHECK_EQ(replay.records.size(), count);
  for (size_t i = 0; i < count; i++) CHECK(replay.records[i] == records[i]);
}

std::string RandomBytes(Random& random, size_t n) {
  std::string bytes(n, '\0');
  for (char& c : bytes) c = static_cast<char>(random.Next());
  return bytes;
}

struct Piece {
  uint64_t offset;
  uint64_t end;
  uint64_t synced;
  size_t record;  // how many records are whole before the one this fragment belongs to
};

// The fragments of an undamaged log, found without the reader.
std::vector<Piece> Pieces(Slice log) {
  std::vector<Piece> pieces;
  size_t record = 0;
  for (uint64_t at = 0; at < log.size();) {
    if (kBlockSize - at % kBlockSize < kHeaderSize) {
      at += kBlockSize - at % kBlockSize;
      continue;
    }
    uint64_t end = at + kHeaderSize + DecodeFixed16(&log[at + 4]);
    pieces.push_back({at, end, DecodeFixed64(&log[at + 11]), record});
    if (log[at + 6] == kFull || log[at + 6] == kLast) record++;
    at = end;
  }
  return pieces;
}

// What a flip of the byte at `at` must lead to.
void CheckFlip(const Builder& log, const std::vector<Piece>& pieces, std::string* bytes, size_t at, char flip) {
  char& byte = (*bytes)[at];
  byte = static_cast<char>(byte ^ flip);
  Replay replay = Read(*bytes);
  LogReader::Options exact;
  exact.expected_length = log.bytes.size();
  Replay strict = Read(*bytes, exact);
  byte = static_cast<char>(byte ^ flip);

  auto piece = std::find_if(pieces.begin(), pieces.end(), [&](const Piece& p) { return p.offset <= at && at < p.end; });
  if (piece == pieces.end()) {  // the padding at a block's end
    CheckPrefix(replay, log.records, log.records.size());
    CHECK_OK(replay.status);
    CHECK_OK(strict.status);
    return;
  }
  CheckPrefix(replay, log.records, piece->record);
  bool promised = std::any_of(piece, pieces.end(), [&](const Piece& p) { return p.synced > piece->offset; });
  if (promised) {
    CHECK(replay.status.Is(Code::kCorruption));
    CHECK_EQ(replay.status.offset(), piece->offset);
  } else {
    CHECK_OK(replay.status);
    CHECK(replay.end == LogEnd::kTornTail);
    uint64_t cut = piece->record > 0 ? log.ends[piece->record - 1] : piece->offset == 0 ? 0 : kFirstRecord;
    CHECK_EQ(replay.end_offset, cut);
  }
  CHECK(strict.status.Is(Code::kCorruption));
  CheckPrefix(strict, log.records, piece->record);
}

TEST(Log, RoundTrip) {
  Random random(TestSeed());
  for (int round = 0; round < 20; round++) {
    Builder log;
    size_t n = random.Uniform(60);
    for (size_t i = 0; i < n; i++) {
      size_t size = random.OneIn(5) ? random.Uniform(5 * kBlockSize) : random.Uniform(400);
      if (random.OneIn(10)) size = 0;
      // Ends on and near every position at the end of a block.
      if (random.OneIn(4)) {
        uint64_t left = kBlockSize - log.bytes.size() % kBlockSize;
        uint64_t near = random.Uniform(2 * kHeaderSize + 3);
        if (left > kHeaderSize + near) size = left - kHeaderSize - near;
      }
      log.Add(RandomBytes(random, size));
      if (random.OneIn(4)) CHECK_OK(log.writer.Sync());
    }
    Replay replay = Read(log.bytes);
    CHECK_OK(replay.status);
    CheckPrefix(replay, log.records, n);
    CHECK(replay.end == LogEnd::kCleanEnd);
    if (n > 0) CHECK_EQ(replay.end_offset, log.ends.back());
    CheckPrefix(Read(log.bytes + std::string(random.Uniform(3 * kBlockSize), '\0')), log.records, n);
    log.Seal();
    uint64_t sealed = log.bytes.size();
    replay = Read(log.bytes + std::string(random.Uniform(3 * kBlockSize), '\0'));
    CHECK_OK(replay.status);
    CheckPrefix(replay, log.records, n);
    CHECK(replay.end == LogEnd::kSealed);
    CHECK_EQ(replay.end_offset, sealed);
  }
}

// Several records framed into one buffer are the same bytes as one at a time.
TEST(Log, FramingIsIndependentOfBuffers) {
  Random random(TestSeed());
  Builder log;
  std::string together, bytes;
  LogWriter writer(std::make_unique<StringSink>(&bytes), LogKind::kWal, kNumber, TestId());
  for (int i = 0; i < 100; i++) {
    std::string record = RandomBytes(random, random.Uniform(3000));
    log.Add(record);
    writer.Frame(record, Slice(), &together);
  }
  CHECK_EQ(writer.framed_size(), together.size());
  CHECK_EQ(writer.written_size(), 0u);
  CHECK(together == log.bytes);
}

// What is borrowed gives the same bytes as what is copied, also when the disk takes only a part.
TEST(Log, FramingInPartsGivesTheSameBytes) {
  Random random(TestSeed());
  Builder log;
  std::string bytes;
  auto file = std::make_unique<StringSink>(&bytes);
  StringSink* sink = file.get();
  LogWriter writer(std::move(file), LogKind::kWal, kNumber, TestId());
  FramedParts parts;
  for (int i = 0; i < 60; i++) {
    log.Add(RandomBytes(random, random.Uniform(random.OneIn(2) ? 3000 : 200000)));
    const Slice record = log.records.back();  // large ones stay where they are
    const Slice head = record.substr(0, record.size() / 3), body = record.substr(record.size() / 3);
    writer.Frame(head, body, &parts);
    if (random.OneIn(3)) continue;
    CHECK_OK(writer.Append(&parts));
    parts.Clear();
    CHECK_EQ(parts.size(), 0u);
  }
  CHECK_OK(writer.Append(&parts));
  CHECK_EQ(writer.written_size(), log.bytes.size());
  CHECK(bytes == log.bytes);

  parts.Clear();
  writer.Frame(Slice(), log.bytes, &parts);
  sink->room = 50000;
  size_t written = 0;
  CHECK(!writer.Append(&parts, &written).ok());
  CHECK_EQ(written, 50000u);
  CHECK_EQ(writer.written_size(), log.bytes.size());
}

TEST(Log, MatchesTheGoldenFile) {
  Builder log;
  std::string payload = testing::ReadGoldenHex("formats/write_batch.hex");
  log.Add(payload);
  CHECK_OK(log.writer.Sync());
  log.Add("");
  log.Seal();
  CHECK_EQ(log.bytes, testing::ReadGoldenHex("formats/log.hex"));
}

TEST(Log, WriterKnowsWhatIsDurable) {
  std::string bytes, framed;
  auto sink = std::make_unique<StringSink>(&bytes);
  StringSink* disk = sink.get();
  LogWriter writer(std::move(sink), LogKind::kWal, kNumber, TestId());
  writer.Frame("a", "b", &framed);
  CHECK_OK(writer.Append(framed));
  CHECK_EQ(writer.written_size(), framed.size());
  CHECK_EQ(writer.synced_size(), 0u);
  CHECK_OK(writer.Sync());
  CHECK_EQ(writer.synced_size(), framed.size());
  std::string second;
  writer.Frame("c", "", &second);
  CHECK_EQ(DecodeFixed64(second.data() + 11), framed.size());
  disk->room = 5;
  size_t written = 0;
  CHECK(writer.Append(second, &written).Is(Code::kIO));
  CHECK_EQ(written, 5u);
  CHECK_EQ(writer.written_size(), framed.size());
  disk->fail_sync = true;
  CHECK(writer.Sync().Is(Code::kIO));
  CHECK_EQ(writer.synced_size(), framed.size());
}

TEST(Log, EveryTruncationGivesAPrefix) {
  Random random(TestSeed());
  Builder log;
  for (int i = 0; i < 12; i++) {
    log.Add(RandomBytes(random, random.Uniform(90)));
    if (i % 3 == 2) CHECK_OK(log.writer.Sync());
  }
  log.Seal();
  auto whole_at = [&](size_t n) {
    return static_cast<size_t>(std::upper_bound(log.ends.begin(), log.ends.end(), n) - log.ends.begin());
  };
  auto is_end = [&](size_t n) {
    return n == 0 || n == kFirstRecord || std::binary_search(log.ends.begin(), log.ends.end(), n);
  };
  for (size_t cut = 0; cut < log.bytes.size(); cut++) {
    for (size_t zeros : {size_t{0}, size_t{1}, size_t{100}, size_t{2 * kBlockSize}}) {
      size_t n = cut;  // zeros that were cut come back with the tail
      while (n < std::min(cut + zeros, log.bytes.size()) && log.bytes[n] == 0) n++;
      Replay replay = Read(log.bytes.substr(0, cut) + std::string(zeros, '\0'));
      CHECK_OK(replay.status);
      size_t whole = whole_at(n);
      CheckPrefix(replay, log.records, whole);
      if (n == log.bytes.size()) {
        CHECK(replay.end == LogEnd::kSealed);
        continue;
      }
      uint64_t valid = whole > 0 ? log.ends[whole - 1] : n < kFirstRecord ? 0 : kFirstRecord;
      bool only_zeros = Slice(log.bytes).substr(0, n).find_first_not_of('\0', valid) == Slice::npos;
      CHECK(replay.end == (only_zeros ? LogEnd::kCleanEnd : LogEnd::kTornTail));
      CHECK_EQ(replay.end_offset, valid);
    }
    LogReader::Options exact;
    exact.expected_length = log.bytes.size();
    Replay strict = Read(Slice(log.bytes).substr(0, cut), exact);
    CHECK(strict.status.Is(Code::kCorruption));
    CheckPrefix(strict, log.records, whole_at(cut));
    exact.expected_length = cut;
    CHECK_EQ(Read(log.bytes, exact).status.ok(), is_end(cut));
  }
}

TEST(Log, EveryFlippedByteGivesAPrefixOrCorruption) {
  Random random(TestSeed());
  for (bool with_syncs : {false, true}) {
    Builder log;
    for (int i = 0; i < 12; i++) {
      log.Add(RandomBytes(random, random.Uniform(90)));
      if (with_syncs && i % 3 == 2 && i < 9) CHECK_OK(log.writer.Sync());
    }
    if (with_syncs) log.Seal();
    std::string bytes = log.bytes;
    std::vector<Piece> pieces = Pieces(bytes);
    for (size_t at = 0; at < bytes.size(); at++) {
      for (int bit = 0; bit < 8; bit++) CheckFlip(log, pieces, &bytes, at, static_cast<char>(1 << bit));
      CheckFlip(log, pieces, &bytes, at, static_cast<char>(1 + random.Uniform(255)));
    }
  }
}

TEST(Log, FlipsInRecordsOfManyBlocks) {
  Random random(TestSeed());
  for (int round = 0; round < 4; round++) {
    Builder log;
    for (int i = 0; i < 10; i++) {
      log.Add(RandomBytes(random, random.OneIn(2) ? random.Uniform(3 * kBlockSize) : random.Uniform(2000)));
      if (round % 2 == 1 && random.OneIn(3)) CHECK_OK(log.writer.Sync());
    }
    std::string bytes = log.bytes;
    std::vector<Piece> pieces = Pieces(bytes);
    for (int i = 0; i < 60; i++) {
      CheckFlip(log, pieces, &bytes, random.Uniform(bytes.size()), static_cast<char>(1 + random.Uniform(255)));
      const Piece& piece = pieces[random.Uniform(pieces.size())];
      CheckFlip(log, pieces, &bytes, piece.offset + random.Uniform(kHeaderSize), '\x04');
    }
  }
}

// A power cut: what was synced is there, of the rest any set of sectors. Never corruption, and never less than promised.
TEST(Log, PowerCutsLoseOnlyUnsyncedRecords) {
  Random random(TestSeed());
  for (int round = 0; round < 150; round++) {
    Builder log;
    size_t promised = 0;
    uint64_t durable = 0;
    for (size_t i = 0, n = random.Uniform(40); i < n; i++) {
      log.Add(RandomBytes(random, random.OneIn(8) ? random.Uniform(2 * kBlockSize) : random.Uniform(600)));
      if (random.OneIn(8)) {
        CHECK_OK(log.writer.Sync());
        promised = log.records.size();
        durable = log.writer.synced_size();
      }
    }
    std::string bytes = log.bytes + std::string(random.Uniform(100000), '\0');
    uint64_t odds = 1 + random.Uniform(20);
    for (size_t sector = 0; sector < bytes.size(); sector += 512) {
      if (!random.OneIn(odds)) continue;
      for (size_t at = std::max<size_t>(sector, durable); at < std::min(sector + 512, bytes.size()); at++)
        bytes[at] = 0;
    }
    Replay replay = Read(bytes);
    CHECK_OK(replay.status);
    CHECK_GE(replay.records.size(), promised);
    CheckPrefix(replay, log.records, replay.records.size());
    CHECK_GE(replay.end_offset, durable);
  }
}

TEST(Log, AHoleIsATornTailUnlessItWasSynced) {
  for (bool synced : {false, true}) {
    Builder log;
    for (int i = 0; i < 6; i++) {
      if (i == 5 && synced) CHECK_OK(log.writer.Sync());
      log.Add(std::string(300, static_cast<char>('a' + i)));
    }
    std::string bytes = log.bytes;
    std::fill(bytes.begin() + static_cast<ptrdiff_t>(log.ends[2]), bytes.begin() + static_cast<ptrdiff_t>(log.ends[3]),
              '\0');
    Replay replay = Read(bytes);
    CheckPrefix(replay, log.records, 3);
    if (synced) {
      CHECK(replay.status.Is(Code::kCorruption));
      CHECK_EQ(replay.status.offset(), static_cast<int64_t>(log.ends[2]));
    } else {
      CHECK_OK(replay.status);
      CHECK(replay.end == LogEnd::kTornTail);
      CHECK_EQ(replay.end_offset, log.ends[2]);
    }
  }
}

TEST(Log, ATornTailIsMeasuredWithoutThePreallocatedSpaceBehindIt) {
  Builder log;
  log.Add("one");
  log.Add(std::string(1000, 'x'));
  const std::string torn = log.bytes.substr(0, log.ends[0] + 700) + std::string(100000, '\0');
  LogReader reader(std::make_unique<StringSource>(torn), "000007.wal", {.log_number = kNumber});
  Slice record;
  while (reader.ReadRecord(&record)) {
  }
  CHECK_OK(reader.status());
  CHECK(reader.end() == LogEnd::kTornTail);
  CHECK_EQ(reader.end_offset(), log.ends[0]);
  CHECK_EQ(reader.torn_bytes(), 700);
}

// As open does it with what a crash left.
TEST(Log, ACutLogIsSealedWhereItEnds) {
  Builder log;
  log.Add("one");
  log.Add("two");
  std::string bytes = log.bytes.substr(0, log.ends[0]);
  LogWriter writer(std::make_unique<StringSink>(&bytes), LogKind::kWal, kNumber, TestId(), bytes.size());
  std::string framed;
  writer.FrameEnd(&framed);
  CHECK_OK(writer.Append(framed));
  const Replay replay = Read(bytes);
  CHECK_OK(replay.status);
  CHECK(replay.end == LogEnd::kSealed);
  CheckPrefix(replay, log.records, 1);
}

TEST(Log, StaleBytesOfAnotherLogAreNotRead) {
  Builder old(6), log(7);
  for (int i = 0; i < 300; i++) {
    old.Add(std::string(500, 'o'));
    CHECK_OK(old.writer.Sync());
  }
  for (int i = 0; i < 10; i++) log.Add(std::string(500, 'n'));
  // Cut where the old log has a fragment, too: the logs have the same layout.
  std::string bytes = log.bytes + old.bytes.substr(log.bytes.size());
  Replay replay = Read(bytes);
  CHECK_OK(replay.status);
  CheckPrefix(replay, log.records, 10);
  CHECK(replay.end == LogEnd::kTornTail);
  CHECK_EQ(replay.end_offset, log.bytes.size());
  log.Seal();
  bytes = log.bytes + old.bytes.substr(log.bytes.size());
  replay = Read(bytes);
  CHECK_OK(replay.status);
  CHECK(replay.end == LogEnd::kSealed);
}

TEST(Log, NothingFollowsTheEndRecord) {
  Builder log;
  log.Add("one");
  log.Seal();
  uint64_t sealed = log.bytes.size();
  log.Add("two");
  Replay replay = Read(log.bytes);
  CHECK(replay.status.Is(Code::kCorruption));
  CHECK_EQ(replay.status.offset(), static_cast<int64_t>(sealed));
  CHECK_EQ(replay.records.size(), 1u);
}

TEST(Log, EmptyAndZeroFilesAreEmptyLogs) {
  for (size_t n : {size_t{0}, size_t{1}, size_t{kHeaderSize}, size_t{kBlockSize}, size_t{3 * kBlockSize + 5}}) {
    Replay replay = Read(std::string(n, '\0'));
    CHECK_OK(replay.status);
    CHECK(replay.end == LogEnd::kCleanEnd);
    CHECK_EQ(replay.end_offset, 0u);
  }
  Replay garbage = Read("some other file that is no log at all");
  CHECK_OK(garbage.status);
  CHECK(garbage.end == LogEnd::kTornTail);
  CHECK_EQ(garbage.end_offset, 0u);
}

void FixChecksum(std::string* bytes, size_t at) {
  size_t length = DecodeFixed16(bytes->data() + at + 4);
  EncodeFixed32(bytes->data() + at,
                crc32c::Mask(crc32c::Value(Slice(*bytes).substr(at + 4, kHeaderSize - 4 + length))));
}

TEST(Log, RefusesOtherLogsAndNewerFormats) {
  Builder log;
  log.Add("one");
  DatabaseId id = TestId(), other;
  LogReader::Options options;
  options.database_id = &id;
  CHECK_OK(Read(log.bytes, options).status);
  options.database_id = &other;
  CHECK(Read(log.bytes, options).status.Is(Code::kCorruption));
  options = {};
  options.kind = LogKind::kManifest;
  CHECK(Read(log.bytes, options).status.Is(Code::kCorruption));
  options = {};
  options.log_number = 8;
  CHECK(Read(log.bytes, options).status.Is(Code::kCorruption));
  options.log_number = kNumber + (uint64_t{1} << 32);
  CHECK(Read(log.bytes, options).status.Is(Code::kCorruption));

  std::string newer = log.bytes;
  newer[kHeaderSize + 8] = 2;
  CHECK(Read(newer).status.ok());  // the checksum does not hold: damage, not a newer version
  FixChecksum(&newer, 0);
  CHECK(Read(newer).status.Is(Code::kUnsupported));

  std::string unknown = log.bytes;
  unknown[kFirstRecord + 6] = 7;
  CHECK(Read(unknown).status.ok());
  FixChecksum(&unknown, kFirstRecord);
  CHECK(Read(unknown).status.Is(Code::kUnsupported));
  CHECK_EQ(Read(unknown).status.offset(), static_cast<int64_t>(kFirstRecord));

  std::string misplaced = log.bytes;
  misplaced[kFirstRecord + 6] = kLast;
  FixChecksum(&misplaced, kFirstRecord);
  Replay replay = Read(misplaced);
  CHECK_OK(replay.status);
  CHECK(replay.end == LogEnd::kTornTail);
  CHECK_EQ(replay.records.size(), 0u);
}

// Records that hold copies of this very log are payload, not evidence, as long as their own fragment is whole.
TEST(Log, EmbeddedLogsAreNotEvidence) {
  Builder inner;
  for (int i = 0; i < 3; i++) {
    inner.Add("inner");
    CHECK_OK(inner.writer.Sync());
  }
  Builder log;
  log.Add("first");
  log.Add("second");
  log.Add(inner.bytes);
  std::string bytes = log.bytes;
  bytes[log.ends[0] + kHeaderSize] ^= 1;
  Replay replay = Read(bytes);
  CHECK_OK(replay.status);
  CHECK(replay.end == LogEnd::kTornTail);
  CHECK_EQ(replay.end_offset, log.ends[0]);
}

TEST(Log, LargeRecordsAndLongZeroTails) {
  Builder log;
  log.Add(std::string(48 << 20, 'x'));
  log.Add("tail");
  Replay replay = Read(log.bytes + std::string(64 << 20, '\0'));
  CHECK_OK(replay.status);
  CheckPrefix(replay, log.records, 2);
  CHECK(replay.end == LogEnd::kCleanEnd);
}

}  // namespace
}  // namespace burrow::log
