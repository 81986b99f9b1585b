// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string_view>
#include <type_traits>

#include "../support/reading_ahead.hpp"
#include "../support/workloads.hpp"
#include "least.hpp"

namespace bench::raw {

/// A connection as an expert uses it, made from what its transport is made from.
template <class Context, template <class> class Bare, class Transport>
struct over : Bare<Transport> {
  template <class From>
  over(const Context& c, From from) : Bare<Transport>(c, Transport(from)) {}
};

/// The program of a bare library: WORKLOAD 1.2|1.3. `Bare` is a connection as an expert uses it, over any transport,
/// `Naive` one over a socket as most programs do.
template <class Context, template <class> class Bare, class Naive>
int main(int argc, char** argv) {
  const std::string_view what = argc == 3 ? argv[1] : "", version = argc == 3 ? argv[2] : "";
  const bool is_1_3 = version == "1.3";
  // What most libraries do not do by themselves, as it is done over sockets.
  using ahead = std::conditional_t<Context::reads_ahead, ring_end, reading_ahead<ring_end>>;
  if ((is_1_3 && !Context::speaks_1_3) || (what == "idle_released" && !Context::can_release_buffers)) {
    std::puts("unsupported");
    return 0;
  }
  if (!is_1_3 && version != "1.2") {
    std::fprintf(
        stderr,
        "usage: PROGRAM "
        "calls|least_engine|least_stream|tcp|naive_tcp|handshakes|new_handshakes|parses|idle|idle_released 1.2|1.3\n");
    return 2;
  }
  if (what == "calls")
    calls<Context, over<Context, Bare, ahead>>(is_1_3);
  else if (what == "least_engine")
    calls<Context, least<Bare, false>>(is_1_3);
  else if (what == "least_stream")
    calls<Context, least<Bare, true>>(is_1_3);
  else if (what == "tcp")
    tcp<Context, over<Context, Bare, reading_ahead<socket_end>>>(is_1_3, true, false);
  else if (what == "naive_tcp")
    tcp<Context, Naive>(is_1_3, false, true);
  else if (what == "handshakes" || what == "new_handshakes")
    handshakes<Context, Bare<ring_end>>(is_1_3, what == "new_handshakes", many_handshakes);
  else if (what == "parses") {
    std::printf("parser %s\n", Context::parser);
    handshakes<Context, Bare<ring_end>>(is_1_3, false, few_handshakes);
  } else if (what == "idle" || what == "idle_released")
    idle<Context, Bare<ring_end>>(is_1_3, what == "idle_released");
  else
    give_up("finding that workload");
  return 0;
}

}  // namespace bench::raw
