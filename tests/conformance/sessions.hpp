// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <plugtls/session_cache.hpp>
#include <plugtls/ticket_keys.hpp>

#include <memory>

#include "conformance.hpp"

// Two ends that resume, and what tests of it share.
namespace plugtls_test {

/// Settings of both ends, of one version, that resume.
struct resuming {
  explicit resuming(tls_version v)
      : client(with_version(client_defaults(), v)), server(with_version(server_defaults(), v)) {
    client.sessions = std::make_shared<session_cache>();
    server.tickets = std::make_shared<ticket_keys>();
  }
  client_settings client;
  server_settings server;
};

/// Connects, sends a little both ways (so that tickets come), and ends in order.
inline connection& talk(connection& c) {
  c.client.outgoing = "from the client";
  c.server.outgoing = "from the server";
  c.connect();
  CHECK(c.client.incoming == "from the server");
  CHECK(c.server.incoming == "from the client");
  CHECK(c.client.read_error == errc::success);
  CHECK(c.server.read_error == errc::success);
  CHECK(c.client.engine.resumed() == c.server.engine.resumed());
  return c;
}

/// One connection; tells whether it was resumed.
inline bool meets_again(const context& client, const context& server, peer_options peer = server_name) {
  connection c(client, server, std::move(peer));
  return talk(c).client.engine.resumed();
}

/// A session of a full handshake.
inline session make_session(const context& client, const context& server) {
  connection c(client, server);
  talk(c);
  CHECK_FALSE(c.client.engine.resumed());
  const session s = c.client.engine.session();
  REQUIRE_FALSE(s.empty());
  return s;
}

/// Connects with a session that was kept by hand.
inline peer_options with_session(session s, const char* name = server_name) {
  peer_options peer(name);
  peer.resume = std::move(s);
  return peer;
}

}  // namespace plugtls_test
