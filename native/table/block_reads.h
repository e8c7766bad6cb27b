#pragma once

#include <cstdint>
#include <unordered_map>

namespace burrow {

// Counts, by table file, where the blocks came from that the reads needed which were given it: see TableReadOptions. One
// thread at a time.
class BlockReads {
 public:
  struct Counts {
    uint64_t cached = 0;  // data blocks found in the cache
    uint64_t read = 0;    // data blocks, index and filter partitions read from the file
    uint64_t bytes = 0;   // of the latter, as stored
  };

  void Cached(uint64_t file) {
    ++total_.cached;
    ++files_[file].cached;
  }
  void Read(uint64_t file, uint64_t bytes) {
    ++total_.read;
    total_.bytes += bytes;
    Counts& counts = files_[file];
    ++counts.read;
    counts.bytes += bytes;
  }
  const Counts& total() const { return total_; }
  Counts of(uint64_t file) const {
    auto found = files_.find(file);
    return found == files_.end() ? Counts() : found->second;
  }

 private:
  Counts total_;
  std::unordered_map<uint64_t, Counts> files_;
};

}  // namespace burrow
