#include <algorithm>

#include "base/write_batch.h"
#include "bench/data.h"
#include "bench/workloads.h"
#include "table/data_block.h"
#include "table/filter.h"
#include "util/crc32c.h"
#include "util/hash.h"

namespace burrow::bench {
namespace {

using Results = std::vector<Result>;

// Keeps the compiler from dropping what computes `value`.
template <typename T>
void Use(const T& value) {
  asm volatile("" : : "g"(&value) : "memory");
}

// Repeats `round`, which returns how many operations it did, for flags.seconds at least.
template <typename Round>
void Measure(const Session& session, const char* name, uint64_t bytes_per_op, Round round, Results* results,
             std::string note = "") {
  Timer timer;
  uint64_t ops = 0;
  Elapsed elapsed;
  do {
    ops += round();
    elapsed = timer.Stop();
  } while (elapsed.seconds < session.flags.seconds);
  results->push_back({name, ops, ops * bytes_per_op, elapsed, std::move(note)});
}

// Data blocks of consecutive records, as a table of flags.block_size has them.
struct Blocks {
  std::vector<std::string> contents;
  uint64_t records = 0;
  uint64_t record_bytes = 0;
  Values values;

  explicit Blocks(const Flags& flags)
      : record_bytes(kKeySize + kTrailerSize + flags.value_size),
        values(flags.value_size, flags.compression_ratio, flags.seed) {
    Build(flags, 64);
  }

