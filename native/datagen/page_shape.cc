// The incompressible part of a page is smaller than the target by what the codecs need to say where the rest is. How much
// that is was measured, in pages of every pattern, over windows of 64 KiB to 1 MiB at any offset: for zeros and backref so
// that the best and the worst of lz4, zstd 1, zstd 3 and zlib 6 are equally far from the ratio; for text with zstd 1, up
// to 2 % above the ratio, because its pages alone compress less. docs/datagen.md has what came out. The tables are part of
// the bytes: they do not change.
#include "datagen/page_shape.h"

#include <span>

namespace burrow::datagen {

namespace {

// Both in sixteenths of a byte a page. `target`: the page's size over the ratio. `amount`: incompressible bytes, or for
// text, letters: up to a page of those, and beyond that a page of which so many bytes are incompressible.
struct Knot {
  uint32_t target;
  uint32_t amount;
};

// For ratios that, times 65536, are `from` or more, up to the next row.
struct Row {
  uint64_t from;
  uint32_t pairs_shift;
  std::span<const Knot> knots;  // the target ascends
};

// Compressors find short copies behind long literals badly: fewer parts at small ratios. Where little is incompressible,
// the parts' overheads differ among codecs: fewer at large ones.
constexpr Knot kZerosFour[] = {{16425, 16012}, {20480, 20051}, {24273, 23827}, {32768, 32288}, {43691, 43202},
                               {52429, 51927}, {59578, 59097}, {62415, 61916}, {64887, 64035}, {65536, 65536}};
constexpr Knot kZerosTwo[] = {{655, 400},   {936, 667},    {1311, 1028},   {2048, 1764},  {2621, 2318},
                              {3277, 2972}, {4096, 3787},  {5041, 4730},   {5699, 5387},  {6554, 6243},
                              {8192, 7876}, {10082, 9736}, {13107, 12772}, {16384, 16039}};
constexpr Knot kBackrefTwo[] = {{55072, 54680}, {56988, 56625}, {59578, 59153}, {62415, 60980},
                                {64251, 62753}, {64887, 64001}, {65536, 65536}};
constexpr Knot kBackrefFour[] = {{655, 394},     {936, 660},     {1311, 991},    {2048, 1730},   {2621, 2274},
                                 {3277, 2927},   {4096, 3732},   {5041, 4673},   {6554, 6158},   {8192, 7772},
                                 {10082, 9625},  {13107, 12627}, {16384, 15879}, {18725, 18190}, {21845, 21274},
                                 {24273, 23674}, {27888, 27290}, {32768, 32193}, {37449, 36878}, {43691, 43210},
                                 {48545, 48132}, {54613, 54209}};
constexpr Knot kText[] = {
    {655, 860},     {771, 1092},    {936, 1604},     {1092, 1862},    {1311, 2438},    {1638, 3078},    {2048, 4036},
    {2341, 4548},   {2621, 5000},   {2979, 5638},    {3277, 6212},    {3641, 6852},    {3855, 7178},    {4096, 7624},
    {4228, 7878},   {4369, 8870},   {4681, 9366},    {4855, 9700},    {5041, 10018},   {5201, 10314},   {5461, 10796},
    {5958, 11658},  {6554, 12722},  {7282, 14034},   {8192, 15668},   {10082, 19190},  {10923, 20898},  {11703, 22248},
    {13107, 25466}, {14564, 28100}, {16384, 31369},  {18725, 36499},  {21845, 42885},  {24273, 47405},  {27888, 54945},
    {30482, 60603}, {31969, 63523}, {32768, 65025},  {33608, 65613},  {35425, 67111},  {38551, 71554},  {43691, 78280},
    {48545, 86276}, {54613, 97668}, {56988, 103618}, {59578, 108612}, {62415, 114711}, {64251, 121475}, {64887, 122833},
    {65536, 131072}};

constexpr Row kZeros[] = {{65536, 2, kZerosFour}, {4 * 65536, 1, kZerosTwo}};
constexpr Row kBackref[] = {{65536, 1, kBackrefTwo}, {78643, 2, kBackrefFour}};
constexpr Row kTexts[] = {{65536, 2, kText}};

std::span<const Row> Rows(Pattern pattern) {
  switch (pattern) {
    case Pattern::kZeros: return kZeros;
    case Pattern::kBackref: return kBackref;
    case Pattern::kText: break;
  }
  return kTexts;
}

// In 1/65536 bytes, as `target` is: on the line between two knots, or on the outermost one's continuation.
uint64_t Interpolate(std::span<const Knot> knots, uint64_t target) {
  size_t i = 1;
  while (i + 1 < knots.size() && target > uint64_t{knots[i].target} << 12) ++i;
  const Knot low = knots[i - 1], high = knots[i];
  const int64_t beyond = static_cast<int64_t>(target) - (int64_t{low.target} << 12);
  const int64_t rise = beyond * (high.amount - low.amount) / (high.target - low.target);
  return static_cast<uint64_t>((int64_t{low.amount} << 12) + rise);
}

}  // namespace

PageShape ShapeFor(Pattern pattern, double ratio) {
  PageShape shape;
  shape.pattern = pattern;
  const auto ratio16 = static_cast<uint64_t>(ratio * 65536 + 0.5);
  if (ratio16 == 65536) return shape;
  const Row* row = nullptr;
  for (const Row& candidate : Rows(pattern)) {
    if (ratio16 >= candidate.from) row = &candidate;
  }
  constexpr uint64_t kPage = kPageSize << 16;
  const uint64_t amount = Interpolate(row->knots, (kPage << 16) / ratio16);
  const uint64_t fresh = amount < kPage ? amount : kPage;
  const uint64_t random = pattern == Pattern::kText ? amount - fresh : fresh;
  shape.pairs_shift = row->pairs_shift;
  shape.random = static_cast<uint32_t>(random >> row->pairs_shift);
  shape.fresh = static_cast<uint32_t>(fresh >> row->pairs_shift);
  return shape;
}

}  // namespace burrow::datagen
