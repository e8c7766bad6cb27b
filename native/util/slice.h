#pragma once

#include <string_view>

namespace burrow {

// A borrowed run of bytes. Comparison is bytewise and unsigned (char_traits<char> compares as memcmp does).
// The owner of the bytes outlives the slice; every function that keeps bytes copies them.
using Slice = std::string_view;

}  // namespace burrow
