#include "engine/multi_get.h"

#include <algorithm>
#include <utility>

#include "util/hash.h"
#include "util/perf_context.h"

namespace burrow {

inline bool MultiGet::Advance(Lane* lane) {
  TableLookup& lookup = lane->lookup;
  bool goes_on = true;
  switch (lane->step) {
    case Step::kFilter:
      goes_on = lookup.PassFilter(&answers_) && lookup.FindPart();
      if (goes_on) lookup.PrefetchIndex();
      lane->step = Step::kIndex;
      break;
    case Step::kIndex:
      goes_on = lookup.FindPosition();
      lane->step = Step::kHandle;
      break;
    case Step::kHandle:
      goes_on = lookup.ReadHandle();
      if (goes_on) lookup.PrefetchCache(0);
      lane->step = Step::kCache;
      break;
    case Step::kCache:
      lookup.PrefetchCache(1);
      lane->step = Step::kBlock;
      break;
    case Step::kBlock:
      goes_on = lookup.LoadBlock();
      if (goes_on) lookup.PrefetchEntries(0);
      lane->step = Step::kInterval;
      break;
    case Step::kInterval:
      lookup.PrefetchEntries(1);
      lane->step = Step::kSearch;
      break;
    case Step::kSearch:
      lookup.Search(&lane->result.value);
      goes_on = false;
      break;
  }
  if (goes_on) return false;
  status_ = std::move(lookup.status());
  const GetOutcome outcome = lookup.outcome();
  if (!status_.ok()) return true;
  if (outcome == GetOutcome::kAbsent) return NextTable(lane);
  // As in PointGet: what a newer tombstone covers is not there.
  if (outcome == GetOutcome::kNotCached || (outcome == GetOutcome::kValue && lookup.sequence() > lane->covering)) {
    lane->result.outcome = outcome;
  }
  return true;
}

Status MultiGet::Get(std::span<const Slice> keys, bool* cached) {
  Lane* under_way[kMaxKeys];
  size_t count = 0;
  *cached = true;
  status_ = Status();
  for (size_t i = 0; i < keys.size() && status_.ok(); ++i) {
    if (!Begin(&lanes_[i], keys[i])) under_way[count++] = &lanes_[i];
  }
  while (count > 0 && status_.ok()) {
    size_t kept = 0;
    for (size_t i = 0; i < count && status_.ok(); ++i) {
      if (!Advance(under_way[i])) under_way[kept++] = under_way[i];
    }
    count = kept;
  }
  if (counters_ != nullptr) answers_.AddTo(counters_);
  for (size_t i = 0; i < keys.size(); ++i) {
    lanes_[i].own_reader.reset();
    if (lanes_[i].result.outcome == GetOutcome::kNotCached) *cached = false;
  }
  return status_;
}

bool MultiGet::Begin(Lane* lane, Slice user_key) {
  lane->result.outcome = GetOutcome::kAbsent;
  lane->result.value = PinnedValue();
  lane->key.emplace(user_key, sequence_);
  lane->covering = 0;
  lane->level = 0;
  lane->position = 0;
  const bool in_memory = InMemtables(lane);
  if (options_.measured) [[unlikely]]
    PerfLap(Phase::kMemtable);
  if (in_memory) return true;
  lane->hash = Hash64(user_key);
  return NextTable(lane);
}

bool MultiGet::InMemtables(Lane* lane) {
  if (view_.active() != nullptr && InMemtable(lane, *view_.active())) return true;
  for (const auto& memtable : view_.immutables()) {
    if (InMemtable(lane, *memtable)) return true;
  }
  return false;
}

bool MultiGet::InMemtable(Lane* lane, const MemTable& memtable) {
  if (memtable.empty()) return false;
  const LookupKey& key = *lane->key;
  if (memtable.range_tombstone_count() > 0) {
    lane->covering = std::max(lane->covering, memtable.MaxCoveringTombstone(key.user_key(), key.sequence()));
  }
  Slice value;
  SequenceNumber found;
  const LookupResult outcome = memtable.Get(key, &value, &found);
  if (outcome == LookupResult::kAbsent) return false;
  if (outcome == LookupResult::kValue && found > lane->covering) {
    lane->result.outcome = GetOutcome::kValue;
    lane->result.value.value = value;
  }
  return true;
}

const TableEntry* MultiGet::FindTable(Lane* lane) const {
  const Levels& levels = view_.levels();
  const Slice user_key = lane->key->user_key();
  for (; lane->level < levels.count(); ++lane->level) {
    const auto& tables = levels.level(lane->level).tables;
    if (lane->level == 0) {
      while (lane->position < tables.size()) {
        const TableEntry* table = tables[lane->position++].get();
        if (table->MayContain(user_key)) return table;
      }
    } else if (!tables.empty()) {
      if (const TableEntry* table = levels.Find(lane->level, user_key); table != nullptr) return ++lane->level, table;
    }
  }
  return nullptr;
}

void MultiGet::Acquire(Lane* lane, const TableEntry& table) {
  Held& held = held_[table.number % kHeld];
  if (held.table != &table) {
    std::shared_ptr<TableReader>* reader = held.table == nullptr ? &held.reader : &lane->own_reader;
    status_ = table.handle->Acquire(options_.cache_only, reader);
    lane->reader = reader->get();
    if (reader == &held.reader && lane->reader != nullptr) held.table = &table;
    return;
  }
  lane->reader = held.reader.get();
}

bool MultiGet::NextTable(Lane* lane) {
  const TableEntry* table = FindTable(lane);
  if (table == nullptr) return true;
  Acquire(lane, *table);
  if (!status_.ok()) return true;
  if (lane->reader == nullptr) {
    lane->result.outcome = GetOutcome::kNotCached;
    return true;
  }
  if (table->range_tombstones > 0 && lane->reader->range_tombstones() != nullptr) {
    const SequenceNumber newest =
        lane->reader->range_tombstones()->MaxCovering(lane->key->user_key(), lane->key->sequence());
    lane->covering = std::max(lane->covering, newest);
  }
  const TableFile& file = lane->reader->file();
  counters_ = file.counters;
  lane->lookup.Start(file, *lane->key, lane->hash, options_);
  lane->lookup.PrefetchFilter();
  lane->step = Step::kFilter;
  return false;
}

}  // namespace burrow
