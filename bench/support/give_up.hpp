// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdio>
#include <cstdlib>

namespace bench {

/// Ends the program: nothing that was counted so far means anything.
[[noreturn]] inline void give_up(const char* what) {
  std::fprintf(stderr, "%s failed\n", what);
  std::exit(1);
}

}  // namespace bench
