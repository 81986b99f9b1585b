// SPDX-License-Identifier: BSL-1.0
#include "conformance.hpp"
#include "plugtls/pem.hpp"
#include "support/corpus.hpp"

using namespace plugtls;
using namespace plugtls_test;

// For each capability: what is declared works, and what is not is refused. Nothing here skips.

namespace {

template <capability C>
constexpr bool declared = has<default_backend, C>;

errc loads(const identity& id) {
  error_info info;
  context::server(server_defaults(id), info);
  return info.code;
}

identity with_key(std::string_view key) {
  error_info info;
  return identity::from_memory(as_bytes(pki::server_chain),
                               key_source::from_memory(as_bytes(key), [] { return secret(pki::password); }), info);
}

void check_group(named_group group, bool is_declared) {
  CAPTURE(name(group));
  client_settings c = client_defaults();
  server_settings s = server_defaults(rsa_identity());
  c.groups = s.groups = {group};
  CHECK(default_backend::supports(group) == is_declared);
  if (!is_declared) {
    CHECK(refusal(c) == errc::unsupported);
    CHECK(refusal(s) == errc::unsupported);
    return;
  }
  connection k(c, s);
  k.connect();
  CHECK(k.client.engine.group() == group);
}

// A chain whose Certificate message is longer than 16 KiB.
identity long_chain() {
  std::string text(pki::server_chain);
  for (int i = 0; i < 40; ++i) text += pki::server_rsa;
  return make_identity(text, pki::server_key);
}

}  // namespace

TEST_CASE("rule 12: tls1_3") {
  CHECK(default_backend::supports(tls_version::tls1_3) == declared<capability::tls1_3>);
  CHECK(default_backend::supports(cipher_suite::aes_128_gcm_sha256) == declared<capability::tls1_3>);
  if constexpr (declared<capability::tls1_3>) {
    connection c(with_version(client_defaults(), tls_version::tls1_3));
    c.connect();
    CHECK(c.client.engine.version() == tls_version::tls1_3);
  } else {
    client_settings s = client_defaults();
    s.max_version = tls_version::tls1_3;
    CHECK(refusal(s) == errc::unsupported);
    CHECK(refusal(with_version(client_defaults(), tls_version::tls1_3)) == errc::unsupported);
    CHECK(refusal(with_version(server_defaults(), tls_version::tls1_3)) == errc::unsupported);
    s = client_defaults();
    s.cipher_suites = {cipher_suite::aes_128_gcm_sha256};
    CHECK(refusal(s) == errc::unsupported);
    CHECK(make_client().effective().max_version == tls_version::tls1_2);
  }
}

TEST_CASE("rule 12: ed25519") {
  const identity id = make_identity(pki::server_ed25519_chain, pki::server_ed25519_key);
  CHECK(default_backend::supports(signature_scheme::ed25519) == declared<capability::ed25519>);
  if constexpr (declared<capability::ed25519>) {
    for (const tls_version v : versions()) {
      connection c(with_version(client_defaults(), v), server_defaults(id));
      c.connect();
    }
  } else {
    CHECK(loads(id) == errc::unsupported);
  }
}

TEST_CASE("rule 12: pbes2_aes") {
  CHECK(loads(with_key(pki::server_key_pbes2_aes256)) ==
        (declared<capability::pbes2_aes> ? errc::success : errc::unsupported));
}

TEST_CASE("rule 12: encrypted_der_key") {
  pem_reader reader(pki::server_key_pbes2_des3);
  pem_block block;
  errc e = errc::success;
  REQUIRE(reader.next(block, e));
  CHECK(loads(with_key(as_text(block.der))) ==
        (declared<capability::encrypted_der_key> ? errc::success : errc::unsupported));
}

TEST_CASE("rule 12: x448") { check_group(named_group::x448, declared<capability::x448>); }

TEST_CASE("rule 12: x25519mlkem768") {
  if constexpr (declared<capability::x25519mlkem768>)
    check_group(named_group::x25519mlkem768, true);
  else
    check_group(named_group::x25519mlkem768, false);
}

TEST_CASE("rule 12: large_handshake_message") {
  if constexpr (!declared<capability::large_handshake_message>) {
    CHECK(loads(long_chain()) == errc::unsupported);
  } else {
    for (const tls_version v : versions()) {
      client_settings s = with_version(client_defaults(), v);
      s.limit.max_chain_length = 64;
      connection c(s, server_defaults(long_chain()));
      c.connect();
      CHECK(c.client.engine.peer_chain().size() == 42);
    }
  }
}

