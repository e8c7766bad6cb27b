#include "table/level_iterator.h"

#include "env/file_names.h"
#include "table/table_testing.h"

namespace burrow {
namespace {

using namespace testing;

// A run of tables over one model, cut at user keys.
struct Run {
  std::shared_ptr<Env> env = Env::NewMemory();
  BlockCache blocks{1 << 20};
  TableCache cache{env.get(), "/db", DatabaseId(), 2, &blocks};
  std::vector<TableProperties> properties;
  std::vector<RunTable> tables;

  Run(const Model& model, size_t records_a_table) {
    CHECK_OK(env->CreateDirs("/db"));
    for (auto it = model.begin(); it != model.end();) {
      const uint64_t number = properties.size() + 1;
      std::unique_ptr<WritableFile> file;
      CHECK_OK(env->NewWritableFile(Path(number), Env::OpenMode::kTruncate, &file));
      TableBuilder builder({}, std::move(file));
      std::string last;
      for (; it != model.end() && (builder.entries() < records_a_table || UserKey(it->first) == last); ++it) {
        CHECK_OK(builder.Add(it->first, it->second));
        last = UserKey(it->first);
      }
      CHECK_OK(builder.Finish(&properties.emplace_back()));
    }
    for (size_t i = 0; i < properties.size(); i++) {
      const TableProperties& p = properties[i];
      tables.push_back({cache.NewHandle(i + 1, p.file_size), p.smallest, p.largest, p.largest_exclusive});
    }
  }
  static std::string Path(uint64_t number) { return FileName("/db", FileKind::kTable, number); }
};

TEST(LevelIterator, AgreesWithAModel) {
  for (uint64_t round = 0; round < 30; round++) {
    Random random(TestSeed() + round);
    const Model model = RandomModel(&random, 1 + random.Uniform(500));
    Run run(model, 1 + random.Uniform(100));
    // As when a range tombstone of a table reaches up to the first key of the next one.
    for (size_t i = 0; i + 1 < run.tables.size(); i++) {
      if (random.Uniform(2) == 0) continue;
      run.tables[i].largest = run.tables[i + 1].smallest;
      run.tables[i].largest_exclusive = true;
    }
    auto iterator = NewLevelIterator(run.tables, {});
    auto it = model.begin();
    for (iterator->SeekToFirst(); iterator->Valid(); iterator->Next(), ++it) CHECK_EQ(iterator->key(), it->first);
    CHECK(it == model.end());
    for (iterator->SeekToLast(); iterator->Valid(); iterator->Prev()) CHECK_EQ(iterator->key(), (--it)->first);
    CHECK(it == model.begin());
    for (int i = 0; i < 200; i++) {
      const std::string target = InternalKey(RandomKey(&random), random.Uniform(500));
      it = model.lower_bound(target);
      iterator->Seek(target);
      CHECK_EQ(iterator->Valid(), it != model.end());
      if (iterator->Valid()) CHECK_EQ(iterator->key(), it->first);
      iterator->SeekBefore(target);
      CHECK_EQ(iterator->Valid(), it != model.begin());
      if (iterator->Valid()) CHECK_EQ(iterator->key(), std::prev(it)->first);
    }
    CHECK_OK(iterator->status());
  }
}

TEST(LevelIterator, StopsAtATableThatIsGone) {
  Model model;
  for (int i = 100; i < 200; i++) model[InternalKey(std::to_string(i), 1)] = "v";
  Run run(model, 30);
  CHECK_OK(run.env->RemoveFile(Run::Path(2)));
  auto iterator = NewLevelIterator(run.tables, {});
  int seen = 0;
  for (iterator->SeekToFirst(); iterator->Valid(); iterator->Next()) seen++;
  CHECK_EQ(seen, 30);
  CHECK(iterator->status().Is(Code::kCorruption));
  iterator->Seek(InternalKey("190", 1));
  CHECK(iterator->Valid());
  CHECK_OK(iterator->status());
  CHECK_EQ(iterator->key(), InternalKey("190", 1));
}

TEST(LevelIterator, EmptyRunAndSingleTable) {
  auto none = NewLevelIterator({}, {});
  none->SeekToFirst();
  CHECK(!none->Valid());
  none->SeekToLast();
  CHECK(!none->Valid());
  none->SeekBefore(InternalKey("a", 1));
  CHECK(!none->Valid());
  CHECK_OK(none->status());
  Run run({{InternalKey("a", 1), "1"}, {InternalKey("b", 1), "2"}}, 10);
  auto one = NewTableIterator(run.tables[0].handle, {});
  one->SeekBefore(InternalKey("z", 1));
  CHECK(one->Valid());
  CHECK_EQ(one->value(), "2");
}

}  // namespace
}  // namespace burrow
