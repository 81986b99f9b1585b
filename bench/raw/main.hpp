// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string_view>

#include "../support/workloads.hpp"

namespace bench::raw {

/// The program of a bare library: WORKLOAD 1.2|1.3. Bare, Remote and Naive are connections over rings, over sockets as
/// an expert uses them, and over sockets as most programs do.
template <class Context, class Bare, class Remote, class Naive>
int main(int argc, char** argv) {
  const std::string_view what = argc == 3 ? argv[1] : "", version = argc == 3 ? argv[2] : "";
  const bool is_1_3 = version == "1.3";
  if ((is_1_3 && !Context::speaks_1_3) || (what == "idle_released" && !Context::can_release_buffers)) {
    std::puts("unsupported");
    return 0;
  }
  if (!is_1_3 && version != "1.2") {
    std::fprintf(stderr,
                 "usage: PROGRAM calls|tcp|naive_tcp|handshakes|new_handshakes|parses|idle|idle_released 1.2|1.3\n");
    return 2;
  }
  if (what == "calls")
    calls<Context, Bare>(is_1_3);
  else if (what == "tcp")
    tcp<Context, Remote>(is_1_3, true, false);
  else if (what == "naive_tcp")
    tcp<Context, Naive>(is_1_3, false, true);
  else if (what == "handshakes" || what == "new_handshakes")
    handshakes<Context, Bare>(is_1_3, what == "new_handshakes", many_handshakes);
  else if (what == "parses") {
    std::printf("parser %s\n", Context::parser);
    handshakes<Context, Bare>(is_1_3, false, few_handshakes);
  } else if (what == "idle" || what == "idle_released")
    idle<Context, Bare>(is_1_3, what == "idle_released");
  else
    give_up("finding that workload");
  return 0;
}

/// A connection over a socket, as an expert uses it, made from its descriptor.
template <class Context, template <class> class Bare>
struct remote : Bare<socket_end> {
  remote(const Context& c, int fd) : Bare<socket_end>(c, socket_end(fd)) {}
};

}  // namespace bench::raw
