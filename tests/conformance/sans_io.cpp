// SPDX-License-Identifier: BSL-1.0
#include "transports.hpp"

using namespace plugtls;
using namespace plugtls_test;

namespace {

/// Another type of transport over the same pipe.
struct detour {
  std::size_t read_some(std::span<std::byte> out, std::error_code& ec) { return pipe->read_some(out, ec); }
  std::size_t write_some(byte_view in, std::error_code& ec) { return pipe->write_some(in, ec); }
  void wait(readiness what, std::error_code& ec) { pipe->wait(what, ec); }
  memory_pipe* pipe;
};

/// One end that goes through ports of three types, another one in each call.
struct wanderer {
  wanderer(const context& c, memory_pipe end, peer_options peer = {})
      : pipe(std::move(end)), straight(pipe), round(about), e(c, std::move(peer)) {}

  template <class Call>
  engine_result call(Call&& on) {
    switch (++calls % 3) {
      case 0: return on(straight);
      case 1: return on(round);
      default: return on(static_cast<port&>(straight));
    }
  }

  memory_pipe pipe;
  detour about{&pipe};
  transport_port<memory_pipe> straight;
  transport_port<detour> round;
  engine e;
  unsigned calls = 0;
};

}  // namespace

TEST_CASE("engines without I/O, both directions at once, over transports of every size") {
  for (const tls_version v : versions()) {
    for (const hardship h : hardships) {
      for (const std::size_t room : {std::size_t{1} << 20, h.cap}) {
        CAPTURE(name(v), h.cap, room);
        connection c(with_version(client_defaults(), v));
        c.client.port.limit = c.server.port.limit = room;
        c.client.outgoing = all_data(1);
        c.server.outgoing = all_data(2);
        c.client.shuts_down = c.server.shuts_down = true;
        c.run(h.cap);
        CHECK(c.client.engine.version() == v);
        CHECK(c.server.engine.version() == v);
        CHECK(c.client.incoming == c.server.outgoing);
        CHECK(c.server.incoming == c.client.outgoing);
        CHECK(c.client.read_error == errc::closed);
        CHECK(c.server.read_error == errc::closed);
      }
    }
  }
}

TEST_CASE("an engine takes a port of another type in each call") {
  for (const tls_version v : versions()) {
    for (const hardship h : hardships) {
      CAPTURE(name(v), h.cap, h.blocks);
      auto [near, far] = make_memory_pipe();
      make_hard(near, h), make_hard(far, h);
      wanderer client(make_client(with_version(client_defaults(), v)), std::move(near), server_name);
      wanderer server(make_server(), std::move(far));
      for (wanderer* w = &client; !client.e.established() || !server.e.established();
           w = w == &client ? &server : &client)
        REQUIRE(w->call([&](auto& p) { return w->e.handshake(p); }).status != engine_status::failed);
      const std::string sent = pattern(3000, 7);
      std::string came;
      for (std::size_t n = 0; came.size() < sent.size();) {
        if (n < sent.size()) {
          const byte_view rest = as_bytes(sent).subspan(n, std::min<std::size_t>(sent.size() - n, 500));
          const engine_result r =
              client.call([&](auto& p) { return client.e.write_some(p, rest.data(), rest.size()); });
          REQUIRE(r.status != engine_status::failed);
          if (r.status == engine_status::done) n += r.bytes;
        } else {
          REQUIRE(client.call([&](auto& p) { return client.e.flush(p); }).status != engine_status::failed);
        }
        std::byte room[700];
        const engine_result r = server.call([&](auto& p) { return server.e.read_some(p, room, sizeof room); });
        REQUIRE(r.status != engine_status::failed);
        if (r.status == engine_status::done) came.append(reinterpret_cast<const char*>(room), r.bytes);
      }
      CHECK(came == sent);
    }
  }
}
