#include "cache/block_cache.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <mutex>
#include <new>
#include <unordered_map>
#include <utility>

#include "cache/block_arena.h"
#include "cache/link.h"
#include "cache/recent_asks.h"

namespace burrow {
namespace {

// In Block::refs; the rest counts BlockRefs.
constexpr uint32_t kCached = uint32_t{1} << 31;   // the cache holds the block
constexpr uint32_t kInArena = uint32_t{1} << 30;  // the block stands at the end of a slot, not in memory of its own
constexpr uint32_t kRemark = uint32_t{1} << 29;   // see BlockRef::SetRemark
constexpr uint32_t kFlags = kCached | kInArena | kRemark;

constexpr size_t kSlack = 16;  // readable bytes behind the contents: of the header
constexpr size_t kMinShardBytes = 2 << 20;
constexpr size_t kMaxShards = 64;
constexpr size_t kReservable = 4;  // one part in so many
constexpr size_t kLine = 64;
constexpr size_t kMaxShift = kLine - 16;  // of a block in its memory
constexpr size_t kFirstSlots = 64;
constexpr size_t kProbes = 16;               // of slots by Prefetch; hardly ever more are needed
constexpr size_t kMinArenaBytes = 32 << 20;  // of a cache: smaller ones would have too few segments a shard
constexpr size_t kSampledBlocks = 16;
constexpr size_t kBookkeeping = 48;  // of a block beside its header: its part of a shard's slots, and what malloc keeps

uint64_t HashOf(uint64_t file, uint64_t offset) {
  uint64_t h = (file * 0x9e3779b97f4a7c15) ^ (offset + 0x7f4a7c15);
  h *= 0xd6e8feb86659fd93;
  h ^= h >> 32;
  h *= 0xd6e8feb86659fd93;
  return h ^ h >> 29;
}

}  // namespace

// What a block that was evicted while pinned still needs of its cache: such blocks are owners, too.
struct CacheLife {
  std::atomic<uint64_t> owners{1};

  virtual ~CacheLife() = default;
  void Drop() {
    if (owners.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
  }
};

struct BlockHome {
  std::mutex mutex;
  std::atomic<uint64_t> unpinned{0};  // bytes whose last BlockRef has gone
  CacheLife* life = nullptr;
  SlotArena arena;

  // REQUIRES: the mutex is held.
  void GiveSlot(void* inside) {
    SlotArena::Segment* segment = SlotArena::SegmentOf(inside);
    arena.Give(inside);
    if (segment->used == 0 && arena.free_slots() >= 2 * arena.slots_per_segment()) arena.Release(segment);
  }
};

// What a hit touches, in one half of a cache line.
struct BlockHead {
  uint64_t file;    // set before the block is shared, as is `home`: reads past the end of the contents meet these
  BlockHome* home;  // null while never cached
  // The next four belong to the shard's mutex while the block is cached.
  uint64_t offset : 56;
  uint64_t type : 2;
  uint64_t shift : 2;  // units of 16 bytes between the start of its own memory and the contents; never changes
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
  size_t total_size() const { return Padded(size) + sizeof(Block); }  // needed in a slot
  bool in_arena() const { return (refs.load(std::memory_order_relaxed) & kInArena) != 0; }
  size_t charge() const { return (in_arena() ? home->arena.slot_size() : total_size() + kMaxShift) + kBookkeeping; }

