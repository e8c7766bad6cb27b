#include "cache/block_arena.h"

#include <algorithm>
#include <new>
#include <utility>

#include "util/background_thread.h"

#ifdef __linux__
#include <sys/mman.h>
#endif

namespace burrow {
namespace {
constexpr size_t kLine = 64;
constexpr size_t kMinMargin = 2 << 10;  // of a segment beside its slots
}  // namespace

#ifdef __linux__
std::shared_ptr<SegmentRegion> SegmentRegion::Reserve(size_t bytes) {
  bytes = (bytes + kPage - 1) / kPage * kPage;
  const size_t mapped = bytes + kPage;
  void* mapping = mmap(nullptr, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapping == MAP_FAILED) return nullptr;
  std::shared_ptr<SegmentRegion> region(new SegmentRegion);
  region->mapping_ = mapping;
  region->mapped_ = mapped;
  region->next_ = static_cast<char*>(mapping) + (-reinterpret_cast<uintptr_t>(mapping) & (kPage - 1));
  region->touched_ = region->next_;
  region->end_ = region->next_ + bytes;
  if (madvise(region->next_, bytes, MADV_HUGEPAGE) != 0) return nullptr;
  return region;
}

SegmentRegion::~SegmentRegion() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wanted_.notify_one();
  if (thread_.joinable()) thread_.join();
  munmap(mapping_, mapped_);
}

void SegmentRegion::Give(char* segment) {
  madvise(segment, kSize, MADV_DONTNEED);
  std::lock_guard lock(mutex_);
  returned_.push_back(segment);
}
#else
std::shared_ptr<SegmentRegion> SegmentRegion::Reserve(size_t) { return nullptr; }
SegmentRegion::~SegmentRegion() = default;
void SegmentRegion::Give(char* segment) { returned_.push_back(segment); }
#endif

char* SegmentRegion::Take() {
  std::lock_guard lock(mutex_);
  if (!returned_.empty()) {
    char* segment = returned_.back();
    returned_.pop_back();
    return segment;
  }
  if (next_ == end_) return nullptr;
  char* segment = std::exchange(next_, next_ + kSize);
  // Whoever uses the segment touches its page, if that is not done: the thread goes on behind it.
  if (touched_ < next_) touched_ = segment + (-reinterpret_cast<uintptr_t>(segment) & (kPage - 1));
  if (touched_ < next_) touched_ += kPage;
  if (WantsMore()) {
    if (!thread_.joinable()) thread_ = StartBackgroundThread("burrow-memory", [this] { TouchAhead(); });
    wanted_.notify_one();
  }
  return segment;
}

void SegmentRegion::TouchAhead() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wanted_.wait(lock, [this] { return stopping_ || WantsMore(); });
    if (stopping_) return;
    char* page = std::exchange(touched_, touched_ + kPage);
    lock.unlock();
    // Not madvise: that would hold up every mmap of the process meanwhile. Slots end before that byte (see Grow), so it
    // belongs to nobody when the page has been given out by now.
    *static_cast<volatile char*>(page + kSize - 1) = 0;
    lock.lock();
  }
}

SlotArena::~SlotArena() {
  for (Segment* segment : segments_) region_->Give(reinterpret_cast<char*>(segment));
}

bool SlotArena::SetSlotSize(size_t size) {
  const size_t slots = size == 0 ? 0 : (SegmentRegion::kSize - kMinMargin) / size;
  if (slots > 64 || (size != 0 && slots * size < SegmentRegion::kSize / 16 * 15)) return false;
  slot_size_ = size;
  slots_per_segment_ = slots;
  return true;
}

// Segments begin at a multiple of what a processor's cache maps to the same places. If their slots began alike, the
// lines that every lookup touches would displace each other: so each segment begins its slots at another line, in its middle
// because the cache wants the ends of slots there.
bool SlotArena::Grow() {
  char* memory = region_->Take();
  if (memory == nullptr) return false;
  auto* segment = new (memory) Segment;
  const size_t places = (SegmentRegion::kSize - slots_per_segment_ * slot_size_) / kLine - 2;
  segment->used = 0;
  segment->position = static_cast<uint32_t>(segments_.size());
  segment->first = static_cast<uint32_t>(
      (1 + reinterpret_cast<uintptr_t>(memory) / SegmentRegion::kSize % places) * kLine + kLine / 2);
  segments_.push_back(segment);
  free_slots_ += slots_per_segment_;
  return true;
}

char* SlotArena::Take(const Segment* avoid) {
  const uint64_t all = slots_per_segment_ == 64 ? ~uint64_t{0} : (uint64_t{1} << slots_per_segment_) - 1;
  size_t i = hint_;
  while (segments_[i]->used == all || segments_[i] == avoid) i++;
  if (avoid == nullptr) hint_ = i;
  Segment* segment = segments_[i];
  const auto slot = static_cast<size_t>(std::countr_one(segment->used));
  segment->used |= uint64_t{1} << slot;
  free_slots_--;
  return segment->SlotAt(slot, slot_size_);
}

void SlotArena::Give(void* inside_slot) {
  Segment* segment = SegmentOf(inside_slot);
  const auto at = static_cast<size_t>(static_cast<char*>(inside_slot) - segment->SlotAt(0, slot_size_));
  segment->used &= ~(uint64_t{1} << at / slot_size_);
  free_slots_++;
  hint_ = std::min<size_t>(hint_, segment->position);
}

void SlotArena::Release(Segment* segment) {
  const uint32_t position = segment->position;
  segments_.back()->position = position;
  segments_[position] = segments_.back();
  segments_.pop_back();
  free_slots_ -= slots_per_segment_;
  hint_ = std::min<size_t>(hint_, position);
  region_->Give(reinterpret_cast<char*>(segment));
}

}  // namespace burrow
