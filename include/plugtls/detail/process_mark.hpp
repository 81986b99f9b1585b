// SPDX-License-Identifier: BSL-1.0
#pragma once

#if __has_include(<sys/wait.h>)
#include <pthread.h>
#include <unistd.h>
#endif

namespace plugtls::detail {

/// Tells a process from those that it was forked from; nothing where there is no fork().
struct process_mark {
  long id = 0;
  unsigned long forks = 0;  // an id may be given again
  friend bool operator==(const process_mark&, const process_mark&) = default;
};

/// Thread-safe. The first call has what fork() makes counted; where that cannot be, each mark is another one.
inline process_mark this_process() noexcept {
#if __has_include(<sys/wait.h>)
  static unsigned long forks = 0;  // changes in children alone, which have one thread then
  static const bool is_counted = ::pthread_atfork(nullptr, nullptr, [] { ++forks; }) == 0;
  thread_local unsigned long uncounted = 0;
  return {static_cast<long>(::getpid()), is_counted ? forks : ++uncounted};
#else
  return {};
#endif
}

}  // namespace plugtls::detail