  // In memory of its own. The head takes the second half of a line, here and in slots, so that it and the last 96 bytes
  // of the contents are in two lines.
  static Block* New(size_t size) {
    auto* memory = static_cast<char*>(malloc(Padded(size) + sizeof(Block) + kMaxShift));
    if (memory == nullptr) abort();
    const size_t shift = (kLine / 2 - reinterpret_cast<uintptr_t>(memory + Padded(size))) % kLine / 16 * 16;
    return At(memory + shift, size, shift / 16);
  }
  // One that was never cached, in memory of its own.
  static Block* At(char* data, size_t size, uint64_t shift) {
    auto* block = new (data + Padded(size)) Block;
    block->file = 0;
    block->home = nullptr;
    block->shift = shift;
    block->size = static_cast<uint32_t>(size);
    block->refs.store(1, std::memory_order_relaxed);
    return block;
  }
  // REQUIRES: not in an arena.
  void Delete() {
    char* memory = data() - size_t{shift} * 16;
    this->~Block();
    free(memory);
  }
};

static_assert(sizeof(Block) == 64);
static_assert(sizeof(BlockHead) >= kSlack);

void BlockRef::Release() {
  Block* block = std::exchange(block_, nullptr);
  BlockHome* home = block->home;
  if (home == nullptr) return block->Delete();
  // Read first: a cached block may be evicted and freed as soon as this reference is given back.
  const size_t charge = block->charge();
  const uint32_t before = block->refs.fetch_sub(1, std::memory_order_acq_rel);
  if ((before & ~kFlags) != 1) return;
  home->unpinned.fetch_add(charge, std::memory_order_relaxed);
  if ((before & kCached) != 0) return;
  if ((before & kInArena) != 0) {
    std::lock_guard lock(home->mutex);
    home->GiveSlot(block);
  } else {
    block->Delete();
  }
  home->life->Drop();
}

BlockRef BlockRef::Allocate(size_t size) { return BlockRef(Block::New(size)); }
Slice BlockRef::contents() const { return Slice(block_->data(), block_->size); }
char* BlockRef::data() { return block_->data(); }
bool BlockRef::remark() const { return (block_->refs.load(std::memory_order_relaxed) & kRemark) != 0; }
void BlockRef::Truncate(size_t size) { block_ = Block::At(block_->data(), size, block_->shift); }
void BlockRef::SetRemark() { block_->refs.fetch_or(kRemark, std::memory_order_relaxed); }

// SLRU with lazy moves: a hit only sets a bit. When room is needed, the oldest block on probation is promoted if its
// bit is set and evicted if not; what the protected part cannot hold goes back to probation, oldest first, except that
// a set bit buys another round.
struct alignas(64) BlockCache::Shard : BlockHome {
  size_t used = 0;
  size_t protected_used = 0;
  size_t outside_arena = 0;  // charges of blocks that are not in the arena, bookkeeping of those that are
  // The most that it ever was: malloc may keep what was freed, so the arena only gets what that leaves of the capacity.
  // A shard that was full of other blocks once goes on without.
  size_t most_outside = 0;
  uint64_t pinned = 0;  // charges of all first pins; `unpinned` is what came back
  size_t blocks = 0;
  // Open addressing with linear probing, at most three quarters full. The whole hash is here, so that only blocks that
  // are looked for are touched.
  // Atomic for Prefetch only, which reads them without the mutex.
  struct Slot {
    std::atomic<uint64_t> hash{0};
    std::atomic<Block*> block{nullptr};  // null: free

    uint64_t hash_now() const { return hash.load(std::memory_order_relaxed); }
    Block* block_now() const { return block.load(std::memory_order_relaxed); }
    void Set(uint64_t new_hash, Block* new_block) {
      hash.store(new_hash, std::memory_order_relaxed);
      block.store(new_block, std::memory_order_relaxed);
    }
  };
  size_t slot_mask = kFirstSlots - 1;
  std::unique_ptr<Slot[]> slots = std::make_unique<Slot[]>(kFirstSlots);
  // The same two for Prefetch: the slots are as many as the mask says, or more. What it may still read is kept: in all less
  // than what is in use.
  std::atomic<const Slot*> slots_hint{slots.get()};
  std::atomic<size_t> mask_hint{slot_mask};
  std::vector<std::unique_ptr<Slot[]>> outgrown;
  Link probation;
  Link protected_blocks;
  TypeStats by_type[kBlockTypes];
  std::unordered_map<uint64_t, Block*> first_of_file;
  std::array<size_t, kSampledBlocks> sample;  // total sizes of data blocks, to choose the arena's slots by
  size_t sampled = 0;
  RecentAsks asks;

  // What the shard takes, free slots and slots of evicted blocks that are still pinned included.
  size_t memory() const { return arena.segments().size() * SegmentRegion::kSize + outside_arena; }

  // The block's slot, or the free one where it would be.
  Slot* Find(uint64_t hash, uint64_t file, uint64_t offset) {
    for (size_t i = hash & slot_mask;; i = (i + 1) & slot_mask) {
      Slot* slot = &slots[i];
      Block* block = slot->block_now();
      if (block == nullptr) return slot;
      if (slot->hash_now() != hash) continue;
      __builtin_prefetch(reinterpret_cast<const char*>(block) - kLine);
      if (block->offset == offset && block->file == file) return slot;
    }
  }

