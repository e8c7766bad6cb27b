#include "engine/record_dump.h"

#include "util/coding.h"
#include "util/testing.h"

namespace burrow {
namespace {

std::string Text(Slice packed) {
  std::string text;
  while (!packed.empty()) {
    const uint64_t trailer = DecodeFixed64(packed.data());
    const size_t key = DecodeFixed32(packed.data() + 8), value = DecodeFixed32(packed.data() + 12);
    text.append(std::to_string(trailer >> 8)).append(1, "dpr"[trailer & 3]).append(packed.substr(16, key));
    text.append("=").append(packed.substr(16 + key, value)).append(" ");
    packed.remove_prefix(16 + key + value);
  }
  return text;
}

std::shared_ptr<MemTable> Memtable() { return std::make_shared<MemTable>(); }

TEST(RecordDump, MergesMemtablesWithTheirRangeTombstones) {
  auto old = Memtable(), young = Memtable();
  old->Add(1, Kind::kPut, "a", "1");
  old->Add(2, Kind::kPut, "c", "2");
  old->Add(3, Kind::kRangeDelete, "b", "d");
  young->Add(4, Kind::kPut, "c", "4");
  young->Add(5, Kind::kDelete, "a", "");
  young->Add(6, Kind::kRangeDelete, "c", "z");
  young->Add(7, Kind::kPut, "zz", "unseen");
  auto dump = RecordDump::OfMemtables({young, old}, 6);
  old.reset();
  young->Add(8, Kind::kPut, "b", "unseen");
  young.reset();
  std::string packed;
  CHECK_OK(dump->Next(1 << 20, &packed));
  CHECK_EQ(Text(packed), "5da= 1pa=1 3rb=d 6rc=z 4pc=4 2pc=2 ");
  CHECK_OK(dump->Next(1 << 20, &packed));
  CHECK(packed.empty());
}

TEST(RecordDump, HandsOutOneRecordAtATimeWhenAskedFor) {
  auto memtable = Memtable();
  memtable->Add(1, Kind::kRangeDelete, "a", "b");
  memtable->Add(2, Kind::kPut, "b", "x");
  memtable->Add(3, Kind::kPut, "c", "");
  auto dump = RecordDump::OfMemtables({memtable}, kMaxSequence);
  std::string all, packed;
  for (int i = 0; i < 3; ++i) {
    CHECK_OK(dump->Next(1, &packed));
    all += Text(packed) + "| ";
  }
  CHECK_EQ(all, "1ra=b | 2pb=x | 3pc= | ");
  CHECK_OK(dump->Next(1, &packed));
  CHECK(packed.empty());
  CHECK_OK(RecordDump::OfMemtables({}, 1)->Next(1, &packed));
  CHECK(packed.empty());
}

}  // namespace
}  // namespace burrow
