#pragma once

#include <memory>
#include <string>
#include <vector>

#include "jobs/table_job.h"

namespace burrow {

// Writes a sorted sequence of surviving records, and the range tombstones that survive with them, into as many tables
// as the splitter asks for. Tables end between user keys, and range tombstones are cut there: what a table holds lies
// in [where it begins, where the next begins), so neighbours never overlap. One thread.
class OutputWriter {
 public:
  // `tombstones`: sorted by begin, may overlap; their bytes and `context` outlive the writer.
  OutputWriter(const TableJobContext& context, OutputSplitter splitter, std::vector<RangeTombstone> tombstones);
  ~OutputWriter();  // abandons what was not finished

  // REQUIRES: internal keys ascending. kAborted once the job is cancelled. After an error only TakeOutputs follows.
  Status Add(Slice internal_key, Slice value);
  // Completes the last table and makes the directory entries durable. With nothing to write there is no table.
  Status Finish();

  // Every file that was begun, in key order; marked finished only when Finish() succeeded.
  std::vector<TableOutput> TakeOutputs() { return std::move(outputs_); }
  uint64_t bytes_written() const { return bytes_written_; }

 private:
  Status OpenOutput();
  // `end`: the user key with which the next output begins; null for the last output.
  Status FinishOutput(const Slice* end);

  const TableJobContext& context_;
  OutputSplitter splitter_;
  const std::vector<RangeTombstone> tombstones_;
  size_t next_tombstone_ = 0;                // the first one that no output so far has reached
  std::vector<RangeTombstone> overhanging_;  // those that reach into the open output from the one before
  std::string output_begin_;                 // the lower bound of the open output; empty for the first
  std::string last_user_key_;
  bool has_last_user_key_ = false;
  std::unique_ptr<TableBuilder> builder_;  // of outputs_.back(), while open
  std::vector<TableOutput> outputs_;
  uint64_t bytes_written_ = 0;
};

}  // namespace burrow
