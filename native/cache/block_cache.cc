#include "cache/block_cache.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <new>
#include <unordered_map>
#include <utility>

namespace burrow {
namespace {

constexpr uint32_t kCached = uint32_t{1} << 31;  // in Block::refs: the cache holds the block; the rest counts BlockRefs
constexpr size_t kSlack = 16;                    // readable bytes behind the contents: of the header
constexpr size_t kMinShardBytes = 2 << 20;
constexpr size_t kMaxShards = 64;
constexpr size_t kReservable = 4;  // one part in so many
constexpr size_t kFirstSlots = 64;
constexpr size_t kBookkeeping = 48;  // of a block beside its header: its part of a shard's slots, and what malloc keeps

// Bytes whose last BlockRef has gone. Apart from the shard, because a block that was evicted while pinned may outlive
// its cache: such blocks are owners, too.
struct Unpinned {
  std::atomic<uint64_t> bytes{0};
  std::atomic<uint64_t> owners{1};

  void Drop() {
    if (owners.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
  }
};

struct Link {
  Link* prev = this;
  Link* next = this;

  void Unlink() {
    prev->next = next;
    next->prev = prev;
  }
  void PushFront(Link* link) {
    link->prev = this;
    link->next = next;
    next->prev = link;
    next = link;
  }
  bool empty() const { return next == this; }
};

uint64_t HashOf(uint64_t file, uint64_t offset) {
  uint64_t h = (file * 0x9e3779b97f4a7c15) ^ (offset + 0x7f4a7c15);
  h *= 0xd6e8feb86659fd93;
  h ^= h >> 32;
  h *= 0xd6e8feb86659fd93;
  return h ^ h >> 29;
}

}  // namespace

// What a hit touches, in one half of a cache line.
struct BlockHead {
  uint64_t file;  // set before the block is shared, as is `unpinned`: reads past the end of the contents meet these
  Unpinned* unpinned;  // null while never cached
  // The next four belong to the shard's mutex while the block is cached.
  uint64_t offset : 56;
  uint64_t type : 6;
  uint64_t referenced : 1;
  uint64_t is_protected : 1;
  uint32_t size;  // of the contents
  std::atomic<uint32_t> refs;
};

// The header stands behind the contents, not in front: blocks of every type are read from their end (counts, restart
// points, hash index), so one or two neighbouring lines serve both.
class alignas(16) Block : public BlockHead, public Link {  // in the probation or protected list of its shard
 public:
  // Belong to the shard's mutex while the block is cached.
  Block* next_of_file;
  Block** to_this_of_file;  // the pointer that points here

  static size_t Padded(size_t size) { return (size + 15) / 16 * 16; }

  char* data() { return reinterpret_cast<char*>(this) - Padded(size); }
  size_t charge() const { return Padded(size) + sizeof(Block) + kBookkeeping; }

