#pragma once

#include <cstdint>
#include <string>

#include "base/database_id.h"
#include "base/internal_key.h"
#include "codec/codec.h"

namespace burrow {

// How a table is written. Everything that a reader needs is in the file itself.
struct TableBuilderOptions {
  size_t block_size = 4096;        // uncompressed target of a data block
  int restart_interval = 8;        // entries between full keys in a data block
  double bloom_bits_per_key = 10;  // 0: no filter
  CodecId codec = CodecId::kLz4;   // of data and index blocks; filters are stored raw
  int codec_level = 0;
  size_t partition_size = 64 << 10;  // index and filter are cut into partitions of about this size once larger
  DatabaseId database_id;
  uint64_t created_at_ms = 0;
};

// What a finished table is, as the manifest records it and the properties block repeats it.
struct TableProperties {
  uint64_t file_size = 0;
  uint64_t entries = 0;     // point records: puts and tombstones
  uint64_t tombstones = 0;  // point tombstones among them
  uint64_t range_tombstones = 0;
  uint64_t raw_key_bytes = 0;  // user keys
  uint64_t raw_value_bytes = 0;
  uint64_t data_bytes = 0;  // of data blocks on disk
  uint64_t index_bytes = 0;
  uint64_t filter_bytes = 0;
  SequenceNumber smallest_sequence = 0;  // over points and range tombstones
  SequenceNumber largest_sequence = 0;
  uint64_t created_at_ms = 0;
  CodecId codec = CodecId::kNone;
  DatabaseId database_id;
  // Bounds over points and range tombstones, as user keys. When a range tombstone reaches further than every point,
  // `largest` is its end and largest_exclusive is true: no record of that key is in the table.
  std::string smallest;
  std::string largest;
  bool largest_exclusive = false;
};

}  // namespace burrow
