#include "engine/record_dump.h"

#include <algorithm>
#include <utility>

#include "merge/merging_iterator.h"

namespace burrow {

namespace {

constexpr size_t kReadAhead = 1 << 20;

}  // namespace

std::unique_ptr<RecordDump> RecordDump::OfMemtables(std::vector<std::shared_ptr<MemTable>> memtables,
                                                    SequenceNumber visible) {
  std::unique_ptr<RecordDump> dump(new RecordDump);
  dump->memtables_ = std::move(memtables);
  dump->visible_ = visible;
  std::vector<std::unique_ptr<InternalIterator>> children;
  for (const auto& memtable : dump->memtables_) {
    children.push_back(memtable->NewIterator());
    dump->AddTombstones(*memtable);
  }
  std::sort(dump->tombstones_.begin(), dump->tombstones_.end(),
            [](const auto& a, const auto& b) { return CompareInternalKeys(a.first, b.first) < 0; });
  dump->points_ = NewMergingIterator(std::move(children));
  return dump;
}

void RecordDump::AddTombstones(const MemTable& memtable) {
  std::shared_ptr<const FragmentedTombstones> all = memtable.range_tombstones();
  if (all == nullptr) return;
  for (const FragmentedTombstones::Fragment& fragment : all->fragments()) {
    for (uint32_t i = 0; i < fragment.sequence_count; ++i) {
      const SequenceNumber sequence = all->sequences(fragment)[i];
      if (sequence > visible_) continue;
      std::string key;
      AppendInternalKey(&key, fragment.begin, PackTrailer(sequence, Kind::kRangeDelete));
      tombstones_.emplace_back(std::move(key), std::string(fragment.end));
    }
  }
}

Status RecordDump::OfTable(std::shared_ptr<Env> env, const std::string& path, uint64_t number,
                           std::unique_ptr<RecordDump>* dump) {
  std::unique_ptr<RandomAccessFile> file;
  BURROW_RETURN_IF_ERROR(env->NewRandomAccessFile(path, &file));
  std::unique_ptr<RecordDump> made(new RecordDump);
  made->env_ = std::move(env);
  made->cache_ = std::make_unique<BlockCache>(0);
  made->counters_ = std::make_unique<TableReader::Counters>();
  BURROW_RETURN_IF_ERROR(TableReader::Open(std::move(file), path, number, 0, nullptr, made->cache_.get(),
                                           made->counters_.get(), &made->table_));
  made->points_ = made->table_->NewIterator({.fill_cache = false, .read_ahead = kReadAhead});
  *dump = std::move(made);
  return Status();
}

bool RecordDump::TombstoneIsNext() const {
  if (next_tombstone_ == tombstones_.size()) return false;
  return !points_->Valid() || CompareInternalKeys(tombstones_[next_tombstone_].first, points_->key()) < 0;
}

void RecordDump::Append(Slice key, Slice value, std::string* packed) {
  PutFixed64(packed, Trailer(key));
  PutFixed32(packed, static_cast<uint32_t>(key.size() - kTrailerSize));
  PutFixed32(packed, static_cast<uint32_t>(value.size()));
  packed->append(UserKey(key)).append(value);
}

Status RecordDump::Next(size_t max_bytes, std::string* packed) {
  packed->clear();
  if (!std::exchange(begun_, true)) points_->SeekToFirst();
  while (packed->empty() || packed->size() < max_bytes) {
    if (TombstoneIsNext()) {
      const auto& [key, end] = tombstones_[next_tombstone_++];
      Append(key, end, packed);
      continue;
    }
    if (!points_->Valid()) break;
    if (SequenceOf(points_->key()) <= visible_) Append(points_->key(), points_->value(), packed);
    points_->Next();
  }
  return packed->empty() ? points_->status() : Status();
}

}  // namespace burrow
