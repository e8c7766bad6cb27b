#include "base/write_batch.h"

#include <cstdlib>
#include <memory>
#include <vector>

#include "base/database_id.h"
#include "util/golden.h"
#include "util/testing.h"

namespace burrow {
namespace {

// The batch of docs/formats.md: three records, first sequence number 1000.
std::string ExamplePayload() {
  std::string payload(kBatchHeaderSize, '\0');
  EncodeBatchHeader(payload.data(), 1000, 3);
  AppendRecord(&payload, Kind::kPut, "apple", "red");
  AppendRecord(&payload, Kind::kDelete, "pear", "");
  AppendRecord(&payload, Kind::kRangeDelete, "b", "c\xff");
  return payload;
}

// Walks `bytes` in a heap block of exactly their size, so that the address sanitizer sees any read past the end.
Status Walk(Slice bytes, uint32_t* seen) {
  std::unique_ptr<char[]> exact(new char[bytes.size()]);
  bytes.copy(exact.get(), bytes.size());
  *seen = 0;
  SequenceNumber first;
  uint32_t count;
  Slice records;
  BURROW_RETURN_IF_ERROR(DecodeBatchHeader(Slice(exact.get(), bytes.size()), &first, &count, &records));
  BatchReader reader(records);
  BatchRecord record;
  size_t total = 0;
  while (reader.Next(&record)) {
    total += kRecordHeaderSize + record.key.size() + record.value.size();
    CHECK_EQ(reader.offset(), total);
    CHECK(!record.key.empty());
    ++*seen;
  }
  CHECK(!reader.Next(&record));
  return reader.status();
}

TEST(WriteBatch, RoundTrip) {
  std::string payload = ExamplePayload();
  SequenceNumber first;
  uint32_t count;
  Slice records;
  CHECK_OK(DecodeBatchHeader(payload, &first, &count, &records));
  CHECK_EQ(first, 1000u);
  CHECK_EQ(count, 3u);
  BatchReader reader(records);
  BatchRecord r;
  CHECK(reader.Next(&r));
  CHECK(r.kind == Kind::kPut);
  CHECK_EQ(r.key, "apple");
  CHECK_EQ(r.value, "red");
  CHECK(reader.Next(&r));
  CHECK(r.kind == Kind::kDelete);
  CHECK_EQ(r.key, "pear");
  CHECK_EQ(r.value, "");
  CHECK(reader.Next(&r));
  CHECK(r.kind == Kind::kRangeDelete);
  CHECK_EQ(r.key, "b");
  CHECK_EQ(r.value, "c\xff");
  CHECK(!reader.Next(&r));
  CHECK_OK(reader.status());
}

TEST(WriteBatch, MatchesTheGoldenFile) {
  CHECK_EQ(ExamplePayload(), testing::ReadGoldenHex("formats/write_batch.hex"));
}

TEST(InternalKey, MatchesTheGoldenFile) {
  std::string keys;
  AppendInternalKey(&keys, "apple", PackTrailer(1000, Kind::kPut));
  CHECK_EQ(keys, testing::ReadGoldenHex("formats/internal_key.hex"));
}

TEST(InternalKey, OrdersByKeyThenNewestFirst) {
  std::vector<std::string> keys;
  auto add = [&](Slice user_key, SequenceNumber sequence, uint8_t kind) {
    AppendInternalKey(&keys.emplace_back(), user_key, PackTrailer(sequence, kind));
  };
  add("a", 9, kSeekKind);
  add("a", 9, 1);
  add("a", 9, 0);
  add("a", 8, kSeekKind);
  add(Slice("a\0", 2), 1, 0);
  add("a\x7f", 1, 0);
  add("a\x80", 1, 0);
  add("b", kMaxSequence, 1);
  for (size_t i = 0; i < keys.size(); i++) {
    for (size_t j = 0; j < keys.size(); j++) {
      int order = CompareInternalKeys(keys[i], keys[j]);
      CHECK_EQ(order < 0, i < j);
      CHECK_EQ(order == 0, i == j);
    }
  }
}

TEST(InternalKey, LookupKeysOfEverySize) {
  for (size_t n : {0, 1, 55, 56, 57, 65535}) {
    std::string user_key(n, 'k');
    LookupKey key(user_key, 42);
    CHECK_EQ(key.user_key(), user_key);
    CHECK_EQ(key.sequence(), 42u);
    CHECK_EQ(RawKindOf(key.internal_key()), kSeekKind);
  }
}

TEST(WriteBatch, EveryTruncationStopsCleanly) {
  std::string payload = ExamplePayload();
  const size_t kEnds[] = {12, 27, 38, 48};  // the header, then each record
  for (size_t n = 0; n <= payload.size(); n++) {
    uint32_t seen;
    Status status = Walk(Slice(payload).substr(0, n), &seen);
    bool at_end = false;
    uint32_t whole = 0;
    for (size_t i = 0; i < 4; i++) {
      at_end |= n == kEnds[i];
      if (i > 0 && n >= kEnds[i]) whole++;
    }
    CHECK_EQ(status.ok(), at_end);
    CHECK_EQ(seen, whole);
    if (!at_end) CHECK(status.Is(Code::kCorruption));
  }
}

TEST(WriteBatch, EveryFlippedByteIsReadWithinBounds) {
  std::string payload = ExamplePayload();
  for (size_t at = 0; at < payload.size(); at++) {
    for (int flip = 1; flip < 256; flip++) {
      std::string bad = payload;
      bad[at] = static_cast<char>(bad[at] ^ flip);
      uint32_t seen;
      Status status = Walk(bad, &seen);
      if (!status.ok()) CHECK(status.Is(Code::kCorruption) || status.Is(Code::kUnsupported));
      CHECK_LE(seen, 6u);
    }
  }
}

TEST(WriteBatch, RefusesWhatNoWriterMakes) {
  auto status_of = [](uint8_t kind, Slice key, Slice value) {
    std::string records;
    AppendRecord(&records, static_cast<Kind>(kind), key, value);
    BatchReader reader(records);
    BatchRecord r;
    CHECK(!reader.Next(&r) || reader.status().ok());
    return reader.status().code();
  };
  CHECK(status_of(1, "", "v") == Code::kCorruption);
  CHECK(status_of(0, "k", "v") == Code::kCorruption);
  CHECK(status_of(2, "k", "") == Code::kCorruption);
  CHECK(status_of(2, "k", std::string(kMaxUserKeySize + 1, 'e')) == Code::kCorruption);
  CHECK(status_of(3, "k", "v") == Code::kUnsupported);
  CHECK(status_of(2, "z", "a") == Code::kOk);

  char header[kBatchHeaderSize];
  SequenceNumber first;
  uint32_t count;
  Slice records;
  EncodeBatchHeader(header, kMaxSequence, 1);
  CHECK_OK(DecodeBatchHeader(Slice(header, sizeof header), &first, &count, &records));
  EncodeBatchHeader(header, kMaxSequence, 2);
  CHECK(DecodeBatchHeader(Slice(header, sizeof header), &first, &count, &records).Is(Code::kCorruption));
  EncodeBatchHeader(header, UINT64_MAX, 0);
  CHECK(DecodeBatchHeader(Slice(header, sizeof header), &first, &count, &records).Is(Code::kCorruption));
}

TEST(DatabaseId, HexRoundTrip) {
  DatabaseId id, parsed;
  for (size_t i = 0; i < id.bytes.size(); i++) id.bytes[i] = static_cast<char>(i * 17);
  CHECK_EQ(id.ToHex(), "00112233445566778899aabbccddeeff");
  CHECK(DatabaseId::FromHex("00112233445566778899AABBCCDDEEFF", &parsed));
  CHECK(parsed == id);
  CHECK(!DatabaseId::FromHex("00", &parsed));
  CHECK(!DatabaseId::FromHex("0011223344556677889gaabbccddeeff", &parsed));
  CHECK(parsed == id);
}

}  // namespace
}  // namespace burrow
