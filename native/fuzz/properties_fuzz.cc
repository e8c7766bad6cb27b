// The properties block: what decodes, encodes to a block that decodes to the same.
#include "fuzz/fuzzing.h"
#include "table/properties.h"

using namespace burrow;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string block(fuzz::AsSlice(data, size));
  TableProperties properties;
  if (!DecodeProperties(block, &properties).ok()) return 0;
  CHECK_LE(properties.smallest, properties.largest);
  const std::string encoded = EncodeProperties(properties);
  TableProperties again;
  CHECK_OK(DecodeProperties(encoded, &again));
  CHECK_EQ(EncodeProperties(again), encoded);
  CHECK_EQ(again.entries, properties.entries);
  CHECK_EQ(again.smallest, properties.smallest);
  CHECK_EQ(again.largest, properties.largest);
  CHECK(again.database_id == properties.database_id);
  return 0;
}
