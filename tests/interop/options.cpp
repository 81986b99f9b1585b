// SPDX-License-Identifier: BSL-1.0
#include "support/any_pair.hpp"
#include "support/psk.hpp"

using namespace plugtls;
using namespace plugtls_test;

TEST_CASE("key updates pass between all backends, in both roles") {
  for_each_pair([](const backend_entry& a, const backend_entry& b) {
    if (!a.capabilities.has(capability::tls1_3) || !b.capabilities.has(capability::tls1_3)) return;
    for (const bool by_client : {true, false}) {
      CAPTURE(by_client);
      const backend_entry& asking = by_client ? a : b;
      const backend_entry& answering = by_client ? b : a;
      any_pair p(make_client(a, with_version(client_defaults(), tls_version::tls1_3)),
                 make_server(b, server_defaults()));
      p.run();
      REQUIRE(p.up());
      auto& end = by_client ? p.client : p.server;
      const bool can_ask = asking.capabilities.has(capability::request_key_update);
      const bool can_answer = answering.capabilities.has(capability::key_update);
      for (int i = 0; i < 5; ++i) {
        const engine_result r = end.engine.update_keys(end.port);
        CHECK(r.error == (can_ask ? errc::success : errc::unsupported));
        p.client.outgoing += pattern(20000, static_cast<unsigned>(i));
        p.server.outgoing += pattern(20000, static_cast<unsigned>(i));
        if (i != 2) p.run(i == 1 ? 1 : 100000);
        if (can_ask && !can_answer) break;
      }
      INFO(p.describe());
      if (can_ask && !can_answer) {
        CHECK((by_client ? p.server : p.client).read_error == errc::bad_record);
        continue;
      }
      CHECK(p.client.incoming == p.server.outgoing);
      CHECK(p.server.incoming == p.client.outgoing);
    }
  });
}

TEST_CASE("external PSKs connect all backends, in every version that both have them in") {
  for_each_pair([](const backend_entry& a, const backend_entry& b) {
    for (const tls_version v : common_versions(a, b)) {
      const capability needed = v == tls_version::tls1_3 ? capability::external_psk_tls1_3 : capability::external_psk;
      if (!a.capabilities.has(needed) || !b.capabilities.has(needed)) continue;
      for (const named_group group : {named_group::x25519, named_group::secp256r1}) {
        for (const bool has_certificate : {false, true}) {
          CAPTURE(name(v), name(group), has_certificate);
          client_settings c = with_version(psk_client(), v);
          c.groups = {group};
          any_pair p(make_client(a, c),
                     make_server(b, with_version(has_certificate ? psk_and_certificate() : psk_server(), v)),
                     peer_options());
          p.client.outgoing = pattern(20000, 1);
          p.server.outgoing = pattern(20000, 2);
          p.run();
          INFO(p.describe());
          REQUIRE(p.up());
          CHECK(p.client.incoming == p.server.outgoing);
          CHECK(p.server.incoming == p.client.outgoing);
          for (const any_engine* e : {&p.client.engine, &p.server.engine}) {
            CHECK(e->psk_identity() == "device 1");
            CHECK_FALSE(e->resumed());
            CHECK(e->peer_chain().empty());
          }
        }
      }
      for (const bool is_known : {true, false}) {
        CAPTURE(name(v), is_known);
        const external_psk bad = is_known ? make_psk("device 1", 'z') : make_psk("nobody");
        any_pair p(make_client(a, with_version(psk_client(bad), v)), make_server(b, with_version(psk_server(), v)),
                   peer_options());
        p.run();
        INFO(p.describe());
        CHECK(p.client.handshake_error == errc::psk_refused);
        CHECK(p.server.handshake_error == errc::psk_refused);
      }
    }
  });
}

// RFC 8446 §4.2.11: a PSK goes with each suite of its hash.
TEST_CASE("external PSKs go with every suite of SHA-256 in TLS 1.3, after a HelloRetryRequest too") {
  for_each_pair([](const backend_entry& a, const backend_entry& b) {
    if (!a.capabilities.has(capability::external_psk_tls1_3) || !b.capabilities.has(capability::external_psk_tls1_3))
      return;
    for (const cipher_suite only : {cipher_suite::aes_128_gcm_sha256, cipher_suite::chacha20_poly1305_sha256}) {
      for (const bool by_client : {false, true}) {
        for (const bool retries : {false, true}) {
          CAPTURE(name(only), by_client, retries);
          client_settings c = with_version(psk_client(), tls_version::tls1_3);
          server_settings s = with_version(psk_and_certificate(), tls_version::tls1_3);
          (by_client ? c.cipher_suites : s.cipher_suites) = {only};
          c.groups = {named_group::x25519, named_group::secp256r1};
          if (retries) s.groups = {named_group::secp256r1};
          any_pair p(make_client(a, c), make_server(b, s), peer_options());
          p.client.outgoing = p.server.outgoing = pattern(1000, 1);
          p.run();
          INFO(p.describe());
          REQUIRE(p.up());
          CHECK(p.client.incoming == p.server.outgoing);
          for (const any_engine* e : {&p.client.engine, &p.server.engine}) {
            CHECK(e->cipher_suite() == only);
            CHECK(e->psk_identity() == "device 1");
            CHECK(e->group() == (retries ? named_group::secp256r1 : named_group::x25519));
          }
        }
      }
    }
  });
}