  // What a later search must still find moves into the gap.
  void Free(Slot* slot) {
    auto gap = static_cast<size_t>(slot - slots.get());
    for (size_t i = (gap + 1) & slot_mask; slots[i].block_now() != nullptr; i = (i + 1) & slot_mask) {
      if (((i - slots[i].hash_now()) & slot_mask) < ((i - gap) & slot_mask)) continue;
      slots[gap].Set(slots[i].hash_now(), slots[i].block_now());
      gap = i;
    }
    slots[gap].Set(0, nullptr);
  }

  void Pin(Block* block) {
    if ((block->refs.fetch_add(1, std::memory_order_relaxed) & ~kFlags) == 0) pinned += block->charge();
  }

  void Grow() {
    const size_t mask = slot_mask * 2 + 1;
    auto grown = std::make_unique<Slot[]>(mask + 1);
    for (size_t from = 0; from <= slot_mask; from++) {
      if (slots[from].block_now() == nullptr) continue;
      size_t to = slots[from].hash_now() & mask;
      while (grown[to].block_now() != nullptr) to = (to + 1) & mask;
      grown[to].Set(slots[from].hash_now(), slots[from].block_now());
    }
    outgrown.push_back(std::exchange(slots, std::move(grown)));
    slot_mask = mask;
    slots_hint.store(slots.get(), std::memory_order_release);
    mask_hint.store(mask, std::memory_order_release);
  }

  void Add(uint64_t hash, Block* block) {
    if (++blocks > (slot_mask + 1) / 4 * 3) Grow();
    Find(hash, block->file, block->offset)->Set(hash, block);
    Block** first = &first_of_file.try_emplace(block->file, nullptr).first->second;
    block->next_of_file = *first;
    block->to_this_of_file = first;
    if (*first != nullptr) (*first)->to_this_of_file = &block->next_of_file;
    *first = block;
    probation.PushFront(block);
    used += block->charge();
    outside_arena += block->in_arena() ? kBookkeeping : block->charge();
    most_outside = std::max(most_outside, outside_arena);
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
    outside_arena -= block->in_arena() ? kBookkeeping : charge;
    if (block->is_protected) protected_used -= charge;
    by_type[block->type].used_bytes -= charge;
    blocks--;
    life->owners.fetch_add(1, std::memory_order_relaxed);  // for whoever has it pinned
    const uint32_t before = block->refs.fetch_and(~kCached, std::memory_order_acq_rel);
    if ((before & ~kFlags) != 0) return;
    if ((before & kInArena) != 0) {
      GiveSlot(block);
    } else {
      block->Delete();
    }
    life->Drop();
  }

  // Slots serve sizes down to 15/16 of theirs; they have the size that this makes useful for most of the sample, if
  // that is half of it.
  void ChooseSlots() {
    std::sort(sample.begin(), sample.end());
    size_t best = 0, most = kSampledBlocks / 2 - 1;
    for (size_t i = 0, low = 0; i < kSampledBlocks; i++) {
      while (low < i && !FitsSlot(sample[low], RoundedSlot(sample[i]))) low++;
      if (i + 1 - low <= most) continue;
      most = i + 1 - low;
      best = RoundedSlot(sample[i]);
    }
    if (best == 0 || !arena.SetSlotSize(best)) arena.SetSlotSize(0);
  }
  static size_t RoundedSlot(size_t size) { return (size + 63) / 64 * 64; }
  static bool FitsSlot(size_t size, size_t slot) { return size <= slot && size >= slot / 16 * 15; }

  // Makes place for such a block within `room`, in the arena or not; false when there is none. Memory, not charges, is
  // what has to fit.
  bool MakeRoom(BlockType type, size_t total_size, size_t room, bool* in_arena) {
    if (type == BlockType::kData && arena.enabled() && arena.segments().empty()) {
      sample[sampled++] = total_size;
      if (sampled == kSampledBlocks) {
        ChooseSlots();
        sampled = 0;
      }
    }
    const bool fits = type == BlockType::kData && arena.slot_size() != 0 && FitsSlot(total_size, arena.slot_size());
    for (;;) {
      const size_t grown = (arena.segments().size() + 1) * SegmentRegion::kSize;
      if (fits && arena.free_slots() == 0 && grown + most_outside + kBookkeeping <= room) arena.Grow();
      *in_arena = fits && arena.free_slots() > 0;
      if (memory() + kBookkeeping + (*in_arena ? 0 : total_size + kMaxShift) <= room) return true;
      if (FreeSegment()) continue;
      if (blocks == 0) return false;
      EvictOne(room);
    }
  }

