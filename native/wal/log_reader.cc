#include "wal/log_reader.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "util/coding.h"
#include "util/crc32c.h"

namespace burrow::log {

namespace {

constexpr size_t kChunkSize = 16 * kBlockSize;  // of one read
constexpr size_t kKeptRecord = 4 << 20;         // a larger reassembly buffer is given back after its record
constexpr size_t kHeaderPayload = 8 + 4 + 1 + 16 + 8;

bool AllZero(Slice bytes) {
  return bytes.empty() || (bytes[0] == 0 && memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0);
}

struct Fragment {
  uint8_t type;
  uint32_t number;
  uint64_t synced;
  Slice payload;
};

// Decodes the header at the front of `bytes`, which end at the end of the block or file. Does not look at the payload.
bool DecodeFragment(Slice bytes, Fragment* fragment) {
  if (bytes.size() < kHeaderSize) return false;
  const size_t length = DecodeFixed16(bytes.data() + 4);
  if (length > bytes.size() - kHeaderSize) return false;
  fragment->type = static_cast<uint8_t>(bytes[6]);
  fragment->number = DecodeFixed32(bytes.data() + 7);
  fragment->synced = DecodeFixed64(bytes.data() + 11);
  fragment->payload = bytes.substr(kHeaderSize, length);
  return fragment->type != kZero;
}

bool ChecksumHolds(Slice bytes, const Fragment& fragment) {
  const uint32_t stored = crc32c::Unmask(DecodeFixed32(bytes.data()));
  return stored == crc32c::Value(bytes.substr(4, kHeaderSize - 4 + fragment.payload.size()));
}

// Collects a record of many fragments. Grown by realloc, which moves large blocks without touching their pages.
class RecordBuffer {
 public:
  RecordBuffer() = default;
  RecordBuffer(const RecordBuffer&) = delete;
  RecordBuffer& operator=(const RecordBuffer&) = delete;
  ~RecordBuffer() { free(data_); }

  void Clear() {
    size_ = 0;
    if (capacity_ <= kKeptRecord) return;
    free(data_);
    data_ = nullptr;
    capacity_ = 0;
  }
  // False when memory is exhausted.
  bool Append(Slice bytes) {
    if (bytes.size() > capacity_ - size_) {
      const size_t capacity = std::max<size_t>({size_ + bytes.size(), 2 * capacity_, 2 * kBlockSize});
      auto* grown = static_cast<char*>(realloc(data_, capacity));
      if (grown == nullptr) return false;
      data_ = grown;
      capacity_ = capacity;
    }
    bytes.copy(data_ + size_, bytes.size());
    size_ += bytes.size();
    return true;
  }
  Slice contents() const { return Slice(data_, size_); }

 private:
  char* data_ = nullptr;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

}  // namespace

struct LogReader::Impl {
  Impl(LogReader* owner, std::unique_ptr<RandomAccessFile> opened, std::string name, const Options& opts)
      : reader(owner),
        file(std::move(opened)),
        file_name(std::move(name)),
        options(opts),
        limit(std::min(file->Size(), opts.expected_length)) {}

  LogReader* const reader;
  const std::unique_ptr<RandomAccessFile> file;
  const std::string file_name;
  const Options options;
  const uint64_t limit;  // nothing at or after this offset is read
  uint64_t position = 0;
  bool done = false;
  RecordBuffer record;  // of several fragments

  std::unique_ptr<char[]> buffer;
  Slice chunk;  // holds the file's bytes from chunk_begin on; in `buffer`, or the file's own
  uint64_t chunk_begin = 0;

  // The bytes from `offset` to the end of its block or of the log. They live until the next View of another block.
  // REQUIRES: offset < limit.
  Status View(uint64_t offset, Slice* bytes) {
    const uint64_t block = offset - offset % kBlockSize;
    const uint64_t block_end = std::min(block + kBlockSize, limit);
    if (block < chunk_begin || block_end > chunk_begin + chunk.size()) {
      const auto n = static_cast<size_t>(std::min<uint64_t>(kChunkSize, limit - block));
      if (buffer == nullptr) buffer.reset(new char[std::min<uint64_t>(kChunkSize, limit)]);
      chunk = Slice();
      chunk_begin = block;
      Slice got;
      BURROW_RETURN_IF_ERROR(file->Read(block, n, &got, buffer.get()));
      if (got.size() != n) return Status::IO("log became shorter while it was read").WithFile(file_name);
      chunk = got;
    }
    *bytes = chunk.substr(static_cast<size_t>(offset - chunk_begin), static_cast<size_t>(block_end - offset));
    return Status();
  }

  // Whether a fragment of this log is at the front of `bytes`, which View gave for `offset`. A synced offset beyond the
  // fragment itself is something no writer knows.
  bool ValidFragment(Slice bytes, uint64_t offset, Fragment* fragment) const {
    return DecodeFragment(bytes, fragment) && fragment->number == static_cast<uint32_t>(options.log_number) &&
           fragment->synced <= offset && ChecksumHolds(bytes, *fragment);
  }

