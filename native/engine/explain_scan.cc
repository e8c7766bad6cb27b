#include "engine/explain_scan.h"

#include <chrono>
#include <utility>

namespace burrow {

namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t kBufferSize = 256 << 10;

uint64_t NanosSince(Clock::time_point begin) {
  return static_cast<uint64_t>(std::chrono::nanoseconds(Clock::now() - begin).count());
}

bool Touches(const TableEntry& table, const ScanOptions& options) {
  if (options.upper && Slice(table.smallest) >= Slice(*options.upper)) return false;
  return !options.lower || Slice(table.largest) > Slice(*options.lower) ||
         (Slice(table.largest) == Slice(*options.lower) && !table.largest_exclusive);
}

Status Run(Scan* scan, Clock::time_point begin, ScanReport* report) {
  std::unique_ptr<char[]> buffer;
  size_t size = kBufferSize;
  for (bool done = false; !done;) {
    if (buffer == nullptr) buffer.reset(new char[size]);
    Scan::Batch batch;
    const uint32_t most = report->returned == 0 ? 1 : UINT32_MAX;
    BURROW_RETURN_IF_ERROR(scan->Fill(buffer.get(), size, most, &batch));
    if (batch.needed > 0) {
      size = batch.needed;
      buffer.reset();
      continue;
    }
    if (report->returned == 0) report->first_nanos = NanosSince(begin);
    report->returned += batch.records;
    report->key_bytes += batch.front_bytes - batch.records * 2 * sizeof(uint32_t);
    report->value_bytes += batch.value_bytes;
    done = batch.done;
  }
  return Status();
}

}  // namespace

Status ExplainScan(std::shared_ptr<const ReadView> view, SequenceNumber sequence, ScanOptions options,
                   ScanReport* report) {
  *report = {};
  BlockReads reads;
  options.read.read_ahead = 0;
  options.read.reads = &reads;
  options.records = &report->records;
  const uint64_t limit = options.limit;
  const Clock::time_point begin = Clock::now();
  Scan scan(view, sequence, options);
  Status status = Run(&scan, begin, report);
  report->nanos = NanosSince(begin);
  report->skipped = scan.skipped();
  report->done = status.ok() && report->returned < limit;
  report->blocks = reads.total();
  for (int number = 0; number < view->levels().count(); ++number) {
    const Level& level = view->levels().level(number);
    if (level.tables.empty()) continue;
    report->outside.push_back({number, 0});
    for (const TableRef& table : level.tables) {
      if (Touches(*table, options)) {
        report->tables.push_back({number, table->number, reads.of(table->number)});
      } else {
        ++report->outside.back().tables;
      }
    }
  }
  return status;
}

}  // namespace burrow
