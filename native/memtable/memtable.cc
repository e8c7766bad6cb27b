#include "memtable/memtable.h"

#include <algorithm>
#include <string>
#include <vector>

namespace burrow {

struct MemTable::Ranges {
  // A point lookup scans up to this many tombstones that are not fragmented yet, plus a sixteenth of those that are:
  // so a run of range deletes with reads between them costs O(log n) amortized each, not a rebuild.
  static constexpr size_t kMaxTail = 32;

  // REQUIRES: mutex is held.
  void Fragment() {
    if (fragmented_count == all.size()) return;
    fragments = FragmentedTombstones::Build(all);
    fragmented_count = all.size();
    UpdateUsage();
  }
  void UpdateUsage() {
    usage.store(all.capacity() * sizeof(RangeTombstone) + arena.MemoryUsage() +
                    (fragments == nullptr ? 0 : fragments->MemoryUsage()),
                std::memory_order_relaxed);
  }

  std::mutex mutex;
  Arena arena;  // the bounds
  std::vector<RangeTombstone> all;
  std::shared_ptr<const FragmentedTombstones> fragments;  // of the first fragmented_count of them
  size_t fragmented_count = 0;
  std::atomic<size_t> usage{0};
};

namespace {

// Keys from which the shared prefix is learned: to insert them again takes some hundred microseconds.
constexpr uint64_t kLearnFrom = 1024;
// Entries from which there is an index: with fewer a search is cheap.
constexpr uint64_t kIndexFrom = 4096;
// A slot, of which some stay empty.
constexpr size_t kIndexBytesOfKey = 10;
// What is cleared in a millisecond. The index grows by itself.
constexpr size_t kMaxFirstIndex = 4 << 20;
// So many bytes of what those share are still compared, since keys to come may share less: numbers that count up do.
constexpr size_t kMayChange = 3;

bool IsRange(const MemTable::Entry& entry) {
  return static_cast<uint8_t>(entry.trailer) == static_cast<uint8_t>(Kind::kRangeDelete);
}

class MemTableIterator final : public InternalIterator {
 public:
  explicit MemTableIterator(const SkipList& list) : list_(list) {}

  void SeekToFirst() override { MoveTo(list_.First()); }
  void SeekToLast() override { MoveTo(list_.Last()); }
  void Seek(Slice target) override { MoveTo(list_.FindAtOrAfter(UserKey(target), Trailer(target))); }
  void SeekBefore(Slice target) override { MoveTo(list_.FindBefore(UserKey(target), Trailer(target))); }
  void Next() override { MoveTo(node_->next()); }
  void Prev() override { MoveTo(list_.FindBefore(node_->user_key(), node_->trailer())); }
  Status status() const override { return Status(); }

 private:
  void MoveTo(const SkipList::Node* node) {
    node_ = node;
    valid_ = node != nullptr;
    if (!valid_) return;
    key_ = node->internal_key();
    value_ = node->value();
  }

