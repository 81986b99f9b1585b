// SPDX-License-Identifier: BSL-1.0
#include "plugtls/stream.hpp"
#include "transports.hpp"

using namespace plugtls;
using namespace plugtls_test;

namespace {

/// One end of a single-threaded program: everything that it does may give would_block, and is called again.
struct party {
  party(const context& c, memory_pipe pipe, std::string data, peer_options peer = {})
      : s(c, std::move(pipe), std::move(peer)), outgoing(std::move(data)) {
    s.non_blocking(true);
  }

  // True while there is something left to do. Each operation stands in its own step.
  bool step(std::size_t expected) {
    std::error_code ec;
    if (!s.established()) {
      s.handshake(ec);
      return blocked(ec) || !failed;
    }
    if (sent < outgoing.size()) {
      // Another buffer each time: what counts is what write_some reports.
      const std::string copy = outgoing.substr(sent, 20000);
      sent += s.write_some(copy, ec);
      if (ec && !blocked(ec)) return false;
    } else if (s.engine().has_output()) {
      s.flush(ec);
      if (ec && !blocked(ec)) return false;
    }
    char block[3000];
    if (incoming.size() < expected) {
      incoming.append(block, s.read_some(block, ec));
      if (ec && !blocked(ec)) return false;
    }
    if (sent < outgoing.size() || incoming.size() < expected) return true;
    s.shutdown(ec);
    if (!ec) over = true;
    return blocked(ec) && !over;
  }
  bool blocked(const std::error_code& ec) {
    if (ec && ec != errc::would_block) failed = ec;
    return ec == errc::would_block;
  }

  stream<memory_pipe, default_backend> s;
  std::string outgoing, incoming;
  std::size_t sent = 0;
  bool over = false;
  std::error_code failed;
};

}  // namespace

TEST_CASE("non-blocking streams in one thread, over transports of every size") {
  for (const tls_version v : versions()) {
    for (const hardship h : hardships) {
      for (const std::size_t capacity : {std::size_t{1} << 20, std::size_t{700}}) {
        CAPTURE(name(v), h.cap, h.blocks, capacity);
        auto [a, b] = make_memory_pipe(capacity);
        make_hard(a, h);
        make_hard(b, h);
        party client(make_client(with_version(client_defaults(), v)), std::move(a), all_data(1), server_name);
        party server(make_server(), std::move(b), all_data(2));
        for (int rounds = 0; rounds < 3000000 && !(client.over && server.over); ++rounds) {
          if (!client.over) client.step(server.outgoing.size());
          if (!server.over) server.step(client.outgoing.size());
          if (client.failed || server.failed) break;
        }
        CHECK(client.failed == std::error_code());
        CHECK(server.failed == std::error_code());
        CHECK(client.over);
        CHECK(server.over);
        CHECK(client.incoming == server.outgoing);
        CHECK(server.incoming == client.outgoing);
      }
    }
  }
}

TEST_CASE("want tells what a non-blocking stream waits for, and nothing is written while it waits to read") {
  auto [a, b] = make_memory_pipe();
  stream client(make_client(), std::move(a), server_name);
  client.non_blocking(true);
  std::error_code ec;
  client.handshake(ec);
  CHECK(ec == errc::would_block);
  CHECK(client.want() == readiness::read);
  const auto before = client.next_layer().counts();
  for (int i = 0; i < 10; ++i) client.handshake(ec);
  CHECK(client.next_layer().counts().bytes_written == before.bytes_written);
}
