// SPDX-License-Identifier: BSL-1.0
#include "client_hello.hpp"

using namespace plugtls;
using namespace plugtls_test;

namespace scheme_tests {

using schemes = std::vector<signature_scheme>;
using enum signature_scheme;

constexpr bool is_choosable = has<default_backend, capability::signature_scheme_choice>;
constexpr bool has_pss_1_2 = has<default_backend, capability::rsa_pss_tls1_2>;

// Without the schemes for keys that are marked for RSA-PSS: a library may list them along with the others.
std::vector<unsigned> without_marked(std::vector<unsigned> list) {
  std::erase_if(list, [](unsigned s) { return s >= 0x0809 && s <= 0x080b; });
  return list;
}

std::vector<unsigned> without_pss(const schemes& list) {
  std::vector<unsigned> out = numbers(list);
  std::erase_if(out, [](unsigned s) { return s >= 0x0804 && s <= 0x0806; });
  return out;
}

template <class Settings>
Settings with_schemes(Settings s, schemes list) {
  s.signature_schemes = std::move(list);
  return s;
}

}  // namespace scheme_tests
using namespace scheme_tests;

TEST_CASE("rule 12: signature_scheme_choice") {
  if constexpr (!is_choosable) {
    CHECK(refusal(with_schemes(client_defaults(), {ecdsa_secp256r1_sha256})) == errc::unsupported);
    CHECK(refusal(with_schemes(server_defaults(), {ecdsa_secp256r1_sha256})) == errc::unsupported);
  } else {
    for (const tls_version v : versions()) {
      connection c(with_schemes(with_version(client_defaults(), v), {ecdsa_secp256r1_sha256}),
                   with_schemes(server_defaults(), {ecdsa_secp256r1_sha256}));
      c.connect();
    }
  }
}

TEST_CASE("rule 12: rsa_pss_tls1_2") {
  const client_settings c = with_version(client_defaults(), tls_version::tls1_2);
  const std::vector<unsigned> offered = hello_of(c).schemes;
  CHECK((std::count(offered.begin(), offered.end(), 0x0804U) == 1) == has_pss_1_2);
  if constexpr (is_choosable && has_pss_1_2) {
    connection k(with_schemes(c, {rsa_pss_rsae_sha384}), server_defaults(rsa_identity()));
    k.connect();
    CHECK(k.client.engine.signature_scheme() == rsa_pss_rsae_sha384);
  } else {
    CHECK(refusal(with_schemes(c, {rsa_pss_rsae_sha384})) == errc::unsupported);
    if (is_choosable && has_1_3)  // in a window with TLS 1.2 the key would have no scheme there
      CHECK(refusal(with_schemes(server_defaults(rsa_identity()), {rsa_pss_rsae_sha256})) == errc::invalid_argument);
  }
}

TEST_CASE("signature schemes: what effective() tells is what a ClientHello offers, in that order") {
  std::vector<schemes> lists{{}};
  if (is_choosable) {
    lists.push_back({ecdsa_secp256r1_sha256});
    lists.push_back({rsa_pkcs1_sha512, ecdsa_secp384r1_sha384, rsa_pkcs1_sha256});
    lists.push_back({rsa_pkcs1_sha512, rsa_pss_rsae_sha512, ecdsa_secp521r1_sha512});
  }
  for (const schemes& list : lists) {
    for (const tls_version v : versions()) {
      CAPTURE(name(v), numbers(list));
      const client_settings s = with_schemes(with_version(client_defaults(), v), list);
      if (v == tls_version::tls1_2 && !has_pss_1_2 && numbers(list) != without_pss(list)) {
        CHECK(refusal(s) == errc::unsupported);
        continue;
      }
      const std::vector<unsigned> offered = hello_of(s).schemes;
      CHECK(numbers(make_client(s).effective().signature_schemes) == offered);
      if (!list.empty()) CHECK(without_marked(offered) == numbers(list));
    }
  }
}

TEST_CASE("signature schemes: each end keeps to its own list and to the peer's") {
  if (lacks<default_backend>(capability::signature_scheme_choice)) return;
  struct {
    bool is_rsa;
    signature_scheme scheme;
    bool in_1_3;
  } cases[] = {{false, ecdsa_secp256r1_sha256, true},  {false, ecdsa_secp384r1_sha384, false},
               {false, ecdsa_secp521r1_sha512, false}, {true, rsa_pkcs1_sha256, false},
               {true, rsa_pkcs1_sha384, false},        {true, rsa_pkcs1_sha512, false},
               {true, rsa_pss_rsae_sha256, true},      {true, rsa_pss_rsae_sha384, true},
               {true, rsa_pss_rsae_sha512, true}};
  for (const tls_version v : versions()) {
    for (const auto& k : cases) {
      if (v == tls_version::tls1_3 && !k.in_1_3) continue;
      const bool is_pss = name(k.scheme).find("pss") != std::string_view::npos;
      if (v == tls_version::tls1_2 && is_pss && !has_pss_1_2) continue;
      CAPTURE(name(v), name(k.scheme));
      const client_settings all = with_version(client_defaults(), v);
      const server_settings server = server_defaults(k.is_rsa ? rsa_identity() : server_identity());
      for (const bool by_client : {true, false}) {
        CAPTURE(by_client);
        connection c(by_client ? with_schemes(all, {k.scheme}) : all,
                     by_client ? server : with_schemes(with_version(server, v), {k.scheme}));
        c.connect();
        for (const engine* e : {&c.client.engine, &c.server.engine})
          if (e->signature_scheme() != signature_scheme::none || v == tls_version::tls1_2)
            CHECK(e->signature_scheme() == k.scheme);
      }
    }
  }
}

