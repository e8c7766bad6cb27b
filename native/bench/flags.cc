#include "bench/flags.h"

#include <charconv>
#include <cmath>
#include <functional>
#include <map>

namespace burrow::bench {

const char kHelp[] = R"(native_bench: workloads on the engine and micro benchmarks, without Node

  --benchmarks=a,b     what to run, in this order, on one database (default: what needs one)
      fillseq fillrandom           fresh database, each key once, in order or shuffled
      overwrite flush compact      random keys again; memtables to L0; L0 and L1 into one run
      readrandom readmissing seekrandom readseq readreverse packseq
          readseq and readreverse step over records; packseq copies them into batches as JavaScript gets them
      replay                       a WAL of one-record batches, 116 bytes and 1 KiB a record, keys in order and shuffled
      keys crc32c compress uncompress blockencode blockdecode blockget bloombuild bloomprobe memtableinsert
      memtableget
      memset xoshiro_scalar datagen
          bytes into one buffer again and again: the data generator and what it is held against. No default
  --num=N              keys in the database (1000000)
  --reads=N            reads of the random read workloads (as --num)
  --value_size=N       bytes of a value (100); keys have 16
  --batch=N            records of a write (1000); 1: single puts
  --seek_records=N     records taken after each seek of seekrandom (1)
  --threads=N          threads of the random read workloads, of memset and datagen (1)
  --chunk=N            bytes of the buffer of memset, xoshiro_scalar and datagen (64m)
  --ratio=X --dedup=X --pattern=NAME --simd=NAME
                       of datagen: compressRatio (1), dedupRatio (1), zeros (default), backref or text, the kernel
  --db=DIR             where the database is made (removed before and after); with --tables: where the tables are
  --tables=FILE        read only: run the read workloads on tables that the npm package made. FILE has one line
                       "<level> <file number>" a table, as db.levels() lists them; the rest is in the tables
  --cache_size=N --write_buffer_size=N --block_size=N       256m, 64m, 4096
  --bloom_bits=X       bits of the bloom filter a key (10)
  --compression=NAME   none, lz4 or zstd (lz4)
  --compression_ratio=X  values compress to about this part of their size (0.5)
  --sync=true          fdatasync every write
  --seconds=X          at least so long for each micro benchmark (0.5)
  --seed=N             of keys and values (42)
  --json=true          one JSON document instead of lines

Sizes take k, m and g. The driver flushes every full memtable and compacts only when told to.
)";

namespace {

const char kDefaultBenchmarks[] =
    "fillseq,fillrandom,overwrite,flush,compact,readrandom,readmissing,seekrandom,readseq,readreverse,packseq";

using Setter = std::function<bool(Slice)>;

template <typename T>
Setter Whole(T* to, uint64_t least) {
  return [to, least](Slice text) {
    uint64_t value = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc()) return false;
    Slice unit = text.substr(static_cast<size_t>(end - text.data()));
    int shift = unit == "k" ? 10 : unit == "m" ? 20 : unit == "g" ? 30 : 0;
    if ((shift == 0 && !unit.empty()) || value > (uint64_t{1} << 40) || value << shift < least) return false;
    *to = static_cast<T>(value << shift);
    return true;
  };
}

Setter Real(double* to, double least, double most) {
  return [=](Slice text) {
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *to);
    return error == std::errc() && end == text.data() + text.size() && *to >= least && *to <= most;
  };
}

Setter Flag(bool* to) {
  return [to](Slice text) {
    *to = text != "false";
    return text == "true" || text == "false";
  };
}

Setter Text(std::string* to) {
  return [to](Slice text) {
    to->assign(text);
    return !text.empty();
  };
}

Setter PatternName(datagen::Pattern* to) {
  return [to](Slice text) {
    for (uint8_t i = 0; i <= datagen::kLastPattern; ++i) {
      static constexpr Slice kNames[] = {"zeros", "backref", "text"};
      if (text != kNames[i]) continue;
      *to = static_cast<datagen::Pattern>(i);
      return true;
    }
    return false;
  };
}

std::vector<std::string> Split(Slice list) {
  std::vector<std::string> parts;
  while (!list.empty()) {
    size_t comma = std::min(list.find(','), list.size());
    if (comma > 0) parts.emplace_back(list.substr(0, comma));
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return parts;
}

}  // namespace

Status ParseFlags(int argc, char** argv, Flags* flags) {
  std::string benchmarks = kDefaultBenchmarks;
  const std::map<std::string, Setter, std::less<>> setters = {
      {"benchmarks", Text(&benchmarks)},
      {"num", Whole(&flags->num, 1)},
      {"reads", Whole(&flags->reads, 1)},
      {"value_size", Whole(&flags->value_size, 0)},
      {"batch", Whole(&flags->batch, 1)},
      {"seek_records", Whole(&flags->seek_records, 1)},
      {"threads", Whole(&flags->threads, 1)},
      {"db", Text(&flags->db)},
      {"tables", Text(&flags->tables)},
      {"cache_size", Whole(&flags->cache_size, 0)},
      {"write_buffer_size", Whole(&flags->write_buffer_size, 4096)},
      {"block_size", Whole(&flags->block_size, 1)},
      {"bloom_bits", Real(&flags->bloom_bits, 0, 100)},
      {"compression", [flags](Slice text) { return CodecFromName(text, &flags->compression); }},
      {"compression_ratio", Real(&flags->compression_ratio, 0.01, 1)},
      {"sync", Flag(&flags->sync)},
      {"seconds", Real(&flags->seconds, 0, 3600)},
      {"chunk", Whole(&flags->chunk, 4096)},
      {"ratio", Real(&flags->ratio, 1, datagen::kMaxCompressRatio)},
      {"dedup", Real(&flags->dedup, 1, datagen::kMaxDedupRatio)},
      {"pattern", PatternName(&flags->pattern)},
      {"simd", Text(&flags->simd)},
      {"seed", Whole(&flags->seed, 0)},
      {"json", Flag(&flags->json)},
      {"help", Flag(&flags->help)},
  };
  for (int i = 1; i < argc; ++i) {
    Slice argument = argv[i];
    size_t equals = std::min(argument.find('='), argument.size());
    auto setter = setters.end();
    if (argument.substr(0, 2) == "--" && equals >= 2) setter = setters.find(argument.substr(2, equals - 2));
    if (setter == setters.end()) return Status::InvalidArgument("no flag " + std::string(argument) + "; see --help");
    Slice value = equals < argument.size() ? argument.substr(equals + 1) : Slice("true");
    if (!setter->second(value)) {
      return Status::InvalidArgument("--" + setter->first + " cannot be '" + std::string(value) + "'; see --help");
    }
  }
  if (!CodecAvailable(flags->compression)) {
    return Status::Unsupported(std::string("built without ") + CodecName(flags->compression));
  }
  if (!flags->tables.empty() && flags->db.empty()) return Status::InvalidArgument("--tables needs --db");
  if (flags->num > UINT32_MAX) return Status::InvalidArgument("--num is at most 2^32 - 1");
  flags->benchmarks = Split(benchmarks);
  if (flags->reads == 0) flags->reads = flags->num;
  return Status();
}

}  // namespace burrow::bench
