#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/iterator.h"
#include "base/range_tombstone.h"
#include "cache/block_cache.h"
#include "env/env.h"
#include "table/table_options.h"

namespace burrow {

class BlockReads;
class ReadAheadThread;
struct TableFile;

// Keeps iterators away from the disk for a time. While `on`, one that needs what is not in memory fails with kBusy and has
// set `missed`; it works again after a new seek. For iterators that one thread at a time uses, together with this.
struct MemoryOnly {
  bool on = false;
  bool missed = false;

  Status Miss() {
    missed = true;
    return Status(Code::kBusy, "a block is not in memory");
  }
};

struct TableReadOptions {
  bool fill_cache = true;
  bool cache_only = false;  // never touches the disk: see GetOutcome::kNotCached; iterators have memory_only instead
  MemoryOnly* memory_only = nullptr;  // of iterators; null: they always may touch the disk
  size_t read_ahead = 0;              // iterators: bytes to read at once once access is sequential; 0: block by block
  ReadAheadThread* read_ahead_thread = nullptr;  // which reads and decodes ahead of long scans; outlives iterators
  // Counts the blocks that are needed, except those that read_ahead brings; null: nobody counts.
  BlockReads* reads = nullptr;
  bool measured = false;  // laps of PerfContext::Current() also for what takes less than a look at that
};

enum class GetOutcome : uint8_t {
  kAbsent,
  kValue,
  kDeleted,    // a point tombstone is the newest visible version
  kNotCached,  // cache_only, and a needed block is not in memory
};

// A value together with what keeps its bytes alive (nothing more is needed for a memtable's, which the view pins).
struct PinnedValue {
  Slice value;
  BlockRef block;
};

// What a point read of a table looked at.
struct TableGetReport {
  bool filtered = false;   // the table has a filter, which was asked
  bool ruled_out = false;  // and which said no
  bool searched = false;   // a data block was
};

// Reads one immutable table. Any number of threads at once.
class TableReader {
 public:
  struct
      Counters;  // bloom checks/useful/false positives, blocks read, bytes read: relaxed atomics shared by all tables

  // Reads footer, properties, top-level index and top-level filter index (and, for small tables, the whole index and
  // filter, which stay in memory with the reader). Every length is checked against `file_size` before it is trusted.
  // kCorruption (with file name and offset) for anything that does not add up, also a size that differs from
  // `expected_size` (0: take the file's), or another database's id (when given); kUnsupported, after its checksum
  // held, for a newer format version, an unknown feature (named) or a codec this build lacks.
  static Status Open(std::unique_ptr<RandomAccessFile> file, const std::string& file_name, uint64_t file_number,
                     uint64_t expected_size, const DatabaseId* database_id, BlockCache* cache, Counters* counters,
                     std::shared_ptr<TableReader>* reader);
  ~TableReader();

  // The newest version of the key at or below key.sequence(), point records only. One filter line, one index search,
  // one block. *sequence is set for kValue and kDeleted.
  Status Get(const LookupKey& key, const TableReadOptions& options, PinnedValue* value, SequenceNumber* sequence,
             GetOutcome* outcome) const;
  // The same read, which also tells what it looked at; counts blocks for options.reads.
  Status Explain(const LookupKey& key, const TableReadOptions& options, PinnedValue* value, SequenceNumber* sequence,
                 GetOutcome* outcome, TableGetReport* report) const;
  // False when the filter proves that no version of the key is here. Touches the disk unless cache_only (then true).
  bool MayContain(Slice user_key, const TableReadOptions& options) const;

  // Point records. The reader must outlive the iterator (hold its shared_ptr).
  std::unique_ptr<InternalIterator> NewIterator(const TableReadOptions& options) const;
  const TableFile& file() const;  // for iterators that are not made one by one
  // Null when the table has none.
  const std::shared_ptr<const FragmentedTombstones>& range_tombstones() const;

  const TableProperties& properties() const;
  uint64_t file_number() const;
  uint64_t ApproximateOffsetOf(Slice user_key) const;  // bytes of the file before that key
  size_t MemoryUsage() const;                          // what the reader itself holds, cached blocks not included

  // Calls `visit` with internal key and value of each record of every stride-th data block, and of one at least. Reads
  // past the cache.
  Status Sample(uint64_t stride, const std::function<void(Slice, Slice)>& visit) const;

  // Every checksum, key order, bounds, counts against properties, filter against keys. Reads past the cache.
  Status Verify() const;

 private:
  struct Impl;
  // Get and Explain. A report is not looked for unless `explained`.
  template <bool explained>
  [[gnu::always_inline]] Status GetFrom(const LookupKey& key, const TableReadOptions& options, PinnedValue* value,
                                        SequenceNumber* sequence, GetOutcome* outcome, TableGetReport* report) const;
  explicit TableReader(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

struct TableReader::Counters {
  std::atomic<uint64_t> bloom_passed{0};           // the filter said maybe
  std::atomic<uint64_t> bloom_useful{0};           // it said no
  std::atomic<uint64_t> bloom_false_positives{0};  // the filter said maybe, the table has no version of the key
  std::atomic<uint64_t> blocks_read{0};            // from the file
  std::atomic<uint64_t> bytes_read{0};
  std::atomic<uint64_t> blocks_ahead{0};  // of blocks_read, those that a ReadAheadThread decoded
};

}  // namespace burrow
