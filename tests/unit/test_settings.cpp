// SPDX-License-Identifier: BSL-1.0
#include "plugtls/settings.hpp"

#include "null_backend.hpp"
#include "plugtls/context.hpp"
#include "support/catch.hpp"
#include "support/pki.hpp"

using namespace plugtls;
using namespace plugtls_test;

namespace {

template <class B = null_backend>
errc client(const client_settings& s, std::string* detail = nullptr) {
  error_info info;
  const auto c = basic_context<B>::client(s, info);
  CHECK(static_cast<bool>(c) == (info.code == errc::success));
  if (detail != nullptr) *detail = explain(info);
  return info.code;
}

template <class B = null_backend>
effective_settings effective(const client_settings& s) {
  error_info info;
  const auto c = basic_context<B>::client(s, info);
  INFO(explain(info));
  REQUIRE(c);
  return c.effective();
}

}  // namespace

TEST_CASE("defaults are safe and complete") {
  const client_settings c;
  CHECK_FALSE(c.insecure_no_verification);
  CHECK_FALSE(c.insecure_skip_name);
  CHECK_FALSE(static_cast<bool>(c.insecure_override));
  CHECK(c.trust.is_system());
  const server_settings s;
  CHECK(s.verify == verify_mode::none);
  CHECK_FALSE(s.trust.is_system());
  const effective_settings e = effective(client_defaults());
  CHECK(e.min_version == tls_version::tls1_2);
  CHECK(e.max_version == tls_version::tls1_3);
  CHECK(e.cipher_suites.size() == 9);
  CHECK(e.groups == std::vector<named_group>{named_group::x25519, named_group::secp256r1});  // what this backend has
  CHECK(e.verify == verify_mode::required);
  CHECK(e.versions_read_back);
}

TEST_CASE("what is fast in a library comes first, and nothing else changes") {
  null_scripted script;
  const effective_settings before = effective(client_defaults());
  script->prefers_chacha20 = true;
  script->fastest_group = named_group::secp256r1;
  const effective_settings after = effective(client_defaults());
  const auto is_chacha = [](cipher_suite s) { return name(s).find("CHACHA20") != std::string_view::npos; };
  for (const bool tls1_3 : {true, false}) {
    std::vector<cipher_suite> expected, found;
    for (const bool first : {true, false})
      for (const cipher_suite s : before.cipher_suites)
        if (is_tls1_3(s) == tls1_3 && is_chacha(s) == first) expected.push_back(s);
    for (const cipher_suite s : after.cipher_suites)
      if (is_tls1_3(s) == tls1_3) found.push_back(s);
    CHECK(found == expected);
    CHECK(is_chacha(found.front()));
  }
  CHECK(before.groups == std::vector{named_group::x25519, named_group::secp256r1});
  CHECK(after.groups == std::vector{named_group::secp256r1, named_group::x25519});
  client_settings s = client_defaults();
  s.cipher_suites = before.cipher_suites;
  s.groups = before.groups;
  CHECK(effective(s).cipher_suites == before.cipher_suites);  // what is asked for stays as it is
  CHECK(effective(s).groups == before.groups);
}

TEST_CASE("designated initializers work, and what is not set keeps its default") {
  const client_settings c{.alpn = {"h2"}};
  CHECK(c.alpn.size() == 1);
  CHECK(c.limit.max_chain_length == 9);
}

TEST_CASE("a backend without TLS 1.3 gets a window and suites without it") {
  const effective_settings e = effective<null12_backend>(client_defaults());
  CHECK(e.max_version == tls_version::tls1_2);
  for (const cipher_suite s : e.cipher_suites) CHECK_FALSE(is_tls1_3(s));
  CHECK(client<null12_backend>(with_version(client_defaults(), tls_version::tls1_3)) == errc::unsupported);
}

TEST_CASE("window and suites agree, or the context is refused") {
  client_settings s = client_defaults();
  s.cipher_suites = {cipher_suite::ecdhe_rsa_with_aes_128_gcm_sha256};
  CHECK(effective(s).max_version == tls_version::tls1_2);
  s.max_version = tls_version::tls1_3;
  CHECK(client(s) == errc::invalid_argument);
  s = client_defaults();
  s.min_version = tls_version::tls1_3;
  s.cipher_suites = {cipher_suite::ecdhe_rsa_with_aes_128_gcm_sha256};
  CHECK(client(s) == errc::invalid_argument);
  s = client_defaults();
  s.cipher_suites = {cipher_suite::aes_128_gcm_sha256};
  CHECK(effective(s).min_version == tls_version::tls1_3);
  s.min_version = tls_version::tls1_2;
  CHECK(client(s) == errc::invalid_argument);
  s.min_version = tls_version::automatic;
  s.max_version = tls_version::tls1_2;
  CHECK(client(s) == errc::invalid_argument);
}

