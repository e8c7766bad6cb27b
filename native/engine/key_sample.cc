#include "engine/key_sample.h"

#include <algorithm>
#include <utility>

namespace burrow {

namespace {

void Append(Slice key, Slice value, KeySample* sample) {
  const Slice user_key = UserKey(key);
  PutFixed32(&sample->packed, static_cast<uint32_t>(value.size()));
  sample->packed.push_back(static_cast<char>(RawKindOf(key)));
  PutFixed16(&sample->packed, static_cast<uint16_t>(user_key.size()));
  sample->packed.append(user_key);
  ++sample->sampled;
}

KeySample SampleMemtable(const MemTable& memtable, SequenceNumber sequence, uint64_t stride) {
  KeySample sample;
  uint64_t next = std::min(stride, memtable.entries()) / 2;
  std::unique_ptr<InternalIterator> records = memtable.NewIterator();
  for (records->SeekToFirst(); records->Valid(); records->Next()) {
    if (SequenceOf(records->key()) > sequence) continue;
    if (sample.entries++ != next) continue;
    next += stride;
    Append(records->key(), records->value(), &sample);
  }
  return sample;
}

}  // namespace

Status SampleKeys(const ReadView& view, SequenceNumber sequence, uint64_t stride, std::vector<KeySample>* samples) {
  samples->clear();
  if (view.active() != nullptr) {
    samples->push_back(SampleMemtable(*view.active(), sequence, stride));
    samples->back().active = true;
  }
  for (size_t i = 0; i < view.immutables().size(); ++i) {
    samples->push_back(SampleMemtable(*view.immutables()[i], sequence, stride));
    samples->back().memtable = i;
  }
  for (int level = 0; level < view.levels().count(); ++level) {
    for (const TableRef& table : view.levels().level(level).tables) {
      std::shared_ptr<TableReader> reader;
      BURROW_RETURN_IF_ERROR(table->handle->Acquire(false, &reader));
      KeySample sample;
      sample.level = level;
      sample.file = table->number;
      sample.entries = reader->properties().entries;
      auto add = [&sample](Slice key, Slice value) { Append(key, value, &sample); };
      BURROW_RETURN_IF_ERROR(reader->Sample(stride, add));
      samples->push_back(std::move(sample));
    }
  }
  return Status();
}

}  // namespace burrow