  static Block* New(size_t size) {
    auto* memory = static_cast<char*>(malloc(Padded(size) + sizeof(Block)));
    if (memory == nullptr) abort();
    auto* block = new (memory + Padded(size)) Block;
    block->file = 0;
    block->unpinned = nullptr;
    block->size = static_cast<uint32_t>(size);
    block->refs.store(1, std::memory_order_relaxed);
    return block;
  }
  void Delete() {
    char* memory = data();
    this->~Block();
    free(memory);
  }
};

static_assert(sizeof(Block) == 64);
static_assert(sizeof(BlockHead) >= kSlack);

BlockRef& BlockRef::operator=(BlockRef&& other) noexcept {
  if (this != &other) {
    Reset();
    block_ = std::exchange(other.block_, nullptr);
  }
  return *this;
}

BlockRef::~BlockRef() { Reset(); }

void BlockRef::Reset() {
  if (block_ == nullptr) return;
  Block* block = std::exchange(block_, nullptr);
  // Read first: a cached block may be evicted and freed as soon as this reference is given back.
  Unpinned* unpinned = block->unpinned;
  const size_t charge = block->charge();
  const uint32_t before = block->refs.fetch_sub(1, std::memory_order_acq_rel);
  if ((before & ~kCached) != 1) return;
  if (unpinned != nullptr) unpinned->bytes.fetch_add(charge, std::memory_order_relaxed);
  if (before == 1) {
    block->Delete();
    if (unpinned != nullptr) unpinned->Drop();
  }
}

BlockRef BlockRef::Allocate(size_t size) { return BlockRef(Block::New(size)); }
Slice BlockRef::contents() const { return Slice(block_->data(), block_->size); }
char* BlockRef::data() { return block_->data(); }

// SLRU with lazy moves: a hit only sets a bit. When room is needed, the oldest block on probation is promoted if its
// bit is set and evicted if not; what the protected part cannot hold goes back to probation, oldest first, except that
// a set bit buys another round.
struct alignas(64) BlockCache::Shard {
  std::mutex mutex;
  size_t used = 0;
  size_t protected_used = 0;
  uint64_t pinned = 0;  // charges of all first pins; what was unpinned since is in *unpinned
  size_t blocks = 0;
  // Open addressing with linear probing, at most three quarters full. The whole hash is here, so that only blocks that
  // are looked for are touched.
  struct Slot {
    uint64_t hash = 0;
    Block* block = nullptr;  // null: free
  };
  size_t slot_mask = kFirstSlots - 1;
  std::unique_ptr<Slot[]> slots = std::make_unique<Slot[]>(kFirstSlots);
  Link probation;
  Link protected_blocks;
  TypeStats by_type[kBlockTypes];
  Unpinned* unpinned = new Unpinned;
  std::unordered_map<uint64_t, Block*> first_of_file;

  // The block's slot, or the free one where it would be.
  Slot* Find(uint64_t hash, uint64_t file, uint64_t offset) {
    for (size_t i = hash & slot_mask;; i = (i + 1) & slot_mask) {
      Slot* slot = &slots[i];
      Block* block = slot->block;
      if (block == nullptr) return slot;
      if (slot->hash != hash) continue;
      __builtin_prefetch(reinterpret_cast<const char*>(block) - 64);
      if (block->offset == offset && block->file == file) return slot;
    }
  }

  // What a later search must still find moves into the gap.
  void Free(Slot* slot) {
    auto gap = static_cast<size_t>(slot - slots.get());
    for (size_t i = (gap + 1) & slot_mask; slots[i].block != nullptr; i = (i + 1) & slot_mask) {
      if (((i - slots[i].hash) & slot_mask) < ((i - gap) & slot_mask)) continue;
      slots[gap] = slots[i];
      gap = i;
    }
    slots[gap] = Slot();
  }

  void Pin(Block* block) {
    if ((block->refs.fetch_add(1, std::memory_order_relaxed) & ~kCached) == 0) pinned += block->charge();
  }

  void Grow() {
    const size_t mask = slot_mask * 2 + 1;
    auto grown = std::make_unique<Slot[]>(mask + 1);
    for (size_t from = 0; from <= slot_mask; from++) {
      if (slots[from].block == nullptr) continue;
      size_t to = slots[from].hash & mask;
      while (grown[to].block != nullptr) to = (to + 1) & mask;
      grown[to] = slots[from];
    }
    slots = std::move(grown);
    slot_mask = mask;
  }

  void Add(uint64_t hash, Block* block) {
    if (++blocks > (slot_mask + 1) / 4 * 3) Grow();
    *Find(hash, block->file, block->offset) = {hash, block};
    Block** first = &first_of_file.try_emplace(block->file, nullptr).first->second;
    block->next_of_file = *first;
    block->to_this_of_file = first;
    if (*first != nullptr) (*first)->to_this_of_file = &block->next_of_file;
    *first = block;
    probation.PushFront(block);
    used += block->charge();
    by_type[block->type].used_bytes += block->charge();
  }

