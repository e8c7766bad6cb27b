#pragma once

#include <memory>
#include <vector>

#include "base/iterator.h"

namespace burrow {

// Merges sorted children into one sequence in internal-key order. Children never hold the same internal key. An error
// of a child makes the merge invalid, with that status. With one child, the child itself is returned; with none, an
// empty iterator. Two children take a path without a heap.
std::unique_ptr<InternalIterator> NewMergingIterator(std::vector<std::unique_ptr<InternalIterator>> children);

}  // namespace burrow
