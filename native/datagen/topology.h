#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "env/env.h"

namespace burrow::datagen {

inline constexpr int kMaxNodes = 1024;  // the kernel's
inline constexpr int kMaxCpus = 1 << 16;

// A node of a machine with non-uniform memory access.
struct NumaNode {
  int node = 0;
  std::vector<int> cpus;      // ascending; empty: memory only
  uint64_t memory_bytes = 0;  // 0: unknown
  uint64_t free_bytes = 0;
  std::vector<int> distances;  // to each node of Topology::nodes, in that order; 10 is near. Empty: unknown
};

struct Topology {
  std::vector<NumaNode> nodes;  // at least one, ascending by number
  int cpus = 0;                 // online, all nodes
  int cpus_allowed = 0;         // of those, what this process may use
  int physical_cores = 0;       // 0: unknown
  bool known = false;           // read from the system; otherwise one node is assumed
};

// What `root` ("/sys", in tests a made-up tree) says. Files that are missing or make no sense count as not there: in a
// container without them, and on other platforms, the machine is one node.
Topology ReadTopology(Env* env, const std::string& root = "/sys");

// "0-3,8" as {0, 1, 2, 3, 8}. False, with nothing in *numbers, for anything else or a number of `limit` or more.
bool ParseCpuList(Slice text, int limit, std::vector<int>* numbers);

// CPUs that the calling process may run on; empty where the platform does not say.
std::vector<int> AllowedCpus();

}  // namespace burrow::datagen
