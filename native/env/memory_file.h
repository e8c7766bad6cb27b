#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <vector>

#include "util/random.h"
#include "util/slice.h"
#include "util/status.h"

namespace burrow {

// The room that the files of one memory Env share.
struct MemorySpace {
  std::atomic<uint64_t> capacity{UINT64_MAX};
  std::atomic<uint64_t> used{0};
  // Held shared while content changes and exclusively while the whole Env is copied, so that a copy shows one instant.
  std::shared_mutex world;

  // While a crash is to come, BeforeChange counts it down, and the last one calls `crash`, without locks.
  void BeforeChange();
  void CrashAfter(uint64_t changes, std::function<void()> crash);

 private:
  std::mutex mu_;  // guards these
  std::atomic<uint64_t> changes_left_{0};
  std::function<void()> crash_;
};

// The content of one file, as programs see it and as it was at the last Sync. Both share chunks: what does not change
// costs nothing twice, and what was never written (Allocate, Truncate upwards) costs nothing at all.
//
// Locks itself; the functions that say "REQUIRES: world" are called with space->world held exclusively.
class MemoryFile {
 public:
  explicit MemoryFile(std::shared_ptr<MemorySpace> space) : space_(std::move(space)) {}
  ~MemoryFile();
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  // These return an errno, or 0. WriteAt writes what there is room for.
  int WriteAt(Slice data, uint64_t offset, size_t* written);
  int Resize(uint64_t size);
  int GrowTo(uint64_t size);  // Resize that never shrinks

  MemorySpace* space() const { return space_.get(); }
  size_t ReadAt(uint64_t offset, size_t n, char* to) const;
  uint64_t Size() const;
  void Sync();

  // Names and open handles. A file without either gives its room back, though a crash could still bring it to light.
  void AddUser();
  void DropUser();

  // What a killed process leaves: everything written; what was synced is remembered as such. REQUIRES: world.
  std::shared_ptr<MemoryFile> KillClone(std::shared_ptr<MemorySpace> space);
  // What a power cut may leave; all of it is durable then. REQUIRES: world.
  std::shared_ptr<MemoryFile> CrashClone(std::shared_ptr<MemorySpace> space, Random* random);

  // The directory lock.
  bool TryLock() { return !locked_.exchange(true); }
  void Unlock() { locked_.store(false); }

 private:
  static constexpr size_t kChunk = 16 << 10;

  struct Chunk {
    char bytes[kChunk];
  };
  struct Slot {
    std::shared_ptr<Chunk> chunk;  // null: zeros
    bool owned = false;            // nobody else refers to the chunk, so it may be written in place
  };
  // What lies behind the last slot, and in a chunk behind `size`, is zeros.
  struct Content {
    std::vector<Slot> slots;
    uint64_t size = 0;
  };

  enum class Sector { kOld, kNew, kZero, kGarbage };

  static const char* Bytes(const Content& content, uint64_t offset);  // of the chunk that holds it, from there on
  static Content Share(Content* content);
  static char* Writable(Content* content, size_t index);
  static void Write(Content* content, uint64_t offset, Slice data);
  static void Cut(Content* content, uint64_t size);

  uint64_t Reserve(uint64_t size);               // grows what is charged towards `size`; the size there was room for
  void Shrink(uint64_t size);                    // REQUIRES: size <= live_.size
  std::vector<uint64_t> ChangedSectors() const;  // offsets of those that differ from durable_

  const std::shared_ptr<MemorySpace> space_;
  mutable std::shared_mutex mu_;
  Content live_;
  Content durable_;
  size_t dirty_from_ = SIZE_MAX;  // slots in [dirty_from_, dirty_to_) may differ from durable_
  size_t dirty_to_ = 0;
  uint64_t shrunk_to_ = 0;  // the smallest size since the last Sync: blocks behind it are new ones
  int users_ = 0;
  std::atomic<bool> locked_{false};
};

}  // namespace burrow
