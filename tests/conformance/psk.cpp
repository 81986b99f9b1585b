// SPDX-License-Identifier: BSL-1.0
#include "support/psk.hpp"
#include "client_hello.hpp"

using namespace plugtls;
using namespace plugtls_test;

namespace psk_tests {

constexpr bool has_psk_in(tls_version v) {
  return v == tls_version::tls1_3 ? has<default_backend, capability::external_psk_tls1_3>
                                  : has<default_backend, capability::external_psk>;
}

inline std::vector<tls_version> psk_versions() {
  std::vector<tls_version> all;
  for (const tls_version v : versions())
    if (has_psk_in(v)) all.push_back(v);
  return all;
}

struct psk_connection : connection {
  psk_connection(tls_version v, const client_settings& c, const server_settings& s, peer_options peer = {})
      : connection(with_version(c, v), with_version(s, v), std::move(peer)) {
    run();
  }
  bool up() const { return client.up() && server.up(); }
};

inline client_settings psk_or_certificate(external_psk psk = make_psk()) {
  client_settings s = client_defaults();
  s.psk = std::move(psk);
  s.psk_or_certificate = true;
  return s;
}

}  // namespace psk_tests
using namespace psk_tests;

TEST_CASE("rule 12: external_psk and external_psk_tls1_3") {
  for (const tls_version v : versions()) {
    CAPTURE(name(v));
    if (!has_psk_in(v)) {
      CHECK(refusal(with_version(psk_client(), v)) == errc::unsupported);
      CHECK(refusal(with_version(psk_server(), v)) == errc::unsupported);
      CHECK(refusal(with_version(psk_and_certificate(), v)) == errc::unsupported);
      continue;
    }
    for (const bool has_certificate : {false, true}) {
      psk_connection c(v, psk_client(), has_certificate ? psk_and_certificate() : psk_server());
      c.client.outgoing = pattern(20000, 1);
      c.server.outgoing = pattern(20000, 2);
      c.connect();
      c.run();
      CHECK(c.client.incoming == c.server.outgoing);
      CHECK(c.server.incoming == c.client.outgoing);
      for (const engine* e : {&c.client.engine, &c.server.engine}) {
        CHECK(e->psk_identity() == "device 1");
        CHECK(e->peer_chain().empty());
        CHECK(e->verified_path().empty());
        CHECK_FALSE(e->resumed());
        CHECK(e->group() == default_groups().front());
        CHECK(e->version() == v);
        CHECK(e->signature_scheme() == signature_scheme::none);
      }
    }
  }
  const bool in_all = has_psk_in(versions().front()) && has_psk_in(versions().back());
  if (!in_all) CHECK(refusal(psk_client()) == errc::unsupported);  // the window would hold a version without
}

TEST_CASE("psk: what is offered with it, and what without") {
  const client_hello plain = hello_of(client_defaults());
  CHECK(std::count(plain.suites.begin(), plain.suites.end(), 0xccacU) == 0);
  CHECK_FALSE(plain.has(41));
  for (const tls_version v : psk_versions()) {
    CAPTURE(name(v));
    const client_hello h = hello_of(with_version(psk_client(), v), {});
    std::erase(const_cast<std::vector<unsigned>&>(h.suites), 0x00ffU);
    std::vector<unsigned> expected{0xccac};
    if (v == tls_version::tls1_3) expected = {0x1301, 0x1303};
    if (v == tls_version::tls1_3 && default_backend::prefers_chacha20()) expected = {0x1303, 0x1301};
    CHECK(h.suites == expected);
    CHECK(h.has(41) == (v == tls_version::tls1_3));
    CHECK(h.server_name.empty());
    CHECK(numbers(make_client(with_version(psk_client(), v)).effective().cipher_suites) == h.suites);
  }
}

TEST_CASE("psk: an identity that is not known, and a key that differs, are refused on both ends") {
  for (const tls_version v : psk_versions()) {
    for (const bool is_known : {true, false}) {
      for (const bool has_certificate : {true, false}) {
        CAPTURE(name(v), is_known, has_certificate);
        const external_psk bad = is_known ? make_psk("device 1", 'z') : make_psk("nobody");
        psk_connection c(v, psk_client(bad), has_certificate ? psk_and_certificate() : psk_server());
        CHECK_FALSE(c.client.up());
        CHECK_FALSE(c.server.up());
        CHECK(c.client.handshake_error == errc::psk_refused);
        // In TLS 1.3 a server that does not know the name goes on with its certificate, which the client refuses.
        const bool goes_on = v == tls_version::tls1_3 && !is_known && has_certificate;
        CHECK(c.server.handshake_error == (goes_on ? errc::alert_received : errc::psk_refused));
        if (!is_known && !goes_on) {
          REQUIRE(c.client.engine.error().alert_received);
          const alert got = *c.client.engine.error().alert_received;
          CHECK((got == alert::unknown_psk_identity ||
                 (!has<default_backend, capability::exact_certificate_alert> && got == alert::handshake_failure)));
        }
        CHECK(c.client.engine.psk_identity().empty());
        for (const engine* e : {&c.client.engine, &c.server.engine})  // the key stands in no text
          CHECK(explain(e->error()).find(std::string(bad.key.text())) == std::string::npos);
      }
    }
  }
}

