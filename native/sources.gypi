{
  "variables": {
    "engine_files": [
      "base/database_id.cc",
      "base/range_tombstone.cc",
      "base/write_batch.cc",
      "engine/commit_queue.cc",
      "engine/engine.cc",
      "engine/point_get.cc",
      "engine/read_view.cc",
      "engine/scan.cc",
      "engine/snapshots.cc",
      "env/env.cc",
      "env/file_names.cc",
      "env/posix_env.cc",
      "memtable/memtable.cc",
      "merge/compaction_iterator.cc",
      "merge/db_iterator.cc",
      "merge/merging_iterator.cc",
      "merge/output_splitter.cc",
      "util/arena.cc",
      "util/crc32c.cc",
      "util/hash.cc",
      "util/histogram.cc",
      "util/random.cc",
      "util/status.cc"
    ],
    "binding_files": [],
    "test_files": [
      "base/range_tombstone_test.cc",
      "base/write_batch_test.cc",
      "env/file_names_test.cc",
      "memtable/memtable_test.cc",
      "merge/compaction_iterator_test.cc",
      "merge/db_iterator_test.cc",
      "merge/merging_iterator_test.cc",
      "merge/output_splitter_test.cc",
      "util/arena_test.cc",
      "util/crc32c_test.cc",
      "util/hash_test.cc",
      "util/histogram_test.cc",
      "util/random_test.cc"
    ],
    "bench_files": []
  }
}
