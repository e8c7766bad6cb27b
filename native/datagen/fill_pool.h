#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "datagen/source.h"

namespace burrow::datagen {

// Where the threads of a pool run: so many of them, on these CPUs (empty: anywhere).
struct ThreadGroup {
  int node = -1;  // -1: not of one node
  int threads = 1;
  std::vector<int> cpus;
};

// Threads that write what sources say, made at the first need and kept. Fills wait for each other in the order they came,
// except that threads without work go on to the next. With several groups, each writes its own part of every buffer, the
// same part of the same buffer each time, and helps the others only when it is done.
class FillPool {
 public:
  // `bind_memory`: groups that have a node take memory from nowhere else.
  FillPool(std::vector<ThreadGroup> groups, bool bind_memory);
  // Waits for the fills that were begun.
  ~FillPool();

  // One pool a kind and process, for as long as somebody has it.
  static std::shared_ptr<FillPool> Shared(const std::vector<ThreadGroup>& groups, bool bind_memory);

  int threads() const;
  const std::vector<ThreadGroup>& groups() const;

  // Below, the calling thread is faster alone.
  static constexpr size_t kAlone = 256 << 10;
  // From here on threads share a buffer, unless each is to place its part on a node. To wake another one takes longer
  // than it would save on a smaller one.
  static constexpr size_t kShareFrom = 2 << 20;

  // Writes bytes [offset, offset + n) to `out`; the calling thread helps, unless memory is bound. REQUIRES: as Source::Fill.
  void Fill(const Source& source, uint64_t offset, size_t n, char* out);
  // The same on the pool's threads alone; `done` is called on one of them. `out` is there until then.
  void Start(const Source& source, uint64_t offset, size_t n, char* out, std::function<void()> done);

  // What could not be had of what was asked for: pinned threads, bound memory. Empty: nothing is missing.
  std::string problem() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace burrow::datagen
