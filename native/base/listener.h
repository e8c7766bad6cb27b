#pragma once

namespace burrow {

// Told from any native thread that the owner has something to look at. Implementations only wake somebody: they take no
// lock of the caller's and call nothing back.
class ProgressListener {
 public:
  virtual ~ProgressListener() = default;
  virtual void OnProgress() = 0;
};

}  // namespace burrow
