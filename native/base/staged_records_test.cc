#include "base/staged_records.h"

#include <string>
#include <vector>

#include "base/write_batch.h"
#include "util/random.h"
#include "util/testing.h"

namespace burrow {
namespace {

// Strings as JavaScript has them, and what one call gets of them.
class Staging {
 public:
  void Add(Kind kind, const std::u16string& key, const std::u16string& value) {
    words_.push_back(static_cast<uint32_t>(kind) | kStagedKeyText | kStagedValueText |
                     static_cast<uint32_t>(key.size()) << 16);
    words_.push_back(static_cast<uint32_t>(value.size()));
    text_ += key + value;
    AppendRecord(&expected_, kind, Utf8(key), Utf8(value));
  }
  void AddBytes(Kind kind, Slice key, Slice value) {
    words_.push_back(static_cast<uint32_t>(kind) | static_cast<uint32_t>(key.size()) << 16);
    words_.push_back(static_cast<uint32_t>(value.size()));
    bytes_.append(key).append(value);
    AppendRecord(&expected_, kind, key, value);
  }
  void AddMixed(const std::u16string& key, Slice value) {
    words_.push_back(static_cast<uint32_t>(Kind::kPut) | kStagedKeyText | static_cast<uint32_t>(key.size()) << 16);
    words_.push_back(static_cast<uint32_t>(value.size()));
    text_ += key;
    bytes_.append(value);
    AppendRecord(&expected_, Kind::kPut, Utf8(key), value);
  }

  void Check() const {
    const std::string utf8 = Utf8(text_);
    const StagedRecords staged{words_, utf8, text_.size(), bytes_};
    const size_t limit = StagedSizeLimit(staged);
    CHECK(limit >= expected_.size());
    // Of the heap and of just that size, for the address sanitizer.
    std::vector<char> room(limit);
    const char* end = WriteStagedRecords(staged, room.data());
    CHECK_EQ(Slice(room.data(), static_cast<size_t>(end - room.data())), expected_);
  }

  // A surrogate without its other half becomes U+FFFD, as JavaScript's encoders write it.
  static std::string Utf8(const std::u16string& text) {
    std::string utf8;
    for (size_t i = 0; i < text.size(); ++i) {
      uint32_t c = text[i];
      const bool high = c >= 0xd800 && c < 0xdc00, low = c >= 0xdc00 && c < 0xe000;
      if (high && i + 1 < text.size() && text[i + 1] >= 0xdc00 && text[i + 1] < 0xe000) {
        c = 0x10000 + ((c - 0xd800) << 10) + (text[++i] - 0xdc00u);
      } else if (high || low) {
        c = 0xfffd;
      }
      auto put = [&](uint32_t byte) { utf8.push_back(static_cast<char>(byte)); };
      if (c < 0x80) {
        put(c);
      } else if (c < 0x800) {
        put(0xc0 | c >> 6), put(0x80 | (c & 0x3f));
      } else if (c < 0x10000) {
        put(0xe0 | c >> 12), put(0x80 | (c >> 6 & 0x3f)), put(0x80 | (c & 0x3f));
      } else {
        put(0xf0 | c >> 18), put(0x80 | (c >> 12 & 0x3f)), put(0x80 | (c >> 6 & 0x3f)), put(0x80 | (c & 0x3f));
      }
    }
    return utf8;
  }

 private:
  std::vector<uint32_t> words_;
  std::u16string text_;
  std::string bytes_;
  std::string expected_;
};

TEST(StagedRecords, AreRecordsAgain) {
  Staging staging;
  staging.Add(Kind::kPut, u"apple", u"red");
  staging.AddBytes(Kind::kPut, "pear", Slice("\0\xff", 2));
  staging.Add(Kind::kDelete, u"plum", u"");
  staging.AddMixed(u"quince", "yellow");
  staging.Check();
}

TEST(StagedRecords, TextIsCutByUnitsAndNotByBytes) {
  Staging staging;
  staging.Add(Kind::kPut, u"Zürich", u"日本 \U0001f407");
  staging.AddMixed(u"\U0001f407\U0001f407", "ü");
  staging.Add(Kind::kPut, u"é", u"e");
  staging.Check();
}

TEST(StagedRecords, HalfAPairIsReplacedAlsoBesideItsOtherHalf) {
  Staging staging;
  staging.Add(Kind::kPut, u"a\xd83d", u"\xdc07");
  staging.Add(Kind::kPut, u"\xd83d", u"\xdc07\xd83d");
  staging.AddBytes(Kind::kDelete, "between", "");
  staging.Add(Kind::kPut, u"\xdc07\xd83d\xdc07", u"");
  staging.Add(Kind::kPut, u"\xdc07", u"\xd83d");
  staging.Check();
}

TEST(StagedRecords, AnyUnits) {
  constexpr char16_t kUnits[] = {u'a', u'\x7f', u'\x80', u'\x7ff', u'\x800', 0xd83d, 0xd83d, 0xdc07, 0xdc07, 0xffff};
  Random random(TestSeed());
  for (int round = 0; round < 2000; ++round) {
    Staging staging;
    auto some = [&](size_t least) {
      std::u16string text;
      for (size_t i = least + random.Uniform(6); i > 0; --i) text.push_back(kUnits[random.Uniform(std::size(kUnits))]);
      return text;
    };
    for (uint64_t i = 1 + random.Uniform(8); i > 0; --i) {
      switch (random.Uniform(3)) {
        case 0: staging.Add(Kind::kPut, some(1), some(0)); break;
        case 1: staging.AddBytes(Kind::kPut, Staging::Utf8(some(1)), Staging::Utf8(some(0))); break;
        default: staging.AddMixed(some(1), Staging::Utf8(some(0)));
      }
    }
    staging.Check();
  }
}

TEST(StagedRecords, RefusesLengthsThatDoNotAddUp) {
  const uint32_t words[] = {1 | kStagedKeyText | 3 << 16, 4, 1 | kStagedValueText | 2 << 16, 5};
  const StagedRecords good{words, "keyvalue", 8, "ke1234"};
  CHECK(StagedSizeLimit(good) > 0);
  auto refused = [](StagedRecords staged) { return StagedSizeLimit(staged) == 0; };
  CHECK(refused({std::span(words, 3), good.text, 8, good.bytes}));
  CHECK(refused({std::span(words, 2), good.text, 8, good.bytes}));
  CHECK(refused({words, "keyvalu", 7, good.bytes}));
  CHECK(refused({words, "keyvalues", 9, good.bytes}));
  CHECK(refused({words, good.text, 8, "ke123"}));
  CHECK(refused({words, "keyval", 8, good.bytes}));
  CHECK(refused({{}, "", 0, ""}));
}

}  // namespace
}  // namespace burrow