TEST_CASE("psk: a server without it is refused, whatever certificate it has, or whoever vouches for it") {
  for (const tls_version v : psk_versions()) {
    CAPTURE(name(v));
    client_settings s = psk_client();
    int calls = 0;
    s.trust = trust();  // of no use here
    s.on_verify = [&calls](const verify_context&) { return ++calls != 0; };
    for (const char* peer : {server_name, ""}) {
      psk_connection c(v, s, server_defaults(), peer);
      CHECK_FALSE(c.client.up());
      CHECK(c.client.handshake_error == (v == tls_version::tls1_3 ? errc::psk_refused : errc::alert_received));
      CHECK(c.client.engine.error().problems.empty());
      CHECK(calls == 0);
    }
  }
}

TEST_CASE("psk: with psk_or_certificate the server chooses, and its certificate is verified as ever") {
  for (const tls_version v : psk_versions()) {
    CAPTURE(name(v));
    psk_connection by_psk(v, psk_or_certificate(), psk_and_certificate(), server_name);
    by_psk.connect();
    CHECK(by_psk.client.engine.psk_identity() == "device 1");
    CHECK(by_psk.client.engine.peer_chain().empty());

    psk_connection by_certificate(v, psk_or_certificate(), server_defaults(), server_name);
    by_certificate.connect();
    CHECK(by_certificate.client.engine.psk_identity().empty());
    CHECK(by_certificate.client.engine.verified_path().size() == 3);

    psk_connection wrong_name(v, psk_or_certificate(), server_defaults(), "another.test");
    CHECK(wrong_name.client.handshake_error == errc::hostname_mismatch);
    psk_connection no_name(v, psk_or_certificate(), psk_and_certificate());
    CHECK(no_name.client.handshake_error == errc::peer_name_required);
    client_settings distrustful = psk_or_certificate();
    distrustful.trust = trust_store::none();
    psk_connection untrusted(v, distrustful, server_defaults(), server_name);
    CHECK(is_verification(untrusted.client.handshake_error));
    // In TLS 1.2 a name that is not known ends the handshake; in TLS 1.3 the certificate comes in.
    psk_connection unknown(v, psk_or_certificate(make_psk("nobody")), psk_and_certificate(), server_name);
    if (v == tls_version::tls1_3)
      CHECK(unknown.client.engine.verified_path().size() == 3);
    else
      CHECK(unknown.client.handshake_error == errc::psk_refused);
    psk_connection wrong(v, psk_or_certificate(make_psk("device 1", 'z')), psk_and_certificate(), server_name);
    CHECK(wrong.client.handshake_error == errc::psk_refused);
  }
}

TEST_CASE("psk: a server with PSKs serves clients by certificate, and one with nothing else refuses them") {
  for (const tls_version v : psk_versions()) {
    CAPTURE(name(v));
    psk_connection plain(v, client_defaults(), psk_and_certificate(), server_name);
    plain.connect();
    CHECK(plain.client.engine.peer_chain().size() == 2);
    CHECK(plain.server.engine.psk_identity().empty());
    psk_connection none(v, client_defaults(), psk_server(), server_name);
    CHECK_FALSE(none.client.up());
    CHECK(none.server.handshake_error == (v == tls_version::tls1_3 ? errc::psk_refused : errc::no_shared_cipher));
  }
}

TEST_CASE("psk: a server that requires certificates takes a PSK instead, and nothing less") {
  for (const tls_version v : psk_versions()) {
    CAPTURE(name(v));
    server_settings s = psk_and_certificate();
    s.verify = verify_mode::required;
    s.trust = trust();
    psk_connection by_psk(v, psk_client(), s);
    by_psk.connect();
    CHECK(by_psk.server.engine.psk_identity() == "device 1");
    psk_connection nothing(v, client_defaults(), s, server_name);
    CHECK(outcome(nothing.server) == errc::certificate_required);
    psk_connection wrong(v, psk_client(make_psk("device 1", 'z')), s);
    CHECK(wrong.server.handshake_error == errc::psk_refused);
  }
}

TEST_CASE("psk: identities and keys of every allowed size, and in any chopping") {
  for (const tls_version v : psk_versions()) {
    for (const std::size_t length : {1U, 20U, 127U}) {
      for (const std::size_t key : {16U, 32U, 64U}) {
        CAPTURE(name(v), length, key);
        const external_psk psk = make_psk(std::string(length, 'i'), 'k', key);
        error_info info;
        if (key > 32 && !context::client(with_version(psk_client(psk), v), info)) {
          CHECK(info.code == errc::unsupported);
          CHECK(refusal(with_version(psk_server(psk), v)) == errc::unsupported);
          continue;
        }
        connection c(with_version(psk_client(psk), v), with_version(psk_server(psk), v), peer_options());
        c.run(key == 16 ? 1 : 1000);
        c.connect();
        CHECK(c.server.engine.psk_identity() == psk.identity);
      }
    }
  }
}

