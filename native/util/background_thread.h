#pragma once

#include <functional>
#include <string>
#include <thread>

namespace burrow {

// Starts a named thread (15 bytes of the name count) that takes no signals: handlers of the host process run on its own
// threads. Signals that a fault in the thread itself raises stay open, for crash reporters.
std::thread StartBackgroundThread(const std::string& name, std::function<void()> body);

}  // namespace burrow