  // Comes down to `room`, as far as blocks are not pinned.
  void Trim(size_t room) {
    while (memory() > room) {
      if (FreeSegment()) continue;
      if (blocks == 0) return;
      EvictOne(room);
    }
  }

  void EvictOne(size_t room) {
    const size_t protected_capacity = room / 5 * 4;
    for (;;) {
      if (probation.empty()) Demote();
      auto* oldest = static_cast<Block*>(probation.prev);
      if (!oldest->referenced) {
        by_type[oldest->type].evictions++;
        Remove(oldest);
        return;
      }
      oldest->referenced = false;
      oldest->is_protected = true;
      oldest->Unlink();
      protected_blocks.PushFront(oldest);
      protected_used += oldest->charge();
      while (protected_used > protected_capacity) Demote();
    }
  }

  Block* InSlot(char* slot) { return reinterpret_cast<Block*>(slot + arena.slot_size() - sizeof(Block)); }

  // A copy of the contents at the end of a slot; everything else is as in a new block.
  Block* PutInSlot(char* slot, Block* from) {
    auto* block = new (InSlot(slot)) Block;
    block->home = this;
    block->size = from->size;
    memcpy(block->data(), from->data(), Block::Padded(from->size));
    return block;
  }

  // Gives the memory of one segment back, if the blocks in it can move to free slots of others.
  bool FreeSegment() {
    if (arena.segments().empty() || arena.free_slots() < arena.slots_per_segment()) return false;
    SlotArena::Segment* emptiest = nullptr;
    for (SlotArena::Segment* segment : arena.segments()) {
      if (emptiest != nullptr && segment->live() >= emptiest->live()) continue;
      if (!IsPinned(segment)) emptiest = segment;
    }
    if (emptiest == nullptr) return false;
    for (uint64_t left = emptiest->used; left != 0; left &= left - 1) {
      Move(InSlot(emptiest->SlotAt(static_cast<size_t>(std::countr_zero(left)), arena.slot_size())),
           arena.Take(emptiest));
    }
    arena.Release(emptiest);
    return true;
  }

  bool IsPinned(SlotArena::Segment* segment) {
    for (uint64_t left = segment->used; left != 0; left &= left - 1) {
      Block* block = InSlot(segment->SlotAt(static_cast<size_t>(std::countr_zero(left)), arena.slot_size()));
      if ((block->refs.load(std::memory_order_acquire) & ~kFlags) != 0) return true;
    }
    return false;
  }

