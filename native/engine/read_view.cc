#include "engine/read_view.h"

#include <algorithm>
#include <utility>

namespace burrow {

void ReleasedTables::Push(uint64_t number) {
  std::lock_guard<std::mutex> lock(mutex_);
  numbers_.push_back(number);
  count_.store(numbers_.size(), std::memory_order_release);
}

std::vector<uint64_t> ReleasedTables::Take() {
  std::lock_guard<std::mutex> lock(mutex_);
  count_.store(0, std::memory_order_release);
  return std::exchange(numbers_, {});
}

TableEntry::~TableEntry() {
  if (dropped.load(std::memory_order_acquire) && released != nullptr) {
    handle.reset();  // closes the file before anyone is told that it may go
    released->Push(number);
  }
}

uint64_t KeyPrefix(Slice key) {
  char padded[8] = {};
  memcpy(padded, key.data(), std::min<size_t>(key.size(), sizeof padded));
  return __builtin_bswap64(DecodeFixed64(padded));
}

namespace {

Status FinishLevel(int number, Level* level) {
  auto& tables = level->tables;
  level->has_range_tombstones =
      std::any_of(tables.begin(), tables.end(), [](const TableRef& t) { return t->range_tombstones > 0; });
  level->run.clear();
  for (const TableRef& table : tables) {
    level->run.push_back({table->handle, table->smallest, table->largest, table->largest_exclusive});
  }
  level->largest_prefixes.clear();
  if (number == 0) return Status();
  for (size_t i = 0; i < tables.size(); ++i) {
    level->largest_prefixes.push_back(KeyPrefix(tables[i]->largest));
    if (i == 0) continue;
    int order = Slice(tables[i - 1]->largest).compare(tables[i]->smallest);
    if (order > 0 || (order == 0 && !tables[i - 1]->largest_exclusive)) {
      return Status::Internal("tables " + std::to_string(tables[i - 1]->number) + " and " +
                              std::to_string(tables[i]->number) + " of level " + std::to_string(number) + " overlap");
    }
  }
  return Status();
}

}  // namespace

Status Levels::Apply(const Levels& base, const LevelsDelta& delta, std::shared_ptr<const Levels>* result) {
  auto next = std::make_shared<Levels>(base);
  std::vector<std::shared_ptr<Level>> changed(kMaxLevels);
  auto touch = [&](int number) -> Level* {
    if (number < 0 || number >= kMaxLevels) return nullptr;
    while (next->count() <= number) next->levels_.push_back(std::make_shared<Level>());
    if (changed[number] == nullptr) changed[number] = std::make_shared<Level>(*next->levels_[number]);
    return changed[number].get();
  };
  for (const auto& [number, file] : delta.dropped) {
    Level* level = touch(number);
    if (level == nullptr) return Status::Internal("level " + std::to_string(number) + " is out of range");
    auto found = std::find_if(level->tables.begin(), level->tables.end(),
                              [file = file](const TableRef& t) { return t->number == file; });
    if (found == level->tables.end()) {
      return Status::Internal("level " + std::to_string(number) + " has no table " + std::to_string(file));
    }
    level->tables.erase(found);
  }
  for (const auto& added : delta.added) {
    Level* level = touch(added.level);
    if (level == nullptr) return Status::Internal("level " + std::to_string(added.level) + " is out of range");
    auto before = [&](const TableRef& a, const TableRef& b) {
      return added.level == 0 ? a->largest_sequence > b->largest_sequence : Slice(a->smallest) < Slice(b->smallest);
    };
    TableRef table = added.table;
    level->tables.insert(std::upper_bound(level->tables.begin(), level->tables.end(), table, before), table);
  }
  for (int i = 0; i < next->count(); ++i) {
    if (changed[i] == nullptr) continue;
    BURROW_RETURN_IF_ERROR(FinishLevel(i, changed[i].get()));
    next->levels_[i] = std::move(changed[i]);
  }
  *result = std::move(next);
  return Status();
}

const TableEntry* Levels::Find(int number, Slice user_key) const {
  const Level& level = *levels_[number];
  const uint64_t prefix = KeyPrefix(user_key);
  auto first = std::lower_bound(level.largest_prefixes.begin(), level.largest_prefixes.end(), prefix);
  for (size_t i = static_cast<size_t>(first - level.largest_prefixes.begin()); i < level.tables.size(); ++i) {
    const TableEntry* table = level.tables[i].get();
    int order = user_key.compare(table->largest);
    if (order < 0 || (order == 0 && !table->largest_exclusive)) {
      return user_key < Slice(table->smallest) ? nullptr : table;
    }
  }
  return nullptr;
}

ReadView::ReadView(std::shared_ptr<MemTable> active, std::vector<std::shared_ptr<MemTable>> immutables,
                   std::shared_ptr<const Levels> levels)
    : active_(std::move(active)), immutables_(std::move(immutables)), levels_(std::move(levels)) {}

Status ReadView::StaticTombstones(std::shared_ptr<const FragmentedTombstones>* tombstones, MemoryOnly* memory) const {
  if (tombstones_ready_.load(std::memory_order_acquire)) {
    *tombstones = tombstones_;
    return Status();
  }
  std::lock_guard<std::mutex> lock(mutex_);
  if (!tombstones_ready_.load(std::memory_order_relaxed)) {
    std::vector<std::shared_ptr<const FragmentedTombstones>> parts;
    for (const auto& memtable : immutables_) {
      if (auto part = memtable->range_tombstones()) parts.push_back(std::move(part));
    }
    for (int i = 0; i < levels_->count(); ++i) {
      if (!levels_->level(i).has_range_tombstones) continue;
      for (const TableRef& table : levels_->level(i).tables) {
        if (table->range_tombstones == 0) continue;
        std::shared_ptr<TableReader> reader;
        BURROW_RETURN_IF_ERROR(table->handle->Acquire(memory != nullptr && memory->on, &reader));
        if (reader == nullptr) return memory->Miss();
        if (reader->range_tombstones() != nullptr) parts.push_back(reader->range_tombstones());
      }
    }
    if (parts.size() == 1) tombstones_ = parts.front();
    if (parts.size() > 1) tombstones_ = FragmentedTombstones::Merge(parts);
    tombstones_ready_.store(true, std::memory_order_release);
  }
  *tombstones = tombstones_;
  return Status();
}

}  // namespace burrow
