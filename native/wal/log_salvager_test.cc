#include "wal/log_salvager.h"

#include <algorithm>

#include "base/write_batch.h"
#include "env/env.h"
#include "util/random.h"
#include "util/testing.h"
#include "wal/log_writer.h"

namespace burrow::log {
namespace {

constexpr uint64_t kNumber = 7;
constexpr char kPath[] = "/000007.wal";

struct Batch {
  std::string payload;
  SequenceNumber first = 0, last = 0;
  uint64_t begin = 0, end = 0;  // where it may be in the log: zeros at a block's end included
};

// A log in memory, and what was written to it.
struct Log {
  Log() {
    CHECK_OK(env->NewWritableFile(kPath, Env::OpenMode::kTruncate, &file));
    writer = std::make_unique<LogWriter>(std::move(file), LogKind::kWal, kNumber, DatabaseId());
  }

  void Write(Slice payload, SequenceNumber first, SequenceNumber last) {
    std::string framed;
    // The header is framed with the first record.
    const uint64_t begin = std::max<uint64_t>(writer->framed_size(), kHeaderSize + 37);
    Batch batch{std::string(payload), first, last, begin, 0};
    writer->Frame(payload, Slice(), &framed);
    CHECK_OK(writer->Append(framed));
    batch.end = writer->framed_size();
    batches.push_back(std::move(batch));
  }

  void WriteBatch(uint32_t count, size_t value_size) {
    std::string payload(kBatchHeaderSize, '\0');
    EncodeBatchHeader(payload.data(), next, count);
    for (uint32_t i = 0; i < count; i++) {
      AppendRecord(&payload, Kind::kPut, "key" + std::to_string(next + i), std::string(value_size, 'v'));
    }
    Write(payload, next, next + count - 1);
    next += count + (next % 3 == 0 ? 5 : 0);  // gaps are no fault
  }

  void Seal() {
    std::string framed;
    writer->FrameEnd(&framed);
    CHECK_OK(writer->Append(framed));
  }

  std::string Bytes() {
    std::string bytes;
    CHECK_OK(ReadFileToString(env.get(), kPath, UINT64_MAX, &bytes));
    return bytes;
  }

