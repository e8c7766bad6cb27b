// NativeMeasurement: what data could save.

#include <memory>
#include <string>

#include "binding/args.h"
#include "binding/background.h"
#include "binding/bound_object.h"
#include "binding/datagen_tools.h"
#include "binding/errors.h"
#include "datagen/measure.h"

namespace burrow::binding {

namespace {

using datagen::DedupFinder;
using datagen::Measurement;

struct MeasurementHandle {
  explicit MeasurementHandle(const Measurement::Options& options) : measurement(options) {}

  Measurement measurement;
  bool busy = false;  // an add() is under way; the JavaScript thread's
};

constexpr size_t kMaxWindow = 64 << 20;

napi_value Add(napi_env env, napi_callback_info info) {
  Call<1> call(env, info);
  const auto handle = *BoundTo<MeasurementHandle>(call.data());
  Slice bytes;
  if (!GetBytes(env, call[0], &bytes)) return ThrowInvalid(env, "bytes must be a Uint8Array");
  if (handle->busy) return Throw(env, Status::Internal("an earlier add() has not ended"));
  auto status = std::make_shared<Status>();
  napi_value promise =
      RunInBackground(env, {.name = "burrowdb measure",
                            .run = [handle, bytes, status] { *status = handle->measurement.Add(bytes); },
                            .cancel = nullptr,
                            .answer = [handle, status](napi_env at) -> napi_value {
                              handle->busy = false;
                              return status->ok() ? nullptr : Throw(at, *status);
                            },
                            .keep = call[0]});
  handle->busy = promise != nullptr;
  return promise;
}

napi_value DedupObject(napi_env env, const DedupFinder::Found& found) {
  napi_value object = Object(env);
  Set(env, object, "blockSize", Number(env, found.block_size));
  Set(env, object, "blocks", Number(env, found.blocks));
  Set(env, object, "uniqueBlocks", Number(env, found.unique_blocks));
  Set(env, object, "standardError", Number(env, found.standard_error));
  return object;
}

napi_value CompressedObject(napi_env env, const Measurement::Compressed& found) {
  napi_value object = Object(env);
  Set(env, object, "codec", Text(env, CodecName(found.codec)));
  Set(env, object, "level", Number(env, static_cast<double>(found.level)));
  Set(env, object, "windows", Number(env, found.windows));
  Set(env, object, "bytes", Number(env, found.bytes));
  Set(env, object, "smallest", Number(env, found.smallest));
  Set(env, object, "largest", Number(env, found.largest));
  return object;
}

napi_value Finish(napi_env env, napi_callback_info info) {
  Call<1> call(env, info);
  const auto handle = *BoundTo<MeasurementHandle>(call.data());
  if (handle->busy) return Throw(env, Status::Internal("an add() has not ended"));
  Measurement::Report report;
  Status status = handle->measurement.Finish(&report);
  if (!status.ok()) return Throw(env, status);
  napi_value dedup = Array(env, report.dedup.size()), compressed = Array(env, 0);
  for (size_t i = 0; i < report.dedup.size(); ++i) SetElement(env, dedup, i, DedupObject(env, report.dedup[i]));
  size_t count = 0;
  for (const Measurement::Compressed& found : report.compressed) {
    if (found.available) SetElement(env, compressed, count++, CompressedObject(env, found));
  }
  napi_value result = Object(env);
  Set(env, result, "bytes", Number(env, report.bytes));
  Set(env, result, "dedup", dedup);
  Set(env, result, "compressed", compressed);
  return result;
}

}  // namespace

napi_value OpenMeasurement(napi_env env, napi_callback_info info) {
  Call<1> call(env, info);
  Reader reader(env);
  Measurement::Options options;
  options.window = reader.Integer(reader.Property(call[0], "window"), "window", kMaxWindow);
  options.limit = reader.Integer(reader.Property(call[0], "limit"), "limit", uint64_t{1} << 30);
  napi_value sizes = reader.Property(call[0], "blockSizes");
  const size_t count = reader.Length(sizes, "blockSizes");
  for (size_t i = 0; i < count && reader.ok(); ++i) {
    options.block_sizes.push_back(reader.Integer(reader.Element(sizes, i), "block size"));
    if (options.block_sizes.back() == 0) reader.Fail("a block size must not be 0");
  }
  if (options.window == 0) reader.Fail("window must not be 0");
  if (options.limit < 512 || (options.limit & (options.limit - 1)) != 0) {
    reader.Fail("limit must be a power of two from 512 up");
  }
  if (!reader.ok()) return nullptr;
  static constexpr EngineFunction kFunctions[] = {{"add", Add}, {"finish", Finish}};
  return BoundObject(env, std::make_shared<MeasurementHandle>(options), kFunctions);
}

}  // namespace burrow::binding
