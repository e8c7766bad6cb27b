#include "codec/codec.h"

#include <cstring>
#include <memory>

#ifdef BURROW_HAVE_LZ4
#define LZ4_STATIC_LINKING_ONLY  // for LZ4_compress_fast_extState_fastReset: no 16 KiB of clearing before each block
#include <lz4.h>
#endif
#ifdef BURROW_HAVE_ZSTD
#define ZSTD_STATIC_LINKING_ONLY  // for ZSTD_getFrameHeader
#include <zstd.h>
#endif

namespace burrow {
namespace {

// What a compressed block may cost at most; both libraries stop early when they do not get below it.
size_t Worthwhile(size_t raw_size) { return raw_size - raw_size / 8; }

#ifdef BURROW_HAVE_LZ4
// Its only parameter is by how much it may look less closely than it does at 1, its default: no level, so none is taken.
size_t CompressLz4(Slice raw, char* out, size_t room) {
  if (raw.size() > LZ4_MAX_INPUT_SIZE) return 0;
  static thread_local std::unique_ptr<LZ4_stream_t> state;
  if (state == nullptr) {
    state = std::make_unique<LZ4_stream_t>();
    LZ4_initStream(state.get(), sizeof *state);
  }
  int size = LZ4_compress_fast_extState_fastReset(state.get(), raw.data(), out, static_cast<int>(raw.size()),
                                                  static_cast<int>(room), 1);
  return size > 0 ? static_cast<size_t>(size) : 0;
}
#endif

#ifdef BURROW_HAVE_ZSTD
struct FreeContext {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

size_t CompressZstd(int level, Slice raw, char* out, size_t room) {
  static thread_local std::unique_ptr<ZSTD_CCtx, FreeContext> context(ZSTD_createCCtx());
  if (context == nullptr) return 0;
  size_t size = ZSTD_compressCCtx(context.get(), out, room, raw.data(), raw.size(), level);
  return ZSTD_isError(size) ? 0 : size;
}

// Goes through the headers of one frame's blocks (RFC 8878, 3.1.1.2). Only a compressed block does not say its size.
bool ZstdCanHold(Slice frame, uint64_t raw_size) {
  ZSTD_FrameHeader header;
  if (ZSTD_getFrameHeader(&header, frame.data(), frame.size()) != 0) return false;
  if (header.frameType != ZSTD_frame || header.frameContentSize != raw_size) return false;
  frame.remove_prefix(header.headerSize);
  constexpr size_t kBlockHeaderSize = 3;
  constexpr uint32_t kRun = 1, kCompressed = 2, kReserved = 3;
  uint64_t most = 0;
  while (most < raw_size && frame.size() >= kBlockHeaderSize) {
    const auto byte = [frame](size_t i) { return uint32_t{static_cast<uint8_t>(frame[i])}; };
    const uint32_t block = byte(0) | byte(1) << 8 | byte(2) << 16;
    const uint32_t type = block >> 1 & 3, size = block >> 3;
    frame.remove_prefix(kBlockHeaderSize);
    const size_t stored = type == kRun ? 1 : size;
    if (type == kReserved || size > header.blockSizeMax || stored > frame.size()) return false;
    frame.remove_prefix(stored);
    most += type == kCompressed ? header.blockSizeMax : size;
    if ((block & 1) != 0) break;
  }
  return most >= raw_size;
}
#endif

bool CanHold(CodecId id, Slice compressed, uint64_t raw_size) {
  switch (id) {
#ifdef BURROW_HAVE_LZ4
    case CodecId::kLz4: return raw_size <= uint64_t{255} * compressed.size();  // all of it length bytes
#endif
#ifdef BURROW_HAVE_ZSTD
    case CodecId::kZstd: return ZstdCanHold(compressed, raw_size);
#endif
    default: return raw_size == compressed.size();
  }
}

Status Lacking(CodecId id) { return Status::Unsupported(std::string("built without ") + CodecName(id)); }
Status Malformed(CodecId id) { return Status::Corruption(std::string("malformed ") + CodecName(id) + " data"); }

}  // namespace

const char* CodecName(CodecId id) {
  switch (id) {
    case CodecId::kNone: return "none";
    case CodecId::kLz4: return "lz4";
    case CodecId::kZstd: return "zstd";
  }
  return "unknown";
}

bool CodecFromName(Slice name, CodecId* id) {
  for (uint8_t i = 0; i <= kLastCodecId; i++) {
    if (name == CodecName(static_cast<CodecId>(i))) {
      *id = static_cast<CodecId>(i);
      return true;
    }
  }
  return false;
}

bool CodecAvailable(CodecId id) {
  switch (id) {
    case CodecId::kNone: return true;
#ifdef BURROW_HAVE_LZ4
    case CodecId::kLz4: return true;
#endif
#ifdef BURROW_HAVE_ZSTD
    case CodecId::kZstd: return true;
#endif
    default: return false;
  }
}

bool Compress(CodecId id, [[maybe_unused]] int level, Slice raw, std::string* out) {
  const size_t start = out->size();
  [[maybe_unused]] const size_t room = Worthwhile(raw.size());
  size_t size = 0;
  switch (id) {
#ifdef BURROW_HAVE_LZ4
    case CodecId::kLz4:
      out->resize(start + room);
      size = CompressLz4(raw, out->data() + start, room);
      break;
#endif
#ifdef BURROW_HAVE_ZSTD
    case CodecId::kZstd:
      out->resize(start + room);
      size = CompressZstd(level, raw, out->data() + start, room);
      break;
#endif
    default: break;
  }
  out->resize(start + size);
  return size != 0;
}

size_t CompressedSize(CodecId id, [[maybe_unused]] int level, [[maybe_unused]] Slice raw,
                      [[maybe_unused]] std::string* scratch) {
  switch (id) {
#ifdef BURROW_HAVE_LZ4
    case CodecId::kLz4:
      if (raw.size() > LZ4_MAX_INPUT_SIZE) return 0;
      scratch->resize(static_cast<size_t>(LZ4_compressBound(static_cast<int>(raw.size()))));
      return CompressLz4(raw, scratch->data(), scratch->size());
#endif
#ifdef BURROW_HAVE_ZSTD
    case CodecId::kZstd:
      scratch->resize(ZSTD_compressBound(raw.size()));
      return CompressZstd(level, raw, scratch->data(), scratch->size());
#endif
    default: return 0;
  }
}

Status CheckRawSize(CodecId id, Slice compressed, size_t raw_size) {
  if (!CodecAvailable(id)) return Lacking(id);
  if (CanHold(id, compressed, raw_size)) return Status();
  return Status::Corruption(std::string(CodecName(id)) + " data cannot be " + std::to_string(raw_size) + " bytes");
}

Status Decompress(CodecId id, Slice compressed, char* out, size_t raw_size) {
  if (!CodecAvailable(id)) return Lacking(id);
  switch (id) {
#ifdef BURROW_HAVE_LZ4
    case CodecId::kLz4: {
      if (compressed.size() > INT32_MAX || raw_size > LZ4_MAX_INPUT_SIZE) return Malformed(id);
      int size =
          LZ4_decompress_safe(compressed.data(), out, static_cast<int>(compressed.size()), static_cast<int>(raw_size));
      return size >= 0 && static_cast<size_t>(size) == raw_size ? Status() : Malformed(id);
    }
#endif
#ifdef BURROW_HAVE_ZSTD
    case CodecId::kZstd: {
      static thread_local std::unique_ptr<ZSTD_DCtx, FreeContext> context(ZSTD_createDCtx());
      if (context == nullptr) return Status::Internal("no memory for a zstd context");
      size_t size = ZSTD_decompressDCtx(context.get(), out, raw_size, compressed.data(), compressed.size());
      return !ZSTD_isError(size) && size == raw_size ? Status() : Malformed(id);
    }
#endif
    default:
      if (compressed.size() != raw_size) return Malformed(id);
      memcpy(out, compressed.data(), raw_size);
      return Status();
  }
}

}  // namespace burrow
