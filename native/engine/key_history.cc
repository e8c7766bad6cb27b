#include "engine/key_history.h"

#include <algorithm>
#include <utility>

namespace burrow {

namespace {

class Gathering {
 public:
  Gathering(Slice user_key, SequenceNumber sequence, std::vector<KeyVersion>* versions)
      : key_(user_key, sequence), versions_(versions) {}

  void AddTombstones(const FragmentedTombstones* tombstones, const KeyVersion& place) {
    if (tombstones == nullptr) return;
    const size_t i = tombstones->Find(key_.user_key());
    if (i == tombstones->fragments().size()) return;
    const FragmentedTombstones::Fragment& fragment = tombstones->fragments()[i];
    if (fragment.begin > key_.user_key()) return;
    for (uint32_t j = 0; j < fragment.sequence_count; ++j) {
      const SequenceNumber sequence = tombstones->sequences(fragment)[j];
      if (sequence > key_.sequence()) continue;
      KeyVersion& version = versions_->emplace_back(place);
      version.sequence = sequence;
      version.kind = static_cast<uint8_t>(Kind::kRangeDelete);
      version.begin = fragment.begin;
      version.end = fragment.end;
    }
  }

  Status AddPoints(std::unique_ptr<InternalIterator> records, const KeyVersion& place) {
    records->Seek(key_.internal_key());
    for (; records->Valid() && UserKey(records->key()) == key_.user_key(); records->Next()) {
      KeyVersion& version = versions_->emplace_back(place);
      version.sequence = SequenceOf(records->key());
      version.kind = RawKindOf(records->key());
      version.value_bytes = records->value().size();
    }
    return records->status();
  }

  Status AddMemtable(const MemTable& memtable, const KeyVersion& place) {
    AddTombstones(memtable.range_tombstones().get(), place);
    return AddPoints(memtable.NewIterator(), place);
  }

  Status AddTable(const TableEntry& table, int level) {
    std::shared_ptr<TableReader> reader;
    BURROW_RETURN_IF_ERROR(table.handle->Acquire(false, &reader));
    KeyVersion place;
    place.level = level;
    place.file = table.number;
    AddTombstones(reader->range_tombstones().get(), place);
    return AddPoints(reader->NewIterator({}), place);
  }

 private:
  const LookupKey key_;
  std::vector<KeyVersion>* const versions_;
};

}  // namespace

Status KeyHistory(const ReadView& view, Slice user_key, SequenceNumber sequence, std::vector<KeyVersion>* versions) {
  versions->clear();
  Gathering gathering(user_key, sequence, versions);
  KeyVersion place;
  place.active = true;
  if (view.active() != nullptr) BURROW_RETURN_IF_ERROR(gathering.AddMemtable(*view.active(), place));
  place.active = false;
  for (const auto& memtable : view.immutables()) {
    BURROW_RETURN_IF_ERROR(gathering.AddMemtable(*memtable, place));
    ++place.memtable;
  }
  const Levels& levels = view.levels();
  for (int number = 0; number < levels.count(); ++number) {
    for (const TableRef& table : levels.level(number).tables) {
      if (table->MayContain(user_key)) BURROW_RETURN_IF_ERROR(gathering.AddTable(*table, number));
    }
  }
  // Of one sequence number, which one batch never gives twice, nothing is here twice but what a compaction moved.
  std::stable_sort(versions->begin(), versions->end(),
                   [](const KeyVersion& a, const KeyVersion& b) { return a.sequence > b.sequence; });
  return Status();
}

}  // namespace burrow
