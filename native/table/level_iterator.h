#pragma once

#include <memory>
#include <span>
#include <vector>

#include "table/table_cache.h"

namespace burrow {

// One table of a sorted run, with its user-key bounds (owned by the caller for as long as the iterator lives).
struct RunTable {
  std::shared_ptr<TableHandle> handle;
  Slice smallest;
  Slice largest;
  bool largest_exclusive;  // `largest` ends a range tombstone: the next table may begin with that key
};

// Point records of a run of tables that do not overlap and are sorted by key (a level >= 1, or the inputs of a
// compaction from one). Opens a table when the cursor enters it and lets go of the one before.
std::unique_ptr<InternalIterator> NewLevelIterator(std::vector<RunTable> tables, const TableReadOptions& options);
// The same over tables that outlive it.
std::unique_ptr<InternalIterator> NewRunIterator(std::span<const RunTable> tables, const TableReadOptions& options);
// The same over a single table.
std::unique_ptr<InternalIterator> NewTableIterator(std::shared_ptr<TableHandle> table, const TableReadOptions& options);

}  // namespace burrow
