#include "memtable/key_index.h"

#include <atomic>
#include <deque>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "util/random.h"
#include "util/testing.h"

namespace burrow {
namespace {

struct Version {
  uint64_t key;
  uint64_t number;
};

const Version* Find(const KeyIndex& index, uint64_t hash, uint64_t key) {
  return static_cast<const Version*>(
      index.Find(hash, [&](const void* entry) { return static_cast<const Version*>(entry)->key == key; }));
}

// From hashes that are all different to those that fall into one line, and those that are equal.
TEST(KeyIndex, AgreesWithAMapWhateverTheHashes) {
  Random random(TestSeed());
  const uint64_t masks[] = {UINT64_MAX, 0x3, 0xffff, uint64_t{0xf} << 60, uint64_t{0xffffffff} << 32, 0};
  for (const uint64_t mask : masks) {
    for (const size_t bytes : {size_t{1}, size_t{640}, size_t{64 << 10}}) {
      KeyIndex index(bytes);
      auto hash_of = [&](uint64_t key) { return key * 0x9e3779b97f4a7c15 & mask; };
      std::map<uint64_t, const Version*> model;
      std::deque<Version> versions;
      const uint64_t keys = 1 + random.Uniform(1500);
      for (uint64_t i = 0; i < 2 * keys; i++) {
        const uint64_t key = random.Uniform(keys);
        versions.push_back({key, i});
        const Version*& newest = model[key];
        index.Put(hash_of(key), &versions.back(), newest);
        newest = &versions.back();
      }
      for (uint64_t key = 0; key < 2 * keys; key++) {
        const auto found = model.find(key);
        CHECK(Find(index, hash_of(key), key) == (found == model.end() ? nullptr : found->second));
      }
      // Beyond the first table, half as much again as the keys need, in whole lines.
      CHECK_LE(index.bytes(), std::max<size_t>(bytes, 64) + model.size() * 16);
    }
  }
}

TEST(KeyIndex, SeedsDiffer) {
  KeyIndex one(64), other(64);
  CHECK_NE(one.HashOf("key"), other.HashOf("key"));
}

// Readers of what is being put find each key that was published, in that version or a newer one, while tables are added.
TEST(KeyIndex, OneWriterManyReaders) {
  constexpr uint64_t kVersions = 60000;
  KeyIndex index(1024);
  std::vector<Version> versions(kVersions);
  auto hash_of = [&](uint64_t key) { return index.HashOf(std::to_string(key)); };
  // Every fourth is of a key that was there before.
  auto key_of = [](uint64_t number) { return number % 4 == 3 ? number / 2 / 4 * 4 : number; };
  std::atomic<uint64_t> published{0};
  auto reader = [&](uint64_t seed) {
    Random random(seed);
    for (uint64_t visible = 0; visible < kVersions;) {
      visible = published.load(std::memory_order_acquire);
      if (visible == 0) continue;
      const uint64_t number = random.Uniform(visible);
      const Version* found = Find(index, hash_of(key_of(number)), key_of(number));
      CHECK(found != nullptr);
      CHECK_GE(found->number, number);
      CHECK(Find(index, hash_of(kVersions + number), kVersions + number) == nullptr);
    }
  };
  std::vector<std::thread> readers;
  for (uint64_t i = 0; i < 3; i++) readers.emplace_back(reader, TestSeed() + i);
  std::map<uint64_t, const Version*> newest;
  for (uint64_t number = 0; number < kVersions; number++) {
    versions[number] = {key_of(number), number};
    const Version*& before = newest[key_of(number)];
    index.Put(hash_of(key_of(number)), &versions[number], before);
    before = &versions[number];
    published.store(number + 1, std::memory_order_release);
  }
  for (std::thread& thread : readers) thread.join();
}

}  // namespace
}  // namespace burrow
