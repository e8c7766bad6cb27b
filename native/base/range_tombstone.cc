#include "base/range_tombstone.h"

#include <algorithm>
#include <functional>
#include <set>

namespace burrow {

namespace {

// The tombstones that cover the current position of the sweep, by the rank of their sequence number (0 is the newest).
// Tombstones with the same sequence number count as one.
class ActiveSet {
 public:
  explicit ActiveSet(size_t ranks) : counts_(ranks) {}
  void Add(uint32_t rank) {
    if (counts_[rank]++ == 0) ranks_.insert(rank);
  }
  void Remove(uint32_t rank) {
    if (--counts_[rank] == 0) ranks_.erase(rank);
  }
  bool empty() const { return ranks_.empty(); }
  bool IsRun() const { return *ranks_.rbegin() - *ranks_.begin() + 1 == ranks_.size(); }
  const std::set<uint32_t>& ranks() const { return ranks_; }

 private:
  std::vector<uint32_t> counts_;
  std::set<uint32_t> ranks_;
};

}  // namespace

std::shared_ptr<const FragmentedTombstones> FragmentedTombstones::Build(const std::vector<RangeTombstone>& tombstones) {
  auto result = std::make_shared<FragmentedTombstones>();
  struct Edge {
    Slice key;
    uint32_t tombstone;  // index into sources
    bool is_begin;
  };
  std::vector<RangeTombstone>& sources = result->sources_;
  std::vector<Edge> edges;
  sources.reserve(tombstones.size());
  edges.reserve(2 * tombstones.size());
  for (const RangeTombstone& t : tombstones) {
    if (t.begin >= t.end) continue;
    auto index = static_cast<uint32_t>(sources.size());
    edges.push_back({t.begin, index, true});
    edges.push_back({t.end, index, false});
    sources.push_back(t);
  }
  if (sources.empty()) return result;
  std::sort(edges.begin(), edges.end(), [](const Edge& a, const Edge& b) { return a.key < b.key; });

  // Every distinct bound is copied once; reserving first keeps the slices into bytes_ stable.
  size_t byte_count = 0;
  for (size_t i = 0; i < edges.size(); i++) {
    if (i == 0 || edges[i].key != edges[i - 1].key) byte_count += edges[i].key.size();
  }
  result->bytes_.reserve(byte_count);
  Slice owned;
  for (size_t i = 0; i < edges.size(); i++) {
    Edge& edge = edges[i];
    if (i == 0 || edge.key != owned) {
      size_t at = result->bytes_.size();
      result->bytes_.append(edge.key);
      owned = Slice(result->bytes_.data() + at, edge.key.size());
    }
    edge.key = owned;
    RangeTombstone& source = sources[edge.tombstone];
    (edge.is_begin ? source.begin : source.end) = owned;
  }

  // All sequence numbers once, descending: a fragment whose covering set is a run of this order (disjoint, nested,
  // sliding and growing ranges all are) points into it and costs nothing more.
  std::vector<SequenceNumber>& sequences = result->sequences_;
  for (const RangeTombstone& t : sources) sequences.push_back(t.sequence);
  std::sort(sequences.begin(), sequences.end(), std::greater<>());
  sequences.erase(std::unique(sequences.begin(), sequences.end()), sequences.end());
  const size_t rank_count = sequences.size();
  std::vector<uint32_t> rank_of(sources.size());
  for (size_t i = 0; i < sources.size(); i++) {
    auto it = std::lower_bound(sequences.begin(), sequences.end(), sources[i].sequence, std::greater<>());
    rank_of[i] = static_cast<uint32_t>(it - sequences.begin());
  }

  ActiveSet active(rank_count);
  for (size_t i = 0; i < edges.size();) {
    Slice begin = edges[i].key;
    for (; i < edges.size() && edges[i].key == begin; i++) {
      uint32_t rank = rank_of[edges[i].tombstone];
      if (edges[i].is_begin) {
        active.Add(rank);
      } else {
        active.Remove(rank);
      }
    }
    if (active.empty()) continue;
    Fragment fragment{begin, edges[i].key, *active.ranks().begin(), static_cast<uint32_t>(active.ranks().size())};
    if (!active.IsRun()) {
      fragment.first_sequence = static_cast<uint32_t>(sequences.size());
      for (uint32_t rank : active.ranks()) sequences.push_back(sequences[rank]);
    }
    result->fragments_.push_back(fragment);
  }
  return result;
}

std::shared_ptr<const FragmentedTombstones> FragmentedTombstones::Merge(
    const std::vector<std::shared_ptr<const FragmentedTombstones>>& parts) {
  std::shared_ptr<const FragmentedTombstones> only;
  size_t part_count = 0, source_count = 0;
  for (const auto& part : parts) {
    if (part == nullptr || part->empty()) continue;
    only = part;
    part_count++;
    source_count += part->sources_.size();
  }
  if (part_count == 1) return only;
  std::vector<RangeTombstone> all;
  all.reserve(source_count);
  for (const auto& part : parts) {
    if (part != nullptr) all.insert(all.end(), part->sources_.begin(), part->sources_.end());
  }
  return Build(all);
}

size_t FragmentedTombstones::Find(Slice user_key) const {
  auto it = std::upper_bound(fragments_.begin(), fragments_.end(), user_key,
                             [](Slice key, const Fragment& f) { return key < f.end; });
  return static_cast<size_t>(it - fragments_.begin());
}

SequenceNumber FragmentedTombstones::MaxCovering(Slice user_key, SequenceNumber visible) const {
  size_t i = Find(user_key);
  if (i == fragments_.size() || user_key < fragments_[i].begin) return 0;
  return MaxCoveringIn(fragments_[i], visible);
}

SequenceNumber FragmentedTombstones::MaxCoveringIn(const Fragment& f, SequenceNumber visible) const {
  const SequenceNumber* first = sequences(f);
  const SequenceNumber* last = first + f.sequence_count;
  const SequenceNumber* it = std::lower_bound(first, last, visible, std::greater<>());
  return it == last ? 0 : *it;
}

size_t FragmentedTombstones::MemoryUsage() const {
  return sizeof *this + bytes_.capacity() + fragments_.capacity() * sizeof(Fragment) +
         sources_.capacity() * sizeof(RangeTombstone) + sequences_.capacity() * sizeof(SequenceNumber);
}

}  // namespace burrow
