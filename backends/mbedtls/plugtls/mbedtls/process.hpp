// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <pthread.h>
#include <unistd.h>

namespace plugtls::mbedtls {

/// Tells a process from those that it was forked from.
struct process_mark {
  long id = 0;
  unsigned long forks = 0;  // an id may be given again
  friend bool operator==(const process_mark&, const process_mark&) = default;
};

/// Thread-safe. The first call has forks counted; where that cannot be, each mark is another one.
inline process_mark this_process() noexcept {
  static unsigned long forks = 0;  // changes in children alone, which have one thread then
  static const bool is_counted = ::pthread_atfork(nullptr, nullptr, [] { ++forks; }) == 0;
  thread_local unsigned long uncounted = 0;
  return {static_cast<long>(::getpid()), is_counted ? forks : ++uncounted};
}

}  // namespace plugtls::mbedtls