  // The first byte at or after `offset` that is not zero; `limit` when there is none.
  Status FindNonZero(uint64_t offset, uint64_t* found) {
    while (offset < limit) {
      Slice bytes;
      BURROW_RETURN_IF_ERROR(View(offset, &bytes));
      if (!AllZero(bytes)) {
        *found = offset + bytes.find_first_not_of('\0');
        return Status();
      }
      offset += bytes.size();
    }
    *found = limit;
    return Status();
  }

  // Looks for the first valid fragment at or after `offset` that is `wanted`, trying every byte offset outside of valid
  // fragments; *found is `limit` when there is none.
  template <typename Wanted>
  Status FindFragment(uint64_t offset, Wanted wanted, uint64_t* found) {
    while (offset < limit) {
      Slice bytes;
      BURROW_RETURN_IF_ERROR(View(offset, &bytes));
      size_t at = 0;
      while (at + kHeaderSize <= bytes.size()) {
        Fragment fragment;
        const Slice rest = bytes.substr(at);
        if (!ValidFragment(rest, offset + at, &fragment)) {
          at++;
          continue;
        }
        if (wanted(fragment)) {
          *found = offset + at;
          return Status();
        }
        at += kHeaderSize + fragment.payload.size();
      }
      offset += bytes.size();
    }
    *found = limit;
    return Status();
  }

  bool Fail(Status status) {
    done = true;
    reader->status_ = std::move(status);
    return false;
  }
  bool Corrupt(uint64_t offset, std::string what) {
    return Fail(Status::Corruption(std::move(what)).WithFile(file_name).WithOffset(offset));
  }
  bool Finish(LogEnd end) {
    done = true;
    reader->end_ = end;
    if (end == LogEnd::kTornTail) {
      Status status = MeasureTail();
      if (!status.ok()) return Fail(std::move(status));
    }
    return false;
  }
  Status MeasureTail() {
    uint64_t offset = reader->end_offset_;
    while (offset < limit) {
      Slice bytes;
      BURROW_RETURN_IF_ERROR(View(offset, &bytes));
      const size_t last = bytes.find_last_not_of('\0');
      if (last != Slice::npos) reader->torn_bytes_ = offset + last + 1 - reader->end_offset_;
      offset += bytes.size();
    }
    return Status();
  }

  // Where a reader that lost its way can go on.
  Status FindRecord(uint64_t offset, uint64_t* found) {
    auto begins = [](const Fragment& fragment) {
      return fragment.type == kFull || fragment.type == kFirst || fragment.type == kEnd;
    };
    return FindFragment(offset, begins, found);
  }

  void Lose(uint64_t begin, uint64_t end, std::string problem) {
    LostRange lost;
    lost.offset = begin;
    lost.size = end - begin;
    lost.problem = std::move(problem);
    reader->lost_.push_back(std::move(lost));
  }

  // Corruption at `position`. True when salvaging: then all from `begin` on is lost, and a record begins at `position`.
  bool PassDamage(uint64_t begin, std::string problem) {
    if (!options.salvage) return Corrupt(position, std::move(problem));
    uint64_t next = limit;
    Status status = FindRecord(position, &next);
    if (!status.ok()) return Fail(std::move(status));
    position = next;
    if (next < limit) {
      Lose(begin, next, std::move(problem));
      return true;
    }
    Lose(begin, options.expected_length == UINT64_MAX ? limit : options.expected_length, std::move(problem));
    return Finish(LogEnd::kCleanEnd);
  }

  // What follows `position` is not the next fragment of the log. `begin` is where the record that it would belong to
  // begins; `position` between records. True: as PassDamage.
  bool PassBadFragment(uint64_t begin) {
    if (options.expected_length != UINT64_MAX) {
      return PassDamage(begin, "log is damaged before its recorded length " + std::to_string(options.expected_length));
    }
    const bool inside_record = begin != position;
    uint64_t rest = limit;  // where anything that is not zero begins
    Status status = FindNonZero(position, &rest);
    if (!status.ok()) return Fail(std::move(status));
    if (rest == limit) return Finish(inside_record ? LogEnd::kTornTail : LogEnd::kCleanEnd);

    // A fragment may begin with zeros, but the seventh byte, its type, is not one.
    const uint64_t from = std::max(position + 1, rest - std::min<uint64_t>(rest, kHeaderSize));
    uint64_t later = limit;
    status = FindFragment(
        from, [this](const Fragment& fragment) { return fragment.synced > position; }, &later);
    if (!status.ok()) return Fail(std::move(status));
    if (later != limit) {
      return PassDamage(
          begin, "log record is damaged, but the record at " + std::to_string(later) + " says that it was durable");
    }
    if (options.salvage && position == 0) {
      status = FindRecord(from, &later);
      if (!status.ok()) return Fail(std::move(status));
      if (later != limit) return PassDamage(0, "log header is damaged");
    }
    return Finish(LogEnd::kTornTail);
  }

  // `begin` as for PassBadFragment.
  bool EndAtLimit(uint64_t begin) {
    const bool inside_record = begin != position;
    if (options.expected_length != UINT64_MAX && (inside_record || limit != options.expected_length)) {
      return PassDamage(begin, "log ends before its recorded length " + std::to_string(options.expected_length));
    }
    return Finish(inside_record ? LogEnd::kTornTail : LogEnd::kCleanEnd);
  }