TEST_CASE("signature schemes: ends without one in common do not connect") {
  if (lacks<default_backend>(capability::signature_scheme_choice)) return;
  for (const tls_version v : versions()) {
    CAPTURE(name(v));
    const bool is_1_3 = v == tls_version::tls1_3;
    connection c(with_schemes(with_version(client_defaults(), v),
                              {ecdsa_secp256r1_sha256, is_1_3 ? rsa_pss_rsae_sha256 : rsa_pkcs1_sha256}),
                 with_schemes(with_version(server_defaults(rsa_identity()), v),
                              {is_1_3 ? rsa_pss_rsae_sha512 : rsa_pkcs1_sha512}));
    c.run();
    CHECK(c.server.handshake_error == errc::no_shared_cipher);
    CHECK(outcome(c.client) == errc::alert_received);
    REQUIRE(c.client.engine.error().alert_received);
    CHECK(*c.client.engine.error().alert_received == alert::handshake_failure);
  }
}

TEST_CASE("signature schemes: an identity whose key can sign by none of them is refused at once") {
  if (lacks<default_backend>(capability::signature_scheme_choice)) return;
  const schemes ec{ecdsa_secp256r1_sha256}, rsa{rsa_pss_rsae_sha256}, old{rsa_pkcs1_sha256};
  CHECK(refusal(with_schemes(server_defaults(rsa_identity()), ec)) == errc::invalid_argument);
  CHECK(refusal(with_schemes(server_defaults(), rsa)) == errc::invalid_argument);
  client_settings c = with_schemes(client_defaults(), rsa);
  c.identities = {client_identity()};
  CHECK(refusal(c) == errc::invalid_argument);
  make_server(with_version(with_schemes(server_defaults(rsa_identity()), old), tls_version::tls1_2));
  if (!has_1_3) return;
  // TLS 1.3 knows no PKCS #1, and binds each scheme of ECDSA to a curve (RFC 8446 §4.2.3).
  CHECK(refusal(with_schemes(server_defaults(rsa_identity()), old)) == errc::invalid_argument);
  CHECK(refusal(with_schemes(server_defaults(), {ecdsa_secp384r1_sha384})) == errc::invalid_argument);
}

TEST_CASE("signature schemes: those that go with no cipher suite are refused at once") {
  const auto client = [](std::vector<cipher_suite> suites, const schemes& list, tls_version last) {
    client_settings c = with_schemes(client_defaults(), list);
    c.cipher_suites = std::move(suites);
    c.max_version = last;
    error_info info;
    context::client(c, info);
    return info.code;
  };
  constexpr auto ecdsa = cipher_suite::ecdhe_ecdsa_with_aes_128_gcm_sha256;
  constexpr auto rsa = cipher_suite::ecdhe_rsa_with_aes_128_gcm_sha256;
  constexpr errc bad = errc::invalid_argument, good = is_choosable ? errc::success : errc::unsupported;
  CHECK(client({ecdsa}, {rsa_pkcs1_sha256, rsa_pss_rsae_sha256}, tls_version::automatic) == bad);
  CHECK(client({rsa}, {ecdsa_secp256r1_sha256}, tls_version::tls1_2) == bad);
  CHECK(client({rsa, ecdsa}, {ecdsa_secp256r1_sha256}, tls_version::tls1_2) == good);
  CHECK(client({}, {rsa_pkcs1_sha256}, tls_version::tls1_2) == good);
  // TLS 1.3 knows no PKCS #1.
  CHECK(client({}, {rsa_pkcs1_sha256}, tls_version::tls1_3) == bad);
  server_settings s = with_schemes(server_defaults(), {ecdsa_secp256r1_sha256});
  s.cipher_suites = {rsa};
  CHECK(refusal(s) == bad);
}

TEST_CASE("signature schemes: numbers that nobody has, and doubles, are refused") {
  if (lacks<default_backend>(capability::signature_scheme_choice)) return;
  CHECK(refusal(with_schemes(client_defaults(), {static_cast<signature_scheme>(0x0203)})) == errc::unsupported);
  CHECK(refusal(with_schemes(client_defaults(), {signature_scheme::none})) == errc::unsupported);
  CHECK(refusal(with_schemes(client_defaults(), {rsa_pkcs1_sha256, rsa_pkcs1_sha256})) == errc::invalid_argument);
}

TEST_CASE("signature schemes: a server of TLS 1.2 that signs by a scheme that was not offered is refused") {
  if (lacks<default_backend>(capability::signature_scheme_choice)) return;
  connection c(with_schemes(with_version(client_defaults(), tls_version::tls1_2), {ecdsa_secp384r1_sha384}));
  c.client.step();
  // Somebody changes the offer on its way, to the same length.
  std::string hello(as_text(c.client.port.output()));
  c.client.port.consume_output(hello.size());
  const std::string_view list("\x00\x0d\x00\x04\x00\x02\x05\x03", 8);
  const std::size_t at = hello.find(list);
  REQUIRE(at != std::string::npos);
  hello[at + 6] = 4;
  REQUIRE(c.server.port.feed(as_bytes(hello)));
  c.server.step();
  carry(c.server, c.client);
  c.client.step();
  CHECK(c.client.handshake_error != errc::success);
  CHECK(c.client.port.output().size() == 7);  // an alert and nothing else: it does not go on to its Finished
}
