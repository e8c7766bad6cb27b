#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace burrow::datagen {

// Text is made of lines of 128 bytes, of four forms that take turns. A line takes 64 random bytes: the low halves of
// these choose its first 64 letters, the high halves the others. What a half chooses depends on the place: C is a consonant,
// V a vowel or the end of a word, D a digit; other bytes are as they stand. In docs/datagen.md, "The bytes".
inline constexpr size_t kCellSize = 128;
inline constexpr size_t kCellForms = 4;

inline constexpr char kConsonants[] = "nrtslcdmpbgfvhkw";
inline constexpr char kVowels[] = "aeiouaeioaey    ";
inline constexpr char kDigits[] = "0123456789012345";

// The bytes of a line of each form: fixed ones, zero elsewhere; and for each of the three tables, 0xff where it is used.
struct alignas(64) TextCells {
  std::array<std::array<uint8_t, kCellSize>, kCellForms> fixed{};
  std::array<std::array<uint8_t, kCellSize>, kCellForms> consonant{};
  std::array<std::array<uint8_t, kCellSize>, kCellForms> vowel{};
  std::array<std::array<uint8_t, kCellSize>, kCellForms> digit{};
};

// From `head` on, words up to `tail`.
struct CellForm {
  std::string_view head;
  std::string_view tail;
};

inline constexpr CellForm kCellFormsText[kCellForms] = {
    {R"({"id":"DDDDDDDD","name":"CVCVCVCV","city":"CVCVCVCV","note":")", "\"}\n"},
    {"", ".\n"},
    {R"({"time":DDDDDDDDDD,"level":"info","user":"CVCVCV","text":")", "\"}\n"},
    {"", ".\n"},
};

constexpr TextCells MakeTextCells() {
  TextCells cells;
  for (size_t form = 0; form < kCellForms; ++form) {
    const CellForm& text = kCellFormsText[form];
    const size_t words = text.head.size();
    const size_t tail = kCellSize - text.tail.size();
    for (size_t i = 0; i < kCellSize; ++i) {
      char c = (i - words) % 2 == 0 ? 'C' : 'V';
      if (i < words) c = text.head[i];
      if (i >= tail) c = text.tail[i - tail];
      cells.consonant[form][i] = c == 'C' ? 0xff : 0;
      cells.vowel[form][i] = c == 'V' ? 0xff : 0;
      cells.digit[form][i] = c == 'D' ? 0xff : 0;
      cells.fixed[form][i] = c == 'C' || c == 'V' || c == 'D' ? 0 : static_cast<uint8_t>(c);
    }
  }
  return cells;
}

inline constexpr TextCells kTextCells = MakeTextCells();

}  // namespace burrow::datagen
