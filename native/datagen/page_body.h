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

// From near, because compressors forget; and where lines are repeated, whole ones.
BURROW_INLINE size_t RepeatDistance(Pattern pattern, size_t fresh, size_t pair_size) {
  if (pattern != Pattern::kText) return fresh < pair_size - fresh ? fresh : pair_size - fresh;
  return fresh < kCellSize ? fresh : fresh & ~(kCellSize - 1);
}

// Writes a page that is made already past the caches, a line for each Step(), while the next one is made: memory takes
// lines slowly, and what waits for it in the processor's store buffer would hold up a page's own stores in one go.
struct LineDrain {
  const char* from;
  char* to;  // a multiple of 64
  size_t lines;

  BURROW_INLINE void Step() {
    if (lines == 0) return;
    V::Load(from).Stream(to);
    from += 64;
    to += 64;
    --lines;
  }
};
struct NoDrain {
  BURROW_INLINE void Step() {}
};

// One part of a page, of `size` bytes from `at` on; see PageShape. Fresh bytes come first; `period` of the last of them
// repeat, or none do.
struct Part {
  char* at;
  size_t size;
  size_t fresh;
  size_t period;

  // The filling's beginning, to where Fill() goes on, written in one piece and maybe beyond the part: what follows comes
  // later. Where bytes repeat, so many that a vector taken anywhere in the period is whole.
  BURROW_INLINE void BeginFill() const {
    if (period == 0) {
      if (fresh < size) V::Zero().Store(at + fresh);
      return;
    }
    const V repeated = V::Load(at + fresh - period);
    const size_t enough = fresh - period + Round() + 64;
    for (size_t i = fresh; i < enough && i < size; i += period) repeated.Store(at + i);
  }

  // The rest, in lines of the page. Reads only what has been written long before.
  template <typename Drain>
  BURROW_INLINE void Fill(Drain* drain) const {
    size_t to = (fresh + 63) & ~size_t{63};
    if (period == 0) {
      for (; to < size; to += 64, drain->Step()) V::Zero().Store(at + to);
      return;
    }
    const size_t round = Round(), limit = fresh - period + round;
    size_t from = to < limit ? to : to - round;
    for (; to < size; to += 64, drain->Step()) {
      V::Load(at + from).Store(at + to);
      from += 64;
      if (from >= limit) from -= round;
    }
  }

  // The period, or the least multiple of it that is not shorter than a vector.
  BURROW_INLINE size_t Round() const { return period >= 64 ? period : (63 / period + 1) * period; }
};

// A page that is not all random, up to `until` at least, at `out`, which has kSlack bytes more.
template <typename Drain>
BURROW_INLINE void Compose(const PageSource& source, uint64_t page, size_t until, char* out, Drain* drain) {
  const PageShape& shape = source.shape;
  const size_t size = kPageSize >> shape.pairs_shift;
  const uint64_t number = page << shape.pairs_shift;
  const size_t count = (until + size - 1) / size;
  Part parts[kMaxParts];
  Lanes lanes = Lanes::Of(Mix64(source.base + page * kGamma));
  size_t line = 0;
  for (size_t i = 0; i < count; ++i) {
    const size_t random = PartLength(number + i, shape.random);
    const size_t fresh = PartLength(number + i, shape.fresh);
    Part& part = parts[i];
    part = {out + i * size, size, fresh, 0};
    for (size_t at = 0; at < random; at += 64, drain->Step()) lanes.Next().Store(part.at + at);
    for (size_t at = random; at < fresh; at += kCellSize) {
      TextLine(lanes.Next(), line++ % kCellForms, part.at + at);
      drain->Step();
      drain->Step();
    }
    if (shape.pattern != Pattern::kZeros) part.period = RepeatDistance(shape.pattern, fresh, size);
    part.BeginFill();
  }
  for (size_t i = 0; i < count; ++i) parts[i].Fill(drain);
}

template <typename Drain>
BURROW_INLINE void MakePage(const PageSource& source, uint64_t page, size_t until, char* out, Drain* drain) {
  if (!source.shape.all_random()) return Compose(source, page, until, out, drain);
  Lanes lanes = Lanes::Of(Mix64(source.base + page * kGamma));
  for (size_t at = 0; at < until; at += 64, drain->Step()) lanes.Next().Store(out + at);
}

BURROW_TARGET void PagePart(const PageSource& source, uint64_t page, size_t from, size_t until, char* out) {
  alignas(64) char made[kPageSize + kSlack];
  NoDrain drain;
  MakePage(source, page, until, made, &drain);
  memcpy(out, made + from, until - from);
}

// Through two pages that stay in the first cache, because streamed bytes cannot be read back, and because `out` need not
// be a multiple of 64: what does not fill a line waits for the next page.
BURROW_INLINE void StreamPages(const PageSource& source, uint64_t first, size_t count, char* out) {
  constexpr size_t kPlace = 64 + kPageSize + kSlack;  // the last 64 bytes of the page before, and the page
  alignas(64) char made[2][kPlace];
  const size_t head = (64 - (reinterpret_cast<uintptr_t>(out) & 63)) & 63;
  const size_t waiting = (64 - head) & 63;
  NoDrain none;
  char* page = made[0] + 64;
  MakePage(source, first, kPageSize, page, &none);
  memcpy(out, page, head);
  LineDrain drain{page + head, out + head, (kPageSize - head) / 64};
  for (size_t i = 1; i < count; ++i) {
    char* const place = made[i % 2];
    V::Load(page + kPageSize - 64).Store(place);
    page = place + 64;
    MakePage(source, first + i, kPageSize, page, &drain);
    while (drain.lines > 0) drain.Step();
    drain = {page - waiting, drain.to, kPageSize / 64};
  }
  while (drain.lines > 0) drain.Step();
  memcpy(drain.to, page + kPageSize - waiting, waiting);
}

BURROW_TARGET void Pages(const PageSource& source, uint64_t first, size_t count, char* out, bool stream) {
  if (count == 0) return;
  if (stream) return StreamPages(source, first, count, out);
  NoDrain drain;
  // What a page writes beyond its end, the next one overwrites; behind the last there may be nothing of ours.
  for (size_t page = 0; page + 1 < count; ++page) {
    MakePage(source, first + page, kPageSize, out + page * kPageSize, &drain);
  }
  PagePart(source, first + count - 1, 0, kPageSize, out + (count - 1) * kPageSize);
}
