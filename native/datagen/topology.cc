#include "datagen/topology.h"

#include <algorithm>
#include <charconv>
#include <set>
#include <thread>
#include <utility>

#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace burrow::datagen {

namespace {

constexpr uint64_t kMaxFileSize = 1 << 20;

Slice Trimmed(Slice text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ' || text.back() == '\0')) text.remove_suffix(1);
  return text;
}

// A decimal number at the beginning of *text, which it takes off.
bool TakeNumber(Slice* text, uint64_t* number) {
  auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), *number);
  if (error != std::errc()) return false;
  text->remove_prefix(static_cast<size_t>(end - text->data()));
  return true;
}

// "nodeN", "cpuN". False for names like "cpufreq" and numbers from `limit` on.
bool NumberedName(Slice name, Slice prefix, int limit, int* number) {
  uint64_t value;
  if (name.substr(0, prefix.size()) != prefix) return false;
  name.remove_prefix(prefix.size());
  if (!TakeNumber(&name, &value) || !name.empty() || value >= static_cast<uint64_t>(limit)) return false;
  *number = static_cast<int>(value);
  return true;
}

class Tree {
 public:
  Tree(Env* env, std::string root) : env_(env), root_(std::move(root)) {}

  // Without what ends the line; empty when it is not there.
  std::string Read(const std::string& path) const {
    std::string text;
    if (!ReadFileToString(env_, root_ + path, kMaxFileSize, &text).ok()) return {};
    return std::string(Trimmed(text));
  }

  // The N of the children "<prefix>N", ascending.
  std::vector<int> Numbers(const std::string& path, Slice prefix, int limit) const {
    std::vector<std::string> names;
    std::vector<int> numbers;
    if (!env_->GetChildren(root_ + path, &names).ok()) return {};
    int number;
    for (const std::string& name : names) {
      if (NumberedName(name, prefix, limit, &number)) numbers.push_back(number);
    }
    std::sort(numbers.begin(), numbers.end());
    return numbers;
  }

 private:
  Env* const env_;
  const std::string root_;
};

// "Node 0 MemTotal:  131072 kB"; 0 when it is not there.
uint64_t MeminfoBytes(Slice text, Slice field) {
  const size_t at = text.find(field);
  if (at == Slice::npos) return 0;
  text.remove_prefix(at + field.size());
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  uint64_t kilobytes;
  if (!TakeNumber(&text, &kilobytes) || kilobytes > UINT64_MAX / 1024) return 0;
  return kilobytes * 1024;
}

std::vector<int> Distances(Slice text, size_t nodes) {
  std::vector<int> distances;
  while (!text.empty()) {
    uint64_t distance;
    if (!TakeNumber(&text, &distance) || distance > 255) return {};
    distances.push_back(static_cast<int>(distance));
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  }
  return distances.size() == nodes ? distances : std::vector<int>();
}

// Pairs of package and core among the online CPUs.
int PhysicalCores(const Tree& tree, const std::vector<int>& cpus) {
  std::set<std::pair<std::string, std::string>> cores;
  for (int cpu : cpus) {
    const std::string folder = "/devices/system/cpu/cpu" + std::to_string(cpu) + "/topology/";
    std::string core = tree.Read(folder + "core_id");
    if (core.empty()) return 0;
    cores.emplace(tree.Read(folder + "physical_package_id"), std::move(core));
  }
  return static_cast<int>(cores.size());
}

std::vector<int> OnlineCpus(const Tree& tree) {
  std::vector<int> cpus;
  if (!ParseCpuList(tree.Read("/devices/system/cpu/online"), kMaxCpus, &cpus)) {
    cpus = tree.Numbers("/devices/system/cpu", "cpu", kMaxCpus);
  }
  return cpus;
}

int Allowed(const std::vector<int>& cpus) {
  const std::vector<int> allowed = AllowedCpus();
  if (allowed.empty()) return static_cast<int>(cpus.size());
  return static_cast<int>(std::count_if(
      cpus.begin(), cpus.end(), [&](int cpu) { return std::binary_search(allowed.begin(), allowed.end(), cpu); }));
}

}  // namespace