  std::shared_ptr<Env> env = Env::NewMemory();
  std::unique_ptr<WritableFile> file;
  std::unique_ptr<LogWriter> writer;
  std::vector<Batch> batches;
  SequenceNumber next = 1;
};

struct Outcome {
  std::vector<std::string> payloads;
  std::vector<LostRange> lost;
  Status status;
  LogEnd end = LogEnd::kCleanEnd;
  uint64_t end_offset = 0, torn_bytes = 0;
  bool has_header = false;
};

std::unique_ptr<RandomAccessFile> FileOf(Env* env, Slice bytes) {
  std::unique_ptr<WritableFile> out;
  CHECK_OK(env->NewWritableFile("/damaged", Env::OpenMode::kTruncate, &out));
  CHECK_OK(out->Append(bytes));
  std::unique_ptr<RandomAccessFile> in;
  CHECK_OK(env->NewRandomAccessFile("/damaged", &in));
  return in;
}

Outcome Salvage(Env* env, Slice bytes, uint64_t expected_length = UINT64_MAX) {
  LogSalvager salvager(FileOf(env, bytes), "000007.wal", {.log_number = kNumber, .expected_length = expected_length});
  Outcome outcome;
  Slice payload;
  while (salvager.Next(&payload)) outcome.payloads.emplace_back(payload);
  CHECK(!salvager.Next(&payload));
  outcome.status = salvager.log().status();
  outcome.lost = salvager.TakeLost();
  outcome.end = salvager.log().end();
  outcome.end_offset = salvager.log().end_offset();
  outcome.torn_bytes = salvager.log().torn_bytes();
  outcome.has_header = salvager.log().has_header();
  return outcome;
}

// Every record is one that was written, in order, and every lost range says which are around it.
void CheckOutcome(const Outcome& outcome, const std::vector<Batch>& batches) {
  CHECK_OK(outcome.status);
  size_t at = 0, range = 0;
  SequenceNumber last = 0;
  uint64_t lost_to = 0;
  auto check_lost = [&](uint64_t before_offset, SequenceNumber before) {
    for (; range < outcome.lost.size() && outcome.lost[range].offset < before_offset; range++) {
      const LostRange& lost = outcome.lost[range];
      CHECK_GE(lost.offset, lost_to);
      CHECK(!lost.problem.empty());
      lost_to = lost.offset + lost.size;
      CHECK_EQ(lost.after_sequence, last);
      CHECK_EQ(lost.before_sequence, before);
    }
  };
  for (const std::string& payload : outcome.payloads) {
    while (at < batches.size() && batches[at].payload != payload) at++;
    CHECK_LT(at, batches.size());
    check_lost(batches[at].begin, batches[at].first);
    CHECK_LE(lost_to, batches[at].end);
    last = batches[at++].last;
  }
  check_lost(UINT64_MAX, 0);
  CHECK_EQ(range, outcome.lost.size());
}

bool Saved(const Outcome& outcome, const Batch& batch) {
  return std::find(outcome.payloads.begin(), outcome.payloads.end(), batch.payload) != outcome.payloads.end();
}

TEST(LogSalvager, PassesOverOneDamagedRecord) {
  Log log;
  for (int i = 0; i < 10; i++) {
    log.WriteBatch(3, 100);
    CHECK_OK(log.writer->Sync());
  }
  log.Seal();
  std::string bytes = log.Bytes();
  bytes[log.batches[4].begin + 30] ^= 1;
  const Outcome outcome = Salvage(log.env.get(), bytes);
  CheckOutcome(outcome, log.batches);
  CHECK_EQ(outcome.payloads.size(), 9);
  CHECK_EQ(outcome.lost.size(), 1);
  CHECK_EQ(outcome.lost[0].offset, log.batches[4].begin);
  CHECK_EQ(outcome.lost[0].size, log.batches[4].end - log.batches[4].begin);
  CHECK_EQ(outcome.lost[0].after_sequence, log.batches[3].last);
  CHECK_EQ(outcome.lost[0].before_sequence, log.batches[5].first);
  CHECK(outcome.end == LogEnd::kSealed);
}

TEST(LogSalvager, LeavesATornTailTorn) {
  Log log;
  for (int i = 0; i < 5; i++) log.WriteBatch(1, 100);
  std::string bytes = log.Bytes();
  bytes[log.batches[2].begin + 30] ^= 1;  // nothing was promised: the records behind it do not count
  const Outcome outcome = Salvage(log.env.get(), bytes);
  CheckOutcome(outcome, log.batches);
  CHECK_EQ(outcome.payloads.size(), 2);
  CHECK(outcome.lost.empty());
  CHECK(outcome.end == LogEnd::kTornTail);
  CHECK_EQ(outcome.end_offset, log.batches[2].begin);
  CHECK_EQ(outcome.torn_bytes, bytes.size() - log.batches[2].begin);
}

TEST(LogSalvager, ReadsWithoutHeader) {
  Log log;
  for (int i = 0; i < 5; i++) log.WriteBatch(1, 100);
  std::string bytes = log.Bytes();
  bytes[25] ^= 1;
  const Outcome outcome = Salvage(log.env.get(), bytes);
  CheckOutcome(outcome, log.batches);
  CHECK_EQ(outcome.payloads.size(), 5);
  CHECK_EQ(outcome.lost.size(), 1);
  CHECK_EQ(outcome.lost[0].offset, 0);
  CHECK_EQ(outcome.lost[0].before_sequence, 1);
  CHECK(!outcome.has_header);
  // Another log's bytes stay an error.
  LogSalvager other(FileOf(log.env.get(), log.Bytes()), "000008.wal", {.log_number = 8});
  Slice payload;
  CHECK(!other.Next(&payload));
  CHECK(other.log().status().Is(Code::kCorruption));
}

TEST(LogSalvager, TellsWhatIsMissingBeforeTheRecordedLength) {
  Log log;
  for (int i = 0; i < 5; i++) log.WriteBatch(1, 100);
  log.Seal();
  const std::string bytes = log.Bytes();
  const Slice cut = Slice(bytes).substr(0, log.batches[4].begin + 50);
  const Outcome outcome = Salvage(log.env.get(), cut, bytes.size());
  CheckOutcome(outcome, log.batches);
  CHECK_EQ(outcome.payloads.size(), 4);
  CHECK_EQ(outcome.lost.size(), 1);
  CHECK_EQ(outcome.lost[0].offset, log.batches[4].begin);
  CHECK_EQ(outcome.lost[0].offset + outcome.lost[0].size, bytes.size());
  CHECK_EQ(Salvage(log.env.get(), bytes, bytes.size() + 100).lost.size(), 1);
  CHECK(Salvage(log.env.get(), bytes, bytes.size()).lost.empty());
}

TEST(LogSalvager, DoesNotBelieveRecordsBehindTheEnd) {
  Log log;
  for (int i = 0; i < 3; i++) log.WriteBatch(1, 100);
  log.Seal();
  for (int i = 0; i < 3; i++) log.WriteBatch(1, 100);
  const Outcome outcome = Salvage(log.env.get(), log.Bytes());
  CHECK_EQ(outcome.payloads.size(), 3);
  CHECK_EQ(outcome.lost.size(), 1);
  CHECK_EQ(outcome.lost[0].offset + outcome.lost[0].size, log.Bytes().size());
}

TEST(LogSalvager, PassesOverRecordsThatAreNoBatches) {
  Log log;
  log.WriteBatch(2, 10);
  log.Write("no batch", 0, 0);
  log.Write(std::string(40, '\1'), 0, 0);
  log.WriteBatch(2, 10);
  log.Write(log.batches[0].payload, 1, 2);  // sequence numbers that were there before
  const Outcome outcome = Salvage(log.env.get(), log.Bytes());
  CHECK_OK(outcome.status);
  CHECK_EQ(outcome.payloads.size(), 2);
  CHECK_EQ(outcome.lost.size(), 2);
  CHECK_EQ(outcome.lost[0].offset, log.batches[1].begin);
  CHECK_EQ(outcome.lost[0].size, log.batches[2].end - log.batches[1].begin);
  CHECK_EQ(outcome.lost[0].after_sequence, 2);
  CHECK_EQ(outcome.lost[0].before_sequence, log.batches[3].first);
  CHECK_EQ(outcome.lost[1].offset, log.batches[4].begin);
}

// Whatever is damaged: what comes out was written, and what was not touched comes out unless a torn tail took it.
TEST(LogSalvager, SavesWhatIsWholeOfRandomDamage) {
  for (uint64_t round = 0; round < 400; round++) {
    Random random(TestSeed() + round);
    Log log;
    const bool sealed = random.OneIn(2);
    for (uint64_t i = 1 + random.Uniform(60); i > 0; i--) {
      log.WriteBatch(1 + static_cast<uint32_t>(random.Uniform(4)), random.Uniform(random.OneIn(10)  ? 60'000
                                                                                  : random.OneIn(4) ? 3000
                                                                                                    : 100));
      if (random.OneIn(3)) CHECK_OK(log.writer->Sync());
    }
    if (sealed) log.Seal();
    const std::string whole = log.Bytes();
    std::string bytes = whole;
    for (uint64_t i = random.Uniform(4); i > 0; i--) {
      const size_t at = random.Uniform(bytes.size());
      switch (random.Uniform(4)) {
        case 0: bytes[at] = static_cast<char>(bytes[at] ^ (1 << random.Uniform(8))); break;
        case 1:
          bytes.replace(at, std::min<size_t>(bytes.size() - at, 4096), std::min<size_t>(bytes.size() - at, 4096), '\0');
          break;
        case 2:
          for (size_t j = at; j < std::min(bytes.size(), at + 512); j++) bytes[j] = static_cast<char>(random.Next());
          break;
        case 3:
          if (random.OneIn(3)) bytes.resize(std::max<size_t>(at, 1));
          break;
      }
    }
    const uint64_t expected = sealed && random.OneIn(2) ? whole.size() : UINT64_MAX;
    const Outcome outcome = Salvage(log.env.get(), bytes, expected);
    CheckOutcome(outcome, log.batches);
    for (const Batch& batch : log.batches) {
      const bool untouched = batch.end <= bytes.size() && Slice(bytes).substr(batch.begin, batch.end - batch.begin) ==
                                                              Slice(whole).substr(batch.begin, batch.end - batch.begin);
      const bool torn = outcome.end == LogEnd::kTornTail && batch.begin >= outcome.end_offset;
      if (untouched && !torn) CHECK(Saved(outcome, batch));
      if (!untouched && batch.begin < outcome.end_offset && !Saved(outcome, batch)) {
        CHECK(std::any_of(outcome.lost.begin(), outcome.lost.end(), [&](const LostRange& lost) {
          return lost.offset < batch.end && lost.offset + lost.size > batch.begin;
        }));
      }
    }
    // What strict reading accepts is read alike, but for a header that is gone.
    LogReader strict(FileOf(log.env.get(), bytes), "000007.wal", {.log_number = kNumber, .expected_length = expected});
    Slice payload;
    size_t records = 0;
    while (strict.ReadRecord(&payload)) CHECK(payload == outcome.payloads[records++]);
    if (strict.status().ok() && outcome.has_header) {
      CHECK(outcome.lost.empty());
      CHECK_EQ(records, outcome.payloads.size());
      CHECK(strict.end() == outcome.end);
      CHECK_EQ(strict.end_offset(), outcome.end_offset);
      CHECK_EQ(strict.torn_bytes(), outcome.torn_bytes);
    } else if (outcome.has_header) {
      CHECK(!outcome.lost.empty());
    }
  }
}

}  // namespace
}  // namespace burrow::log
