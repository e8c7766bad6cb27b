// What the tests that run jobs on an engine share.
#pragma once

#include <vector>

#include "engine/engine.h"
#include "jobs/table_job.h"
#include "util/testing.h"

namespace burrow {

// What a finished job made, as InstallVersion adds it to `level`.
inline std::vector<Engine::TableSpec> TableSpecs(const TableJobResult& result, int level) {
  std::vector<Engine::TableSpec> specs;
  for (const TableOutput& output : result.outputs) {
    CHECK(output.finished);
    const TableProperties& p = output.properties;
    specs.push_back({level, output.number, p.file_size, p.smallest, p.largest, p.largest_exclusive, p.range_tombstones,
                     p.largest_sequence});
  }
  return specs;
}

}  // namespace burrow