  // Encodes so many blocks; returns how many records they hold.
  uint64_t Build(const Flags& flags, size_t blocks) {
    DataBlockBuilder builder(TableBuilderOptions().restart_interval);
    contents.clear();
    std::string last;
    for (records = 0; contents.size() < blocks; ++records) {
      Key key(records);
      builder.Add(key.slice(), PackTrailer(records + 1, Kind::kPut), values.Next(), CommonPrefix(last, key.slice()),
                  Hash64(key.slice()));
      last.assign(key.slice());
      if (builder.EstimatedSize() < flags.block_size) continue;
      contents.emplace_back(builder.Finish());
      builder.Reset();
    }
    return records;
  }
};

// What every random read spends on making its key: to be taken off when it is held against something else.
Status Keys(Session& session, Results* results) {
  Random random(session.flags.seed);
  Measure(
      session, "keys", 0,
      [&] {
        for (int i = 0; i < 1000; ++i) Use(Key(random.Uniform(session.flags.num)));
        return 1000;
      },
      results);
  return Status();
}

Status Crc32c(Session& session, Results* results) {
  const std::string data(4096, 'x');
  uint32_t crc = 0;
  Measure(
      session, "crc32c", data.size(),
      [&] {
        for (int i = 0; i < 1000; ++i) crc = crc32c::Extend(crc, data.data(), data.size());
        Use(crc);
        return 1000;
      },
      results, std::string("4096 bytes, ") + crc32c::Implementation());
  return Status();
}

Status CompressBlock(Session& session, Results* results) {
  if (session.flags.compression == CodecId::kNone) return Status();
  Blocks blocks(session.flags);
  std::string out;
  size_t at = 0, in_bytes = 0, out_bytes = 0;
  Measure(
      session, "compress", session.flags.block_size,
      [&] {
        const std::string& raw = blocks.contents[at++ % blocks.contents.size()];
        out.clear();
        in_bytes += raw.size();
        out_bytes += Compress(session.flags.compression, 0, raw, &out) ? out.size() : raw.size();
        return 1;
      },
      results);
  results->back().note =
      std::string(CodecName(session.flags.compression)) + ", to " + std::to_string(out_bytes * 100 / in_bytes) + " %";
  return Status();
}

Status UncompressBlock(Session& session, Results* results) {
  if (session.flags.compression == CodecId::kNone) return Status();
  const std::string raw = Blocks(session.flags).contents[0];
  std::string compressed, out(raw.size(), 0);
  if (!Compress(session.flags.compression, 0, raw, &compressed)) return Status();
  Status status;
  Measure(
      session, "uncompress", raw.size(),
      [&] {
        status = Decompress(session.flags.compression, compressed, out.data(), out.size());
        return 1;
      },
      results);
  return status;
}

Status BlockEncode(Session& session, Results* results) {
  Blocks blocks(session.flags);
  Measure(
      session, "blockencode", blocks.record_bytes, [&] { return blocks.Build(session.flags, 64); }, results,
      "a record");
  return Status();
}

Status BlockDecode(Session& session, Results* results) {
  Blocks blocks(session.flags);
  Measure(
      session, "blockdecode", blocks.record_bytes,
      [&] {
        for (const std::string& contents : blocks.contents) {
          DataBlock block;
          DataBlockCursor cursor;
          if (!block.Init(contents)) continue;
          cursor.Reset(block);
          for (cursor.SeekToFirst(); cursor.Valid(); cursor.Next()) Use(cursor.value());
        }
        return blocks.records;
      },
      results, "a record");
  return Status();
}

Status BlockGet(Session& session, Results* results) {
  Blocks blocks(session.flags);
  DataBlock block;
  if (!block.Init(blocks.contents[0])) return Status::Internal("the benchmark's own block is malformed");
  const uint64_t keys = blocks.records / blocks.contents.size();
  Random random(session.flags.seed);
  uint64_t found = 0, asked = 0;
  Measure(
      session, "blockget", 0,
      [&] {
        for (int i = 0; i < 1000; ++i) {
          LookupKey key(Key(random.Uniform(keys)).slice(), kMaxSequence);
          uint64_t trailer;
          Slice value;
          found += block.Get(key.internal_key(), Hash64(key.user_key()), &trailer, &value) == DataBlock::Found::kYes;
        }
        asked += 1000;
        return 1000;
      },
      results);
  if (found != asked) return Status::Internal("the benchmark's own block lost a key");
  return Status();
}

std::vector<uint64_t> Hashes(uint64_t begin, uint64_t end) {
  std::vector<uint64_t> hashes;
  for (uint64_t i = begin; i < end; ++i) hashes.push_back(Hash64(Key(i).slice()));
  return hashes;
}

Status BloomBuild(Session& session, Results* results) {
  const auto hashes = Hashes(0, std::min<uint64_t>(session.flags.num, 1'000'000));
  Measure(
      session, "bloombuild", 0,
      [&] {
        Use(BuildFilter(hashes.data(), hashes.size(), session.flags.bloom_bits));
        return hashes.size();
      },
      results, "a key");
  return Status();
}

Status BloomProbe(Session& session, Results* results) {
  const uint64_t keys = std::min<uint64_t>(session.flags.num, 1'000'000);
  const auto present = Hashes(0, keys), absent = Hashes(keys, 2 * keys);
  const std::string contents = BuildFilter(present.data(), present.size(), session.flags.bloom_bits);
  Filter filter;
  if (!filter.Init(contents)) return Status::Internal("the benchmark's own filter is malformed");
  uint64_t hits = 0;
  auto probe = [&](const std::vector<uint64_t>& hashes) {
    hits = 0;
    for (uint64_t hash : hashes) hits += filter.MayContain(hash);
    return hashes.size();
  };
  Measure(
      session, "bloomprobe-hit", 0, [&] { return probe(present); }, results, "of " + std::to_string(keys));
  Measure(
      session, "bloomprobe-miss", 0, [&] { return probe(absent); }, results);
  results->back().note =
      std::to_string(static_cast<double>(hits) * 100 / static_cast<double>(keys)) + " % false positives";
  return Status();
}

// Half a write buffer's worth of records, as the middle of a fill sees it.
std::vector<uint32_t> MemtableOrder(const Flags& flags) {
  const uint64_t room = flags.write_buffer_size / 2 / (kKeySize + flags.value_size);
  return Shuffled(std::clamp<uint64_t>(room, 1, flags.num), flags.seed);
}

Values MakeValues(const Flags& flags) { return Values(flags.value_size, flags.compression_ratio, flags.seed); }

std::unique_ptr<MemTable> FillMemtable(Values& values, const std::vector<uint32_t>& order) {
  auto memtable = std::make_unique<MemTable>();
  SequenceNumber sequence = 0;
  for (uint32_t i : order) memtable->Add(++sequence, Kind::kPut, Key(i).slice(), values.Next());
  return memtable;
}

Status MemtableInsert(Session& session, Results* results) {
  auto order = MemtableOrder(session.flags);
  const std::string note = "of " + std::to_string(order.size());
  Values values = MakeValues(session.flags);
  auto fill = [&] {
    Use(FillMemtable(values, order));
    return order.size();
  };
  Measure(session, "memtableinsert-random", 0, fill, results, note);
  std::sort(order.begin(), order.end());
  Measure(session, "memtableinsert-seq", 0, fill, results, note);
  return Status();
}

Status MemtableGet(Session& session, Results* results) {
  const auto order = MemtableOrder(session.flags);
  Values values = MakeValues(session.flags);
  const auto memtable = FillMemtable(values, order);
  Random random(session.flags.seed);
  Measure(
      session, "memtableget", 0,
      [&] {
        for (int i = 0; i < 1000; ++i) {
          const uint32_t number = order[random.Uniform(order.size())];
          LookupKey key(Key(number).slice(), kMaxSequence);
          Slice value;
          SequenceNumber sequence;
          Use(memtable->Get(key, &value, &sequence));
        }
        return 1000;
      },
      results, "of " + std::to_string(order.size()));
  return Status();
}

}  // namespace

const std::vector<Workload>& MicroBenchmarks() {
  static const auto* const kBenchmarks = new std::vector<Workload>{
      {"keys", Workload::kNothing, Keys},
      {"crc32c", Workload::kNothing, Crc32c},
      {"compress", Workload::kNothing, CompressBlock},
      {"uncompress", Workload::kNothing, UncompressBlock},
      {"blockencode", Workload::kNothing, BlockEncode},
      {"blockdecode", Workload::kNothing, BlockDecode},
      {"blockget", Workload::kNothing, BlockGet},
      {"bloombuild", Workload::kNothing, BloomBuild},
      {"bloomprobe", Workload::kNothing, BloomProbe},
      {"memtableinsert", Workload::kNothing, MemtableInsert},
      {"memtableget", Workload::kNothing, MemtableGet},
  };
  return *kBenchmarks;
}

}  // namespace burrow::bench
