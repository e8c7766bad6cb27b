// The native benchmark harness: see kHelp in flags.cc.

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "bench/workloads.h"
#include "env/env.h"

namespace burrow::bench {
namespace {

const Workload* Find(const std::string& name) {
  for (const auto* list : {&DatabaseWorkloads(), &MicroBenchmarks(), &DatagenWorkloads()}) {
    for (const Workload& workload : *list) {
      if (name == workload.name) return &workload;
    }
  }
  return nullptr;
}

Status ReadTables(const std::string& path, Driver::Tables* tables) {
  std::string text;
  BURROW_RETURN_IF_ERROR(ReadFileToString(Env::Posix(), path, 64 << 20, &text));
  const char *at = text.data(), *end = at + text.size();
  while (at < end) {
    int level = 0;
    uint64_t number = 0;
    auto [space, bad_level] = std::from_chars(at, end, level);
    auto [rest, bad_number] = std::from_chars(std::min(space + 1, end), end, number);
    if (bad_level != std::errc() || bad_number != std::errc() || *space != ' ' || (rest < end && *rest != '\n')) {
      return Status::InvalidArgument("not lines of '<level> <file number>'")
          .WithFile(path)
          .WithOffset(static_cast<uint64_t>(at - text.data()));
    }
    tables->emplace_back(level, number);
    at = rest + 1;
  }
  return Status();
}

Status Prepare(const Workload& workload, Session* session) {
  const bool reading = workload.needs == Workload::kReadable;
  if (!session->flags.tables.empty()) {
    if (!reading) return Status::InvalidArgument(std::string("with --tables there is no ") + workload.name);
    if (session->driver != nullptr) return Status();
    Driver::Tables tables;
    BURROW_RETURN_IF_ERROR(ReadTables(session->flags.tables, &tables));
    return Driver::Open(session->DriverOptions(), tables, &session->driver);
  }
  if (workload.needs == Workload::kNothing) return Status();
  if (workload.needs == Workload::kFresh) {
    session->driver.reset();
    return Driver::Create(session->DriverOptions(), &session->driver);
  }
  if (session->driver == nullptr) {
    return Status::InvalidArgument(std::string(workload.name) + " needs a fill workload before it, or --tables");
  }
  return Status();
}

Status RunAll(Session* session, std::vector<Result>* results) {
  for (const std::string& name : session->flags.benchmarks) {
    const Workload* workload = Find(name);
    if (workload == nullptr) return Status::InvalidArgument("there is no benchmark " + name + "; see --help");
    BURROW_RETURN_IF_ERROR(Prepare(*workload, session));
    size_t before = results->size();
    BURROW_RETURN_IF_ERROR(workload->run(*session, results));
    for (size_t i = before; i < results->size() && !session->flags.json; ++i) PrintLine((*results)[i]);
  }
  if (session->flags.json) PrintJson(session->flags, *results);
  return Status();
}

// The database that this process made; what it did not make stays.
void RemoveDatabase(const std::string& directory) {
  Env* env = Env::Posix();
  std::vector<std::string> names;
  if (!env->GetChildren(directory, &names).ok()) return;
  for (const std::string& name : names) {
    FileKind kind;
    uint64_t number;
    bool ours = ParseFileName(name, &kind, &number) && (kind == FileKind::kTable || kind == FileKind::kWal);
    if (ours && !env->RemoveFile(directory + "/" + name).ok()) return;
  }
  static_cast<void>(env->RemoveDir(directory).ok());
}

int Main(int argc, char** argv) {
  Session session;
  Status status = ParseFlags(argc, argv, &session.flags);
  if (status.ok() && session.flags.help) {
    fputs(kHelp, stdout);
    return 0;
  }
  std::string made;
  if (status.ok() && session.flags.tables.empty()) {
    if (session.flags.db.empty()) {
      char directory[] = "/tmp/burrow-bench-XXXXXX";
      if (mkdtemp(directory) == nullptr) {
        perror("a directory for the database");
        return 1;
      }
      session.flags.db = directory;
    }
    made = session.flags.db;
  }
  std::vector<Result> results;
  if (status.ok()) status = RunAll(&session, &results);
  session.driver.reset();
  if (!made.empty()) RemoveDatabase(made);
  if (status.ok()) return 0;
  fprintf(stderr, "native_bench: %s\n", status.ToString().c_str());
  return status.Is(Code::kInvalidArgument) ? 2 : 1;
}

}  // namespace
}  // namespace burrow::bench

int main(int argc, char** argv) { return burrow::bench::Main(argc, argv); }
