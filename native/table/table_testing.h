// What the tests of tables share: files that are strings, and ways to make keys and tables.
#pragma once

#include <map>
#include <string>

#include "table/table_builder.h"
#include "table/table_reader.h"
#include "util/random.h"
#include "util/testing.h"

namespace burrow::testing {

class StringWritableFile final : public WritableFile {
 public:
  explicit StringWritableFile(std::string* bytes) : bytes_(bytes) {}
  Status Append(Slice data, size_t* written) override {
    bytes_->append(data);
    if (written != nullptr) *written = data.size();
    return Status();
  }
  Status Allocate(uint64_t) override { return Status(); }
  Status Sync() override { return Status(); }
  Status Truncate(uint64_t size) override {
    bytes_->resize(size);
    return Status();
  }
  Status Close() override { return Status(); }
  uint64_t Size() const override { return bytes_->size(); }

 private:
  std::string* const bytes_;
};

// The bytes outlive it. They are copied into the scratch, so that a sanitizer sees a read past a block.
class StringReadableFile final : public RandomAccessFile {
 public:
  explicit StringReadableFile(const std::string* bytes) : bytes_(bytes) {}
  Status Read(uint64_t offset, size_t n, Slice* result, char* scratch) const override {
    Slice found = offset < bytes_->size() ? Slice(*bytes_).substr(offset, n) : Slice();
    memcpy(scratch, found.data(), found.size());
    *result = Slice(scratch, found.size());
    return Status();
  }
  uint64_t Size() const override { return bytes_->size(); }

 private:
  const std::string* const bytes_;
};

inline std::string InternalKey(Slice user_key, SequenceNumber sequence, Kind kind = Kind::kPut) {
  std::string key;
  AppendInternalKey(&key, user_key, PackTrailer(sequence, kind));
  return key;
}

struct InternalKeyLess {
  bool operator()(const std::string& a, const std::string& b) const { return CompareInternalKeys(a, b) < 0; }
};
using Model = std::map<std::string, std::string, InternalKeyLess>;

// Keys of a small alphabet, so that prefixes and versions abound; some with bytes at the ends of the range.
inline std::string RandomKey(Random* random) {
  std::string key(1 + random->Uniform(random->OneIn(8) ? 40 : 6), '\0');
  for (char& c : key)
    c = "\x00\x01"
        "abc\xfe\xff"[random->Uniform(7)];
  return key;
}

inline Model RandomModel(Random* random, size_t records) {
  Model model;
  std::string key = RandomKey(random);
  for (SequenceNumber sequence = 1; sequence <= records; sequence++) {
    if (!random->OneIn(3)) key = RandomKey(random);  // otherwise one more version
    if (random->OneIn(5)) {
      model[InternalKey(key, sequence, Kind::kDelete)] = "";
    } else {
      std::string value(random->Uniform(random->OneIn(20) ? 2000 : 30), static_cast<char>('a' + random->Uniform(26)));
      if (random->OneIn(2))
        for (char& c : value) c = static_cast<char>(random->Next());
      model[InternalKey(key, sequence)] = value;
    }
  }
  return model;
}

inline TableProperties BuildTable(const TableBuilderOptions& options, const Model& model,
                                  const std::vector<RangeTombstone>& tombstones, std::string* bytes) {
  TableBuilder builder(options, std::make_unique<StringWritableFile>(bytes));
  for (const auto& [key, value] : model) CHECK_OK(builder.Add(key, value));
  for (const RangeTombstone& tombstone : tombstones) builder.AddRangeTombstone(tombstone);
  TableProperties properties;
  CHECK_OK(builder.Finish(&properties));
  CHECK_EQ(properties.file_size, bytes->size());
  return properties;
}

inline Status OpenTable(const std::string& bytes, BlockCache* cache, TableReader::Counters* counters,
                        std::shared_ptr<TableReader>* reader) {
  return TableReader::Open(std::make_unique<StringReadableFile>(&bytes), "1.sst", 1, 0, nullptr, cache, counters,
                           reader);
}

// What a read at `sequence` has to find.
struct Expected {
  GetOutcome outcome = GetOutcome::kAbsent;
  SequenceNumber sequence = 0;
  Slice value;
};
inline Expected Lookup(const Model& model, Slice user_key, SequenceNumber sequence) {
  std::string seek;
  AppendInternalKey(&seek, user_key, PackTrailer(sequence, kSeekKind));
  auto it = model.lower_bound(seek);
  if (it == model.end() || UserKey(it->first) != user_key) return {};
  bool put = KindOf(it->first) == Kind::kPut;
  return {put ? GetOutcome::kValue : GetOutcome::kDeleted, SequenceOf(it->first), it->second};
}

inline std::string SomeKey(const Model& model, Random* random) {
  if (random->OneIn(3)) return RandomKey(random);
  return std::string(UserKey(std::next(model.begin(), static_cast<ptrdiff_t>(random->Uniform(model.size())))->first));
}

// Walks through all of the model's records in both directions, then hither and thither.
inline void CheckIterator(InternalIterator* iterator, const Model& model, Random* random) {
  auto it = model.begin();
  for (iterator->SeekToFirst(); iterator->Valid(); iterator->Next(), ++it) {
    CHECK(it != model.end());
    CHECK_EQ(iterator->key(), it->first);
    CHECK_EQ(iterator->value(), it->second);
  }
  CHECK_OK(iterator->status());
  CHECK(it == model.end());
  for (iterator->SeekToLast(); iterator->Valid(); iterator->Prev()) {
    CHECK_EQ(iterator->key(), (--it)->first);
    CHECK_EQ(iterator->value(), it->second);
  }
  CHECK_OK(iterator->status());
  CHECK(it == model.begin());
  for (int i = 0; i < 100; i++) {
    std::string target = InternalKey(SomeKey(model, random), random->Uniform(model.size() + 2));
    it = model.lower_bound(target);
    if (random->OneIn(2)) {
      iterator->Seek(target);
    } else {
      iterator->SeekBefore(target);
      it = it == model.begin() ? model.end() : std::prev(it);
    }
    for (int step = 0; step < 20; step++) {
      CHECK_EQ(iterator->Valid(), it != model.end());
      if (!iterator->Valid()) break;
      CHECK_EQ(iterator->key(), it->first);
      CHECK_EQ(iterator->value(), it->second);
      if (random->OneIn(2)) {
        iterator->Next();
        ++it;
      } else {
        iterator->Prev();
        it = it == model.begin() ? model.end() : std::prev(it);
      }
    }
  }
}

inline bool Corrupted(const Status& status) { return status.Is(Code::kCorruption) || status.Is(Code::kUnsupported); }

}  // namespace burrow::testing