TEST_CASE("rule 12: any_alpn_name") {
  client_settings s = client_defaults();
  s.alpn = {"x,y"};
  if constexpr (declared<capability::any_alpn_name>) {
    server_settings server = server_defaults();
    server.alpn = s.alpn;
    connection c(s, server);
    c.connect();
    CHECK(c.client.engine.alpn() == "x,y");
    CHECK(c.server.engine.alpn() == "x,y");
  } else {
    CHECK(refusal(s) == errc::unsupported);
  }
}

TEST_CASE("rule 12: long_chain") {
  client_settings s = client_defaults();
  s.limit.max_chain_length = 10;
  std::string chain(pki::server_chain);
  for (int i = 0; i < 8; ++i) chain += pki::server_rsa;
  server_settings server = server_defaults(make_identity(chain, pki::server_key));
  if constexpr (declared<capability::long_chain>) {
    connection c(s, server);
    c.connect();
    CHECK(c.client.engine.peer_chain().size() == 10);
  } else {
    CHECK(refusal(s) == errc::unsupported);
    CHECK(refusal(server) == errc::unsupported);
  }
}

TEST_CASE("rule 12: encrypted_alert_number") {
  if (lacks<default_backend>(capability::tls1_3)) return;
  client_settings s = with_version(client_defaults(), tls_version::tls1_3);
  connection c(s, mutual_defaults());
  c.run();
  CHECK(outcome(c.client) == errc::alert_received);
  CHECK(c.client.engine.error().alert_received.has_value() == declared<capability::encrypted_alert_number>);
}

TEST_CASE("rule 12: exact_certificate_alert") {
  client_settings s = with_version(client_defaults(), tls_version::tls1_2);
  connection c(s, server_defaults(make_identity(pki::expired_chain, pki::expired_key)));
  c.run();
  const auto alert = c.server.engine.error().alert_received;
  REQUIRE(alert.has_value());
  CHECK(is_certificate_alert(*alert));
  if (declared<capability::exact_certificate_alert>) CHECK(*alert == alert::certificate_expired);
}

TEST_CASE("rule 12: release_buffers") {
  client_settings c = client_defaults();
  server_settings s = server_defaults();
  CHECK_FALSE(make_client(c).effective().release_buffers);
  c.release_buffers = s.release_buffers = true;
  if constexpr (!declared<capability::release_buffers>) {
    CHECK(refusal(c) == errc::unsupported);
    CHECK(refusal(s) == errc::unsupported);
  } else {
    CHECK(make_client(c).effective().release_buffers);
    CHECK(make_server(s).effective().release_buffers);
    for (const tls_version v : versions()) {
      connection k(with_version(c, v), s);
      k.client.outgoing = pattern(60000, 1);
      k.server.outgoing = pattern(60000, 2);
      k.connect();
      CHECK(k.client.incoming == k.server.outgoing);
      CHECK(k.server.incoming == k.client.outgoing);
    }
  }
}

TEST_CASE("rule 12: what a context will do can be asked, value by value") {
  client_settings s = with_version(client_defaults(), tls_version::tls1_2);
  s.cipher_suites = {cipher_suite::ecdhe_rsa_with_aes_256_gcm_sha384};
  s.groups = {named_group::secp384r1};
  s.alpn = {"h2"};
  const effective_settings e = make_client(s).effective();
  CHECK(e.min_version == tls_version::tls1_2);
  CHECK(e.max_version == tls_version::tls1_2);
  CHECK(e.cipher_suites == s.cipher_suites);
  CHECK(e.groups == s.groups);
  CHECK(e.alpn == s.alpn);
  CHECK(e.verify == verify_mode::required);
  CHECK(e.trust_anchors == 1);
  CHECK_FALSE(e.signature_schemes.empty());
  CHECK(make_server().effective().verify == verify_mode::none);
}

TEST_CASE("rule 12: critical_name_constraints") {
  const corpus_case c{"ok-nc-permitted", {}, {}, {}, {}};
  error_info info;
  client_settings s;
  s.trust = trust_store::from_memory(as_bytes(read_corpus(c, "roots.pem")), info);
  const identity id =
      make_identity(read_corpus(c, "leaf.pem") + read_corpus(c, "chain.pem"), read_corpus(c, "key.pem"));
  connection k(s, server_defaults(id), "www.example.test");
  k.run();
  CHECK(k.client.handshake_error ==
        (declared<capability::critical_name_constraints> ? errc::success : errc::unsupported_critical_extension));
}
