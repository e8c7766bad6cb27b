#include "base/staged_records.h"

#include <cstring>

#include "base/write_batch.h"

namespace burrow {

namespace {

constexpr Slice kReplacement("\xef\xbf\xbd");  // U+FFFD

// The text, taken off by lengths in UTF-16 units.
class Text {
 public:
  Text(Slice utf8, bool ascii) : p_(utf8.data()), ascii_(ascii) {}

  char* Take(size_t units, char* to) {
    if (!ascii_) return TakeUnits(units, to);
    memcpy(to, p_, units);
    p_ += units;
    return to + units;
  }

 private:
  static char* Put(Slice bytes, char* to) {
    memcpy(to, bytes.data(), bytes.size());
    return to + bytes.size();
  }

  char* TakeUnits(size_t units, char* to) {
    for (; units > 0; --units) {
      const auto lead = static_cast<unsigned char>(*p_);
      const size_t size = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
      if (size == 4 && (halved_ || units == 1)) {  // the pair belongs to two strings
        to = Put(kReplacement, to);
        halved_ = !halved_;
        if (halved_) continue;
      } else {
        to = Put(Slice(p_, size), to);
        if (size == 4) --units;
      }
      p_ += size;
    }
    return to;
  }

  const char* p_;
  const bool ascii_;
  bool halved_ = false;  // the first half of the pair at p_ was taken
};

}  // namespace

size_t StagedSizeLimit(const StagedRecords& staged) {
  if (staged.words.empty() || staged.words.size() % 2 != 0) return 0;
  size_t units = 0, bytes = 0;
  for (size_t i = 0; i < staged.words.size(); i += 2) {
    const uint32_t word = staged.words[i];
    ((word & kStagedKeyText) != 0 ? units : bytes) += word >> 16;
    ((word & kStagedValueText) != 0 ? units : bytes) += staged.words[i + 1];
  }
  if (units != staged.text_units || bytes != staged.bytes.size() || staged.text.size() < units) return 0;
  return staged.words.size() / 2 * kRecordHeaderSize + 3 * units + bytes;
}

char* WriteStagedRecords(const StagedRecords& staged, char* to) {
  const bool ascii = staged.text.size() == staged.text_units;
  Text text(staged.text, ascii);
  const char* bytes = staged.bytes.data();
  auto take = [&](bool from_text, size_t length, char* into) {
    if (from_text) return text.Take(length, into);
    if (length > 0) memcpy(into, bytes, length);
    bytes += length;
    return into + length;
  };
  for (size_t i = 0; i < staged.words.size(); i += 2) {
    const uint32_t word = staged.words[i], key_length = word >> 16, value_length = staged.words[i + 1];
    const bool key_text = (word & kStagedKeyText) != 0, value_text = (word & kStagedValueText) != 0;
    char* const key = to + kRecordHeaderSize;
    char *value, *end;
    if (key_text == value_text && (ascii || !key_text)) {  // they follow each other already
      value = key + key_length;
      end = take(key_text, size_t{key_length} + value_length, key);
    } else {
      value = take(key_text, key_length, key);
      end = take(value_text, value_length, value);
    }
    EncodeRecordHeader(to, static_cast<Kind>(word & 0xff), static_cast<size_t>(value - key),
                       static_cast<size_t>(end - value));
    to = end;
  }
  return to;
}

}  // namespace burrow