bool ParseCpuList(Slice text, int limit, std::vector<int>* numbers) {
  numbers->clear();
  text = Trimmed(text);
  std::vector<int> parsed;
  uint64_t least = 0;  // ascending and without overlap, as the kernel writes it: no more than `limit` in all
  while (!text.empty()) {
    uint64_t first, last;
    if (!TakeNumber(&text, &first) || first < least) return false;
    last = first;
    if (!text.empty() && text.front() == '-') {
      text.remove_prefix(1);
      if (!TakeNumber(&text, &last) || last < first) return false;
    }
    if (last >= static_cast<uint64_t>(limit)) return false;
    for (uint64_t number = first; number <= last; ++number) parsed.push_back(static_cast<int>(number));
    least = last + 1;
    if (text.empty()) break;
    if (text.front() != ',' || text.size() == 1) return false;
    text.remove_prefix(1);
  }
  *numbers = std::move(parsed);
  return !numbers->empty();
}

#if defined(__linux__)

std::vector<int> AllowedCpus() {
  constexpr size_t kWordBits = 8 * sizeof(unsigned long);
  std::vector<unsigned long> mask(kMaxCpus / kWordBits);
  // By system call: the C library's cpu_set_t ends at 1024 CPUs. Answers how many bytes it wrote.
  const long bytes = syscall(SYS_sched_getaffinity, 0, mask.size() * sizeof mask[0], mask.data());
  std::vector<int> cpus;
  for (size_t cpu = 0; bytes > 0 && cpu < static_cast<size_t>(bytes) * 8; ++cpu) {
    if (mask[cpu / kWordBits] >> (cpu % kWordBits) & 1) cpus.push_back(static_cast<int>(cpu));
  }
  return cpus;
}

#else

std::vector<int> AllowedCpus() { return {}; }

#endif

Topology ReadTopology(Env* env, const std::string& root) {
  const Tree tree(env, root);
  Topology topology;
  const std::vector<int> online = OnlineCpus(tree);
  for (int number : tree.Numbers("/devices/system/node", "node", kMaxNodes)) {
    const std::string folder = "/devices/system/node/node" + std::to_string(number);
    NumaNode node{number, {}, 0, 0, {}};
    const std::string cpus = tree.Read(folder + "/cpulist");
    const std::string meminfo = tree.Read(folder + "/meminfo");
    const bool has_cpus = ParseCpuList(cpus, kMaxCpus, &node.cpus);
    node.memory_bytes = MeminfoBytes(meminfo, "MemTotal:");
    node.free_bytes = MeminfoBytes(meminfo, "MemFree:");
    // Neither CPUs nor memory: nothing is known of it.
    if (has_cpus || node.memory_bytes > 0) topology.nodes.push_back(std::move(node));
  }
  for (NumaNode& node : topology.nodes) {
    const std::string distances = tree.Read("/devices/system/node/node" + std::to_string(node.node) + "/distance");
    node.distances = Distances(distances, topology.nodes.size());
  }
  std::vector<int> cpus;
  for (const NumaNode& node : topology.nodes) cpus.insert(cpus.end(), node.cpus.begin(), node.cpus.end());
  std::sort(cpus.begin(), cpus.end());
  topology.known = !cpus.empty() && std::adjacent_find(cpus.begin(), cpus.end()) == cpus.end();
  if (!topology.known) {
    cpus = online;
    topology.nodes = {{0, online, 0, 0, {}}};
  }
  topology.cpus = static_cast<int>(cpus.size());
  topology.cpus_allowed = Allowed(cpus);
  topology.physical_cores = PhysicalCores(tree, cpus);
  if (cpus.empty()) {
    topology.cpus = topology.cpus_allowed = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  }
  return topology;
}

}  // namespace burrow::datagen
