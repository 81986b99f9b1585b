// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string_view>

#include "../../product/all_workloads.hpp"
#include "../../product/register.hpp"
#include "../../support/reading_ahead.hpp"

// The sides of the bare library, "raw naive" and "raw expert", made of what ../BACKEND.hpp has.

namespace bench::raw {

template <bool is_naive>
struct side {
  static constexpr bool resumes = true;
  static constexpr bool sets_no_delay = false;
  static constexpr bool joins_pieces = !is_naive;  ///< a message in pieces becomes one write
  static constexpr bool reads_blocks = !is_naive;  ///< lines are looked for in a buffer

  explicit side(const task& what) : client(wanted(what, true)), server(wanted(what, false)) {}

  template <class Line>
  struct end {
    using transport = std::conditional_t<std::is_same_v<Line, tcp_line>, reading_ahead<socket_end>, ring_end>;
    using below = std::conditional_t<is_naive, int, transport>;
    using kind = std::conditional_t<is_naive, naive, bare<transport>>;

    template <class Where>
    end(side& s, bool is_client, Where where)
        : own(is_client ? s.client : s.server), server(s.server), native(own, below(where)) {}
    bool handshake() { return native.handshake() == outcome::done; }
    std::size_t write_some(const std::byte* data, std::size_t n) { return native.write(data, n); }
    std::size_t read_some(std::byte* out, std::size_t n) { return native.read(out, n); }
    bool was_resumed() const { return native.was_resumed(server); }
    void finish() { native.finish(own); }

   private:
    const context &own, &server;
    kind native;
  };

 private:
  static options wanted(const task& what, bool is_client) {
    const bool is_1_3 = what.version == 0x0304;
    if (is_1_3 && !context::speaks_1_3) throw not_offered("no TLS 1.3 in this library");
    if (what.group != 0x1d && what.group != 0x17) throw not_offered("not measured with this group");
    const bool releases = std::string_view(what.work) == "idle_released";
    if (releases && !context::can_release_buffers) throw not_offered("this library has no such mode");
    static const bool started = (start(), true);
    return {.is_client = is_client,
            .is_1_3 = is_1_3,
            .is_expert = started && !is_naive,
            .sessions = what.resumes != 0 ? sessions::kept : sessions::off,
            .releases_buffers = releases,
            .is_rsa = what.is_rsa != 0,
            .is_chacha = what.suite == 0x1303 || what.suite == 0xcca8 || what.suite == 0xcca9,
            .is_p256 = what.group == 0x17};
  }
  context client, server;
};

template <bool is_naive>
std::unique_ptr<job> make_job(const task& what) {
  if constexpr (is_naive) {
    if (what.over_tcp == 0) throw not_offered("naive use is over sockets");
    return make_workload<side<true>, tcp_line>(what);
  } else {
    return make_workload_over<side<false>>(what);
  }
}

inline const bool added =
    add_side(make_side<make_job<true>>("raw naive")) && add_side(make_side<make_job<false>>("raw expert"));

}  // namespace bench::raw
