#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "env/direct_io.h"
#include "util/histogram.h"
#include "util/status.h"

namespace burrow::datagen {

// Time of the threads of one side, added up over them.
struct SideTime {
  uint64_t active_nanos = 0;   // from the start to the end of each thread
  uint64_t working_nanos = 0;  // of it: filling or writing buffers
  // The rest, as a share: for a buffer of the other side, for the queue, or for a processor to go on with it.
  double WaitingShare() const;
};

struct PipelineTimes {
  uint64_t bytes = 0;  // written
  uint64_t writes = 0;
  uint64_t elapsed_nanos = 0;  // from the start to the end of the last thread
  uint64_t device_nanos = 0;   // while at least one write was under way
  SideTime producers;
  SideTime writers;
  HistogramSnapshot latency;  // of writes, nanoseconds
};

// Producers fill buffers, writers write them; a fixed set of buffers, made once, goes round between them. Pieces are taken
// in the order of their offsets by both sides.
class WritePipeline {
 public:
  struct Options {
    uint64_t size = 0;
    size_t write_size = 0;  // bytes of each buffer and write; the last one may be shorter
    int producers = 1;
    int writers = 1;
    int buffers = 4;
    // Every write is a multiple of kDirectAlignment: the last one is filled up with zeros, so the file may end behind `size`.
    bool aligned = false;
  };
  // Fills [to, to + n) with the bytes at `offset`. Called by several threads at once.
  using Fill = std::function<Status(uint64_t offset, char* to, size_t n)>;

  // REQUIRES: size and write_size are not 0; all counts at least 1; with `aligned`, write_size is a multiple.
  WritePipeline(const Options& options, Fill fill);

  // Once. Starts the threads and waits for them; the first error of any ends all. kAborted after Cancel. *times is set in
  // every case.
  Status Run(PositionalFile* file, PipelineTimes* times);

  // Any thread, also before Run. Writes that are under way end first.
  void Cancel();
  uint64_t written() const { return written_.load(std::memory_order_relaxed); }

 private:
  struct Piece {
    char* data;
    uint64_t offset;
    size_t size;
  };
  struct Free {
    void operator()(char* memory) const;
  };

  void Produce();
  void Write(PositionalFile* file);
  void Fail(Status status);
  void AddTime(SideTime* side, uint64_t begin, uint64_t working);

  const Options options_;
  const Fill fill_;
  std::unique_ptr<char, Free> memory_;
  std::atomic<uint64_t> written_{0};
  Histogram latency_;

  std::mutex mutex_;  // guards what follows
  std::condition_variable freed_;
  std::condition_variable filled_;
  std::vector<char*> free_;
  std::vector<Piece> full_;  // a ring
  size_t full_head_ = 0;
  size_t full_count_ = 0;
  uint64_t next_offset_ = 0;  // of the piece that the next producer takes
  int producing_ = 0;         // producers that have not ended
  bool stopped_ = false;
  Status status_;
  int under_way_ = 0;  // writes
  uint64_t under_way_since_ = 0;
  uint64_t last_write_end_ = 0;
  PipelineTimes times_;
};

}  // namespace burrow::datagen
