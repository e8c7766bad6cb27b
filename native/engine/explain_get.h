#pragma once

#include <cstdint>
#include <vector>

#include "engine/point_get.h"

namespace burrow {

// One place that a point read looked at.
struct GetStep {
  enum class Place : uint8_t { kActive, kImmutable, kLevel };
  enum class Outcome : uint8_t {
    kHit,         // the value
    kTombstone,   // the key is deleted as of here; below a range tombstone the search goes on
    kAbsent,      // memtables: nothing about the key
    kNotInBlock,  // tables: nothing about the key, though bounds and filter allowed for it
    kFilterSkip,  // the filter ruled it out
    kRangeSkip,   // outside of the bounds of the table, or, without file, of every table of the level
  };
  enum class BlockSource : uint8_t { kNone, kCache, kDisk };

  Place place = Place::kActive;
  size_t memtable = 0;  // which immutable one, from the newest
  int level = 0;
  uint64_t file = 0;  // 0: no table of the level
  Outcome outcome = Outcome::kAbsent;
  SequenceNumber sequence = 0;             // of the newest visible version there; 0: there is none
  SequenceNumber range_tombstone = 0;      // the newest one there that covers the key; 0: none does
  BlockSource block = BlockSource::kNone;  // kDisk also for a part of a filter or index
  bool filtered = false;                   // a filter was asked
  bool opened = false;                     // the table file had to be opened
  uint64_t nanos = 0;
};

// What PointGet does, step by step and with its answer. After an error the steps end with the place that failed.
Status ExplainGet(const ReadView& view, Slice user_key, SequenceNumber sequence, const TableReadOptions& options,
                  GetResult* result, SequenceNumber* found, std::vector<GetStep>* steps);

}  // namespace burrow
