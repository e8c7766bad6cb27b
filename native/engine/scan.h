#pragma once

#include <memory>
#include <optional>
#include <string>

#include "engine/read_view.h"
#include "merge/counting_iterator.h"
#include "merge/db_iterator.h"

namespace burrow {

struct ScanOptions {
  std::optional<std::string> lower;  // inclusive
  std::optional<std::string> upper;  // exclusive
  bool reverse = false;
  bool keys = true;  // what the packed batches carry; a part left out has length 0
  bool values = true;
  uint64_t limit = UINT64_MAX;
  TableReadOptions read;
  RecordCounts* records = nullptr;  // counts what the scan comes by; null: nobody counts. Outlives the scan
};

// One range scan over one read view, delivered in packed batches: keys grow from the front of the buffer, values from
// its end down, so that each kind can be taken as text or bytes at once.
//   front: ( key length u32 · value length u32 · key ) × records
//   end:   values, the first record's last
// One thread at a time.
class Scan {
 public:
  Scan(std::shared_ptr<const ReadView> view, SequenceNumber sequence, ScanOptions options);
  ~Scan();

  struct Batch {
    uint32_t records = 0;
    size_t front_bytes = 0;
    size_t value_bytes = 0;
    bool done = false;         // nothing follows (the limit or the end)
    bool ascii_keys = true;    // every byte of the keys is below 0x80
    bool ascii_values = true;  // likewise
    size_t needed = 0;         // records == 0 and the next record needs this many bytes: ask again with more room
    bool missed = false;       // of FillFromMemory: the disk has to be asked for what follows these records

    size_t bytes() const { return front_bytes + value_bytes; }
  };
  // Packs up to max_records into out[0, front_bytes) and out[capacity - value_bytes, capacity).
  Status Fill(char* out, size_t capacity, uint32_t max_records, Batch* batch);
  // The same, without touching the disk.
  Status FillFromMemory(char* out, size_t capacity, uint32_t max_records, Batch* batch);
  // Counts up to max_records without packing them.
  Status Count(uint64_t max_records, uint64_t* counted, bool* done);
  // Moves to the first record at or after user_key in scan direction, within the bounds; the limit starts anew.
  Status Seek(Slice user_key);
  uint64_t skipped() const;

 private:
  Status Start();
  Status Position();
  // Behind the record of that key, where FillFromMemory had to stop.
  void Resume();
  void Step();  // to the next record, if the limit allows one

  const std::shared_ptr<const ReadView> view_;
  const SequenceNumber sequence_;
  MemoryOnly memory_;
  const ScanOptions options_;  // its memory_only is memory_
  std::optional<DbIterator> iterator_;
  bool positioned_ = false;
  std::string
      passed_;  // where FillFromMemory goes on, when there is no position: behind this user key; empty: at the start
  uint64_t remaining_;
};

}  // namespace burrow