TEST_CASE("psk: what is none is refused when the context is made") {
  if (psk_versions().empty()) return;
  const tls_version v = psk_versions().back();
  const std::string nul("a\0b", 3);
  for (const external_psk& bad : {make_psk(""), make_psk(std::string(128, 'x')), make_psk(nul), make_psk("id", 'a', 0),
                                  make_psk("id", 'a', 15), make_psk("id", 'a', 65)}) {
    CHECK(refusal(with_version(psk_client(bad), v)) == errc::invalid_argument);
    CHECK(refusal(with_version(psk_server(bad), v)) == errc::invalid_argument);
  }
  server_settings twice = with_version(psk_server(make_psk("another")), v);
  CHECK(refusal(twice) == errc::invalid_argument);
  client_settings c = with_version(client_defaults(), v);
  c.psk_or_certificate = true;
  CHECK(refusal(c) == errc::invalid_argument);
  c = with_version(psk_client(), v);
  c.insecure_no_verification = true;
  CHECK(refusal(c) == errc::invalid_argument);
  c = with_version(psk_client(), v);
  c.cipher_suites = {v == tls_version::tls1_3 ? cipher_suite::aes_256_gcm_sha384
                                              : cipher_suite::ecdhe_rsa_with_aes_128_gcm_sha256};
  CHECK(refusal(c) == errc::invalid_argument);
  c = with_version(client_defaults(), tls_version::tls1_2);
  c.cipher_suites = {cipher_suite::ecdhe_psk_with_chacha20_poly1305_sha256};
  CHECK(refusal(c) == errc::unsupported);
}

TEST_CASE("psk: in TLS 1.3 nobody is told apart from the wire: a foreign name in another's place opens nothing") {
  if (!has_psk_in(tls_version::tls1_3)) return;
  connection c(with_version(psk_client(), tls_version::tls1_3), with_version(psk_server(), tls_version::tls1_3),
               peer_options());
  c.client.step();
  std::string hello(as_text(c.client.port.output()));
  c.client.port.consume_output(hello.size());
  const std::size_t at = hello.find("device 1");
  REQUIRE(at != std::string::npos);
  hello.replace(at, 8, "a third\0", 8);
  REQUIRE(c.server.port.feed(as_bytes(hello)));
  c.run();
  CHECK_FALSE(c.server.up());
  CHECK_FALSE(c.client.up());
}

TEST_CASE("psk: it outlives a HelloRetryRequest, and pins beside it are refused") {
  if (!has_psk_in(tls_version::tls1_3)) return;
  client_settings c = psk_client();
  server_settings s = psk_server();
  c.groups = {named_group::x25519, named_group::secp256r1};
  s.groups = {named_group::secp256r1};
  psk_connection k(tls_version::tls1_3, c, s);
  k.connect();
  CHECK(k.client.engine.psk_identity() == "device 1");
  CHECK(k.server.engine.psk_identity() == "device 1");
  CHECK(k.client.engine.group() == named_group::secp256r1);
  c.pins = {key_pin(server_identity().chain().front())};
  CHECK(refusal(with_version(c, tls_version::tls1_3)) == errc::invalid_argument);
}

TEST_CASE("psk: effective() tells of it, and not of the key") {
  if (psk_versions().empty()) return;
  const tls_version v = psk_versions().back();
  CHECK(make_client(with_version(psk_client(), v)).effective().psks == 1);
  CHECK(make_client(with_version(psk_client(), v)).effective().psk_only);
  CHECK(make_server(with_version(psk_server(), v)).effective().psks == 3);
  CHECK(make_server(with_version(psk_server(), v)).effective().psk_only);
  CHECK_FALSE(make_server(with_version(psk_and_certificate(), v)).effective().psk_only);
  CHECK(make_client().effective().psks == 0);
}

TEST_CASE("psk: a transport that breaks is told as such") {
  for (const tls_version v : psk_versions()) {
    CAPTURE(name(v));
    connection whole(with_version(psk_client(), v), with_version(psk_server(), v), peer_options());
    whole.client.reading = whole.server.reading = false;
    whole.connect();
    const std::size_t size = whole.client.tap.size();
    for (const std::size_t at : {size / 4, size - 1}) {
      auto [a, b] = make_memory_pipe();
      stream client(make_client(with_version(psk_client(), v)), std::move(a));
      stream server(make_server(with_version(psk_server(), v)), std::move(b));
      client.non_blocking(true);
      server.non_blocking(true);
      client.next_layer().fail_write_after(at);
      std::error_code c, s;
      for (int i = 0; i < 10; ++i) {
        client.handshake(c);
        server.handshake(s);
      }
      CHECK(c == errc::io_error);
    }
  }
}
