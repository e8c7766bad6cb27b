#include "datagen/topology.h"

#include <numeric>

#include "datagen/generator.h"
#include "util/random.h"
#include "util/testing.h"

namespace burrow::datagen {

namespace {

// A made-up /sys.
class Sys {
 public:
  void Write(const std::string& path, Slice text) {
    const std::string full = "/sys/devices/system/" + path;
    CHECK_OK(env_->CreateDirs(full.substr(0, full.rfind('/'))));
    std::unique_ptr<WritableFile> file;
    CHECK_OK(env_->NewWritableFile(full, Env::OpenMode::kTruncate, &file));
    CHECK_OK(file->Append(text));
    CHECK_OK(file->Close());
  }
  void Node(int node, Slice cpus, uint64_t kilobytes, Slice distances) {
    const std::string folder = "node/node" + std::to_string(node) + "/", prefix = "Node " + std::to_string(node);
    Write(folder + "cpulist", std::string(cpus) + "\n");
    Write(folder + "meminfo", prefix + " MemTotal:       " + std::to_string(kilobytes) + " kB\n" + prefix +
                                  " MemFree:        " + std::to_string(kilobytes / 2) + " kB\n");
    Write(folder + "distance", std::string(distances) + "\n");
  }
  void Core(int cpu, int package, int core) {
    const std::string folder = "cpu/cpu" + std::to_string(cpu) + "/topology/";
    Write(folder + "physical_package_id", std::to_string(package) + "\n");
    Write(folder + "core_id", std::to_string(core) + "\n");
  }
  Topology Read() const { return ReadTopology(env_.get()); }