  bool EndAtSeal() {
    reader->end_offset_ = position;
    if (options.expected_length != UINT64_MAX && position != options.expected_length) {
      std::string problem = "log is sealed before its recorded length " + std::to_string(options.expected_length);
      if (!options.salvage) return Corrupt(position, std::move(problem));
      Lose(position, options.expected_length, std::move(problem));
      return Finish(LogEnd::kSealed);
    }
    uint64_t rest = limit, later = limit;
    Status status = FindNonZero(position, &rest);
    if (status.ok() && rest != limit)
      status = FindFragment(
          position, [](const Fragment&) { return true; }, &later);
    if (!status.ok()) return Fail(std::move(status));
    if (later != limit) {
      // Salvage does not believe them: they may be of a tail that was cut before the end record came.
      if (!options.salvage) return Corrupt(later, "log goes on after its end record");
      Lose(later, limit, "log goes on after its end record");
    }
    return Finish(LogEnd::kSealed);
  }

  // Reads the first fragment of the log. False at the end of an empty log and on an error.
  bool ReadHeader() {
    if (limit == 0) return EndAtLimit(0);
    Slice bytes;
    Status status = View(0, &bytes);
    if (!status.ok()) return Fail(std::move(status));
    Fragment fragment;
    if (!DecodeFragment(bytes, &fragment) || fragment.type != kHeader || !ChecksumHolds(bytes, fragment)) {
      return PassBadFragment(0);
    }
    const char* p = fragment.payload.data();
    if (fragment.payload.size() < 12 || DecodeFixed64(p) != kMagic) return Corrupt(0, "not a BurrowDB log");
    const uint32_t version = DecodeFixed32(p + 8);
    if (version != kFormatVersion) {
      return Fail(Status::Unsupported("log has format version " + std::to_string(version) + ", this build reads " +
                                      std::to_string(kFormatVersion))
                      .WithFile(file_name)
                      .WithOffset(0));
    }
    if (fragment.payload.size() != kHeaderPayload) return Corrupt(0, "log header has a wrong length");
    if (p[12] != static_cast<char>(options.kind)) return Corrupt(0, "log is of another kind");
    DatabaseId id;
    memcpy(id.bytes.data(), p + 13, id.bytes.size());
    if (options.database_id != nullptr && id != *options.database_id) {
      return Corrupt(0, "log belongs to another database, " + id.ToHex());
    }
    const uint64_t number = DecodeFixed64(p + 29);
    if (number != options.log_number || fragment.number != static_cast<uint32_t>(number)) {
      return Corrupt(0, "log has another number, " + std::to_string(number));
    }
    reader->database_id_ = id;
    reader->has_header_ = true;
    position = kHeaderSize + fragment.payload.size();
    reader->end_offset_ = position;
    return true;
  }

  bool ReadRecord(Slice* out) {
    if (done) return false;
    record.Clear();
    if (position == 0 && !ReadHeader()) return false;
    uint64_t start = position;
    bool inside_record = false;
    for (;;) {
      const uint64_t left = kBlockSize - position % kBlockSize;
      if (left < kHeaderSize) position = std::min(position + left, limit);
      if (!inside_record) start = position;
      if (position == limit) return EndAtLimit(start);
      Slice bytes;
      Status status = View(position, &bytes);
      if (!status.ok()) return Fail(std::move(status));
      Fragment fragment;
      const bool valid = ValidFragment(bytes, position, &fragment);
      if (valid && fragment.type > kLastFragmentType) {
        return Fail(Status::Unsupported("log has a fragment of unknown type " + std::to_string(fragment.type))
                        .WithFile(file_name)
                        .WithOffset(position));
      }
      const bool continues = fragment.type == kMiddle || fragment.type == kLast;
      if (!valid || continues != inside_record || fragment.type == kHeader) {
        if (!PassBadFragment(start)) return false;
        record.Clear();
        inside_record = false;
        continue;
      }
      reader->synced_offset_ = std::max(reader->synced_offset_, fragment.synced);
      position += kHeaderSize + fragment.payload.size();
      if (fragment.type == kEnd) return EndAtSeal();
      if (fragment.type == kFull) {
        *out = fragment.payload;
      } else {
        if (!record.Append(fragment.payload)) {
          return Fail(Status::IO("no memory for a log record").WithFile(file_name).WithOffset(start));
        }
        inside_record = fragment.type != kLast;
        if (inside_record) continue;
        *out = record.contents();
      }
      reader->record_offset_ = start;
      reader->end_offset_ = position;
      return true;
    }
  }
};

LogReader::LogReader(std::unique_ptr<RandomAccessFile> file, std::string file_name, const Options& options)
    : impl_(std::make_unique<Impl>(this, std::move(file), std::move(file_name), options)) {}
LogReader::~LogReader() = default;

bool LogReader::ReadRecord(Slice* record) { return impl_->ReadRecord(record); }
uint64_t LogReader::file_size() const { return impl_->file->Size(); }

}  // namespace burrow::log
