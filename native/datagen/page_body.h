// The inner loops of a PageKernel, for a file that defines BURROW_TARGET (the attribute that allows the instructions, or
// nothing) and, in the same anonymous namespace, a type V of 64 bytes: eight 64-bit lanes, or 64 bytes of text. No
// include guard: a file may include it once for each namespace.
//
// V has: Load, Store (any address), Stream (address a multiple of 64), Zero, Add, Xor, Shl<k>, Shr<k>, Rotl<k>,
// Mul (lanes by a constant), Letters (see TextLine), Fence.

// Bytes beyond a page that composing may write: what a vector that begins within the page reaches.
constexpr size_t kSlack = 2 * kCellSize;

// SplitMix64's counters for the 32 words of state: word w of lane l has the counter 8 * w + l + 1.
struct alignas(64) SeedOffsets {
  uint64_t of[32];
};
constexpr SeedOffsets MakeSeedOffsets() {
  SeedOffsets offsets{};
  for (uint64_t i = 0; i < 32; ++i) offsets.of[i] = (i + 1) * kGamma;
  return offsets;
}
constexpr SeedOffsets kSeedOffsets = MakeSeedOffsets();

BURROW_INLINE V MixLanes(V z) {
  z = V::Mul(V::Xor(z, V::template Shr<30>(z)), 0xbf58476d1ce4e5b9);
  z = V::Mul(V::Xor(z, V::template Shr<27>(z)), 0x94d049bb133111eb);
  return V::Xor(z, V::template Shr<31>(z));
}

// Eight generators xoshiro256++ (Blackman and Vigna) side by side.
struct Lanes {
  V s0, s1, s2, s3;

  BURROW_INLINE static Lanes Of(uint64_t page_seed) {
    const V seed = V::Broadcast(page_seed);
    return {MixLanes(V::Add(seed, V::Load(kSeedOffsets.of))), MixLanes(V::Add(seed, V::Load(kSeedOffsets.of + 8))),
            MixLanes(V::Add(seed, V::Load(kSeedOffsets.of + 16))),
            MixLanes(V::Add(seed, V::Load(kSeedOffsets.of + 24)))};
  }

  BURROW_INLINE V Next() {
    const V result = V::Add(V::template Rotl<23>(V::Add(s0, s3)), s0);
    const V t = V::template Shl<17>(s1);
    s2 = V::Xor(s2, s0);
    s3 = V::Xor(s3, s1);
    s1 = V::Xor(s1, s2);
    s0 = V::Xor(s0, s3);
    s2 = V::Xor(s2, t);
    s3 = V::template Rotl<45>(s3);
    return result;
  }
};

// One line of 128 bytes: what 64 random bytes choose.
BURROW_INLINE void TextLine(V random, size_t form, char* out) {
  V::Letters(V::LowHalves(random), form, 0).Store(out);
  V::Letters(V::HighHalves(random), form, 64).Store(out + 64);
}

// Goes on from `from` to `end` as it stands `distance` before. Each copy doubles what can be copied, so that loads do not
// wait for the stores just before them.
BURROW_INLINE void Repeat(char* from, const char* end, size_t distance) {
  while (from < end) {
    const char* const source = from - distance;
    for (size_t i = 0; i < distance && from + i < end; i += 64) V::Load(source + i).Store(from + i);
    from += distance;
    if (distance < kPageSize / 2) distance *= 2;
  }
}

// From near, because compressors forget; and where lines are repeated, whole ones.
BURROW_INLINE size_t RepeatDistance(Pattern pattern, size_t fresh, size_t pair_size) {
  if (pattern != Pattern::kText) return fresh < pair_size - fresh ? fresh : pair_size - fresh;
  return fresh < kCellSize ? fresh : fresh & ~(kCellSize - 1);
}