 private:
  std::shared_ptr<Env> env_ = Env::NewMemory();
};

using Numbers = std::vector<int>;

Numbers Cpus(int begin, int end) {
  Numbers cpus(static_cast<size_t>(end - begin));
  std::iota(cpus.begin(), cpus.end(), begin);
  return cpus;
}

Topology FourNodesWithHoles() {
  Sys sys;
  sys.Node(0, "0-3", 1000, "10 20 30 40");
  sys.Node(2, "4-7", 2000, "20 10 40 30");
  sys.Node(5, "8-9", 3000, "30 40 10 20");
  sys.Node(17, "", 4000, "40 30 20 10");
  sys.Write("node/online", "0,2,5,17\n");
  sys.Write("node/nodeX/cpulist", "0-99\n");
  sys.Write("node/node99999999999999999999/cpulist", "0-99\n");
  return sys.Read();
}

}  // namespace

TEST(Topology, CpuLists) {
  Numbers numbers;
  CHECK(ParseCpuList("0-3,8", 100, &numbers));
  CHECK(numbers == Numbers({0, 1, 2, 3, 8}));
  CHECK(ParseCpuList("99\n", 100, &numbers));
  CHECK(numbers == Numbers({99}));
  for (Slice wrong : {"", "\n", "100", "0-100", "3-1", "0-", "-3", "1,,2", "1,", ",1", "2,1", "1-3,3", "1 2", "x",
                      "0-18446744073709551615", "0-99999999999999999999", "1-2-3"}) {
    CHECK(!ParseCpuList(wrong, 100, &numbers));
    CHECK(numbers.empty());
  }
}

TEST(Topology, OneNode) {
  Sys sys;
  sys.Node(0, "0-1", 1 << 20, "10");
  sys.Core(0, 0, 0);
  sys.Core(1, 0, 0);  // two threads of one core
  const Topology topology = sys.Read();
  CHECK(topology.known);
  CHECK_EQ(topology.nodes.size(), 1u);
  CHECK(topology.nodes[0].cpus == Numbers({0, 1}));
  CHECK_EQ(topology.nodes[0].memory_bytes, uint64_t{1} << 30);
  CHECK_EQ(topology.nodes[0].free_bytes, uint64_t{1} << 29);
  CHECK(topology.nodes[0].distances == Numbers({10}));
  CHECK_EQ(topology.cpus, 2);
  CHECK_EQ(topology.physical_cores, 1);
}

TEST(Topology, TwoNodes) {
  Sys sys;
  sys.Node(0, "0-3,8-11", 1000, "10 21");
  sys.Node(1, "4-7,12-15", 1000, "21 10");
  for (int cpu = 0; cpu < 16; ++cpu) sys.Core(cpu, cpu % 8 / 4, cpu % 4);
  const Topology topology = sys.Read();
  CHECK_EQ(topology.nodes.size(), 2u);
  CHECK(topology.nodes[1].cpus == Numbers({4, 5, 6, 7, 12, 13, 14, 15}));
  CHECK(topology.nodes[1].distances == Numbers({21, 10}));
  CHECK_EQ(topology.cpus, 16);
  CHECK_EQ(topology.physical_cores, 8);
}

TEST(Topology, NodesNeedNotBeNumberedWithoutHoles) {
  const Topology topology = FourNodesWithHoles();
  CHECK_EQ(topology.nodes.size(), 4u);
  Numbers numbers;
  for (const NumaNode& node : topology.nodes) numbers.push_back(node.node);
  CHECK(numbers == Numbers({0, 2, 5, 17}));
  CHECK(topology.nodes[3].cpus.empty());
  CHECK_EQ(topology.nodes[3].memory_bytes, 4000u * 1024);
  CHECK_EQ(topology.cpus, 10);
}

TEST(Topology, WithoutSysThereIsOneNode) {
  for (const char* root : {"/sys", "/nowhere", ""}) {
    const Topology topology = ReadTopology(Env::NewMemory().get(), root);
    CHECK(!topology.known);
    CHECK_EQ(topology.nodes.size(), 1u);
    CHECK_GE(topology.cpus, 1);
    CHECK_GE(topology.cpus_allowed, 1);
  }
}

TEST(Topology, GarbageCountsAsNotThere) {
  Random random(TestSeed());
  for (int round = 0; round < 200; ++round) {
    Sys sys;
    auto garbage = [&] {
      static constexpr Slice kParts[] = {"0", "9", "-", ",", " ", "\n", "99999999999", "4294967295", "MemTotal:", "kB",
                                         "\xff", "Node 0 ", "0-65535", "-1", "1e9"};
      std::string text;
      for (uint64_t n = random.Uniform(8); n > 0; --n) text += kParts[random.Uniform(std::size(kParts))];
      return text;
    };
    for (int node = 0; node < 3; ++node) {
      for (const char* file : {"cpulist", "meminfo", "distance"}) {
        if (!random.OneIn(4)) sys.Write("node/node" + std::to_string(node) + "/" + file, garbage());
      }
    }
    sys.Write("cpu/online", garbage());
    const Topology topology = sys.Read();
    CHECK_GE(topology.nodes.size(), 1u);
    CHECK_GE(topology.cpus, 1);
    CHECK_LE(topology.cpus, kMaxCpus);
    std::vector<ThreadGroup> groups;
    CHECK_OK(PlanThreads({4, NumaMode::kAuto, -1}, topology, {}, &groups));
    CHECK_GE(groups.size(), 1u);
  }
}

TEST(Topology, HugeFilesAndTheSameCpuTwice) {
  Sys sys;
  sys.Node(0, "0-3", 1000, "10");
  sys.Write("node/node1/cpulist", std::string(2 << 20, '1'));
  sys.Write("node/node1/meminfo", "Node 1 MemTotal: 99999999999999999999 kB\n");
  CHECK_EQ(sys.Read().nodes.size(), 1u);
  sys.Node(1, "3-4", 1000, "20 10");
  CHECK(!sys.Read().known);
  CHECK_EQ(sys.Read().nodes.size(), 1u);
}

TEST(PlanThreads, OneNodeIsPinnedOnlyByForce) {
  Sys sys;
  sys.Node(0, "0-3", 1000, "10");
  std::vector<ThreadGroup> groups;
  CHECK_OK(PlanThreads({8, NumaMode::kAuto, -1}, sys.Read(), Cpus(0, 4), &groups));
  CHECK_EQ(groups.size(), 1u);
  CHECK_EQ(groups[0].threads, 8);
  CHECK(groups[0].cpus.empty());
  CHECK_OK(PlanThreads({8, NumaMode::kForce, -1}, sys.Read(), Cpus(1, 3), &groups));
  CHECK(groups[0].cpus == Numbers({1, 2}));
  CHECK_EQ(groups[0].threads, 8);
}

TEST(PlanThreads, InProportionToTheCpusOfNodes) {
  const Topology topology = FourNodesWithHoles();
  std::vector<ThreadGroup> groups;
  for (int threads = 1; threads < 40; ++threads) {
    CHECK_OK(PlanThreads({threads, NumaMode::kAuto, -1}, topology, Cpus(0, 10), &groups));
    int sum = 0;
    for (const ThreadGroup& group : groups) {
      sum += group.threads;
      CHECK_GE(group.threads, 1);
      CHECK_LE(std::abs(group.threads * 10 - threads * static_cast<int>(group.cpus.size())), 10);
    }
    CHECK_EQ(sum, threads);
  }
  CHECK_OK(PlanThreads({10, NumaMode::kOff, -1}, topology, Cpus(0, 10), &groups));
  CHECK_EQ(groups.size(), 1u);
  CHECK_EQ(groups[0].node, -1);
  // Only what the process may use.
  CHECK_OK(PlanThreads({10, NumaMode::kAuto, -1}, topology, {2, 3, 9}, &groups));
  CHECK_EQ(groups.size(), 2u);
  CHECK(groups[0].cpus == Numbers({2, 3}));
  CHECK_EQ(groups[1].node, 5);
}

TEST(PlanThreads, OfOneNode) {
  const Topology topology = FourNodesWithHoles();
  std::vector<ThreadGroup> groups;
  CHECK_OK(PlanThreads({0, NumaMode::kAuto, 5}, topology, Cpus(0, 10), &groups));
  CHECK_EQ(groups.size(), 1u);
  CHECK_EQ(groups[0].threads, 2);
  CHECK(groups[0].cpus == Numbers({8, 9}));
  const Status missing = PlanThreads({0, NumaMode::kAuto, 1}, topology, Cpus(0, 10), &groups);
  CHECK_EQ(missing.message(), "numaNode 1 is not there; the nodes are 0, 2, 5, 17");
  CHECK(PlanThreads({0, NumaMode::kAuto, 17}, topology, Cpus(0, 10), &groups).Is(Code::kInvalidArgument));
  CHECK(PlanThreads({0, NumaMode::kAuto, 5}, topology, Cpus(0, 4), &groups).Is(Code::kInvalidArgument));
  CHECK(PlanThreads({0, NumaMode::kOff, 0}, topology, Cpus(0, 10), &groups).Is(Code::kInvalidArgument));
}

}  // namespace burrow::datagen
