#pragma once

#include <cstdint>
#include <vector>

#include "engine/scan.h"
#include "table/block_reads.h"

namespace burrow {

// What a scan took.
struct ScanReport {
  struct Table {
    int level = 0;
    uint64_t file = 0;
    BlockReads::Counts blocks;
  };
  struct LevelOutside {
    int level = 0;
    uint64_t tables = 0;
  };

  uint64_t returned = 0;
  uint64_t key_bytes = 0;  // of what was returned
  uint64_t value_bytes = 0;
  RecordCounts records;               // that it came by, those returned among them
  uint64_t skipped = 0;               // records that are not shown, those tombstones included: see DbIterator::skipped
  BlockReads::Counts blocks;          // of all tables
  std::vector<Table> tables;          // whose bounds the range touches
  std::vector<LevelOutside> outside;  // levels with tables, and how many of theirs the range does not touch
  bool done = false;                  // it came to the end of the range, not to its limit
  uint64_t first_nanos = 0;           // until the first record
  uint64_t nanos = 0;
};

// Runs a scan up to its limit without keeping what it returns. Blocks are read one by one: `options.read.read_ahead` and
// the fields that watch are set here. The report covers what was read before an error.
Status ExplainScan(std::shared_ptr<const ReadView> view, SequenceNumber sequence, ScanOptions options,
                   ScanReport* report);

}  // namespace burrow
