// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "conformance.hpp"

// Clients that may be asked for a certificate after the handshake, and servers that ask.
namespace plugtls_test::later_tests {

constexpr bool authenticates_later = has<default_backend, capability::post_handshake_auth>;

inline client_settings answers_later(identity id = client_identity()) {
  client_settings s = client_defaults();
  s.identities = {std::move(id)};
  s.post_handshake_auth = true;
  return s;
}
inline server_settings asks_later(verify_mode mode = verify_mode::none) {
  server_settings s = mutual_defaults(mode);
  s.post_handshake_auth = true;
  return s;
}

inline errc ask(connection& c, verify_mode mode = verify_mode::required) {
  error_info why;
  const engine_result r = c.server.engine.request_client_certificate(c.server.port, mode, why);
  CHECK(why.code == r.error);
  if (r.error != errc::success) CHECK_FALSE(why.detail.empty());
  return r.error;
}

inline void check_peer(const connection& c, std::size_t certificates) {
  CHECK(c.server.engine.peer_chain().size() == certificates);
  CHECK(c.server.engine.verified_path().size() == (certificates == 0 ? 0 : certificates + 1));
}

// The connection is as it was.
inline void check_alive(connection& c) {
  const std::string there = c.client.outgoing, back = c.server.outgoing;
  c.client.outgoing += "still there";
  c.server.outgoing += "still there";
  c.run();
  CHECK(c.client.incoming == back + "still there");
  CHECK(c.server.incoming == there + "still there");
}

}  // namespace plugtls_test::later_tests
