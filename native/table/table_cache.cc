#include "table/table_cache.h"

#include <atomic>
#include <cerrno>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "env/file_names.h"
#include "util/perf_context.h"

namespace burrow {
namespace {

// Held for a pointer copy only.
class SpinLock {
 public:
  void lock() {
    for (int i = 0; locked_.test_and_set(std::memory_order_acquire); i++) {
      if (i > 100) std::this_thread::yield();
    }
  }
  void unlock() { locked_.clear(std::memory_order_release); }

 private:
  std::atomic_flag locked_;
};

}  // namespace

// Lock order: opening, then TableCache's mutex, then lock.
struct TableHandle::Slot {
  std::mutex opening;  // one thread opens the file, others wait for it
  SpinLock lock;       // guards the next three
  std::shared_ptr<TableReader> reader;
  uint64_t hits = 0;
  bool used = false;  // since the clock's hand came by
  // Guarded by the cache's mutex.
  size_t ring_position = SIZE_MAX;  // SIZE_MAX when closed
  size_t list_position = 0;         // in TableCache::Impl::slots
  size_t memory = 0;                // of the reader

  std::shared_ptr<TableReader> Take() {
    std::lock_guard guard(lock);
    return std::move(reader);
  }
};

struct TableCache::Impl {
  Env* env;
  std::string directory;
  DatabaseId database_id;
  size_t capacity;
  BlockCache* block_cache;
  TableReader::Counters counters;

  mutable std::mutex mutex;              // guards the rest
  std::vector<TableHandle::Slot*> ring;  // open tables
  size_t hand = 0;
  size_t opening = 0;                     // places in the ring that are promised to tables being opened
  std::vector<TableHandle::Slot*> slots;  // of all handles
  uint64_t misses = 0;
  uint64_t evictions = 0;
  uint64_t memory = 0;
  uint64_t hits_of_gone_handles = 0;

  // Takes the table out of the ring; the caller lets go of the reader outside the mutex.
  std::shared_ptr<TableReader> Remove(TableHandle::Slot* slot) {
    ring.back()->ring_position = slot->ring_position;
    ring[slot->ring_position] = ring.back();
    ring.pop_back();
    slot->ring_position = SIZE_MAX;
    memory -= slot->memory;
    return slot->Take();
  }

  // Promises a place in the ring, closing tables that were not used lately when it is full.
  void MakePlace(std::vector<std::shared_ptr<TableReader>>* closed) {
    std::lock_guard guard(mutex);
    misses++;
    size_t spared = 0;
    while (!ring.empty() && ring.size() + opening >= capacity) {
      if (hand >= ring.size()) hand = 0;
      TableHandle::Slot* slot = ring[hand];
      bool used;
      {
        std::lock_guard slot_guard(slot->lock);
        used = std::exchange(slot->used, false);
      }
      if (used && spared < ring.size()) {
        spared++;
        hand++;
        continue;
      }
      closed->push_back(Remove(slot));
      evictions++;
    }
    opening++;
  }

  // Closes every other open table, at least one; false when none is open.
  bool CloseSome() {
    std::vector<std::shared_ptr<TableReader>> closed;
    std::lock_guard guard(mutex);
    for (size_t left = (ring.size() + 1) / 2; left > 0; left--) closed.push_back(Remove(ring.back()));
    evictions += closed.size();
    return !closed.empty();
  }

  void Install(TableHandle::Slot* slot, const std::shared_ptr<TableReader>& reader) {
    std::lock_guard guard(mutex);
    opening--;
    if (reader == nullptr) return;
    slot->ring_position = ring.size();
    slot->memory = reader->MemoryUsage();
    memory += slot->memory;
    ring.push_back(slot);
    std::lock_guard slot_guard(slot->lock);
    slot->reader = reader;
    slot->used = true;
  }

