// The data generator, beside what it is held against: memset on the same buffer with the same threads, and a plain loop
// over one xoshiro256++, which is how generators of its kind commonly work.
#include <bit>
#include <cstring>
#include <thread>

#include "bench/workloads.h"
#include "datagen/generator.h"

namespace burrow::bench {
namespace {

using Results = std::vector<Result>;

// Memory as malloc gives it, touched, so that no page fault is measured.
struct Memory {
  explicit Memory(size_t size) : bytes(size, 'x') {}
  std::string bytes;
};

template <typename Round>
void Repeat(const Session& session, const char* name, size_t bytes, Round round, Results* results, std::string note) {
  round();
  Timer timer;
  uint64_t ops = 0;
  Elapsed elapsed;
  do {
    round();
    ++ops;
    elapsed = timer.Stop();
  } while (elapsed.seconds < session.flags.seconds);
  results->push_back({name, ops, ops * bytes, elapsed, std::move(note)});
}

std::string Describe(const Flags& flags) {
  return std::to_string(flags.threads) + " thread" + (flags.threads == 1 ? "" : "s") + ", " +
         std::to_string(flags.chunk >> 10) + " KiB";
}

// As FillPool splits: each thread its own part. Threads are made anew, which takes microseconds: for large chunks.
Status Memset(Session& session, Results* results) {
  const Flags& flags = session.flags;
  Memory memory(flags.chunk);
  const size_t part = flags.chunk / static_cast<size_t>(flags.threads);
  Repeat(
      session, "memset", flags.chunk,
      [&] {
        std::vector<std::thread> threads;
        for (int i = 1; i < flags.threads; ++i) {
          threads.emplace_back([&, i] { memset(memory.bytes.data() + part * static_cast<size_t>(i), i, part); });
        }
        memset(memory.bytes.data(), static_cast<int>(results->size()), part);
        asm volatile("" : : "r"(memory.bytes.data()) : "memory");
        for (std::thread& thread : threads) thread.join();
      },
      results, Describe(flags));
  return Status();
}

Status XoshiroScalar(Session& session, Results* results) {
  const Flags& flags = session.flags;
  Memory memory(flags.chunk);
  uint64_t s[4] = {flags.seed + 1, 2, 3, 4};
  Repeat(
      session, "xoshiro_scalar", flags.chunk,
      [&] {
        char* const out = memory.bytes.data();
        for (size_t i = 0; i + 8 <= flags.chunk; i += 8) {
          const uint64_t result = std::rotl(s[0] + s[3], 23) + s[0];
          const uint64_t t = s[1] << 17;
          s[2] ^= s[0];
          s[3] ^= s[1];
          s[1] ^= s[2];
          s[0] ^= s[3];
          s[2] ^= t;
          s[3] = std::rotl(s[3], 45);
          memcpy(out + i, &result, 8);
        }
        asm volatile("" : : "r"(out) : "memory");
      },
      results, "1 thread, " + std::to_string(flags.chunk >> 10) + " KiB");
  return Status();
}

Status Datagen(Session& session, Results* results) {
  const Flags& flags = session.flags;
  datagen::Options options;
  options.size = datagen::kMaxSize;
  options.seed = flags.seed;
  options.compress_ratio = flags.ratio;
  options.dedup_ratio = flags.dedup;
  options.pattern = flags.pattern;
  BURROW_RETURN_IF_ERROR(datagen::Validate(options));
  const datagen::PageKernel* const kernel =
      flags.simd.empty() ? datagen::BestKernel() : datagen::KernelNamed(flags.simd);
  if (kernel == nullptr) return Status::InvalidArgument("there is no simd '" + flags.simd + "' on this machine");
  const datagen::Source source(options, kernel);
  std::shared_ptr<datagen::FillPool> pool;
  BURROW_RETURN_IF_ERROR(datagen::PoolFor({flags.threads, datagen::NumaMode::kAuto, -1}, &pool));
  Memory memory(flags.chunk);
  static constexpr const char* kPatterns[] = {"zeros", "backref", "text"};
  char ratios[64];
  snprintf(ratios, sizeof ratios, ", compress %g, dedup %g, ", flags.ratio, flags.dedup);
  uint64_t offset = 0;
  Repeat(
      session, "datagen", flags.chunk,
      [&] {
        pool->Fill(source, offset, flags.chunk, memory.bytes.data());
        offset += flags.chunk;
      },
      results, Describe(flags) + ratios + kPatterns[static_cast<size_t>(flags.pattern)] + ", " + kernel->name);
  return Status();
}

}  // namespace

const std::vector<Workload>& DatagenWorkloads() {
  static const auto* const kWorkloads = new std::vector<Workload>{
      {"memset", Workload::kNothing, Memset},
      {"xoshiro_scalar", Workload::kNothing, XoshiroScalar},
      {"datagen", Workload::kNothing, Datagen},
  };
  return *kWorkloads;
}

}  // namespace burrow::bench
