{
  "variables": {
    "engine_files": [],
    "binding_files": [],
    "test_files": [],
    "bench_files": []
  }
}
