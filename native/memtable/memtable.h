#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/internal_key.h"
#include "base/iterator.h"
#include "base/range_tombstone.h"
#include "memtable/skiplist.h"
#include "util/arena.h"

namespace burrow {

enum class LookupResult : uint8_t { kAbsent, kValue, kDeleted };

// The in-memory sorted run that writes go to: a multi-version skiplist on an arena, for point records, with an index of
// the keys once there are many, and a second one for range tombstones. One thread adds at a time (the commit queue sees to it); any number of threads read at the
// same time without locks. Held by shared_ptr: a memtable lives as long as a read view, job or iterator needs it.
class MemTable {
 public:
  // `shared_prefix`: what most keys are expected to begin with, such as the shared_prefix() of the memtable before. Any
  // bytes are right; a good guess makes searches faster. Without one, the first thousand keys are asked.
  // `size`: bytes of records that it is to hold, by which the index of the keys is made that a memtable with many gets; 0:
  // there is none.
  explicit MemTable(Slice shared_prefix = Slice(), size_t size = 0);
  ~MemTable();
  MemTable(const MemTable&) = delete;
  MemTable& operator=(const MemTable&) = delete;

  // REQUIRES: external synchronization; sequence is larger than any added before (equal only never); key is not empty.
  // Copies key and value. Visible to readers of `sequence` once the caller publishes that sequence number.
  void Add(SequenceNumber sequence, Kind kind, Slice user_key, Slice value);
  // The same, but readers may not find the record before FinishAdding(): some records together are added in half the
  // time. True: there is something to finish.
  bool AddLater(SequenceNumber sequence, Kind kind, Slice user_key, Slice value);
  void FinishAdding();

  // One record of AddAll, which sets the hint. Key and value are borrowed until it returns.
  using Entry = SkipList::Entry;
  // Adds many records as Add would, one by one; in key order, which is faster than the order they come in. REQUIRES: as
  // for Add; sequence numbers ascend from one entry to the next. *entries is left
  // without range tombstones, sorted.
  void AddAll(std::vector<Entry>* entries);

  // What all keys so far begin with.
  std::string shared_prefix() const;

  // The newest version of the key at or below key.sequence(): its value (which lives as long as the memtable), its
  // sequence number in *found_sequence, or that it is deleted by a point tombstone. Range tombstones are not applied:
  // see MaxCoveringTombstone.
  LookupResult Get(const LookupKey& key, Slice* value, SequenceNumber* found_sequence) const;
  SequenceNumber MaxCoveringTombstone(Slice user_key, SequenceNumber visible) const;

  // Iterates point records (kPut, kDelete). The memtable must outlive the iterator.
  std::unique_ptr<InternalIterator> NewIterator() const;
  // All range tombstones added so far; cached until another is added. Null when there are none. Any thread.
  std::shared_ptr<const FragmentedTombstones> range_tombstones() const;

  // Every byte held by the arenas and the index, from any thread; and without the index.
  size_t MemoryUsage() const;
  size_t RecordMemory() const;
  uint64_t entries() const { return entries_.load(std::memory_order_relaxed); }  // all kinds
  uint64_t range_tombstone_count() const { return range_count_.load(std::memory_order_acquire); }
  bool empty() const { return entries() == 0; }
  // Smallest and largest sequence number added; 0 when empty. Any thread.
  SequenceNumber first_sequence() const { return first_sequence_.load(std::memory_order_relaxed); }
  SequenceNumber last_sequence() const { return last_sequence_.load(std::memory_order_relaxed); }

 private:
  void AddRangeTombstone(SequenceNumber sequence, Slice begin, Slice end);
  void CountEntries(uint64_t count, SequenceNumber first, SequenceNumber last);

  void Adapt();
  void LearnPrefix();
  size_t FirstIndexBytes() const;

  using Points = SkipList;
  const Points& points() const { return *current_points_.load(std::memory_order_acquire); }
  // What is written to and read. Stored before the sequence number of what only it holds is published.
  std::atomic<Points*> current_points_;
  std::unique_ptr<Points> points_;
  // The one before the prefix was learned; iterators may be on it.
  std::unique_ptr<Points> first_points_;
  std::atomic<size_t> first_points_memory_{0};
  bool learns_;
  const size_t size_;
  size_t later_ = 0;  // records that are to be finished
  std::atomic<uint64_t> entries_{0};
  std::atomic<uint64_t> range_count_{0};
  std::atomic<SequenceNumber> first_sequence_{0};
  std::atomic<SequenceNumber> last_sequence_{0};
  // Range tombstones are few: a growing list under a mutex, fragmented on demand.
  struct Ranges;
  std::unique_ptr<Ranges> ranges_;
};

}  // namespace burrow
