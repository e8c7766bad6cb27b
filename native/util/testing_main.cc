// burrow_tests [--list | --no-fork] [filter]...
//
// Runs the tests whose "path/of/file.cc:Suite.name" contains one of the filters (all of them without a filter), each in
// a forked process. --no-fork runs them in this process, for a debugger. Exit code: 0 passed, 1 failed, 2 no such test.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <random>
#include <tuple>
#include <vector>

#include "util/testing.h"

namespace burrow {
namespace testing {
namespace {

constexpr unsigned kHangSeconds = 900;  // a test that takes this long is dead, not slow

struct Test {
  std::string file;
  std::string name;
  void (*body)();
};

std::vector<Test>& Tests() {
  static std::vector<Test> tests;
  return tests;
}

std::string running;  // name of the test that this process runs

std::filesystem::path RootDir() {
  static const std::filesystem::path root =
      std::filesystem::temp_directory_path() / ("burrow_tests." + std::to_string(getpid()));
  return root;
}

bool Selected(const Test& test, const std::vector<std::string>& filters) {
  const std::string label = test.file + ":" + test.name;
  return filters.empty() || std::any_of(filters.begin(), filters.end(), [&](const std::string& filter) {
           return label.find(filter) != std::string::npos;
         });
}

// Returns whether the test passed. It ends by exit(), so that the leak checker looks at it, too.
bool RunForked(const Test& test) {
  fflush(nullptr);
  const pid_t child = fork();
  if (child < 0) Fail(__FILE__, __LINE__, std::string("fork: ") + strerror(errno));
  if (child == 0) {
    alarm(kHangSeconds);
    test.body();
    exit(0);
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return true;
  if (WIFSIGNALED(status)) {
    printf("  ended by signal %d (%s)\n", WTERMSIG(status), strsignal(WTERMSIG(status)));
  } else {
    printf("  ended with exit code %d\n", WEXITSTATUS(status));
  }
  return false;
}

int Main(const std::vector<std::string>& filters, bool list, bool no_fork) {
  std::vector<Test>& tests = Tests();
  std::sort(tests.begin(), tests.end(),
            [](const Test& a, const Test& b) { return std::tie(a.file, a.name) < std::tie(b.file, b.name); });
  setvbuf(stdout, nullptr, _IOLBF, 0);  // what a test printed before it crashed is not lost
  if (!list) printf("BURROW_TEST_SEED=%" PRIu64 "\n", TestSeed());
  RootDir();  // fixed before the first fork: it carries this process's id
  int passed = 0;
  int failed = 0;
  for (const Test& test : tests) {
    if (!Selected(test, filters)) continue;
    if (list) {
      printf("%s:%s\n", test.file.c_str(), test.name.c_str());
      ++passed;
      continue;
    }
    running = test.name;
    bool ok = true;
    if (no_fork) {
      test.body();
    } else {
      ok = RunForked(test);
    }
    ++(ok ? passed : failed);
    printf("%s %s\n", ok ? "ok    " : "FAILED", test.name.c_str());
    std::error_code ignored;
    if (ok) std::filesystem::remove_all(RootDir() / running, ignored);
  }
  std::error_code not_empty;
  std::filesystem::remove(RootDir(), not_empty);
  if (passed + failed == 0) {
    fprintf(stderr, "no test matches\n");
    return 2;
  }
  if (!list) printf("%d passed, %d failed\n", passed, failed);
  return failed == 0 ? 0 : 1;
}

}  // namespace

bool Register(const char* file, const char* name, void (*body)()) {
  Tests().push_back({file, name, body});
  return true;
}

void Fail(const char* file, int line, const std::string& what) {
  fflush(stdout);
  fprintf(stderr, "%s:%d: %s\n  in %s, BURROW_TEST_SEED=%" PRIu64 "\n", file, line, what.c_str(), running.c_str(),
          TestSeed());
  std::error_code ec;
  if (std::filesystem::exists(RootDir() / running, ec)) {
    fprintf(stderr, "  its files are in %s\n", (RootDir() / running).c_str());
  }
  abort();
}

std::string Quoted(std::string_view bytes) {
  std::string text = "\"";
  for (const char c : bytes) {
    if (c == '"' || c == '\\') {
      text += '\\';
      text += c;
    } else if (c >= ' ' && c <= '~') {
      text += c;
    } else {
      char escape[5];
      snprintf(escape, sizeof escape, "\\x%02x", static_cast<unsigned char>(c));
      text += escape;
    }
  }
  return text + "\" (" + std::to_string(bytes.size()) + " bytes)";
}

}  // namespace testing

uint64_t TestSeed() {
  static const uint64_t seed = [] {
    const char* given = getenv("BURROW_TEST_SEED");
    return given != nullptr ? strtoull(given, nullptr, 0) : uint64_t{std::random_device{}()};
  }();
  return seed;
}

std::string TestDir() {
  const std::filesystem::path dir = testing::RootDir() / testing::running;
  std::error_code ec;
  std::filesystem::create_directories(dir, ec);
  if (ec) testing::Fail(__FILE__, __LINE__, dir.string() + ": " + ec.message());
  return dir.string();
}

}  // namespace burrow

int main(int argc, char** argv) {
  std::vector<std::string> filters;
  bool list = false;
  bool no_fork = false;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--list") {
      list = true;
    } else if (argument == "--no-fork") {
      no_fork = true;
    } else {
      filters.push_back(argument);
    }
  }
  return burrow::testing::Main(filters, list, no_fork);
}
