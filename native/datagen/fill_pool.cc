#include "datagen/fill_pool.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "datagen/placement.h"
#include "util/background_thread.h"

namespace burrow::datagen {

namespace {

constexpr size_t kChunk = 256 << 10;

// Larger buffers do not stay in the caches: their lines are written without being read first.
constexpr size_t kStreamFrom = 4 << 20;

// A part of a buffer that one group writes.
struct Share {
  size_t end = 0;
  std::atomic<size_t> next{0};
};

// One buffer to fill. Threads take chunks of it until there are none.
struct Job {
  Job(const Source& from, uint64_t at, size_t size, char* to, size_t shares_count)
      : source(from), offset(at), n(size), out(to), shares(shares_count), left(size) {}

  bool Claim(size_t share, size_t* begin, size_t* end) {
    *begin = shares[share].next.fetch_add(kChunk, std::memory_order_relaxed);
    *end = std::min(*begin + kChunk, shares[share].end);
    return *begin < *end;
  }

  const Source source;
  const uint64_t offset;
  const size_t n;
  char* const out;
  std::vector<Share> shares;
  std::atomic<size_t> left;  // bytes that are not written yet
  int seats = 0;             // threads that may still join; guarded by the pool's mutex
  std::function<void()> done;
};

}  // namespace

struct FillPool::Impl {
  std::vector<ThreadGroup> groups;
  bool bind_memory = false;
  int total_threads = 0;

  mutable std::mutex mutex;
  std::condition_variable work;
  std::deque<std::shared_ptr<Job>> jobs;
  bool stopping = false;
  std::string problem;
  std::vector<std::thread> threads;

  std::shared_ptr<Job> NewJob(const Source& source, uint64_t offset, size_t n, char* out) const {
    auto job = std::make_shared<Job>(source, offset, n, out, groups.size());
    // In proportion to the threads, at whole chunks.
    size_t begin = 0;
    int before = 0;
    for (size_t i = 0; i < groups.size(); ++i) {
      before += groups[i].threads;
      const size_t share = n / static_cast<size_t>(total_threads) * static_cast<size_t>(before) & ~(kChunk - 1);
      job->shares[i].next.store(begin, std::memory_order_relaxed);
      job->shares[i].end = begin = i + 1 == groups.size() ? n : share;
    }
    return job;
  }

  // Works until nothing of the job is left to take. The thread that writes its last byte ends it.
  void Work(Job* job, size_t home) {
    for (size_t i = 0; i < job->shares.size(); ++i) {
      const size_t share = (home + i) % job->shares.size();
      size_t begin, end;
      while (job->Claim(share, &begin, &end)) {
        job->source.Fill(job->offset + begin, end - begin, job->out + begin, job->n >= kStreamFrom);
        if (job->left.fetch_sub(end - begin, std::memory_order_acq_rel) == end - begin) job->done();
      }
    }
  }

  // All of the job is taken: nobody else need look.
  void Remove(const std::shared_ptr<Job>& job) {
    std::lock_guard lock(mutex);
    std::erase(jobs, job);
  }

  void RunThread(size_t group) {
    const Status placed = PlaceThread(groups[group], bind_memory);
    std::unique_lock lock(mutex);
    if (!placed.ok()) problem = placed.message();
    for (;;) {
      work.wait(lock, [this] { return stopping || !jobs.empty(); });
      if (jobs.empty()) return;
      const std::shared_ptr<Job> job = jobs.front();
      if (--job->seats == 0) jobs.pop_front();
      lock.unlock();
      Work(job.get(), group);
      Remove(job);
      lock.lock();
    }
  }

  void Enqueue(const std::shared_ptr<Job>& job, int seats) {
    {
      std::lock_guard lock(mutex);
      job->seats = seats;
      jobs.push_back(job);
      for (size_t group = 0; threads.size() < static_cast<size_t>(total_threads); ++group) {
        for (int i = 0; i < groups[group].threads; ++i) {
          threads.push_back(StartBackgroundThread("burrow-datagen", [this, group] { RunThread(group); }));
        }
      }
    }
    work.notify_all();
  }
};

FillPool::FillPool(std::vector<ThreadGroup> groups, bool bind_memory) : impl_(std::make_unique<Impl>()) {
  impl_->groups = std::move(groups);
  impl_->bind_memory = bind_memory;
  for (const ThreadGroup& group : impl_->groups) impl_->total_threads += group.threads;
}

FillPool::~FillPool() {
  {
    std::lock_guard lock(impl_->mutex);
    impl_->stopping = true;
  }
  impl_->work.notify_all();
  for (std::thread& thread : impl_->threads) thread.join();
}

std::shared_ptr<FillPool> FillPool::Shared(const std::vector<ThreadGroup>& groups, bool bind_memory) {
  struct Pools {
    std::mutex mutex;
    std::map<std::string, std::weak_ptr<FillPool>> by_kind;
  };
  // Never destroyed: the process may exit while threads fill.
  static Pools* const pools = new Pools;
  std::string kind = bind_memory ? "bound" : "";
  for (const ThreadGroup& group : groups) {
    kind.append(" ").append(std::to_string(group.node)).append("x").append(std::to_string(group.threads));
    for (int cpu : group.cpus) kind.append(",").append(std::to_string(cpu));
  }
  std::lock_guard lock(pools->mutex);
  std::weak_ptr<FillPool>& known = pools->by_kind[kind];
  std::shared_ptr<FillPool> pool = known.lock();
  if (pool == nullptr) known = pool = std::make_shared<FillPool>(groups, bind_memory);
  return pool;
}

int FillPool::threads() const { return impl_->total_threads; }

const std::vector<ThreadGroup>& FillPool::groups() const { return impl_->groups; }

std::string FillPool::problem() const {
  std::lock_guard lock(impl_->mutex);
  return impl_->problem;
}

void FillPool::Fill(const Source& source, uint64_t offset, size_t n, char* out) {
  if (n <= kAlone || (!impl_->bind_memory && (impl_->total_threads == 1 || n < kShareFrom))) {
    source.Fill(offset, n, out, n >= kStreamFrom);
    return;
  }
  // The calling thread belongs to no node.
  const bool helps = !impl_->bind_memory;
  const std::shared_ptr<Job> job = impl_->NewJob(source, offset, n, out);
  std::mutex mutex;
  std::condition_variable changed;
  bool over = false;
  job->done = [&] {
    std::lock_guard lock(mutex);
    over = true;
    changed.notify_one();
  };
  impl_->Enqueue(job, impl_->total_threads - helps);
  if (helps) {
    impl_->Work(job.get(), 0);
    impl_->Remove(job);
  }
  std::unique_lock lock(mutex);
  changed.wait(lock, [&] { return over; });
}

void FillPool::Start(const Source& source, uint64_t offset, size_t n, char* out, std::function<void()> done) {
  const std::shared_ptr<Job> job = impl_->NewJob(source, offset, n, out);
  job->done = std::move(done);
  impl_->Enqueue(job, n < kShareFrom && !impl_->bind_memory ? 1 : impl_->total_threads);
}

}  // namespace burrow::datagen
