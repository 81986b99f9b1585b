// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>

namespace bench {

/// Ends what is being measured: nothing that was counted or timed so far means anything. Never from inside a callback:
/// the TLS library would be left in the middle of something.
[[noreturn]] inline void give_up(const char* what) { throw std::runtime_error(std::string(what) + " failed"); }

inline void require(bool good, const char* what) {
  if (!good) [[unlikely]]
    give_up(what);
}

/// A program's main function: says why it gave up.
template <class Main>
int guarded(Main run) {
  try {
    return run();
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
  }
}

}  // namespace bench
