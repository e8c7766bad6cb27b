#include "datagen/measure.h"

#include <algorithm>

namespace burrow::datagen {

Measurement::Measurement(const Options& options) : window_(options.window), dedup_(options.block_sizes, options.limit) {
  const auto add = [this](CodecId codec, int level) {
    compressed_.push_back({.codec = codec, .level = level, .available = CodecAvailable(codec)});
  };
  add(CodecId::kLz4, 0);
  add(CodecId::kZstd, 1);
  add(CodecId::kZstd, 3);
}

Status Measurement::Add(Slice bytes) {
  bytes_ += bytes.size();
  dedup_.Add(bytes);
  while (!bytes.empty()) {
    const Slice part = bytes.substr(0, window_ - partial_.size());
    bytes.remove_prefix(part.size());
    if (part.size() == window_) {
      BURROW_RETURN_IF_ERROR(EndWindow(part));
      continue;
    }
    partial_.append(part);
    if (partial_.size() < window_) break;
    BURROW_RETURN_IF_ERROR(EndWindow(partial_));
    partial_.clear();
  }
  return Status();
}

Status Measurement::Finish(Report* report) {
  if (!partial_.empty()) BURROW_RETURN_IF_ERROR(EndWindow(partial_));
  report->bytes = bytes_;
  report->dedup = dedup_.Finish();
  report->compressed = compressed_;
  return Status();
}

Status Measurement::EndWindow(Slice window) {
  for (Compressed& codec : compressed_) {
    if (!codec.available) continue;
    const uint64_t size = CompressedSize(codec.codec, codec.level, window, &scratch_);
    if (size == 0) return Status::Internal(std::string(CodecName(codec.codec)) + " failed: out of memory?");
    codec.bytes += size;
    if (codec.windows == 0) {
      codec.smallest = codec.largest = size;
    } else if (window.size() == window_) {
      codec.smallest = std::min(codec.smallest, size);
      codec.largest = std::max(codec.largest, size);
    }
    ++codec.windows;
  }
  return Status();
}

}  // namespace burrow::datagen
