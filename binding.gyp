# What users get: `npm install` without a prebuild, and prebuildify. Developers' builds are in CMakeLists.txt; both read
# native/sources.gypi. `node-gyp rebuild --have_zstd=0` (or --have_lz4=0) leaves a codec out.
{
  "includes": ["native/sources.gypi"],
  "variables": {
    "have_lz4%": "<!(node native/third_party.js lz4 --have)",
    "have_zstd%": "<!(node native/third_party.js zstd --have)"
  },
  "targets": [
    {
      "target_name": "burrowdb",
      "sources": ["<@(engine_files)", "<@(binding_files)"],
      "include_dirs": ["native", "<!(node -p \"require('node-addon-api').include_dir\")"],
      "defines": [
        "NAPI_VERSION=8",
        "NODE_API_NO_EXTERNAL_BUFFERS_ALLOWED",
        "NAPI_DISABLE_CPP_EXCEPTIONS",
        "NODE_ADDON_API_DISABLE_DEPRECATED"
      ],
      "cflags": ["-fvisibility=hidden"],
      # Here and not in target_defaults, where Node's common.gypi would come later and win.
      "cflags_cc": ["-std=c++20"],
      "xcode_settings": {
        "CLANG_CXX_LANGUAGE_STANDARD": "c++20",
        "MACOSX_DEPLOYMENT_TARGET": "11.0",
        "GCC_SYMBOLS_PRIVATE_EXTERN": "YES"
      },
      "msvs_settings": { "VCCLCompilerTool": { "AdditionalOptions": ["/std:c++20"] } },
      "configurations": { "Release": { "defines": ["NDEBUG"] } },
      "conditions": [
        ["have_lz4==1", { "defines": ["BURROW_HAVE_LZ4"], "dependencies": ["lz4"] }],
        ["have_zstd==1", { "defines": ["BURROW_HAVE_ZSTD"], "dependencies": ["zstd"] }]
      ]
    }
  ],
  "conditions": [
    ["have_lz4==1", {
      "targets": [{
        "target_name": "lz4",
        "type": "static_library",
        "sources": ["<!@(node native/third_party.js lz4 --sources)"],
        "defines": ["LZ4LIB_VISIBILITY="],
        "cflags": ["-fvisibility=hidden"],
        "direct_dependent_settings": { "include_dirs": ["<!(node native/third_party.js lz4)"] }
      }]
    }],
    ["have_zstd==1", {
      "targets": [{
        "target_name": "zstd",
        "type": "static_library",
        "sources": ["<!@(node native/third_party.js zstd --sources)"],
        "defines": ["XXH_NAMESPACE=ZSTD_", "ZSTDLIB_VISIBLE=", "ZSTDERRORLIB_VISIBLE=", "ZSTD_NO_TRACE"],
        "cflags": ["-fvisibility=hidden"],
        "direct_dependent_settings": { "include_dirs": ["<!(node native/third_party.js zstd)"] },
        "conditions": [
          ["OS=='win'", { "sources/": [["exclude", "\\.S$"]], "defines": ["ZSTD_DISABLE_ASM"] }]
        ]
      }]
    }]
  ]
}
