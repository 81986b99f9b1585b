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

/// Meets a server that remembers its client three times: who it is comes back with the session, and `asked`, which
/// `on_verify` of the server counts, is for the first time alone.
inline void check_client_comes_back(const context& client, const context& server, bool presents, const int& asked) {
  for (int i = 0; i < 3; ++i) {
    connection c(client, server);
    talk(c);
    CHECK(c.server.engine.resumed() == (i != 0));
    CHECK(c.server.engine.peer_chain().size() == (presents ? 2 : 0));
    CHECK(c.server.engine.verified_path().size() == (presents ? 3 : 0));
    if (presents) CHECK(c.server.engine.peer_chain().front() == client_identity().chain().front());
    CHECK(c.client.engine.peer_chain().size() == 2);
  }
  CHECK(asked == (presents ? 1 : 0));
}

/// What a clock of the settings that throws does: it ends the handshake that this has failed in, the exception is kept,
/// and no context is made with it.
inline void check_clock_broke(connection& c, const server_settings& settings) {
  CHECK_FALSE(c.server.up());
  CHECK(outcome(c.server) == errc::handshake_failed);
  auto* thrown = c.server.engine.callback_exception();
  REQUIRE(thrown != nullptr);
  CHECK(*thrown);
  error_info info;
  CHECK_FALSE(context::server(settings, info));
  CHECK(info.code == errc::invalid_argument);
  CHECK(info.detail.find("clock") != std::string::npos);
}

/// Two ends that have met once; the session was kept by hand.
struct acquainted {
  explicit acquainted(tls_version v) : settings(v) {
    settings.client.sessions = std::make_shared<session_cache>(0);
    client = make_client(settings.client);
    server = make_server(settings.server);
    kept = make_session(client, server);
  }
  resuming settings;
  context client, server;
  session kept;
};

/// Connects with a session that was kept by hand.
inline peer_options with_session(session s, const char* name = server_name) {
  peer_options peer(name);
  peer.resume = std::move(s);
  return peer;
}

}  // namespace plugtls_test
