#include "binding/args.h"
#include "binding/datagen.h"
#include "datagen/page_kernel.h"
#include "datagen/topology.h"

namespace burrow::binding {

namespace {

napi_value Integers(napi_env env, const std::vector<int>& numbers) {
  napi_value list = Array(env, numbers.size());
  for (size_t i = 0; i < numbers.size(); ++i) SetElement(env, list, i, Number(env, static_cast<double>(numbers[i])));
  return list;
}

napi_value NodeObject(napi_env env, const datagen::NumaNode& node) {
  napi_value object = Object(env);
  Set(env, object, "node", Number(env, static_cast<double>(node.node)));
  Set(env, object, "cpus", Integers(env, node.cpus));
  Set(env, object, "memoryBytes", Number(env, node.memory_bytes));
  Set(env, object, "freeBytes", Number(env, node.free_bytes));
  Set(env, object, "distances", Integers(env, node.distances));
  return object;
}

}  // namespace

napi_value DatagenSystem(napi_env env, napi_callback_info info) {
  Call<1> call(env, info);
  Reader reader(env);
  const std::string root = reader.Undefined(call[0]) ? "/sys" : reader.Text(call[0], "root");
  if (!reader.ok()) return nullptr;
  const datagen::Topology topology = datagen::ReadTopology(Env::Posix(), root);
  napi_value object = Object(env), nodes = Array(env, topology.nodes.size());
  for (size_t i = 0; i < topology.nodes.size(); ++i) {
    HandleScope scope(env);
    SetElement(env, nodes, i, NodeObject(env, topology.nodes[i]));
  }
  Set(env, object, "nodes", nodes);
  Set(env, object, "cpus", Number(env, static_cast<double>(topology.cpus)));
  Set(env, object, "cpusAllowed", Number(env, static_cast<double>(topology.cpus_allowed)));
  Set(env, object, "physicalCores", Number(env, static_cast<double>(topology.physical_cores)));
  Set(env, object, "topologyKnown", Boolean(env, topology.known));
  Set(env, object, "simd", Text(env, datagen::BestKernel()->name));
  napi_value levels = Array(env, 0);
  size_t count = 0;
  for (uint8_t level = 0; level <= datagen::kLastSimdLevel; ++level) {
    const datagen::PageKernel* kernel = datagen::KernelFor(static_cast<datagen::SimdLevel>(level));
    if (kernel != nullptr) SetElement(env, levels, count++, Text(env, kernel->name));
  }
  Set(env, object, "simdLevels", levels);
  return object;
}

}  // namespace burrow::binding
