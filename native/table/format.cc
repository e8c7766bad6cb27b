#include "table/format.h"

#include <cstring>

#include "util/coding.h"
#include "util/crc32c.h"

namespace burrow {
namespace {

constexpr size_t kFilterAlignment = 64;

void AppendHandle(BlockHandle handle, std::string* out) {
  PutFixed64(out, handle.offset);
  PutFixed64(out, handle.size);
}

bool DecodeHandle(Decoder* in, uint64_t blocks_end, BlockHandle* handle) {
  if (!in->Fixed64(&handle->offset) || !in->Fixed64(&handle->size)) return false;
  if (handle->size == 0) return handle->offset == 0;
  return handle->offset <= blocks_end && handle->size <= blocks_end - handle->offset &&
         blocks_end - handle->offset - handle->size >= kBlockTrailerSize;
}

BlockRef AllocateFor(BlockType type, size_t size, char** data) {
  if (type != BlockType::kFilter) {
    BlockRef block = BlockRef::Allocate(size);
    *data = block.data();
    return block;
  }
  BlockRef block = BlockRef::Allocate(size + kFilterAlignment);
  *data = const_cast<char*>(FilterContents(block).data());
  return block;
}

}  // namespace

void AppendFooter(const TableFooter& footer, std::string* out) {
  const size_t start = out->size();
  AppendHandle(BlockHandle(), out);  // reserved
  AppendHandle(footer.index, out);
  AppendHandle(footer.filter, out);
  AppendHandle(footer.properties, out);
  AppendHandle(footer.range_tombstones, out);
  PutFixed32(out, kTableVersion);
  PutFixed32(out, footer.flags);
  PutFixed32(out, crc32c::Mask(crc32c::Value(Slice(*out).substr(start))));
  PutFixed64(out, kTableMagic);
}

Status DecodeFooter(Slice bytes, uint64_t file_size, TableFooter* footer) {
  if (bytes.size() != kTableFooterSize || file_size < kTableFooterSize) {
    return Status::Corruption("file is too short to be a table");
  }
  constexpr size_t kMagicAt = kTableFooterSize - 8, kCrcAt = kMagicAt - 4, kVersionAt = kCrcAt - 8;
  if (DecodeFixed64(bytes.data() + kMagicAt) != kTableMagic) return Status::Corruption("no table footer");
  if (crc32c::Mask(crc32c::Value(bytes.substr(0, kCrcAt))) != DecodeFixed32(bytes.data() + kCrcAt)) {
    return Status::Corruption("footer checksum mismatch");
  }
  uint32_t version = DecodeFixed32(bytes.data() + kVersionAt);
  if (version != kTableVersion) {
    return Status::Unsupported("table format version " + std::to_string(version) + "; this build reads version " +
                               std::to_string(kTableVersion));
  }
  footer->flags = DecodeFixed32(bytes.data() + kVersionAt + 4);
  if ((footer->flags & ~kKnownTableFlags) != 0) {
    return Status::Unsupported("unknown table flags " + std::to_string(footer->flags & ~kKnownTableFlags));
  }
  Decoder in(bytes.substr(sizeof(BlockHandle)));
  const uint64_t blocks_end = file_size - kTableFooterSize;
  if (!DecodeHandle(&in, blocks_end, &footer->index) || !DecodeHandle(&in, blocks_end, &footer->filter) ||
      !DecodeHandle(&in, blocks_end, &footer->properties) ||
      !DecodeHandle(&in, blocks_end, &footer->range_tombstones)) {
    return Status::Corruption("footer names a block outside the file");
  }
  return Status();
}

uint64_t AppendBlock(CodecId codec, int level, Slice raw, std::string* out) {
  const size_t start = out->size();
  CodecId used = CodecId::kNone;
  if (codec != CodecId::kNone && raw.size() <= kMaxRawBlockSize) {
    PutVarint32(out, static_cast<uint32_t>(raw.size()));
    if (Compress(codec, level, raw, out)) {
      used = codec;
    } else {
      out->resize(start);
    }
  }
  if (used == CodecId::kNone) out->append(raw);
  const uint64_t size = out->size() - start;
  out->push_back(static_cast<char>(used));
  PutFixed32(out, crc32c::Mask(crc32c::Value(Slice(*out).substr(start))));
  return size;
}

Status DecodeBlock(Slice stored, BlockType type, BlockRef* block) {
  if (stored.size() <= kBlockTrailerSize) return Status::Corruption("block is empty");
  const size_t size = stored.size() - kBlockTrailerSize;
  if (crc32c::Mask(crc32c::Value(stored.substr(0, size + 1))) != DecodeFixed32(stored.data() + size + 1)) {
    return Status::Corruption("block checksum mismatch");
  }
  const auto codec = static_cast<uint8_t>(stored[size]);
  if (codec > kLastCodecId) return Status::Unsupported("unknown block codec " + std::to_string(codec));
  Slice payload = stored.substr(0, size);
  char* data;
  if (codec == 0 && type != BlockType::kFilter && *block && block->contents().data() == stored.data()) {
    block->Truncate(size);
    return Status();
  }
  if (codec == 0) {
    BlockRef raw = AllocateFor(type, size, &data);
    memcpy(data, payload.data(), size);
    *block = std::move(raw);
    return Status();
  }
  uint32_t raw_size;
  const char* start = DecodeVarint32(payload.data(), payload.data() + size, &raw_size);
  if (start == nullptr) return Status::Corruption("malformed block size");
  payload.remove_prefix(static_cast<size_t>(start - payload.data()));
  if (raw_size == 0 || raw_size > kMaxRawBlockSize) return Status::Corruption("malformed block size");
  BURROW_RETURN_IF_ERROR(CheckRawSize(static_cast<CodecId>(codec), payload, raw_size));
  BlockRef raw = AllocateFor(type, raw_size, &data);
  BURROW_RETURN_IF_ERROR(Decompress(static_cast<CodecId>(codec), payload, data, raw_size));
  *block = std::move(raw);
  return Status();
}

Slice FilterContents(const BlockRef& block) {
  Slice all = block.contents();
  auto address = reinterpret_cast<uintptr_t>(all.data());
  return all.substr(-address % kFilterAlignment, all.size() - kFilterAlignment);
}

Status ReadExactly(const RandomAccessFile& file, uint64_t offset, size_t n, Slice* result,
                   std::unique_ptr<char[]>* scratch) {
  scratch->reset(new char[n]);
  return ReadExactly(file, offset, n, result, scratch->get());
}

Status ReadExactly(const RandomAccessFile& file, uint64_t offset, size_t n, Slice* result, char* scratch) {
  BURROW_RETURN_IF_ERROR(file.Read(offset, n, result, scratch));
  if (result->size() != n) return Status::Corruption("file ends inside a block");
  return Status();
}

}  // namespace burrow
