#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/lost_range.h"
#include "base/range_tombstone.h"
#include "env/env.h"
#include "table/table_options.h"

namespace burrow {

// Takes what is saved of a table: TableBuilder's calls.
class SalvageSink {
 public:
  virtual ~SalvageSink() = default;
  // Internal keys strictly ascending.
  virtual Status Add(Slice internal_key, Slice value) = 0;
  virtual Status AddRangeTombstone(const RangeTombstone& tombstone) = 0;
};

struct TableSalvage {
  uint64_t records = 0;
  uint64_t range_tombstones = 0;
  // Where records or range tombstones are lost, or may be; in the order of the file, none overlapping. What is damaged
  // but holds none (filter, index, properties, footer) is not here, unless nothing tells where the data ends.
  std::vector<LostRange> lost;
  std::optional<TableProperties> properties;  // as the table says it
};

// Reads every data block of a table that is whole: along the index as far as that can be read, by checksums where it
// cannot (see BlockScanner). A block counts when its checksum holds, all of it parses, and it comes behind those before
// it. Range tombstones count when footer or properties tell for certain that they are that; lost ones are told, since
// what they deleted comes back. An error is one of reading or of the sink, or kUnsupported for a table that is not
// damaged there but newer than this build.
Status SalvageTable(const RandomAccessFile& file, SalvageSink* sink, TableSalvage* result);

}  // namespace burrow
