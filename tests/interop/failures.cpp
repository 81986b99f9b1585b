// SPDX-License-Identifier: BSL-1.0
#include "support/failures.hpp"
#include "support/any_pair.hpp"

using namespace plugtls;
using namespace plugtls_test;

TEST_CASE("every client refuses what every server wrongly presents, for the same reason, and the server hears it") {
  for_each_pair([](const backend_entry& a, const backend_entry& b) {
    for (const tls_version v : common_versions(a, b)) {
      for (const failure& f : failures) {
        CAPTURE(name(v), f.what);
        any_pair p(make_client(a, with_version(client_defaults(), v)),
                   make_server(b, server_defaults(make_identity(f.chain, f.key))), f.peer);
        p.run();
        INFO(p.describe());
        CHECK(p.client.handshake_error == leading(f.problems));
        CHECK(p.client.engine.error().problems == f.problems);
        CHECK(outcome_of(p.server) == errc::alert_received);
        if (v == tls_version::tls1_2) CHECK(p.server.engine.error().alert_received.has_value());
      }
    }
  });
}

TEST_CASE("every server judges every client's certificate alike") {
  struct client_case {
    std::string_view chain, key;
    errc verdict;
  };
  const client_case cases[] = {
      {{}, {}, errc::certificate_required},
      {pki::client_chain, pki::client_key, errc::success},
      {pki::foreign_client_chain, pki::foreign_client_key, errc::unknown_issuer},
      {pki::expired_client_chain, pki::expired_client_key, errc::certificate_expired},
  };
  for_each_pair([&](const backend_entry& a, const backend_entry& b) {
    for (const tls_version v : common_versions(a, b)) {
      for (const client_case& k : cases) {
        for (const verify_mode mode : {verify_mode::none, verify_mode::optional, verify_mode::required}) {
          CAPTURE(name(v), name(k.verdict), static_cast<int>(mode));
          client_settings c = with_version(client_defaults(), v);
          if (!k.chain.empty()) c.identities = {make_identity(k.chain, k.key)};
          any_pair p(make_client(a, c), make_server(b, mutual_defaults(mode)));
          p.run();
          INFO(p.describe());
          const bool let_in = mode == verify_mode::none || (mode == verify_mode::optional && k.chain.empty());
          CHECK(p.server.handshake_error == (let_in ? errc::success : k.verdict));
          if (p.server.handshake_error == errc::success)
            CHECK(p.up());
          else
            CHECK(outcome_of(p.client) == errc::alert_received);
        }
      }
    }
  });
}

TEST_CASE("every pair without a version, suite or protocol in common fails in the same way") {
  for_each_pair([](const backend_entry& a, const backend_entry& b) {
    const auto fails = [&](client_settings c, server_settings s, errc at_client, errc at_server) {
      any_pair p(make_client(a, c), make_server(b, s));
      p.run();
      INFO(p.describe());
      CHECK(p.client.handshake_error == at_client);
      CHECK(p.server.handshake_error == at_server);
    };
    client_settings c = client_defaults();
    server_settings s = server_defaults();
    c.alpn = {"one"};
    s.alpn = {"two"};
    fails(c, s, errc::no_application_protocol, errc::no_application_protocol);
    c = with_version(client_defaults(), tls_version::tls1_2);
    s = with_version(server_defaults(), tls_version::tls1_2);
    c.cipher_suites = {cipher_suite::ecdhe_ecdsa_with_aes_128_gcm_sha256};
    s.cipher_suites = {cipher_suite::ecdhe_ecdsa_with_aes_256_gcm_sha384};
    fails(c, s, errc::alert_received, errc::no_shared_cipher);
    s.cipher_suites.clear();
    s.identities = {rsa_identity()};  // a suite for a key of another kind
    fails(c, s, errc::alert_received, errc::no_shared_cipher);
    if (b.capabilities.has(capability::tls1_3))
      fails(with_version(client_defaults(), tls_version::tls1_2), with_version(server_defaults(), tls_version::tls1_3),
            errc::protocol_version, errc::protocol_version);
    if (a.capabilities.has(capability::tls1_3))
      fails(with_version(client_defaults(), tls_version::tls1_3), with_version(server_defaults(), tls_version::tls1_2),
            errc::protocol_version, errc::protocol_version);
  });
}

TEST_CASE("every pair tells a cut from an end") {
  for_each_pair([](const backend_entry& a, const backend_entry& b) {
    for (const tls_version v : common_versions(a, b)) {
      for (const bool orderly : {true, false}) {
        CAPTURE(name(v), orderly);
        any_pair p(make_client(a, with_version(client_defaults(), v)), make_server(b, server_defaults()));
        p.client.outgoing = "last words";
        p.client.shuts_down = orderly;
        p.run();
        REQUIRE(p.up());
        cut(p.client, p.server);
        p.server.step();
        CHECK(p.server.incoming == "last words");
        CHECK(p.server.read_error == (orderly ? errc::closed : errc::truncated));
      }
    }
  });
}
