#pragma once

#include <memory>

#include "datagen/fill_pool.h"
#include "datagen/topology.h"

namespace burrow::datagen {

inline constexpr int kMaxThreads = 1024;

// The values are the binding's. kAuto: threads are pinned on more than one node; kForce: on one, too.
enum class NumaMode : uint8_t { kAuto = 0, kForce = 1, kOff = 2 };

struct PoolOptions {
  int threads = 0;  // 0: as many as CPUs may be used
  NumaMode mode = NumaMode::kAuto;
  int node = -1;  // threads and memory of this node only; -1: all
};

// How threads are spread over nodes: in proportion to the CPUs that may be used there. kInvalidArgument for a node that
// is not there, has no CPU that may be used, or was named though the mode is kOff.
Status PlanThreads(const PoolOptions& options, const Topology& topology, const std::vector<int>& allowed,
                   std::vector<ThreadGroup>* groups);

// PlanThreads on this machine, and the pool for that.
Status PoolFor(const PoolOptions& options, std::shared_ptr<FillPool>* pool);

}  // namespace burrow::datagen
