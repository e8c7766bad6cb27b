{
  "variables": {
    "engine_files": [
      "base/database_id.cc",
      "base/range_tombstone.cc",
      "base/write_batch.cc",
      "util/status.cc"
    ],
    "binding_files": [],
    "test_files": [
      "base/range_tombstone_test.cc",
      "base/write_batch_test.cc"
    ],
    "bench_files": []
  }
}
