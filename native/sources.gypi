{
  "variables": {
    "engine_files": [
      "util/status.cc"
    ],
    "binding_files": [],
    "test_files": [],
    "bench_files": []
  }
}
