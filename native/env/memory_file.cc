#include "env/memory_file.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <string>
#include <utility>

#include "util/coding.h"

namespace burrow {

namespace {

constexpr uint64_t kMaxFileSize = uint64_t{1} << 40;
constexpr size_t kSector = 512;  // what a disk writes as a whole

std::string Garbage(Random* random) {
  std::string sector;
  while (sector.size() < kSector) PutFixed64(&sector, random->Next());
  return sector;
}

}  // namespace

void MemorySpace::BeforeChange() {
  if (changes_left_.load(std::memory_order_relaxed) == 0) return;
  std::function<void()> crash;
  {
    std::lock_guard<std::mutex> guard(mu_);
    if (changes_left_ == 0 || --changes_left_ > 0) return;
    std::swap(crash, crash_);
  }
  crash();
}

void MemorySpace::CrashAfter(uint64_t changes, std::function<void()> crash) {
  std::lock_guard<std::mutex> guard(mu_);
  changes_left_ = changes;
  crash_ = std::move(crash);
}

MemoryFile::~MemoryFile() {
  if (users_ > 0) space_->used.fetch_sub(live_.size);
}

const char* MemoryFile::Bytes(const Content& content, uint64_t offset) {
  static const Chunk zeros{};
  const size_t index = offset / kChunk;
  const bool written = index < content.slots.size() && content.slots[index].chunk != nullptr;
  return (written ? content.slots[index].chunk->bytes : zeros.bytes) + offset % kChunk;
}

MemoryFile::Content MemoryFile::Share(Content* content) {
  for (Slot& slot : content->slots) slot.owned = false;
  return *content;
}

char* MemoryFile::Writable(Content* content, size_t index) {
  if (index >= content->slots.size()) content->slots.resize(index + 1);
  Slot& slot = content->slots[index];
  if (!slot.owned) {
    slot.chunk = slot.chunk == nullptr ? std::make_shared<Chunk>() : std::make_shared<Chunk>(*slot.chunk);
    slot.owned = true;
  }
  return slot.chunk->bytes;
}

void MemoryFile::Write(Content* content, uint64_t offset, Slice data) {
  content->size = std::max(content->size, offset + data.size());
  while (!data.empty()) {
    const size_t at = offset % kChunk;
    const size_t n = std::min(data.size(), kChunk - at);
    memcpy(Writable(content, offset / kChunk) + at, data.data(), n);
    data.remove_prefix(n);
    offset += n;
  }
}

void MemoryFile::Cut(Content* content, uint64_t size) {
  content->size = size;
  const size_t keep = (size + kChunk - 1) / kChunk;
  if (content->slots.size() > keep) content->slots.resize(keep);
  const size_t at = size % kChunk;
  if (at != 0 && content->slots.size() == keep && content->slots.back().chunk != nullptr) {
    memset(Writable(content, keep - 1) + at, 0, kChunk - at);
  }
}

uint64_t MemoryFile::Reserve(uint64_t size) {
  if (size <= live_.size) return size;
  uint64_t used = space_->used.load();
  uint64_t taken;
  do {
    const uint64_t capacity = space_->capacity.load();
    taken = std::min(size - live_.size, capacity > used ? capacity - used : 0);
  } while (!space_->used.compare_exchange_weak(used, used + taken));
  return live_.size + taken;
}

int MemoryFile::WriteAt(Slice data, uint64_t offset, size_t* written) {
  std::shared_lock<std::shared_mutex> world(space_->world);
  std::lock_guard<std::shared_mutex> guard(mu_);
  *written = 0;
  if (data.empty()) return 0;
  if (offset > kMaxFileSize || data.size() > kMaxFileSize - offset) return EFBIG;
  const uint64_t reached = Reserve(offset + data.size());
  if (reached > offset) {
    *written = std::min<uint64_t>(data.size(), reached - offset);
    Write(&live_, offset, data.substr(0, *written));
    dirty_from_ = std::min<size_t>(dirty_from_, offset / kChunk);
    dirty_to_ = std::max<size_t>(dirty_to_, (offset + *written + kChunk - 1) / kChunk);
  }
  live_.size = std::max(live_.size, std::min(reached, offset + data.size()));
  return *written == data.size() ? 0 : ENOSPC;
}

void MemoryFile::Shrink(uint64_t size) {
  space_->used.fetch_sub(live_.size - size);
  dirty_from_ = std::min<size_t>(dirty_from_, size / kChunk);
  dirty_to_ = std::max(dirty_to_, live_.slots.size());
  Cut(&live_, size);
  shrunk_to_ = std::min(shrunk_to_, size);
}

int MemoryFile::Resize(uint64_t size) {
  {
    std::shared_lock<std::shared_mutex> world(space_->world);
    std::lock_guard<std::shared_mutex> guard(mu_);
    if (size < live_.size) {
      Shrink(size);
      return 0;
    }
  }
  return GrowTo(size);
}

int MemoryFile::GrowTo(uint64_t size) {
  std::shared_lock<std::shared_mutex> world(space_->world);
  std::lock_guard<std::shared_mutex> guard(mu_);
  if (size > kMaxFileSize) return EFBIG;
  if (size <= live_.size) return 0;
  const uint64_t reached = Reserve(size);
  if (reached < size) {
    space_->used.fetch_sub(reached - live_.size);
    return ENOSPC;
  }
  live_.size = size;
  return 0;
}

size_t MemoryFile::ReadAt(uint64_t offset, size_t n, char* to) const {
  std::shared_lock<std::shared_mutex> guard(mu_);
  if (offset >= live_.size) return 0;
  n = std::min<uint64_t>(n, live_.size - offset);
  for (size_t done = 0; done < n;) {
    const size_t part = std::min(n - done, kChunk - (offset + done) % kChunk);
    memcpy(to + done, Bytes(live_, offset + done), part);
    done += part;
  }
  return n;
}

uint64_t MemoryFile::Size() const {
  std::shared_lock<std::shared_mutex> guard(mu_);
  return live_.size;
}

void MemoryFile::Sync() {
  std::shared_lock<std::shared_mutex> world(space_->world);
  std::lock_guard<std::shared_mutex> guard(mu_);
  durable_.slots.resize(live_.slots.size());
  for (size_t i = dirty_from_; i < std::min(dirty_to_, live_.slots.size()); ++i) {
    live_.slots[i].owned = false;
    durable_.slots[i].chunk = live_.slots[i].chunk;
  }
  durable_.size = live_.size;
  dirty_from_ = SIZE_MAX;
  dirty_to_ = 0;
  shrunk_to_ = live_.size;
}

void MemoryFile::AddUser() {
  std::lock_guard<std::shared_mutex> guard(mu_);
  if (users_++ == 0) space_->used.fetch_add(live_.size);
}

void MemoryFile::DropUser() {
  std::lock_guard<std::shared_mutex> guard(mu_);
  if (--users_ == 0) space_->used.fetch_sub(live_.size);
}

std::shared_ptr<MemoryFile> MemoryFile::KillClone(std::shared_ptr<MemorySpace> space) {
  std::lock_guard<std::shared_mutex> guard(mu_);
  auto copy = std::make_shared<MemoryFile>(std::move(space));
  copy->live_ = Share(&live_);
  copy->durable_ = durable_;
  copy->dirty_from_ = dirty_from_;
  copy->dirty_to_ = dirty_to_;
  copy->shrunk_to_ = shrunk_to_;
  return copy;
}

std::vector<uint64_t> MemoryFile::ChangedSectors() const {
  std::vector<uint64_t> changed;
  const uint64_t end = std::min<uint64_t>(uint64_t{dirty_to_} * kChunk, std::max(live_.size, durable_.size));
  for (uint64_t at = uint64_t{dirty_from_} * kChunk; dirty_from_ < dirty_to_ && at < end; at += kSector) {
    if (memcmp(Bytes(live_, at), Bytes(durable_, at), kSector) != 0) changed.push_back(at);
  }
  return changed;
}

// All of the changes, none, those before some point (as data written in order), or any of them. A block that came to
// the file after the last Sync may also be there without its data: zeros, or what somebody else left on the disk. Blocks
// that were there keep one of their two contents, so that nothing synced is lost unless it was overwritten.
std::shared_ptr<MemoryFile> MemoryFile::CrashClone(std::shared_ptr<MemorySpace> space, Random* random) {
  std::lock_guard<std::shared_mutex> guard(mu_);
  enum { kKept, kDropped, kCutShort, kTorn, kFates };
  const uint64_t fate = random->Uniform(kFates);
  const std::vector<uint64_t> changed = ChangedSectors();
  const auto [small, large] = std::minmax(live_.size, durable_.size);
  auto wreck = std::make_shared<MemoryFile>(std::move(space));
  Content* const content = &wreck->live_;
  *content = fate == kKept ? Share(&live_) : Share(&durable_);
  uint64_t size = content->size;
  if (fate == kCutShort || fate == kTorn) {
    const size_t cut = random->Uniform(changed.size() + 1);
    for (size_t i = 0; i < changed.size(); ++i) {
      const uint64_t at = changed[i];
      auto choice = i < cut ? Sector::kNew : Sector::kOld;
      if (fate == kTorn) choice = static_cast<Sector>(random->Uniform(at >= shrunk_to_ ? 4 : 2));
      if (choice == Sector::kNew) Write(content, at, Slice(Bytes(live_, at), kSector));
      if (choice == Sector::kZero) Write(content, at, Slice(Bytes(Content(), 0), kSector));
      if (choice == Sector::kGarbage) Write(content, at, Garbage(random));
    }
    if (live_.size < durable_.size) {
      size = random->OneIn(2) ? live_.size : durable_.size;
    } else if (fate == kCutShort && cut < changed.size()) {
      size = std::clamp(changed[cut] + random->Uniform(kSector), small, large);
    } else {
      size = small + random->Uniform(large - small + 1);
    }
  }
  Cut(content, size);
  wreck->durable_ = Share(content);
  wreck->dirty_from_ = SIZE_MAX;
  wreck->shrunk_to_ = size;
  return wreck;
}

}  // namespace burrow