  // REQUIRES: the block is cached and nobody has it pinned; nobody can pin it while the mutex is held.
  void Move(Block* from, char* slot) {
    Block* to = PutInSlot(slot, from);
    to->file = from->file;
    to->offset = from->offset;
    to->type = from->type;
    to->referenced = from->referenced;
    to->is_protected = from->is_protected;
    to->refs.store(from->refs.load(std::memory_order_relaxed), std::memory_order_relaxed);
    Find(HashOf(from->file, from->offset), from->file, from->offset)->block = to;
    from->prev->PushFront(to);
    from->Unlink();
    to->next_of_file = from->next_of_file;
    to->to_this_of_file = from->to_this_of_file;
    *to->to_this_of_file = to;
    if (to->next_of_file != nullptr) to->next_of_file->to_this_of_file = &to->next_of_file;
    from->~Block();
    arena.Give(from);
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

struct BlockCache::Impl : CacheLife {
  size_t capacity;
  size_t shard_count;
  std::unique_ptr<Shard[]> shards;
  std::atomic<size_t> reserved{0};
  std::atomic<size_t> reserved_by_type[kBlockTypes] = {};

  Shard& ShardOf(uint64_t hash) { return shards[hash >> 48 & (shard_count - 1)]; }
  // What each shard may hold now.
  size_t Room() const { return capacity / shard_count - reserved.load(std::memory_order_relaxed) / shard_count; }
};

BlockCache::BlockCache(size_t capacity) : impl_(new Impl) {
  impl_->capacity = capacity;
  impl_->shard_count = std::clamp(std::bit_floor(capacity / kMinShardBytes), size_t{1}, kMaxShards);
  impl_->shards = std::make_unique<Shard[]>(impl_->shard_count);
  std::shared_ptr<SegmentRegion> region = capacity < kMinArenaBytes ? nullptr : SegmentRegion::Reserve(capacity);
  for (size_t i = 0; i < impl_->shard_count; i++) {
    Shard& shard = impl_->shards[i];
    shard.life = impl_;
    shard.arena = SlotArena(region);
  }
}

BlockCache::~BlockCache() {
  for (size_t i = 0; i < impl_->shard_count; i++) {
    Shard& shard = impl_->shards[i];
    std::lock_guard lock(shard.mutex);
    while (!shard.probation.empty()) shard.Remove(static_cast<Block*>(shard.probation.next));
    while (!shard.protected_blocks.empty()) shard.Remove(static_cast<Block*>(shard.protected_blocks.next));
  }
  impl_->Drop();
}

BlockRef BlockCache::Lookup(uint64_t file, uint64_t offset, BlockType type, bool count) {
  const uint64_t hash = HashOf(file, offset);
  Shard& shard = impl_->ShardOf(hash);
  std::lock_guard lock(shard.mutex);
  Block* block = shard.Find(hash, file, offset)->block_now();
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

void BlockCache::Prefetch(uint64_t file, uint64_t offset, int step) {
  const uint64_t hash = HashOf(file, offset);
  Shard& shard = impl_->ShardOf(hash);
  // Without the mutex: if somebody is changing the slots, this asks for a line that nobody needs. The mask first: see there.
  const size_t mask = shard.mask_hint.load(std::memory_order_acquire);
  const Shard::Slot* slots = shard.slots_hint.load(std::memory_order_acquire);
  size_t i = hash & mask;
  if (step == 0) return __builtin_prefetch(slots + i);
  for (size_t left = kProbes; left > 0; left--, i = (i + 1) & mask) {
    const Block* block = slots[i].block_now();
    if (block == nullptr) return;
    if (slots[i].hash_now() != hash) continue;
    __builtin_prefetch(block);
    __builtin_prefetch(reinterpret_cast<const char*>(block) - kLine);
    return;
  }
}

BlockRef BlockCache::Insert(uint64_t file, uint64_t offset, BlockType type, BlockRef ref) {
  Block* block = ref.block_;
  const uint64_t hash = HashOf(file, offset);
  Shard& shard = impl_->ShardOf(hash);
  const size_t room = impl_->Room();
  if (block->charge() > room) return ref;
  std::lock_guard lock(shard.mutex);
  if (Block* present = shard.Find(hash, file, offset)->block_now(); present != nullptr) {
    present->referenced = true;
    shard.Pin(present);
    return BlockRef(present);
  }
  bool in_arena;
  if (!shard.MakeRoom(type, block->total_size(), room, &in_arena)) return ref;
  if (in_arena) {
    block = shard.PutInSlot(shard.arena.Take(), block);
    ref.Reset();
    ref.block_ = block;
  }
  block->file = file;
  block->home = &shard;
  block->offset = offset;
  block->type = static_cast<uint64_t>(type);
  block->referenced = false;
  block->is_protected = false;
  block->refs.store(1 | kCached | (in_arena ? kInArena : 0), std::memory_order_relaxed);
  shard.pinned += block->charge();
  shard.Add(hash, block);
  return ref;
}

bool BlockCache::AskedOften(uint64_t file, uint64_t offset) {
  const uint64_t hash = HashOf(file, offset);
  Shard& shard = impl_->ShardOf(hash);
  std::lock_guard lock(shard.mutex);
  return shard.asks.Often(hash, impl_->capacity / impl_->shard_count);
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
    impl_->shards[i].Trim(room);
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
    stats.free_bytes += shard.arena.free_slots() * shard.arena.slot_size();
    stats.pinned_bytes += shard.pinned - shard.unpinned.load(std::memory_order_relaxed);
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
