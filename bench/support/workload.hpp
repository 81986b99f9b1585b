// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace bench {

/// What a program is asked to do: WORKLOAD COUNT SIZE.
struct workload {
  enum class kind { round, blocked } what = kind::round;
  int count = 0;
  std::size_t size = 0;
};

/// Reads the arguments; ends the program when they are not three good ones.
inline workload read_arguments(int argc, char** argv) {
  if (argc == 4) {
    const std::string_view what = argv[1];
    workload w{what == "blocked" ? workload::kind::blocked : workload::kind::round, std::atoi(argv[2]),
               static_cast<std::size_t>(std::atoi(argv[3]))};
    if ((what == "round" || what == "blocked") && w.count > 0 && w.size > 0 && w.size <= 16384) return w;
  }
  std::fprintf(stderr, "usage: PROGRAM round|blocked COUNT SIZE (1 to 16384)\n");
  std::exit(2);
}

[[noreturn]] inline void give_up(const char* what) {
  std::fprintf(stderr, "%s failed\n", what);
  std::exit(1);
}

}  // namespace bench
