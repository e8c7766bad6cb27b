#pragma once

#include <string>
#include <utility>
#include <vector>

#include "engine/scan.h"
#include "util/coding.h"
#include "util/testing.h"

namespace burrow {

// The records that Scan::Fill packed into buffer[0, size), in the order of the scan.
inline void UnpackRecords(const char* buffer, size_t size, const Scan::Batch& batch,
                          std::vector<std::pair<std::string, std::string>>* records) {
  Decoder decoder(Slice(buffer, batch.front_bytes));
  const char* value_end = buffer + size;
  for (uint32_t i = 0; i < batch.records; ++i) {
    uint32_t key_size, value_size;
    Slice key;
    CHECK(decoder.Fixed32(&key_size) && decoder.Fixed32(&value_size) && decoder.Bytes(key_size, &key));
    value_end -= value_size;
    records->emplace_back(key, Slice(value_end, value_size));
  }
  CHECK(value_end == buffer + size - batch.value_bytes);
}

}  // namespace burrow
