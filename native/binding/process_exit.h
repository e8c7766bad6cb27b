#pragma once

namespace burrow::binding {

class EngineHandle;

// process.exit() and uncaught exceptions end the process without ending its JavaScript environments first. Engines that
// are open then hand what is gathered for their logs to the operating system, and those of the exiting thread join their
// threads, before static objects are destroyed.
void StopAtProcessExit(EngineHandle* handle);
// REQUIRES: called before the handle's engine goes. Waits while the process is exiting.
void ForgetAtProcessExit(EngineHandle* handle);

}  // namespace burrow::binding
