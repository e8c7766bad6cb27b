#include <cstdio>
#include <functional>
#include <thread>

#include "base/write_batch.h"
#include "bench/data.h"
#include "bench/workloads.h"

namespace burrow::bench {
namespace {

using Results = std::vector<Result>;

// Writes flags.num records, whose key numbers `key_at` tells, in batches.
template <typename KeyAt>
Status Write(Session& session, const char* name, KeyAt key_at, Results* results) {
  const Flags& flags = session.flags;
  Values values(flags.value_size, flags.compression_ratio, flags.seed);
  const WriteMode mode{.sync = flags.sync};
  std::string batch;
  Timer timer;
  for (uint64_t i = 0; i < flags.num;) {
    if (flags.batch == 1) {
      BURROW_RETURN_IF_ERROR(session.driver->Put(Key(key_at(i++)).slice(), values.Next(), mode));
      continue;
    }
    batch.clear();
    uint32_t count = 0;
    for (; count < flags.batch && i < flags.num; ++count, ++i) {
      AppendRecord(&batch, Kind::kPut, Key(key_at(i)).slice(), values.Next());
    }
    BURROW_RETURN_IF_ERROR(session.driver->Write(batch, count, mode));
  }
  results->push_back({name, flags.num, flags.num * (kKeySize + flags.value_size), timer.Stop(), ""});
  return Status();
}

Status FillSeq(Session& session, Results* results) {
  return Write(
      session, "fillseq", [](uint64_t i) { return i; }, results);
}

Status FillRandom(Session& session, Results* results) {
  auto order = Shuffled(session.flags.num, session.flags.seed);
  return Write(
      session, "fillrandom", [&](uint64_t i) { return order[i]; }, results);
}

Status Overwrite(Session& session, Results* results) {
  Random random(session.flags.seed + 1);
  return Write(
      session, "overwrite", [&](uint64_t) { return random.Uniform(session.flags.num); }, results);
}

std::string Shape(const Driver& driver) {
  const Levels& levels = driver.view()->levels();
  std::string shape;
  double bytes = 0;
  char text[64];
  for (int i = 0; i < levels.count(); ++i) {
    const auto& tables = levels.level(i).tables;
    for (const TableRef& table : tables) bytes += static_cast<double>(table->size);
    snprintf(text, sizeof text, "L%d: %zu, ", i, tables.size());
    if (!tables.empty()) shape += text;
  }
  snprintf(text, sizeof text, "%.1f MB", bytes / 1e6);
  return shape + text;
}

Status Flush(Session& session, Results* results) {
  Timer timer;
  BURROW_RETURN_IF_ERROR(session.driver->Flush());
  results->push_back({"flush", 1, 0, timer.Stop(), Shape(*session.driver)});
  return Status();
}

Status Compact(Session& session, Results* results) {
  Timer timer;
  BURROW_RETURN_IF_ERROR(session.driver->Compact());
  results->push_back({"compact", 1, 0, timer.Stop(), Shape(*session.driver)});
  return Status();
}

// What one thread of a read workload found.
struct Tally {
  Status status;
  uint64_t found = 0;
  uint64_t bytes = 0;
};

// Shares flags.reads reads among flags.threads threads; each calls read(random, tally) until it fails.
template <typename Read>
Status RandomReads(Session& session, const char* name, Read read, Results* results) {
  const Flags& flags = session.flags;
  const auto threads = static_cast<uint64_t>(flags.threads);
  const uint64_t each = (flags.reads + threads - 1) / threads;
  std::vector<Tally> tallies(threads);
  auto run = [&](uint64_t t) {
    Random random(flags.seed + 100 + t);
    for (uint64_t i = 0; i < each && tallies[t].status.ok(); ++i) read(random, &tallies[t]);
  };
  Timer timer;
  std::vector<std::thread> others;
  for (uint64_t t = 1; t < threads; ++t) others.emplace_back(run, t);
  run(0);
  for (std::thread& other : others) other.join();
  Result result{name, each * threads, 0, timer.Stop(), ""};
  uint64_t found = 0;
  for (const Tally& tally : tallies) {
    BURROW_RETURN_IF_ERROR(tally.status);
    found += tally.found;
    result.bytes += tally.bytes;
  }
  result.note = std::to_string(found) + " found";
  results->push_back(std::move(result));
  return Status();
}

Status Gets(Session& session, const char* name, bool missing, Results* results) {
  const auto view = session.driver->view();
  const SequenceNumber sequence = session.driver->visible();
  const uint64_t keys = session.flags.num;
  return RandomReads(
      session, name,
      [&](Random& random, Tally* tally) {
        // As the other side of the boundary: the caller owns the value.
        thread_local std::string value;
        Key key(random.Uniform(keys));
        GetResult got;
        tally->status = PointGet(*view, missing ? key.missing() : key.slice(), sequence, {}, &got);
        if (got.outcome != GetOutcome::kValue) return;
        ++tally->found;
        value = got.value.value;
        tally->bytes += kKeySize + value.size();
      },
      results);
}

Status ReadRandom(Session& session, Results* results) { return Gets(session, "readrandom", false, results); }
Status ReadMissing(Session& session, Results* results) { return Gets(session, "readmissing", true, results); }

// A new scan for every seek, and its first records.
Status SeekRandom(Session& session, Results* results) {
  const auto view = session.driver->view();
  const SequenceNumber sequence = session.driver->visible();
  const uint64_t keys = session.flags.num, records = session.flags.seek_records;
  return RandomReads(
      session, "seekrandom",
      [&](Random& random, Tally* tally) {
        ScanOptions options;
        options.lower = std::string(Key(random.Uniform(keys)).slice());
        Scan scan(view, sequence, std::move(options));
        uint64_t counted = 0;
        bool done;
        tally->status = scan.Count(records, &counted, &done);
        tally->found += counted;
      },
      results);
}

Status ReadAll(Session& session, const char* name, bool reverse, Results* results) {
  ScanOptions options;
  options.reverse = reverse;
  Timer timer;
  Scan scan(session.driver->view(), session.driver->visible(), std::move(options));
  uint64_t counted = 0;
  bool done = false;
  BURROW_RETURN_IF_ERROR(scan.Count(UINT64_MAX, &counted, &done));
  results->push_back({name, counted, counted * (kKeySize + session.flags.value_size), timer.Stop(), ""});
  return Status();
}

Status ReadSeq(Session& session, Results* results) { return ReadAll(session, "readseq", false, results); }
Status ReadReverse(Session& session, Results* results) { return ReadAll(session, "readreverse", true, results); }

// As JavaScript takes them: 100 records or 32 KiB a batch.
Status PackSeq(Session& session, Results* results) {
  Timer timer;
  Scan scan(session.driver->view(), session.driver->visible(), {});
  std::vector<char> buffer(32 << 10);
  Result result{"packseq", 0, 0, {}, ""};
  for (Scan::Batch batch; !batch.done;) {
    BURROW_RETURN_IF_ERROR(scan.Fill(buffer.data(), buffer.size(), 100, &batch));
    if (batch.needed > 0) buffer.resize(batch.needed);
    result.ops += batch.records;
    result.bytes += batch.bytes();
  }
  result.elapsed = timer.Stop();
  results->push_back(std::move(result));
  return Status();
}

// Replays one log of one-record batches into a memtable that is then dropped.
Status ReplayOne(const Session& session, const char* name, uint64_t records, size_t value_size, bool shuffled,
                 Results* results) {
  const Flags& flags = session.flags;
  const std::string directory = flags.db + "/replay";
  Env* env = Env::Posix();
  BURROW_RETURN_IF_ERROR(env->CreateDirs(directory));
  const std::string path = FileName(directory, FileKind::kWal, 1);
  std::vector<uint32_t> order;
  if (shuffled) order = Shuffled(records, flags.seed);
  {
    std::unique_ptr<WritableFile> file;
    BURROW_RETURN_IF_ERROR(env->NewWritableFile(path, Env::OpenMode::kTruncate, &file));
    log::LogWriter log(std::move(file), log::LogKind::kWal, 1, DatabaseId{});
    Values values(value_size, flags.compression_ratio, flags.seed);
    std::string record, framed;
    for (uint64_t i = 0; i < records; ++i) {
      char header[kBatchHeaderSize];
      EncodeBatchHeader(header, i + 1, 1);
      record.clear();
      AppendRecord(&record, Kind::kPut, Key(shuffled ? order[i] : i).slice(), values.Next());
      log.Frame(Slice(header, sizeof header), record, &framed);
      if (framed.size() < (1 << 20) && i + 1 < records) continue;
      BURROW_RETURN_IF_ERROR(log.Append(framed));
      framed.clear();
    }
  }
  ProgressSignal progress(nullptr);
  EngineOptions options;
  options.env = env;
  options.directory = directory;
  Engine engine(options, &progress);
  Engine::ReplayResult replayed;
  Timer timer;
  BURROW_RETURN_IF_ERROR(engine.ReplayLog(1, UINT64_MAX, false, &replayed));
  results->push_back({name, replayed.records, records * (kKeySize + value_size), timer.Stop(), ""});
  BURROW_RETURN_IF_ERROR(env->RemoveFile(path));
  return env->RemoveDir(directory);
}

Status Replay(Session& session, Results* results) {
  const uint64_t small = session.flags.num, large = std::max<uint64_t>(session.flags.num / 8, 1);
  BURROW_RETURN_IF_ERROR(ReplayOne(session, "replay-116-seq", small, 100, false, results));
  BURROW_RETURN_IF_ERROR(ReplayOne(session, "replay-116-random", small, 100, true, results));
  BURROW_RETURN_IF_ERROR(ReplayOne(session, "replay-1k-seq", large, 1008, false, results));
  return ReplayOne(session, "replay-1k-random", large, 1008, true, results);
}

}  // namespace

Driver::Options Session::DriverOptions() const {
  Driver::Options options;
  options.directory = flags.db;
  options.write_buffer_size = flags.write_buffer_size;
  options.cache_size = flags.cache_size;
  options.format.block_size = flags.block_size;
  options.format.bloom_bits_per_key = flags.bloom_bits;
  options.format.codec = flags.compression;
  return options;
}

const std::vector<Workload>& DatabaseWorkloads() {
  static const auto* const kWorkloads = new std::vector<Workload>{
      {"fillseq", Workload::kFresh, FillSeq},
      {"fillrandom", Workload::kFresh, FillRandom},
      {"overwrite", Workload::kWritable, Overwrite},
      {"flush", Workload::kWritable, Flush},
      {"compact", Workload::kWritable, Compact},
      {"readrandom", Workload::kReadable, ReadRandom},
      {"readmissing", Workload::kReadable, ReadMissing},
      {"seekrandom", Workload::kReadable, SeekRandom},
      {"readseq", Workload::kReadable, ReadSeq},
      {"readreverse", Workload::kReadable, ReadReverse},
      {"packseq", Workload::kReadable, PackSeq},
      {"replay", Workload::kNothing, Replay},
  };
  return *kWorkloads;
}

}  // namespace burrow::bench
