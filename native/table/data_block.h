#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/internal_key.h"
#include "util/status.h"

namespace burrow {

// A data block: internal keys with their values, prefix-compressed between restart points, with a hash index from user
// keys to restart points (docs/formats.md "Table").

// Bytes that a and b share at the front.
size_t CommonPrefix(Slice a, Slice b);

class DataBlockBuilder {
 public:
  explicit DataBlockBuilder(int restart_interval) : restart_interval_(restart_interval) { Reset(); }

  // `shared` is the common prefix of the user key with that of the entry added before; it is not looked at for the
  // first entry of a block. `hash` is Hash64(user_key). REQUIRES: ascending order.
  void Add(Slice user_key, uint64_t trailer, Slice value, size_t shared, uint64_t hash);
  // The finished block; it lives until Reset.
  Slice Finish();
  void Reset();
  bool empty() const { return size_ == 0; }
  // Size that Finish would give, roughly (the hash index is not counted).
  size_t EstimatedSize() const { return size_ + restarts_.size() * sizeof(uint32_t); }

 private:
  struct HashEntry {
    uint32_t hash;
    uint32_t restart;
  };

  char* Reserve(size_t bytes);  // room for so many bytes at the end
  void AppendHashIndex();

  const int restart_interval_;
  std::unique_ptr<char[]> buffer_;
  size_t size_ = 0;
  size_t capacity_ = 0;
  int since_restart_ = 0;
  size_t last_user_key_size_ = 0;
  std::vector<uint32_t> restarts_;
  std::vector<HashEntry> hashes_;
};

// A view of a finished block. Everything read from it is checked: whatever its bytes are, no function here reads
// outside of them.
class DataBlock {
 public:
  enum class Found : uint8_t { kNo, kYes, kCorrupt };

  // False when the frame does not add up.
  bool Init(Slice contents);

  // The first entry at or after the internal key `target`, if it has the same user key. `hash` is Hash64 of that.
  // REQUIRES: at least kTrailerSize readable bytes behind target's user key (its own trailer).
  Found Get(Slice target, uint64_t hash, uint64_t* trailer, Slice* value) const;

  // Asks for what Get is going to read: in two steps, 0 and 1, since where a hash stands for several intervals the first
  // finds the place of the second.
  void PrefetchFor(Slice target, uint64_t hash, int step) const;

  // For a Verify: whether the hash index leads to this key, which is in the interval of `restart`.
  bool HashFinds(uint64_t hash, uint32_t restart) const;

  uint32_t restart_count() const { return restart_count_; }
  const char* entries_begin() const { return data_; }
  const char* entries_end() const { return entries_end_; }
  // Where the interval begins; null when the offset is out of range. REQUIRES: i < restart_count().
  const char* Restart(uint32_t i) const;
  void PrefetchRestarts() const;  // what FindRestart is going to read, in a block of the usual size
  // The last restart point whose key is before `target` (0 when none is); false for a corrupt block.
  bool FindRestart(Slice target, uint32_t* restart) const;

 private:
  const char* data_ = nullptr;
  const char* entries_end_ = nullptr;  // where the restart offsets begin
  uint32_t restart_count_ = 0;
  uint32_t bucket_count_ = 0;  // 0: no hash index
  const uint8_t* buckets_ = nullptr;
};

// A cursor over a data block, with the rules of InternalIterator (not virtual: a table's iterator wraps it).
class DataBlockCursor {
 public:
  DataBlockCursor() = default;
  DataBlockCursor(const DataBlockCursor&) = delete;
  DataBlockCursor& operator=(const DataBlockCursor&) = delete;

  // The block outlives the cursor's use of it. Not positioned afterwards.
  void Reset(const DataBlock& block);

  bool Valid() const { return valid_; }
  Slice key() const { return key_; }
  Slice value() const { return value_; }
  bool corrupt() const { return corrupt_; }
  // Index of the interval that the entry is in. REQUIRES: the cursor came by SeekToFirst and Next only, and this was
  // called once at each entry before.
  uint32_t CountRestart() {
    if (restart_ + 1 < block_.restart_count() && entry_ == block_.Restart(restart_ + 1)) restart_++;
    return restart_;
  }

  void SeekToFirst();
  void SeekToLast();
  void Seek(Slice target);
  void SeekBefore(Slice target);
  void Next();
  void Prev();

  // The first two steps of Seek and SeekBefore, each of which asks for the memory that the next one needs, and the third.
  void PrefetchRestarts() const { block_.PrefetchRestarts(); }
  bool FindRestart(Slice target, uint32_t* restart);  // false for a corrupt block
  void SeekFrom(uint32_t restart, Slice target);      // REQUIRES: what FindRestart found
  void SeekBeforeFrom(uint32_t restart, Slice target);

 private:
  void ToRestart(uint32_t restart);  // before the first entry of the interval
  bool Parse();                      // the entry at next_; false at the end and for a corrupt one
  void Corrupt();
  // The last entry that begins before `limit`, from the current interval on; those in front of it are in passed_ then.
  void ToLastBefore(const char* limit);
  char* Grow(size_t size, size_t keep);

  // The entries in front of the current one that a walk forward has met, so that a step backward need not begin at the
  // restart point again. As many as there is room for: the last ones.
  struct Passed {
    static constexpr uint32_t kMaxEntries = 32;
    struct Entry {
      const char* entry;
      Slice key;
      Slice value;
    };
    void Add(const char* entry, Slice key, Slice value, bool copy);  // `copy`: the key is not in the block
    void Clear() { count = key_bytes = 0; }

    uint32_t count = 0;
    uint32_t key_bytes = 0;
    Entry entries[kMaxEntries];
    char keys[4096];
  };

  DataBlock block_;
  bool valid_ = false;
  bool corrupt_ = false;
  uint32_t restart_ = 0;
  const char* entry_ = nullptr;  // the current entry
  const char* next_ = nullptr;   // the one after it
  Slice key_;
  Slice value_;
  // The key, unless it stands whole in the block or is a passed one.
  char* buffer_ = short_key_;
  size_t capacity_ = sizeof short_key_;
  char short_key_[64];
  std::unique_ptr<char[]> long_key_;
  std::unique_ptr<Passed> passed_;  // null until the first step backward
};

}  // namespace burrow
