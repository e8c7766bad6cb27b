#include "bench/report.h"

#include <cstdio>

namespace burrow::bench {

void PrintLine(const Result& result) {
  const double ops = static_cast<double>(result.ops);
  printf("%-22s %12.1f ns/op %12.1f cpu %12.0f ops/s", result.name.c_str(), result.elapsed.seconds * 1e9 / ops,
         result.elapsed.cpu_seconds * 1e9 / ops, ops / result.elapsed.seconds);
  if (result.bytes > 0) {
    printf(" %10.1f MB/s", static_cast<double>(result.bytes) / 1e6 / result.elapsed.seconds);
  } else {
    printf(" %15s", "");
  }
  printf("  %s\n", result.note.c_str());
  fflush(stdout);
}

// Names and notes are ours: nothing in them needs an escape.
void PrintJson(const Flags& flags, const std::vector<Result>& results) {
  printf("{\"num\":%llu,\"value_size\":%zu,\"batch\":%llu,\"threads\":%d,\"compression\":\"%s\",\"results\":[",
         static_cast<unsigned long long>(flags.num), flags.value_size, static_cast<unsigned long long>(flags.batch),
         flags.threads, CodecName(flags.compression));
  const char* separator = "";
  for (const Result& result : results) {
    printf("%s{\"name\":\"%s\",\"ops\":%llu,\"bytes\":%llu,\"seconds\":%.9f,\"cpu_seconds\":%.9f,\"note\":\"%s\"}",
           separator, result.name.c_str(), static_cast<unsigned long long>(result.ops),
           static_cast<unsigned long long>(result.bytes), result.elapsed.seconds, result.elapsed.cpu_seconds,
           result.note.c_str());
    separator = ",";
  }
  printf("]}\n");
}

}  // namespace burrow::bench
