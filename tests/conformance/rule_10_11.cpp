// SPDX-License-Identifier: BSL-1.0
#include "client_hello.hpp"

using namespace plugtls;
using namespace plugtls_test;

TEST_CASE("rule 10: nothing is resumed, however often two ends meet, and both tell the same values") {
  for (const tls_version v : versions()) {
    client_settings cs = with_version(client_defaults(), v);
    cs.alpn = {"h2"};
    server_settings ss = server_defaults();
    ss.alpn = {"h2"};
    const context client = make_client(cs), server = make_server(ss);
    const effective_settings defaults = client.effective();
    for (int i = 0; i < 3; ++i) {
      connection c(client, server);
      c.client.outgoing = c.server.outgoing = "data";
      c.client.shuts_down = c.server.shuts_down = true;
      c.connect();
      for (engine* e : {&c.client.engine, &c.server.engine}) {
        CHECK_FALSE(e->resumed());
        CHECK(e->version() == v);
        CHECK(e->cipher_suite() == defaults.cipher_suites.front());
        CHECK(e->group() == defaults.groups.front());
        CHECK(e->alpn() == "h2");
        CHECK(e->server_name() == server_name);
      }
      CHECK(c.client.engine.peer_chain().size() == 2);
      CHECK(c.client.engine.verified_path().size() == 3);
      CHECK(c.server.engine.peer_chain().empty());
      const client_hello h = decode_client_hello(c.client.tap);
      CHECK_FALSE(h.has(41));
      CHECK_FALSE(h.has(35));
    }
  }
}

TEST_CASE("rule 10: every suite and group that both ends have is negotiated, and told by its number") {
  for (const tls_version v : versions()) {
    const context plain = make_client(with_version(client_defaults(), v));
    for (const cipher_suite suite : plain.effective().cipher_suites) {
      CAPTURE(name(suite));
      client_settings s = with_version(client_defaults(), v);
      s.cipher_suites = {suite};
      const bool rsa = name(suite).find("_RSA_") != std::string_view::npos;
      connection c(s, server_defaults(rsa ? rsa_identity() : server_identity()));
      c.connect();
      CHECK(c.client.engine.cipher_suite() == suite);
      CHECK(c.server.engine.cipher_suite() == suite);
    }
    for (const named_group group : plain.effective().groups) {
      CAPTURE(name(group));
      client_settings s = with_version(client_defaults(), v);
      s.groups = {group};
      // In TLS 1.2 the list also names the curves of certificates (RFC 8422 §5.1.1), so the key is RSA.
      connection c(s, server_defaults(rsa_identity()));
      c.connect();
      CHECK(c.client.engine.group() == group);
      CHECK(c.server.engine.group() == group);
    }
  }
}

TEST_CASE("rule 10: a second hello (HelloRetryRequest) changes nothing of what is told") {
  if (lacks<default_backend>(capability::tls1_3)) return;
  client_settings s = with_version(client_defaults(), tls_version::tls1_3);
  server_settings server = server_defaults();
  server.groups = {named_group::secp384r1};
  connection c(s, server);
  c.connect();
  for (engine* e : {&c.client.engine, &c.server.engine}) {
    CHECK(e->group() == named_group::secp384r1);
    CHECK(e->version() == tls_version::tls1_3);
    CHECK(e->cipher_suite() == make_client(s).effective().cipher_suites.front());
    CHECK_FALSE(e->resumed());
  }
}

TEST_CASE("rule 11: names, addresses and times have one spelling") {
  connection c;
  c.connect();
  const certificate& leaf = c.client.engine.peer_chain().front();
  CHECK(leaf == server_identity().chain().front());
  CHECK(leaf.pem() == std::string(pki::server));
  CHECK(leaf.subject_alt_names() == std::vector<std::string>{"DNS:localhost", "DNS:plugtls.test",
                                                             "DNS:*.wild.plugtls.test", "IP:127.0.0.1", "IP:::1"});
  CHECK(leaf.serial_hex() == "2dc09cba7cee5ad48ea91966cc6897f91c561231");  // as the openssl command shows it
  CHECK(leaf.issuer().oneline() == "CN=plugtls test intermediate,O=plugtls test,C=GB");
  CHECK(to_rfc3339(leaf.not_after()) == "2049-12-31T23:59:59Z");
  CHECK(name(c.client.engine.version()).substr(0, 4) == "TLSv");
  CHECK(name(c.client.engine.cipher_suite()).substr(0, 4) == "TLS_");
  CHECK(name(named_group::x25519) == "x25519");
  CHECK(named_group_from_name(name(c.client.engine.group())) == c.client.engine.group());
  CHECK(cipher_suite_from_name(name(c.client.engine.cipher_suite())) == c.client.engine.cipher_suite());
}

TEST_CASE("rule 11: the scheme of the server's signature has its number, where it is told") {
  for (const tls_version v : versions()) {
    connection ec(with_version(client_defaults(), v));
    ec.connect();
    connection rsa(with_version(client_defaults(), v), server_defaults(rsa_identity()));
    rsa.connect();
    for (const engine* e : {&ec.client.engine, &ec.server.engine})
      if (e->signature_scheme() != signature_scheme::none)
        CHECK(e->signature_scheme() == signature_scheme::ecdsa_secp256r1_sha256);
    for (const engine* e : {&rsa.client.engine, &rsa.server.engine})
      if (e->signature_scheme() != signature_scheme::none) CHECK(name(e->signature_scheme()).substr(0, 4) == "rsa_");
    // TLS 1.2 tells it in plaintext (RFC 8422 §5.4).
    if (v == tls_version::tls1_2) {
      CHECK(ec.client.engine.signature_scheme() != signature_scheme::none);
      CHECK(ec.client.engine.signature_scheme() == ec.server.engine.signature_scheme());
    }
  }
}
