#include "datagen/generator.h"

#include <algorithm>
#include <string>
#include <thread>

namespace burrow::datagen {

namespace {

std::string NodeNames(const Topology& topology) {
  std::string names;
  for (const NumaNode& node : topology.nodes) names.append(names.empty() ? "" : ", ").append(std::to_string(node.node));
  return names;
}

// CPUs of a node that may be used; all of them when the platform does not say which those are.
std::vector<int> Usable(const NumaNode& node, const std::vector<int>& allowed) {
  if (allowed.empty()) return node.cpus;
  std::vector<int> usable;
  std::set_intersection(node.cpus.begin(), node.cpus.end(), allowed.begin(), allowed.end(), std::back_inserter(usable));
  return usable;
}

}  // namespace

Status PlanThreads(const PoolOptions& options, const Topology& topology, const std::vector<int>& allowed,
                   std::vector<ThreadGroup>* groups) {
  groups->clear();
  if (options.node >= 0) {
    if (options.mode == NumaMode::kOff) return Status::InvalidArgument("numaNode needs numa 'auto' or 'force'");
    auto node = std::find_if(topology.nodes.begin(), topology.nodes.end(),
                             [&](const NumaNode& known) { return known.node == options.node; });
    const std::vector<int> cpus = node == topology.nodes.end() ? std::vector<int>() : Usable(*node, allowed);
    if (node == topology.nodes.end() || (cpus.empty() && topology.known)) {
      return Status::InvalidArgument("numaNode " + std::to_string(options.node) +
                                     (node == topology.nodes.end() ? " is not there" : " has no CPU to use") +
                                     "; the nodes are " + NodeNames(topology));
    }
    const int threads = options.threads > 0 ? options.threads : std::max<int>(1, static_cast<int>(cpus.size()));
    groups->push_back({options.node, threads, cpus});
    return Status();
  }
  const int threads = options.threads > 0 ? options.threads : std::clamp(topology.cpus_allowed, 1, kMaxThreads);
  const bool pinned = topology.known && (options.mode == NumaMode::kForce ||
                                         (options.mode == NumaMode::kAuto && topology.nodes.size() > 1));
  int usable = 0;
  if (pinned) {
    for (const NumaNode& node : topology.nodes) {
      std::vector<int> cpus = Usable(node, allowed);
      usable += static_cast<int>(cpus.size());
      if (!cpus.empty()) groups->push_back({node.node, 0, std::move(cpus)});
    }
  }
  // To the running sums of CPUs belong the running sums of threads: the parts add up.
  int before = 0, given = 0;
  for (ThreadGroup& group : *groups) {
    before += static_cast<int>(group.cpus.size());
    group.threads = static_cast<int>(int64_t{threads} * before / usable) - given;
    given += group.threads;
  }
  std::erase_if(*groups, [](const ThreadGroup& group) { return group.threads == 0; });
  if (groups->empty()) groups->push_back({-1, threads, {}});
  return Status();
}

Status PoolFor(const PoolOptions& options, std::shared_ptr<FillPool>* pool) {
  std::vector<ThreadGroup> groups;
  BURROW_RETURN_IF_ERROR(PlanThreads(options, ReadTopology(Env::Posix()), AllowedCpus(), &groups));
  *pool = FillPool::Shared(groups, options.node >= 0);
  return Status();
}

}  // namespace burrow::datagen
