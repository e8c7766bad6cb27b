#pragma once

#include <memory>
#include <string>
#include <vector>

#include "bench/driver.h"
#include "bench/flags.h"
#include "bench/report.h"

namespace burrow::bench {

// What workloads share: the flags, and the database that the last one left for the next.
struct Session {
  Flags flags;
  std::unique_ptr<Driver> driver;

  Driver::Options DriverOptions() const;
};

// A workload appends one result or more.
struct Workload {
  const char* name;
  enum Needs { kNothing, kFresh, kWritable, kReadable } needs;  // of the session's database
  Status (*run)(Session& session, std::vector<Result>* results);
};

const std::vector<Workload>& DatabaseWorkloads();
const std::vector<Workload>& MicroBenchmarks();
const std::vector<Workload>& DatagenWorkloads();

}  // namespace burrow::bench
