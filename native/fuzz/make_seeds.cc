// make_fuzz_seeds DIRECTORY: writes inputs to begin with to DIRECTORY/TARGET, one file each: what our own writers
// write, small and of every shape. `npm run fuzz -- --seeds` runs it and keeps what adds coverage.
#include <filesystem>
#include <fstream>

#include "base/write_batch.h"
#include "fuzz/fuzzing.h"
#include "fuzz/log_mutator.h"
#include "table/format.h"
#include "table/index_block.h"
#include "table/properties.h"
#include "table/table_testing.h"
#include "wal/log_writer.h"

using namespace burrow;

namespace {

class Seeds {
 public:
  explicit Seeds(std::string directory) : directory_(std::move(directory)) {}
  void Write(const std::string& target, const std::string& name, Slice bytes) const {
    std::filesystem::create_directories(directory_ + "/" + target);
    std::ofstream out(directory_ + "/" + target + "/" + name, std::ios::binary);
    out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    CHECK(out.good());
  }

 private:
  const std::string directory_;
};

std::string Batch(SequenceNumber first, uint32_t count, Random* random) {
  std::string payload(kBatchHeaderSize, '\0');
  EncodeBatchHeader(payload.data(), first, count);
  for (uint32_t i = 0; i < count; i++) {
    const std::string key = testing::RandomKey(random);
    switch (random->Uniform(4)) {
      case 0: AppendRecord(&payload, Kind::kDelete, key, ""); break;
      case 1: AppendRecord(&payload, Kind::kRangeDelete, key, testing::RandomKey(random)); break;
      default: AppendRecord(&payload, Kind::kPut, key, std::string(random->Uniform(20), 'v'));
    }
  }
  return payload;
}

void WriteBatches(const Seeds& seeds) {
  for (uint32_t count : {0, 1, 3, 20}) {
    Random random(count);
    seeds.Write("write_batch", "records-" + std::to_string(count), Batch(1000, count, &random));
  }
}

std::string Log(log::LogKind kind, const std::vector<std::string>& records, bool sync, bool seal) {
  DatabaseId id;
  for (size_t i = 0; i < id.bytes.size(); i++) id.bytes[i] = static_cast<uint8_t>(i * 0x11);
  std::string bytes;
  log::LogWriter writer(std::make_unique<testing::StringWritableFile>(&bytes), kind, fuzz::kFuzzedLog, id);
  std::string framed;
  for (const std::string& record : records) {
    framed.clear();
    writer.Frame(record, "", &framed);
    CHECK_OK(writer.Append(framed));
    if (sync) CHECK_OK(writer.Sync());
  }
  framed.clear();
  if (seal) writer.FrameEnd(&framed);
  CHECK_OK(writer.Append(framed));
  return bytes;
}

void WriteLogs(const Seeds& seeds) {
  const auto write = [&](const std::string& name, Slice bytes) {
    seeds.Write("log_reader", name, bytes);
    seeds.Write("log_salvage", name, bytes);
  };
  Random random(1);
  const std::vector<std::string> few{Batch(1, 2, &random), "", Batch(3, 5, &random)};
  // Records that end in a block's last bytes, cross its end, and fill several blocks.
  const std::vector<std::string> large{std::string(log::kBlockSize - 94, 'a'), "b", std::string(log::kBlockSize, 'c'),
                                       std::string(100, 'd')};
  const std::string whole = Log(log::LogKind::kWal, few, true, true);
  write("sealed", whole);
  write("stale", whole + std::string(40, '\0') + whole.substr(60, 90));
  write("manifest", Log(log::LogKind::kManifest, few, true, false));
  write("open", Log(log::LogKind::kWal, few, false, false) + std::string(100, '\0'));
  write("torn", Log(log::LogKind::kWal, few, false, false).substr(0, 150));
  std::string damaged = Log(log::LogKind::kWal, few, true, false);
  damaged[80] = static_cast<char>(damaged[80] ^ 1);
  write("damaged", damaged);
  write("large", Log(log::LogKind::kWal, large, true, true));
  write("large-torn", Log(log::LogKind::kWal, large, false, false).substr(0, 2 * log::kBlockSize));
}

// The content of the block that `handle` names, as it was before it was compressed.
std::string Content(const std::string& table, BlockHandle handle, BlockType type) {
  BlockRef block;
  CHECK_OK(DecodeBlock(Slice(table).substr(handle.offset, handle.size + kBlockTrailerSize), type, &block));
  return std::string(type == BlockType::kFilter ? FilterContents(block) : block.contents());
}

void WriteBlocks(const Seeds& seeds, const std::string& name, const std::string& table) {
  TableFooter footer;
  CHECK_OK(DecodeFooter(Slice(table).substr(table.size() - kTableFooterSize), table.size(), &footer));
  seeds.Write("properties", name, Content(table, footer.properties, BlockType::kIndex));
  if (footer.range_tombstones.size != 0) {
    seeds.Write("range_tombstones", name, Content(table, footer.range_tombstones, BlockType::kRangeTombstones));
  }
  if (footer.filter.size != 0 && (footer.flags & kPartitionedFilter) == 0) {
    seeds.Write("filter", name, Content(table, footer.filter, BlockType::kFilter));
  }
  if (footer.index.size == 0) return;
  const std::string index = Content(table, footer.index, BlockType::kIndex);
  seeds.Write("index_block", name, index);
  const BlockRef memory = fuzz::AsBlock(index);
  IndexBlock blocks;
  BlockHandle first;
  CHECK(blocks.Init(memory.contents()) && blocks.Handle(0, &first));
  if ((footer.flags & kPartitionedIndex) == 0) {
    seeds.Write("data_block", name, Content(table, first, BlockType::kData));
    seeds.Write("codec", name, Slice(table).substr(first.offset, first.size + 1));
  }
}

void WriteTables(const Seeds& seeds) {
  uint64_t number = 0;
  for (CodecId codec : {CodecId::kNone, CodecId::kLz4, CodecId::kZstd}) {
    if (!CodecAvailable(codec)) continue;
    for (size_t records : {0, 3, 60}) {
      for (bool partitioned : {false, true}) {
        Random random(++number);
        TableBuilderOptions options;
        options.codec = codec;
        options.block_size = 200;
        options.restart_interval = 3;
        if (partitioned) options.partition_size = 100;
        if (random.OneIn(4)) options.bloom_bits_per_key = 0;
        testing::Model model;
        for (const auto& [key, value] : testing::RandomModel(&random, records)) model[key] = value.substr(0, 30);
        std::vector<RangeTombstone> tombstones;
        if (records != 3) tombstones = {{"a", "b", 70}, {"ab", "c\xff", 90}, {"abc", "b", 40}};
        std::string table;
        testing::BuildTable(options, model, tombstones, &table);
        const std::string name =
            std::string(CodecName(codec)) + "-" + std::to_string(records) + (partitioned ? "-parts" : "");
        seeds.Write("table_file", name, table);
        seeds.Write("table_salvage", name, table);
        WriteBlocks(seeds, name, table);
      }
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    fprintf(stderr, "usage: make_fuzz_seeds DIRECTORY\n");
    return 2;
  }
  const Seeds seeds(argv[1]);
  WriteBatches(seeds);
  WriteLogs(seeds);
  WriteTables(seeds);
  return 0;
}