  // Takes the block out and drops the cache's hold on it.
  void Remove(Block* block) {
    Free(Find(HashOf(block->file, block->offset), block->file, block->offset));
    *block->to_this_of_file = block->next_of_file;
    if (block->next_of_file != nullptr) {
      block->next_of_file->to_this_of_file = block->to_this_of_file;
    } else if (auto it = first_of_file.find(block->file); it->second == nullptr) {
      first_of_file.erase(it);
    }
    block->Unlink();
    const size_t charge = block->charge();
    used -= charge;
    if (block->is_protected) protected_used -= charge;
    by_type[block->type].used_bytes -= charge;
    blocks--;
    unpinned->owners.fetch_add(1, std::memory_order_relaxed);
    if (block->refs.fetch_and(~kCached, std::memory_order_acq_rel) == kCached) {
      block->Delete();
      unpinned->Drop();
    }
  }

  // Leaves place for `charge` more within `room`. REQUIRES: charge <= room.
  void MakeRoom(size_t charge, size_t room) {
    const size_t protected_capacity = room / 5 * 4;
    while (used + charge > room) {
      if (probation.empty()) Demote();
      auto* oldest = static_cast<Block*>(probation.prev);
      if (!oldest->referenced) {
        by_type[oldest->type].evictions++;
        Remove(oldest);
        continue;
      }
      oldest->referenced = false;
      oldest->is_protected = true;
      oldest->Unlink();
      protected_blocks.PushFront(oldest);
      protected_used += oldest->charge();
      while (protected_used > protected_capacity) Demote();
    }
  }

  // Moves the oldest protected block that was not used in its last round back to probation.
  void Demote() {
    auto* oldest = static_cast<Block*>(protected_blocks.prev);
    while (oldest->referenced) {
      oldest->referenced = false;
      oldest->Unlink();
      protected_blocks.PushFront(oldest);
      oldest = static_cast<Block*>(protected_blocks.prev);
    }
    oldest->is_protected = false;
    oldest->Unlink();
    probation.PushFront(oldest);
    protected_used -= oldest->charge();
  }
};

struct BlockCache::Impl {
  size_t capacity;
  size_t shard_count;
  std::unique_ptr<Shard[]> shards;
  std::atomic<size_t> reserved{0};
  std::atomic<size_t> reserved_by_type[kBlockTypes] = {};

