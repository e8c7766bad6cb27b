#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "codec/codec.h"
#include "datagen/options.h"
#include "util/status.h"

namespace burrow::bench {

// What the command line asks for. Sizes are bytes.
struct Flags {
  std::vector<std::string> benchmarks;
  uint64_t num = 1'000'000;
  uint64_t reads = 0;  // 0: num
  size_t value_size = 100;
  uint64_t batch = 1000;
  uint64_t seek_records = 1;
  int threads = 1;
  std::string db;
  std::string tables;
  size_t cache_size = 256 << 20;
  uint64_t write_buffer_size = 64 << 20;
  size_t block_size = 4096;
  double bloom_bits = 10;
  CodecId compression = CodecId::kLz4;
  double compression_ratio = 0.5;
  uint64_t seed = 42;
  double seconds = 0.5;
  size_t chunk = 64 << 20;
  double ratio = 1;
  double dedup = 1;
  datagen::Pattern pattern = datagen::Pattern::kZeros;
  std::string simd;  // empty: the fastest
  bool sync = false;
  bool json = false;
  bool help = false;
};

// Takes --name=value; sizes may end in k, m or g (powers of 1024). kInvalidArgument names the flag and what it takes.
Status ParseFlags(int argc, char** argv, Flags* flags);

extern const char kHelp[];

}  // namespace burrow::bench
