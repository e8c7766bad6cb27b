#include "datagen/placement.h"

#if defined(__linux__)
#include <linux/mempolicy.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

#include <cerrno>
#include <string>

#include "datagen/topology.h"

namespace burrow::datagen {

#if defined(__linux__)

namespace {

constexpr size_t kWordBits = 8 * sizeof(unsigned long);

void SetBit(std::vector<unsigned long>* words, int bit) {
  (*words)[static_cast<size_t>(bit) / kWordBits] |= 1UL << (static_cast<size_t>(bit) % kWordBits);
}

}  // namespace

Status PlaceThread(const ThreadGroup& group, bool bind_memory) {
  if (!group.cpus.empty()) {
    std::vector<unsigned long> mask(kMaxCpus / kWordBits);
    for (int cpu : group.cpus) {
      if (cpu >= 0 && cpu < kMaxCpus) SetBit(&mask, cpu);
    }
    // By system call: the C library's cpu_set_t ends at 1024 CPUs.
    if (syscall(SYS_sched_setaffinity, 0, mask.size() * sizeof mask[0], mask.data()) != 0) {
      return Status::FromErrno("pin a thread to", "node " + std::to_string(group.node), errno);
    }
  }
  if (bind_memory && group.node >= 0 && group.node < kMaxNodes) {
    std::vector<unsigned long> mask(kMaxNodes / kWordBits);
    SetBit(&mask, group.node);
    if (syscall(SYS_set_mempolicy, MPOL_BIND, mask.data(), kMaxNodes + 1) != 0) {
      return Status::FromErrno("bind memory to", "node " + std::to_string(group.node), errno);
    }
  }
  return Status();
}

#else

Status PlaceThread(const ThreadGroup& group, bool bind_memory) {
  if (group.cpus.empty() && !bind_memory) return Status();
  return Status::Unsupported("threads cannot be pinned on this platform");
}

#endif

}  // namespace burrow::datagen