  Shard& ShardOf(uint64_t hash) { return shards[hash >> 48 & (shard_count - 1)]; }
  // What each shard may hold now.
  size_t Room() const { return capacity / shard_count - reserved.load(std::memory_order_relaxed) / shard_count; }
};

BlockCache::BlockCache(size_t capacity) : impl_(std::make_unique<Impl>()) {
  impl_->capacity = capacity;
  impl_->shard_count = std::clamp(std::bit_floor(capacity / kMinShardBytes), size_t{1}, kMaxShards);
  impl_->shards = std::make_unique<Shard[]>(impl_->shard_count);
}

BlockCache::~BlockCache() {
  for (size_t i = 0; i < impl_->shard_count; i++) {
    Shard& shard = impl_->shards[i];
    while (!shard.probation.empty()) shard.Remove(static_cast<Block*>(shard.probation.next));
    while (!shard.protected_blocks.empty()) shard.Remove(static_cast<Block*>(shard.protected_blocks.next));
    shard.unpinned->Drop();
  }
}

BlockRef BlockCache::Lookup(uint64_t file, uint64_t offset, BlockType type, bool count) {
  const uint64_t hash = HashOf(file, offset);
  Shard& shard = impl_->ShardOf(hash);
  std::lock_guard lock(shard.mutex);
  Block* block = shard.Find(hash, file, offset)->block;
  TypeStats& stats = shard.by_type[static_cast<int>(type)];
  if (block == nullptr) {
    stats.misses += count;
    return BlockRef();
  }
  stats.hits += count;
  block->referenced = true;
  shard.Pin(block);
  return BlockRef(block);
}

BlockRef BlockCache::Insert(uint64_t file, uint64_t offset, BlockType type, BlockRef ref) {
  Block* block = ref.block_;
  const size_t charge = block->charge();
  const uint64_t hash = HashOf(file, offset);
  Shard& shard = impl_->ShardOf(hash);
  const size_t room = impl_->Room();
  if (charge > room) return ref;
  std::lock_guard lock(shard.mutex);
  if (Block* present = shard.Find(hash, file, offset)->block; present != nullptr) {
    present->referenced = true;
    shard.Pin(present);
    return BlockRef(present);
  }
  shard.MakeRoom(charge, room);
  block->file = file;
  block->offset = offset;
  block->type = static_cast<uint64_t>(type);
  block->referenced = false;
  block->is_protected = false;
  block->unpinned = shard.unpinned;
  shard.pinned += charge;
  block->refs.fetch_or(kCached, std::memory_order_relaxed);
  shard.Add(hash, block);
  return ref;
}

bool BlockCache::Reserve(size_t bytes, BlockType type) {
  const size_t most = impl_->capacity / kReservable;
  size_t reserved = impl_->reserved.load(std::memory_order_relaxed);
  do {
    if (bytes > most || reserved > most - bytes) return false;
  } while (!impl_->reserved.compare_exchange_weak(reserved, reserved + bytes, std::memory_order_relaxed));
  impl_->reserved_by_type[static_cast<int>(type)].fetch_add(bytes, std::memory_order_relaxed);
  const size_t room = impl_->Room();
  for (size_t i = 0; i < impl_->shard_count; i++) {
    std::lock_guard lock(impl_->shards[i].mutex);
    impl_->shards[i].MakeRoom(0, room);
  }
  return true;
}

void BlockCache::Unreserve(size_t bytes, BlockType type) {
  impl_->reserved.fetch_sub(bytes, std::memory_order_relaxed);
  impl_->reserved_by_type[static_cast<int>(type)].fetch_sub(bytes, std::memory_order_relaxed);
}

void BlockCache::EraseFile(uint64_t file) {
  for (size_t i = 0; i < impl_->shard_count; i++) {
    Shard& shard = impl_->shards[i];
    std::lock_guard lock(shard.mutex);
    auto it = shard.first_of_file.find(file);
    if (it == shard.first_of_file.end()) continue;
    for (Block* block = it->second; block != nullptr;) {
      Block* next = block->next_of_file;
      shard.Remove(block);
      block = next;
    }
  }
}

BlockCache::Stats BlockCache::GetStats() const {
  Stats stats;
  stats.capacity_bytes = impl_->capacity;
  stats.used_bytes = impl_->reserved.load(std::memory_order_relaxed);
  for (int type = 0; type < kBlockTypes; type++) {
    stats.by_type[type].used_bytes = impl_->reserved_by_type[type].load(std::memory_order_relaxed);
  }
  for (size_t i = 0; i < impl_->shard_count; i++) {
    Shard& shard = impl_->shards[i];
    std::lock_guard lock(shard.mutex);
    stats.used_bytes += shard.used;
    stats.pinned_bytes += shard.pinned - shard.unpinned->bytes.load(std::memory_order_relaxed);
    for (int type = 0; type < kBlockTypes; type++) {
      stats.by_type[type].used_bytes += shard.by_type[type].used_bytes;
      stats.by_type[type].hits += shard.by_type[type].hits;
      stats.by_type[type].misses += shard.by_type[type].misses;
      stats.by_type[type].evictions += shard.by_type[type].evictions;
    }
  }
  return stats;
}

size_t BlockCache::capacity() const { return impl_->capacity; }

}  // namespace burrow
