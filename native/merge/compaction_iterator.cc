#include "merge/compaction_iterator.h"

#include <algorithm>
#include <utility>

namespace burrow {
namespace {

constexpr uint64_t kBytesBetweenLooks = 64 << 10;

// Index of the oldest snapshot that sees `sequence`; snapshots.size() when only later reads do.
size_t StripeIn(const std::vector<SequenceNumber>& snapshots, SequenceNumber sequence) {
  return static_cast<size_t>(std::lower_bound(snapshots.begin(), snapshots.end(), sequence) - snapshots.begin());
}

}  // namespace

CompactionIterator::CompactionIterator(std::unique_ptr<InternalIterator> input, std::vector<SequenceNumber> snapshots,
                                       std::shared_ptr<const FragmentedTombstones> tombstones,
                                       std::function<bool(Slice)> key_absent_below, const std::atomic<bool>* cancelled)
    : input_(std::move(input)),
      snapshots_(std::move(snapshots)),
      tombstones_(std::move(tombstones)),
      key_absent_below_(std::move(key_absent_below)),
      cancelled_(cancelled) {
  if (tombstones_ != nullptr && tombstones_->empty()) tombstones_ = nullptr;
}

void CompactionIterator::SeekToFirst() {
  has_current_key_ = false;
  fragment_ = 0;
  counters_ = Counters();
  next_look_ = 0;
  status_ = Status();
  input_->SeekToFirst();
  FindSurvivor();
}

void CompactionIterator::Next() {
  input_->Next();
  FindSurvivor();
}

void CompactionIterator::FindSurvivor() {
  valid_ = false;
  for (; input_->Valid(); input_->Next()) {
    if (cancelled_ != nullptr && counters_.input_bytes >= next_look_) {
      next_look_ = counters_.input_bytes + kBytesBetweenLooks;
      if (cancelled_->load(std::memory_order_relaxed)) {
        status_ = Status::Aborted("the job was cancelled");
        return;
      }
    }
    counters_.input_records++;
    counters_.input_bytes += input_->key().size() + input_->value().size();
    const Slice user_key = UserKey(input_->key());
    const uint8_t kind = RawKindOf(input_->key());
    const SequenceNumber sequence = SequenceOf(input_->key());
    if (kind > kLastKind) {
      status_ = Status::Unsupported("a record of kind " + std::to_string(kind) +
                                    " was written by a newer version of burrowdb; upgrade to compact it");
      return;
    }

    const size_t stripe = snapshots_.empty() ? 0 : StripeIn(snapshots_, sequence);
    if (!has_current_key_ || user_key != current_user_key_) {
      has_current_key_ = true;
      current_user_key_.assign(user_key);
    } else if (stripe == last_stripe_) {
      counters_.dropped_shadowed++;
      continue;
    }
    last_stripe_ = stripe;
    if (tombstones_ != nullptr && Covered(user_key, sequence, stripe)) {
      counters_.dropped_covered++;
      continue;
    }
    if (static_cast<Kind>(kind) == Kind::kDelete && stripe == 0 && key_absent_below_(user_key)) {
      counters_.dropped_tombstones++;
      continue;
    }
    key_ = input_->key();
    value_ = input_->value();
    valid_ = true;
    return;
  }
  status_ = input_->status();
}

bool CompactionIterator::Covered(Slice user_key, SequenceNumber sequence, size_t stripe) {
  const auto& fragments = tombstones_->fragments();
  while (fragment_ < fragments.size() && fragments[fragment_].end <= user_key) fragment_++;
  if (fragment_ == fragments.size() || user_key < fragments[fragment_].begin) return false;
  const SequenceNumber newest_of_stripe = stripe < snapshots_.size() ? snapshots_[stripe] : kMaxSequence;
  return tombstones_->MaxCoveringIn(fragments[fragment_], newest_of_stripe) > sequence;
}

std::vector<RangeTombstone> SurvivingTombstones(const FragmentedTombstones& tombstones,
                                                const std::vector<SequenceNumber>& snapshots,
                                                const std::function<bool(Slice begin, Slice end)>& range_absent_below) {
  std::vector<RangeTombstone> survivors;
  // Fragments that touch and share a sequence number become one tombstone again, or each compaction would leave more
  // of them than it found. The indexes into `survivors` of the previous and of this fragment, newest sequence first.
  std::vector<size_t> previous, current;
  for (const auto& fragment : tombstones.fragments()) {
    current.clear();
    if (!previous.empty() && survivors[previous[0]].end != fragment.begin) previous.clear();
    size_t last_stripe = SIZE_MAX;
    size_t candidate = 0;
    const SequenceNumber* sequences = tombstones.sequences(fragment);
    for (uint32_t i = 0; i < fragment.sequence_count; i++) {
      const size_t stripe = StripeIn(snapshots, sequences[i]);
      if (stripe == last_stripe) continue;
      last_stripe = stripe;
      if (stripe == 0 && range_absent_below(fragment.begin, fragment.end)) continue;
      while (candidate < previous.size() && survivors[previous[candidate]].sequence > sequences[i]) candidate++;
      if (candidate < previous.size() && survivors[previous[candidate]].sequence == sequences[i]) {
        survivors[previous[candidate]].end = fragment.end;
        current.push_back(previous[candidate]);
      } else {
        current.push_back(survivors.size());
        survivors.push_back({fragment.begin, fragment.end, sequences[i]});
      }
    }
    previous.swap(current);
  }
  return survivors;
}

}  // namespace burrow
