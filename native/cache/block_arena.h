#pragma once

#include <bit>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace burrow {

// Memory for the blocks of a large cache, in huge pages where the system has them (on Linux also where they are only
// given to those who ask, its usual setting): a table of gigabytes has more small pages than a processor remembers.

// A reserved range of addresses, given out in segments of kSize bytes. A segment takes no memory before it is
// used and none after it was given back, except that the first use of a huge page takes all of it: at most 2 MiB for
// segments that were not given out yet. And a thread of its own has kAhead huge pages ready once the first was taken:
// the system clears them, which takes as long as dozens of reads, and far longer where it gets them from a hypervisor.
// Any number of threads.
class SegmentRegion {
 public:
  static constexpr size_t kSize = 256 << 10;
  static constexpr size_t kPage = 2 << 20;
  static constexpr size_t kAhead = 2;

  // Room for `bytes`. Null where there are no huge pages, or no addresses.
  static std::shared_ptr<SegmentRegion> Reserve(size_t bytes);
  ~SegmentRegion();
  SegmentRegion(const SegmentRegion&) = delete;
  SegmentRegion& operator=(const SegmentRegion&) = delete;

  char* Take();  // aligned to kSize; null when all are out
  void Give(char* segment);

 private:
  SegmentRegion() = default;
  bool WantsMore() const { return touched_ != end_ && touched_ < next_ + kAhead * kPage; }
  void TouchAhead();

  void* mapping_ = nullptr;
  size_t mapped_ = 0;
  std::mutex mutex_;
  char* next_ = nullptr;     // never given out
  char* touched_ = nullptr;  // the first page that was not touched before it was needed; at a page's begin
  char* end_ = nullptr;
  std::vector<char*> returned_;
  bool stopping_ = false;
  std::condition_variable wanted_;
  std::thread thread_;
};

// Slots of one size, cut out of segments. As all have one size, each fits each hole, and what is left in a segment can
// always move to holes elsewhere: the owner may get the memory of as many segments back as it has whole segments free.
// Not thread-safe.
class SlotArena {
 public:
  struct Segment {
    uint64_t used;      // a bit a slot
    uint32_t position;  // in segments()
    uint32_t first;     // where its first slot is: see Grow

    char* SlotAt(size_t i, size_t slot_size) { return reinterpret_cast<char*>(this) + first + i * slot_size; }
    size_t live() const { return static_cast<size_t>(std::popcount(used)); }
  };

  // The segments of one region may serve many arenas. Null: the arena has no slots.
  explicit SlotArena(std::shared_ptr<SegmentRegion> region = nullptr) : region_(std::move(region)) {}
  SlotArena(SlotArena&&) = default;
  SlotArena& operator=(SlotArena&&) = default;
  ~SlotArena();

  bool enabled() const { return region_ != nullptr; }
  size_t slot_size() const { return slot_size_; }
  size_t slots_per_segment() const { return slots_per_segment_; }
  size_t free_slots() const { return free_slots_; }
  const std::vector<Segment*>& segments() const { return segments_; }

  // 0: none, as in the beginning. False when slots of that size would waste more than a sixteenth of a segment.
  // REQUIRES: no segments.
  bool SetSlotSize(size_t size);
  bool Grow();  // by a segment; false when the region has none
  // REQUIRES: free_slots() > 0. It begins in the middle of a line of 64 bytes, and is not from `avoid`.
  char* Take(const Segment* avoid = nullptr);
  void Give(void* inside_slot);
  void Release(Segment* segment);  // REQUIRES: none of its slots is used

  static Segment* SegmentOf(void* address) {
    return reinterpret_cast<Segment*>(reinterpret_cast<uintptr_t>(address) & ~uintptr_t{SegmentRegion::kSize - 1});
  }

 private:
  std::shared_ptr<SegmentRegion> region_;
  std::vector<Segment*> segments_;
  size_t slot_size_ = 0;
  size_t slots_per_segment_ = 0;
  size_t free_slots_ = 0;
  size_t hint_ = 0;  // no segment before it has a free slot
};

}  // namespace burrow