  Status OpenTable(uint64_t number, uint64_t size, std::shared_ptr<TableReader>* reader) {
    const std::string path = FileName(directory, FileKind::kTable, number);
    std::unique_ptr<RandomAccessFile> file;
    Status status = env->NewRandomAccessFile(path, &file);
    // When the whole directory was taken away, what the operating system says is the better answer.
    if (status.Is(Code::kNotFound) && env->FileExists(directory).ok()) {
      return Status::Corruption("table file is missing though the manifest names it").WithFile(path);
    }
    BURROW_RETURN_IF_ERROR(status);
    return TableReader::Open(std::move(file), path, number, size, &database_id, block_cache, &counters, reader);
  }
};

TableHandle::TableHandle(TableCache* cache, uint64_t number, uint64_t size)
    : cache_(cache), number_(number), size_(size), slot_(std::make_unique<Slot>()) {
  TableCache::Impl& impl = *cache_->impl_;
  std::lock_guard guard(impl.mutex);
  slot_->list_position = impl.slots.size();
  impl.slots.push_back(slot_.get());
}

TableHandle::~TableHandle() {
  TableCache::Impl& impl = *cache_->impl_;
  std::shared_ptr<TableReader> reader;
  {
    std::lock_guard guard(impl.mutex);
    if (slot_->ring_position != SIZE_MAX) reader = impl.Remove(slot_.get());
    impl.hits_of_gone_handles += slot_->hits;
    impl.slots.back()->list_position = slot_->list_position;
    impl.slots[slot_->list_position] = impl.slots.back();
    impl.slots.pop_back();
  }
  if (impl.block_cache != nullptr) impl.block_cache->EraseFile(number_);
}

Status TableHandle::Acquire(bool cache_only, std::shared_ptr<TableReader>* reader) {
  auto take_open = [&] {
    std::lock_guard guard(slot_->lock);
    if (slot_->reader == nullptr) return false;
    slot_->used = true;
    slot_->hits++;
    *reader = slot_->reader;
    return true;
  };
  if (take_open()) return Status();
  reader->reset();
  if (cache_only) return Status();

  std::lock_guard opening(slot_->opening);
  if (take_open()) return Status();
  TableCache::Impl& impl = *cache_->impl_;
  std::vector<std::shared_ptr<TableReader>> closed;
  impl.MakePlace(&closed);
  closed.clear();
  Status status = impl.OpenTable(number_, size_, reader);
  // The process, or the system, has no descriptor left: those of tables that nobody reads now are the easiest to spare.
  while ((status.error_number() == EMFILE || status.error_number() == ENFILE) && impl.CloseSome()) {
    status = impl.OpenTable(number_, size_, reader);
  }
  impl.Install(slot_.get(), *reader);
  PerfLap(Phase::kIndex);
  return status;
}

TableCache::TableCache(Env* env, std::string directory, const DatabaseId& database_id, size_t max_open_files,
                       BlockCache* block_cache)
    : impl_(std::make_unique<Impl>()) {
  impl_->env = env;
  impl_->directory = std::move(directory);
  impl_->database_id = database_id;
  impl_->capacity = max_open_files;
  impl_->block_cache = block_cache;
}

TableCache::~TableCache() = default;

std::shared_ptr<TableHandle> TableCache::NewHandle(uint64_t number, uint64_t size) {
  return std::shared_ptr<TableHandle>(new TableHandle(this, number, size));
}

TableCache::Stats TableCache::GetStats() const {
  std::lock_guard guard(impl_->mutex);
  Stats stats;
  stats.open = impl_->ring.size();
  stats.capacity = impl_->capacity;
  stats.misses = impl_->misses;
  stats.evictions = impl_->evictions;
  stats.memory_bytes = impl_->memory;
  stats.hits = impl_->hits_of_gone_handles;
  for (TableHandle::Slot* slot : impl_->slots) {
    std::lock_guard slot_guard(slot->lock);
    stats.hits += slot->hits;
  }
  return stats;
}

TableReader::Counters& TableCache::counters() { return impl_->counters; }
BlockCache* TableCache::block_cache() { return impl_->block_cache; }

}  // namespace burrow
