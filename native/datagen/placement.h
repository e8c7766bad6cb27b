#pragma once

#include "datagen/fill_pool.h"

namespace burrow::datagen {

// Pins the calling thread to the group's CPUs, and with `bind_memory` to its node's memory. Ok where there is nothing to
// do; kUnsupported where the platform cannot.
Status PlaceThread(const ThreadGroup& group, bool bind_memory);

}  // namespace burrow::datagen
