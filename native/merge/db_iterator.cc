#include "merge/db_iterator.h"

#include <utility>

namespace burrow {
namespace {

// So many versions of one key are stepped over before a seek is tried: a step costs a fraction of a seek.
constexpr int kMaxSteps = 8;
// A saved value larger than this is not kept as a buffer for small ones.
constexpr size_t kMaxIdleBuffer = 1 << 20;
constexpr size_t kWord = 8;
constexpr size_t kMaxWordwise = 64;

// Seek targets around all versions of a key, whatever a damaged file may hold in their trailers.
LookupKey BeforeVersionsOf(Slice user_key) { return LookupKey(user_key, UINT64_MAX >> 8); }
std::string AfterVersionsOf(Slice user_key) {
  std::string target;
  target.reserve(user_key.size() + 1 + kTrailerSize);
  target.append(user_key).push_back('\0');
  PutFixed64(&target, UINT64_MAX);
  return target;
}

// Neighbours differ at their ends more often than not.
bool SameKey(Slice a, Slice b) {
  if (a.size() != b.size()) return false;
  if (!a.empty() && a.back() != b.back()) return false;
  return a == b;
}

Status UnknownKind(uint8_t kind) {
  return Status::Unsupported("a record of kind " + std::to_string(kind) +
                             " was written by a newer version of burrowdb; upgrade to read it");
}

// A seek that does not reach its target would be repeated without end.
Status OutOfOrder() { return Status::Corruption("records are out of order"); }

}  // namespace

DbIterator::DbIterator(std::unique_ptr<InternalIterator> merged, std::shared_ptr<const FragmentedTombstones> tombstones,
                       Options options)
    : merged_(std::move(merged)), tombstones_(std::move(tombstones)), options_(std::move(options)) {
  if (tombstones_ != nullptr && tombstones_->empty()) tombstones_ = nullptr;
}

DbIterator::~DbIterator() = default;

void DbIterator::SeekToFirst() {
  if (options_.lower) {
    merged_->Seek(LookupKey(*options_.lower, options_.sequence).internal_key());
  } else {
    merged_->SeekToFirst();
  }
  FindNextVisible(false);
}

void DbIterator::SeekToLast() {
  if (options_.upper) {
    merged_->SeekBefore(BeforeVersionsOf(*options_.upper).internal_key());
  } else {
    merged_->SeekToLast();
  }
  FindPrevVisible();
}

void DbIterator::Seek(Slice user_key) {
  if (options_.lower && user_key < *options_.lower) user_key = *options_.lower;
  if (options_.upper && user_key >= *options_.upper) return Invalidate(Status());
  merged_->Seek(LookupKey(user_key, options_.sequence).internal_key());
  FindNextVisible(false);
}

void DbIterator::SeekForPrev(Slice user_key) {
  if (options_.upper && user_key >= *options_.upper) return SeekToLast();
  if (options_.lower && user_key < *options_.lower) return Invalidate(Status());
  merged_->SeekBefore(AfterVersionsOf(user_key));
  FindPrevVisible();
}

void DbIterator::Next() {
  if (forward_) {
    SaveKey(key_);
    merged_->Next();
  } else {
    merged_->Seek(AfterVersionsOf(saved_key_));
  }
  FindNextVisible(true);
}

void DbIterator::Prev() {
  if (forward_) merged_->SeekBefore(BeforeVersionsOf(key_).internal_key());
  FindPrevVisible();
}

void DbIterator::FindNextVisible(bool skip_saved_key) {
  forward_ = true;
  int older = 0;  // versions of saved_key_ stepped over since the last seek
  int newer = 0;  // versions of saved_key_ that are too new, stepped over since the last seek
  while (merged_->Valid()) {
    Slice user_key = UserKey(merged_->key());
    if (skip_saved_key && SameKey(user_key, saved_key_)) {
      skipped_++;
      if (++older < kMaxSteps) {
        merged_->Next();
      } else {
        older = 0;
        if (!Leap(AfterVersionsOf(saved_key_))) return;
      }
      continue;
    }
    if (options_.upper && user_key >= *options_.upper) return Invalidate(Status());

    const uint64_t trailer = Trailer(merged_->key());
    if (trailer >> 8 > options_.sequence) [[unlikely]] {
      skipped_++;
      if (newer > 0 && user_key == saved_key_) {
        newer++;
      } else {
        skip_saved_key = false;
        saved_key_.assign(user_key);
        newer = 1;
      }
      if (newer < kMaxSteps) {
        merged_->Next();
      } else {
        newer = 0;
        if (!Leap(LookupKey(saved_key_, options_.sequence).internal_key())) return;
      }
      continue;
    }

    const auto kind = static_cast<uint8_t>(trailer);
    if (kind > kLastKind) [[unlikely]]
      return Invalidate(UnknownKind(kind));
    if (static_cast<Kind>(kind) == Kind::kPut && !Covered(user_key, trailer >> 8)) {
      return Show(user_key, merged_->value());
    }
    // Deleted: what is older goes unseen, too.
    skipped_++;
    skip_saved_key = true;
    older = newer = 0;
    saved_key_.assign(user_key);
    merged_->Next();
  }
  Invalidate(merged_->status());
}

void DbIterator::FindPrevVisible() {
  forward_ = false;
  // Moving backward, the versions of a key come oldest first: each visible one overrules what came before it, and the
  // verdict stands once another user key is met.
  enum class Verdict : uint8_t { kNone, kShown, kHidden };
  Verdict verdict = Verdict::kNone;
  uint8_t unknown_kind = 0;
  bool in_key = false;  // saved_key_ is the key being judged
  int steps = 0;

  auto judge = [&](SequenceNumber sequence, uint8_t kind) {
    unknown_kind = kind > kLastKind ? kind : 0;
    if (static_cast<Kind>(kind) == Kind::kPut && !Covered(saved_key_, sequence)) {
      SaveValue(merged_->value());
      verdict = Verdict::kShown;
    } else {
      verdict = Verdict::kHidden;
    }
  };

  while (merged_->Valid()) {
    Slice user_key = UserKey(merged_->key());
    if (in_key && !SameKey(user_key, saved_key_)) {
      if (verdict == Verdict::kShown || unknown_kind != 0) break;
      in_key = false;
    }
    if (!in_key) {
      if (options_.lower && user_key < *options_.lower) return Invalidate(Status());
      saved_key_.assign(user_key);
      in_key = true;
      verdict = Verdict::kNone;
      steps = 0;
    }
    if (++steps > kMaxSteps) {
      // Ask for the newest visible version instead of walking up to it, then leave the key for good.
      steps = 0;
      if (!Leap(LookupKey(saved_key_, options_.sequence).internal_key())) return;
      if (!merged_->Valid()) {
        Status status = merged_->status();
        if (!status.ok()) return Invalidate(std::move(status));
      } else if (UserKey(merged_->key()) == saved_key_) {
        judge(SequenceOf(merged_->key()), RawKindOf(merged_->key()));
      }
      merged_->SeekBefore(BeforeVersionsOf(saved_key_).internal_key());
      if (merged_->Valid() && UserKey(merged_->key()) >= Slice(saved_key_)) return Invalidate(OutOfOrder());
      continue;
    }
    const uint64_t trailer = Trailer(merged_->key());
    if (verdict == Verdict::kShown || trailer >> 8 > options_.sequence) skipped_++;  // overruled, or too new
    if (trailer >> 8 <= options_.sequence) {
      judge(trailer >> 8, static_cast<uint8_t>(trailer));
      if (verdict == Verdict::kHidden) skipped_++;
    }
    merged_->Prev();
  }
  // Off the front, or at another key. With an error a newer version may have gone unseen.
  if (!merged_->Valid()) {
    Status status = merged_->status();
    if (!status.ok()) return Invalidate(std::move(status));
  }
  if (unknown_kind != 0) return Invalidate(UnknownKind(unknown_kind));
  if (verdict != Verdict::kShown) return Invalidate(Status());
  Show(saved_key_, saved_value_);
}

bool DbIterator::Leap(Slice target) {
  merged_->Seek(target);
  if (!merged_->Valid() || CompareInternalKeys(merged_->key(), target) >= 0) return true;
  Invalidate(OutOfOrder());
  return false;
}

void DbIterator::Show(Slice key, Slice value) {
  key_ = key;
  value_ = value;
  valid_ = true;
  status_ = Status();
}

void DbIterator::Invalidate(Status status) {
  valid_ = false;
  status_ = std::move(status);
}

bool DbIterator::CoveredBy(const FragmentedTombstones& tombstones, Slice user_key, SequenceNumber sequence) {
  const auto& fragments = tombstones.fragments();
  auto stands_at = [&](size_t i) {
    return (i == fragments.size() || user_key < fragments[i].end) && (i == 0 || fragments[i - 1].end <= user_key);
  };
  if (fragment_ > fragments.size() || !stands_at(fragment_)) {
    fragment_ = fragment_ < fragments.size() && stands_at(fragment_ + 1) ? fragment_ + 1 : tombstones.Find(user_key);
    covering_ = fragment_ == fragments.size() ? 0 : tombstones.MaxCoveringIn(fragments[fragment_], options_.sequence);
  }
  return covering_ > sequence && fragments[fragment_].begin <= user_key;
}

// Most keys of a range have one length, and are short: to assign to the string takes longer.
inline void DbIterator::SaveKey(Slice key) {
  const size_t size = key.size();
  if (size != saved_key_.size() || size < kWord || size > kMaxWordwise) {
    saved_key_.assign(key);
    return;
  }
  char* const to = saved_key_.data();
  for (size_t i = 0; i < size - kWord; i += kWord) EncodeFixed64(to + i, DecodeFixed64(key.data() + i));
  EncodeFixed64(to + size - kWord, DecodeFixed64(key.data() + size - kWord));
}

void DbIterator::SaveValue(Slice value) {
  if (saved_value_.capacity() > kMaxIdleBuffer && value.size() < kMaxIdleBuffer / 2) std::string().swap(saved_value_);
  saved_value_.assign(value);
}

}  // namespace burrow
