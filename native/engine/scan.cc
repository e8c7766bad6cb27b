#include "engine/scan.h"

#include <algorithm>
#include <span>

#include "merge/merging_iterator.h"
#include "table/level_iterator.h"
#include "util/ascii.h"

namespace burrow {

namespace {

constexpr size_t kPackedHeader = 8;

// Without looking at the bytes once it is known that not all are ASCII.
void Pack(Slice bytes, char* to, bool* ascii) {
  if (*ascii) {
    *ascii = CopyAscii(bytes, to);
  } else {
    bytes.copy(to, bytes.size());
  }
}

// Those tables of a run that the half-open span [lower, upper) of the scan touches.
std::span<const RunTable> Inside(std::span<const RunTable> run, const ScanOptions& options) {
  size_t begin = 0, end = run.size();
  if (options.lower) {
    auto ends_before = [](const RunTable& table, Slice lower) {
      const int order = table.largest.compare(lower);
      return order < 0 || (order == 0 && table.largest_exclusive);
    };
    begin =
        static_cast<size_t>(std::lower_bound(run.begin(), run.end(), Slice(*options.lower), ends_before) - run.begin());
  }
  if (options.upper) {
    auto begins_before = [](const RunTable& table, Slice upper) { return table.smallest < upper; };
    end = static_cast<size_t>(std::lower_bound(run.begin(), run.end(), Slice(*options.upper), begins_before) -
                              run.begin());
  }
  return begin < end ? run.subspan(begin, end - begin) : std::span<const RunTable>();
}

ScanOptions With(MemoryOnly* memory, ScanOptions options) {
  options.read.memory_only = memory;
  return options;
}

}  // namespace

Scan::Scan(std::shared_ptr<const ReadView> view, SequenceNumber sequence, ScanOptions options)
    : view_(std::move(view)),
      sequence_(sequence),
      options_(With(&memory_, std::move(options))),
      remaining_(options_.limit) {}

Scan::~Scan() = default;

Status Scan::Start() {
  std::vector<std::unique_ptr<InternalIterator>> children;
  std::vector<std::shared_ptr<const FragmentedTombstones>> tombstones;
  // Without a record now it has none that the scan may see: those that come are newer.
  if (view_->active() != nullptr && !view_->active()->empty()) {
    children.push_back(view_->active()->NewIterator());
    if (auto part = view_->active()->range_tombstones()) tombstones.push_back(std::move(part));
  }
  for (const auto& memtable : view_->immutables()) children.push_back(memtable->NewIterator());
  std::shared_ptr<const FragmentedTombstones> fixed;
  BURROW_RETURN_IF_ERROR(view_->StaticTombstones(&fixed, &memory_));
  if (fixed != nullptr) tombstones.push_back(std::move(fixed));

  const Levels& levels = view_->levels();
  for (int number = 0; number < levels.count(); ++number) {
    const std::span<const RunTable> run = levels.level(number).run;
    const size_t tables_a_child = number == 0 ? 1 : run.size();  // those of level 0 overlap
    for (size_t i = 0; i < run.size(); i += tables_a_child) {
      const auto inside = Inside(run.subspan(i, tables_a_child), options_);
      if (!inside.empty()) children.push_back(NewRunIterator(inside, options_.read));
    }
  }

  std::shared_ptr<const FragmentedTombstones> merged;
  if (tombstones.size() == 1) merged = tombstones.front();
  if (tombstones.size() > 1) merged = FragmentedTombstones::Merge(tombstones);
  DbIterator::Options bounds;
  bounds.sequence = sequence_;
  bounds.lower = options_.lower;
  bounds.upper = options_.upper;
  std::unique_ptr<InternalIterator> records = NewMergingIterator(std::move(children));
  if (options_.records != nullptr) {
    records = std::make_unique<CountingIterator>(std::move(records), options_.lower ? &*options_.lower : nullptr,
                                                 options_.upper ? &*options_.upper : nullptr, options_.records);
  }
  iterator_.emplace(std::move(records), std::move(merged), std::move(bounds));
  return Status();
}

Status Scan::Position() {
  if (!iterator_) BURROW_RETURN_IF_ERROR(Start());
  if (!positioned_) {
    if (!passed_.empty()) {
      Resume();
    } else if (options_.reverse) {
      iterator_->SeekToLast();
    } else {
      iterator_->SeekToFirst();
    }
    positioned_ = true;
    if (iterator_->status().ok()) passed_.clear();
  }
  return iterator_->status();
}

void Scan::Resume() {
  options_.reverse ? iterator_->SeekForPrev(passed_) : iterator_->Seek(passed_);
  if (!iterator_->Valid() || iterator_->key() != Slice(passed_)) return;
  options_.reverse ? iterator_->Prev() : iterator_->Next();
}

void Scan::Step() {
  if (--remaining_ == 0) return;
  options_.reverse ? iterator_->Prev() : iterator_->Next();
}

Status Scan::Fill(char* out, size_t capacity, uint32_t max_records, Batch* batch) {
  *batch = Batch();
  BURROW_RETURN_IF_ERROR(Position());
  char* front = out;
  char* end = out + capacity;
  bool ascii_keys = true, ascii_values = true;
  while (remaining_ > 0 && iterator_->Valid() && batch->records < max_records) {
    Slice key = options_.keys ? iterator_->key() : Slice();
    Slice value = options_.values ? iterator_->value() : Slice();
    const size_t need = kPackedHeader + key.size() + value.size();
    if (need > static_cast<size_t>(end - front)) {
      if (batch->records == 0) batch->needed = need;
      break;
    }
    EncodeFixed32(front, static_cast<uint32_t>(key.size()));
    EncodeFixed32(front + 4, static_cast<uint32_t>(value.size()));
    end -= value.size();
    Pack(key, front + kPackedHeader, &ascii_keys);
    Pack(value, end, &ascii_values);
    front += kPackedHeader + key.size();
    ++batch->records;
    if (memory_.on) passed_ = iterator_->key();
    Step();
  }
  batch->front_bytes = static_cast<size_t>(front - out);
  batch->value_bytes = static_cast<size_t>(out + capacity - end);
  batch->ascii_keys = ascii_keys;
  batch->ascii_values = ascii_values;
  batch->done = remaining_ == 0 || !iterator_->Valid();
  return iterator_->status();
}

Status Scan::FillFromMemory(char* out, size_t capacity, uint32_t max_records, Batch* batch) {
  memory_.on = true;
  memory_.missed = false;
  Status status = Fill(out, capacity, max_records, batch);
  memory_.on = false;
  if (memory_.missed) {
    batch->missed = true;
    batch->done = remaining_ == 0;
    positioned_ = false;
    return Status();
  }
  passed_.clear();
  return status;
}

Status Scan::Count(uint64_t max_records, uint64_t* counted, bool* done) {
  *counted = 0;
  BURROW_RETURN_IF_ERROR(Position());
  for (; *counted < max_records && remaining_ > 0 && iterator_->Valid(); ++*counted) Step();
  *done = remaining_ == 0 || !iterator_->Valid();
  return iterator_->status();
}

Status Scan::Seek(Slice user_key) {
  if (!iterator_) BURROW_RETURN_IF_ERROR(Start());
  remaining_ = options_.limit;
  positioned_ = true;
  passed_.clear();
  options_.reverse ? iterator_->SeekForPrev(user_key) : iterator_->Seek(user_key);
  return iterator_->status();
}

uint64_t Scan::skipped() const { return iterator_ ? iterator_->skipped() : 0; }

}  // namespace burrow