TEST_CASE("every refusal says which value it was") {
  std::string text;
  client_settings s = client_defaults();
  s.cipher_suites = {static_cast<cipher_suite>(0x1234)};
  CHECK(client(s, &text) == errc::unsupported);
  CHECK(text.find("0x1234") != std::string::npos);
  CHECK(text.find("null") != std::string::npos);
  s = client_defaults();
  s.groups = {named_group::x448};
  CHECK(client(s, &text) == errc::unsupported);
  CHECK(text.find("x448") != std::string::npos);
  s.groups = {named_group::x25519, named_group::x25519};
  CHECK(client(s, &text) == errc::invalid_argument);
  CHECK(text.find("twice") != std::string::npos);
  s = client_defaults();
  s.min_version = tls_version::tls1_0;
  CHECK(client(s, &text) == errc::unsupported);
  CHECK(text.find("8996") != std::string::npos);
  s.min_version = static_cast<tls_version>(0x0309);
  CHECK(client(s, &text) == errc::invalid_argument);
  CHECK(text.find("0x0309") != std::string::npos);
}

TEST_CASE("ALPN and limits have bounds, which are inside") {
  client_settings s = client_defaults();
  s.alpn = {std::string(1, 'x'), std::string(255, 'x')};
  CHECK(client(s) == errc::success);
  for (const std::string& bad : {std::string(), std::string(256, 'x'), std::string("a\0b", 3)}) {
    s.alpn = {"ok", bad};
    CHECK(client(s) == errc::invalid_argument);
  }
  s = client_defaults();
  s.limit = {4096, 1, 512};
  CHECK(client(s) == errc::success);
  s.limit = {std::size_t{1} << 30, 64, 16384};
  CHECK(client(s) == errc::success);
  for (const limits& bad : {limits{4095, 10, 16384}, limits{131072, 0, 16384}, limits{131072, -1, 16384},
                            limits{131072, 65, 16384}, limits{131072, 10, 511}, limits{131072, 10, 16385}}) {
    s.limit = bad;
    CHECK(client(s) == errc::invalid_argument);
  }
}

TEST_CASE("what the backend refuses makes no context, and nothing is half made") {
  const null_scripted script;
  script->open_context = errc::unsupported;
  CHECK(client(client_defaults()) == errc::unsupported);
  script->open_context = errc::success;
  script->start = errc::unsupported;
  CHECK(client(client_defaults()) == errc::unsupported);
  script->start = errc::success;
  script->hide_public_key = true;
  error_info info;
  CHECK_FALSE(basic_context<null_backend>::server(server_defaults(), info));
  CHECK(info.code == errc::unsupported);
}

TEST_CASE("a server needs an identity and none twice, a client at most one") {
  error_info info;
  CHECK_FALSE(basic_context<null_backend>::server({}, info));
  CHECK(info.code == errc::invalid_argument);
  server_settings s = server_defaults();
  s.identities.push_back(server_identity());
  CHECK_FALSE(basic_context<null_backend>::server(s, info));
  CHECK(info.code == errc::invalid_argument);
  client_settings c = client_defaults();
  c.identities = {client_identity(), client_identity()};
  CHECK(client(c) == errc::unsupported);
}

TEST_CASE("an identity is looked into when the context is made") {
  const auto loads = [](identity id) {
    error_info info;
    basic_context<null_backend>::server(server_defaults(std::move(id)), info);
    return info.code;
  };
  CHECK(loads(server_identity()) == errc::success);
  CHECK(loads(make_identity(pki::server_chain, pki::client_key)) == errc::key_mismatch);
  CHECK(loads(make_identity(pki::server_chain, "")) == errc::invalid_argument);
  CHECK(loads(identity({}, server_identity().key())) == errc::no_certificates_found);
  null::private_key::spare = pki::server_key;
  const auto encrypted = [&](password_callback p) {
    return loads(make_identity(pki::server_chain, pki::server_key_pbes2_aes256, std::move(p)));
  };
  CHECK(encrypted({}) == errc::password_required);
  CHECK(encrypted([] { return secret("wrong"); }) == errc::bad_password);
  CHECK(encrypted([] { return secret("secret"); }) == errc::success);
  CHECK(encrypted([] { return secret(""); }) == errc::password_required);
}

TEST_CASE("contexts are values: copies share one state, and outlive each other") {
  error_info info;
  auto a = basic_context<null_backend>::client(client_defaults(), info);
  const auto b = a;
  a = {};
  CHECK_FALSE(a);
  CHECK(b);
  CHECK(b.own_role() == role::client);
  CHECK(a.effective().cipher_suites.empty());
  CHECK_THROWS_AS(basic_context<null_backend>::server(server_settings{}), tls_error);
}