// A page that is not all random, up to `until` at least, at `out`, which has kSlack bytes more.
BURROW_INLINE void Compose(const PageSource& source, uint64_t page, size_t until, char* out) {
  const PageShape& shape = source.shape;
  const size_t pair_size = kPageSize >> shape.pairs_shift;
  const uint64_t first_part = page << shape.pairs_shift;
  Lanes lanes = Lanes::Of(Mix64(source.base + page * kGamma));
  size_t line = 0;
  for (size_t begin = 0, part = 0; begin < until; begin += pair_size, ++part) {
    char* const start = out + begin;
    char* const end = start + pair_size;
    const size_t random = PartLength(first_part + part, shape.random);
    const size_t fresh = PartLength(first_part + part, shape.fresh);
    for (size_t i = 0; i < random; i += 64) lanes.Next().Store(start + i);
    for (size_t i = random; i < fresh; i += kCellSize) TextLine(lanes.Next(), line++ % kCellForms, start + i);
    if (shape.pattern == Pattern::kZeros) {
      for (char* at = start + fresh; at < end; at += 64) V::Zero().Store(at);
    } else {
      Repeat(start + fresh, end, RepeatDistance(shape.pattern, fresh, pair_size));
    }
  }
}

BURROW_INLINE void Randomize(const PageSource& source, uint64_t page, size_t until, char* out) {
  Lanes lanes = Lanes::Of(Mix64(source.base + page * kGamma));
  for (size_t i = 0; i < until; i += 64) lanes.Next().Store(out + i);
}

BURROW_INLINE void MakePage(const PageSource& source, uint64_t page, size_t until, char* out) {
  if (source.shape.all_random()) {
    Randomize(source, page, until, out);
  } else {
    Compose(source, page, until, out);
  }
}

BURROW_TARGET void Part(const PageSource& source, uint64_t page, size_t from, size_t until, char* out) {
  alignas(64) char made[kPageSize + kSlack];
  MakePage(source, page, until, made);
  memcpy(out, made + from, until - from);
}

// Through a page that stays in the first cache, because streamed bytes cannot be read back, and because `out` need not
// be a multiple of 64: what does not fill a line waits for the next page.
BURROW_INLINE void StreamPages(const PageSource& source, uint64_t first, size_t count, char* out) {
  alignas(64) char made[64 + kPageSize + kSlack];  // the last 64 bytes of the page before, and the page
  char* const page = made + 64;
  const size_t head = (64 - (reinterpret_cast<uintptr_t>(out) & 63)) & 63;
  const size_t waiting = (64 - head) & 63;
  MakePage(source, first, kPageSize, page);
  memcpy(out, page, head);
  out += head;
  for (size_t at = head; at + 64 <= kPageSize; at += 64, out += 64) V::Load(page + at).Stream(out);
  for (size_t i = 1; i < count; ++i) {
    V::Load(page + kPageSize - 64).Store(made);
    MakePage(source, first + i, kPageSize, page);
    for (size_t at = 0; at < kPageSize; at += 64, out += 64) V::Load(page - waiting + at).Stream(out);
  }
  memcpy(out, page + kPageSize - waiting, waiting);
}

BURROW_TARGET void Pages(const PageSource& source, uint64_t first, size_t count, char* out, bool stream) {
  if (stream) {
    if (!source.shape.all_random() || (reinterpret_cast<uintptr_t>(out) & 63) != 0) {
      return StreamPages(source, first, count, out);
    }
    for (size_t page = 0; page < count; ++page) {
      Lanes lanes = Lanes::Of(Mix64(source.base + (first + page) * kGamma));
      for (size_t i = 0; i < kPageSize; i += 64, out += 64) lanes.Next().Stream(out);
    }
    return;
  }
  if (source.shape.all_random()) {
    for (size_t page = 0; page < count; ++page) Randomize(source, first + page, kPageSize, out + page * kPageSize);
    return;
  }
  // What a page writes beyond its end, the next one overwrites; behind the last there may be nothing of ours.
  for (size_t page = 0; page + 1 < count; ++page) Compose(source, first + page, kPageSize, out + page * kPageSize);
  if (count > 0) Part(source, first + count - 1, 0, kPageSize, out + (count - 1) * kPageSize);
}
