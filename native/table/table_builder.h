#pragma once

#include <memory>

#include "base/range_tombstone.h"
#include "env/env.h"
#include "table/table_options.h"

namespace burrow {

// Writes one table (docs/formats.md "Table"). Not thread-safe. A builder that fails stays failed; the file is then the
// caller's to delete.
class TableBuilder {
 public:
  // Takes over `file`, which is empty.
  TableBuilder(const TableBuilderOptions& options, std::unique_ptr<WritableFile> file);
  ~TableBuilder();  // abandons what was not finished

  // REQUIRES: internal keys strictly ascending; kind is a point kind; all versions of a user key go to one table.
  Status Add(Slice internal_key, Slice value);
  // In any order, at any time before Finish; already cut to this table's bounds by the caller.
  void AddRangeTombstone(const RangeTombstone& tombstone);

  // Writes what is left, and the footer; syncs and closes the file. The caller syncs the directory.
  // A table with no records at all is refused (kInvalidArgument).
  Status Finish(TableProperties* properties);

  uint64_t entries() const;
  // Bytes written so far plus the open block: the measure for cutting outputs. Cheap.
  uint64_t EstimatedSize() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace burrow
