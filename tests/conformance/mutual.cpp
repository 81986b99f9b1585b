// SPDX-License-Identifier: BSL-1.0
#include "conformance.hpp"

using namespace plugtls;
using namespace plugtls_test;

namespace {

struct presented {
  const char* what;
  std::string_view chain, key;  // empty: none
  errc verdict;                 // where one is asked for
};

const presented clients[] = {
    {"none", {}, {}, errc::certificate_required},
    {"good", pki::client_chain, pki::client_key, errc::success},
    {"foreign", pki::foreign_client_chain, pki::foreign_client_key, errc::unknown_issuer},
    {"expired", pki::expired_client_chain, pki::expired_client_key, errc::certificate_expired},
    {"a server's", pki::server_rsa_chain, pki::server_rsa_key, errc::invalid_purpose},
    {"self-signed", pki::self_signed_chain, pki::self_signed_key, errc::self_signed},
};

errc expected(verify_mode mode, const presented& p) {
  if (mode == verify_mode::none) return errc::success;
  return mode == verify_mode::optional && p.chain.empty() ? errc::success : p.verdict;
}

}  // namespace

TEST_CASE("mutual TLS: every mode with every client, the verdict at the server and what the client sees") {
  for (const tls_version v : versions()) {
    for (const verify_mode mode : {verify_mode::none, verify_mode::optional, verify_mode::required}) {
      for (const presented& p : clients) {
        CAPTURE(name(v), static_cast<int>(mode), p.what);
        client_settings s = with_version(client_defaults(), v);
        if (!p.chain.empty()) s.identities = {make_identity(p.chain, p.key)};
        connection c(s, mutual_defaults(mode));
        c.client.outgoing = "hello";
        c.server.outgoing = "world";
        c.run();
        INFO(explain(c.client.engine.error()));
        INFO(explain(c.server.engine.error()));
        const errc verdict = expected(mode, p);
        CHECK(c.server.handshake_error == verdict);
        if (verdict == errc::success) {
          CHECK(c.client.incoming == "world");
          CHECK(c.server.incoming == "hello");
          const bool shown = mode != verify_mode::none && !p.chain.empty();
          CHECK(c.server.engine.peer_chain().size() == (shown ? 2 : 0));
          CHECK(c.server.engine.verified_path().size() == (shown ? 3 : 0));
          continue;
        }
        CHECK(leading(c.server.engine.error().problems) == verdict);
        CHECK(c.server.incoming.empty());
        CHECK(c.client.incoming.empty());
        CHECK(outcome(c.client) == errc::alert_received);
        if (v == tls_version::tls1_2) CHECK(c.client.handshake_error == errc::alert_received);
        const auto alert = c.client.engine.error().alert_received;
        if (v == tls_version::tls1_2 || has<default_backend, capability::encrypted_alert_number>)
          CHECK(alert.has_value());
        if (alert) CHECK(is_certificate_alert(*alert));
        if (alert == alert::certificate_required) CHECK(v == tls_version::tls1_3);
      }
    }
  }
}

TEST_CASE("mutual TLS: the client's key may be of another kind than the server's") {
  for (const tls_version v : versions()) {
    client_settings s = with_version(client_defaults(), v);
    s.identities = {client_identity()};
    server_settings server = mutual_defaults();
    server.identities = {rsa_identity()};
    connection c(s, server);
    c.connect();
    CHECK(c.server.engine.peer_chain().front() == client_identity().chain().front());
    CHECK(c.client.engine.peer_chain().front() == rsa_identity().chain().front());
  }
}

TEST_CASE("mutual TLS: the server's clock judges the client's certificate") {
  for (const tls_version v : versions()) {
    client_settings s = with_version(client_defaults(), v);
    s.identities = {make_identity(pki::expired_client_chain, pki::expired_client_key)};
    server_settings server = mutual_defaults();
    server.clock = [] { return unix_time{1593561600}; };
    connection c(s, server);
    c.connect();
  }
}