  const SkipList& list_;
  const SkipList::Node* node_ = nullptr;
};

}  // namespace

MemTable::MemTable(Slice shared_prefix, size_t size)
    : points_(std::make_unique<Points>(shared_prefix)),
      learns_(shared_prefix.empty()),
      size_(size),
      ranges_(std::make_unique<Ranges>()) {
  current_points_.store(points_.get(), std::memory_order_relaxed);
}
MemTable::~MemTable() = default;

void MemTable::Add(SequenceNumber sequence, Kind kind, Slice user_key, Slice value) {
  if (AddLater(sequence, kind, user_key, value)) FinishAdding();
}

bool MemTable::AddLater(SequenceNumber sequence, Kind kind, Slice user_key, Slice value) {
  if (kind == Kind::kRangeDelete) {
    AddRangeTombstone(sequence, user_key, value);
  } else {
    points_->Hold(user_key, PackTrailer(sequence, kind), value);
    later_++;
  }
  CountEntries(1, sequence, sequence);
  if (later_ == SkipList::kTogether) FinishAdding();
  return later_ > 0;
}

void MemTable::FinishAdding() {
  points_->InsertHeld();
  later_ = 0;
  Adapt();
}

void MemTable::AddAll(std::vector<Entry>* entries) {
  if (entries->empty()) return;
  if (later_ > 0) FinishAdding();
  const SequenceNumber first = entries->front().trailer >> 8, last = entries->back().trailer >> 8;
  const size_t count = entries->size();
  size_t points = 0;
  for (const Entry& entry : *entries) {
    if (IsRange(entry)) {
      AddRangeTombstone(entry.trailer >> 8, entry.user_key, entry.value);
      continue;
    }
    Entry& point = (*entries)[points++];
    if (&point != &entry) point = entry;
    point.hint = points_->HintOf(point.user_key);
  }
  entries->resize(points);
  auto before = [](const Entry& a, const Entry& b) {
    if (a.hint != b.hint) return a.hint < b.hint;
    const int order = a.user_key.compare(b.user_key);
    return order != 0 ? order < 0 : a.trailer > b.trailer;
  };
  if (!std::is_sorted(entries->begin(), entries->end(), before)) std::sort(entries->begin(), entries->end(), before);
  points_->InsertMany(entries->data(), points);
  CountEntries(count, first, last);
  Adapt();
}

void MemTable::AddRangeTombstone(SequenceNumber sequence, Slice begin, Slice end) {
  std::lock_guard lock(ranges_->mutex);
  char* bytes = ranges_->arena.Allocate(begin.size() + end.size(), 1);
  begin.copy(bytes, begin.size());
  end.copy(bytes + begin.size(), end.size());
  ranges_->all.push_back({Slice(bytes, begin.size()), Slice(bytes + begin.size(), end.size()), sequence});
  ranges_->UpdateUsage();
  range_count_.store(ranges_->all.size(), std::memory_order_release);
}

void MemTable::CountEntries(uint64_t count, SequenceNumber first, SequenceNumber last) {
  const uint64_t before = entries_.load(std::memory_order_relaxed);
  if (before == 0) first_sequence_.store(first, std::memory_order_relaxed);
  last_sequence_.store(last, std::memory_order_relaxed);
  entries_.store(before + count, std::memory_order_relaxed);
}

// What only pays once there are many entries. REQUIRES: none is to be added later.
void MemTable::Adapt() {
  if (learns_ && entries() >= kLearnFrom) LearnPrefix();
  if (size_ > 0 && points_->index() == nullptr && entries() >= kIndexFrom) points_->MakeIndex(FirstIndexBytes());
}

// For as many keys as fit, if the records to come are like those that are here.
size_t MemTable::FirstIndexBytes() const {
  const size_t keys = size_ / (points_->BytesUsed() / entries() + 1);
  return std::min(keys * kIndexBytesOfKey, kMaxFirstIndex);
}

// Gives the points to a skiplist that knows what the keys share. Readers that are on the first one stay there: it has all
// that their sequence number may show them.
void MemTable::LearnPrefix() {
  learns_ = false;
  std::string prefix = shared_prefix();
  if (prefix.size() <= kMayChange) return;
  prefix.resize(prefix.size() - kMayChange);
  auto learned = std::make_unique<Points>(prefix);
  for (const SkipList::Node* node = points_->First(); node != nullptr; node = node->next()) {
    learned->Insert(node->user_key(), node->trailer(), node->value());
  }
  current_points_.store(learned.get(), std::memory_order_release);
  first_points_memory_.store(points_->MemoryUsage(), std::memory_order_relaxed);
  first_points_ = std::move(points_);
  points_ = std::move(learned);
}

std::string MemTable::shared_prefix() const {
  const SkipList::Node* first = points().First();
  if (first == nullptr) return std::string();
  const Slice a = first->user_key(), b = points().Last()->user_key();
  return std::string(a.begin(), std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first);
}

LookupResult MemTable::Get(const LookupKey& key, Slice* value, SequenceNumber* found_sequence) const {
  const SkipList::Node* node = points().Find(key.user_key(), Trailer(key.internal_key()));
  if (node == nullptr) return LookupResult::kAbsent;
  const Slice found = node->internal_key();
  *found_sequence = SequenceOf(found);
  if (KindOf(found) == Kind::kDelete) return LookupResult::kDeleted;
  *value = node->value();
  return LookupResult::kValue;
}

SequenceNumber MemTable::MaxCoveringTombstone(Slice user_key, SequenceNumber visible) const {
  if (range_tombstone_count() == 0) return 0;
  SequenceNumber newest = 0;
  std::shared_ptr<const FragmentedTombstones> fragments;
  {
    std::lock_guard lock(ranges_->mutex);
    const size_t tail = ranges_->all.size() - ranges_->fragmented_count;
    if (tail > Ranges::kMaxTail + ranges_->fragmented_count / 16) ranges_->Fragment();
    for (size_t i = ranges_->fragmented_count; i < ranges_->all.size(); i++) {
      const RangeTombstone& t = ranges_->all[i];
      if (t.sequence <= visible && t.begin <= user_key && user_key < t.end) newest = t.sequence;  // ascending
    }
    fragments = ranges_->fragments;
  }
  // Every tombstone of the tail is newer than any fragment.
  if (newest != 0 || fragments == nullptr) return newest;
  return fragments->MaxCovering(user_key, visible);
}

std::unique_ptr<InternalIterator> MemTable::NewIterator() const { return std::make_unique<MemTableIterator>(points()); }

std::shared_ptr<const FragmentedTombstones> MemTable::range_tombstones() const {
  if (range_tombstone_count() == 0) return nullptr;
  std::lock_guard lock(ranges_->mutex);
  ranges_->Fragment();
  return ranges_->fragments;
}

size_t MemTable::MemoryUsage() const {
  const KeyIndex* index = points().index();
  return RecordMemory() + (index == nullptr ? 0 : index->bytes());
}

size_t MemTable::RecordMemory() const {
  return first_points_memory_.load(std::memory_order_relaxed) + points().MemoryUsage() +
         ranges_->usage.load(std::memory_order_relaxed);
}

}  // namespace burrow
