#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/database_id.h"
#include "env/env.h"
#include "wal/log_writer.h"

namespace burrow {

// Writes the manifest, record by durable record, and points CURRENT at it (docs/formats.md, "Manifest"). One thread at
// a time. What the records say is decided above.
class ManifestWriter {
 public:
  ManifestWriter(Env* env, std::string directory, const DatabaseId& database_id);

  // Begins MANIFEST-<number> with these records. In this order: the file is synced, its name is, CURRENT is replaced
  // through a temporary file. A failure before CURRENT is touched leaves an earlier manifest as it was, and Append goes
  // on there; one after it poisons, since either file may be the current one.
  Status Create(uint64_t number, const std::vector<std::string>& records);
  // Durable when it returns ok. A failure poisons: how much of the record is in the file is unknown, and an fsync is
  // never tried again. REQUIRES: a Create that succeeded; otherwise kInvalidArgument.
  Status Append(Slice record);
  // The current manifest's length; 0 before Create.
  uint64_t size() const { return log_ == nullptr ? 0 : log_->written_size(); }

 private:
  Status WriteFile(uint64_t number, const std::vector<std::string>& records, std::unique_ptr<log::LogWriter>* log);
  Status WriteTemporary(const std::string& path, Slice contents);
  Status Refusal() const;

  Env* const env_;
  const std::string directory_;
  const DatabaseId database_id_;
  std::unique_ptr<log::LogWriter> log_;
  Status poison_;
};

}  // namespace burrow
