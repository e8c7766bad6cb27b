#include "util/background_thread.h"

#include <utility>

#ifndef _WIN32
#include <pthread.h>
#include <signal.h>
#endif

namespace burrow {

#ifdef _WIN32

std::thread StartBackgroundThread(const std::string&, std::function<void()> body) {
  return std::thread(std::move(body));
}

#else

std::thread StartBackgroundThread(const std::string& name, std::function<void()> body) {
  // A thread inherits the mask of its creator: blocked here, there is no moment in which it could take a signal.
  sigset_t all, before;
  sigfillset(&all);
  for (int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS}) sigdelset(&all, fault);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread thread([name = name.substr(0, 15), body = std::move(body)] {
#ifdef __APPLE__
    pthread_setname_np(name.c_str());
#else
    pthread_setname_np(pthread_self(), name.c_str());
#endif
    body();
  });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return thread;
}

#endif

}  // namespace burrow
