// SPDX-License-Identifier: BSL-1.0
#include "plugtls/backend.hpp"
#include "support/catch.hpp"
#include "support/pki.hpp"

namespace tls = plugtls;
namespace pki = plugtls::test_pki;

namespace {
tls::certificate leaf_of(std::string_view pem) {
  tls::errc e = tls::errc::success;
  const auto c = tls::certificate::from_pem(pem, e);
  REQUIRE(c);
  return *c;
}
}  // namespace

TEST_CASE("a private key tells its type and whose it is", "[private_key]") {
  tls::error_info info;
  const auto ec = tls::private_key::load(tls::key_source::from_pem(pki::server_key), info);
  REQUIRE(ec);
  CHECK(ec.description() == "EC P-256");
  CHECK(ec.bits() == 256);
  CHECK(ec.kind() == tls::key_kind::ec);
  CHECK(ec.matches(leaf_of(pki::server_chain)));
  CHECK_FALSE(ec.matches(leaf_of(pki::client_chain)));  // also P-256
  CHECK_FALSE(ec.matches(leaf_of(pki::server_rsa_chain)));

  const auto rsa = tls::private_key::load(tls::key_source::from_pem(pki::server_rsa_key), info);
  REQUIRE(rsa);
  CHECK(rsa.description() == "RSA 2048");
  CHECK(rsa.matches(leaf_of(pki::server_rsa_chain)));
  CHECK_FALSE(rsa.matches(leaf_of(pki::server_chain)));
}

TEST_CASE("a private key that does not load is empty", "[private_key]") {
  tls::error_info info;
  const auto none = tls::private_key::load(tls::key_source(), info);
  CHECK_FALSE(none);
  CHECK(info.code == tls::errc::invalid_argument);
  CHECK_FALSE(none.matches(leaf_of(pki::server_chain)));

  CHECK_FALSE(tls::private_key::load(tls::key_source::from_pem(pki::server_chain), info));
  CHECK(info.code == tls::errc::bad_pem);
  CHECK_FALSE(tls::private_key::load(tls::key_source::from_der(tls::as_bytes("0\x03\x02\x01\x00")), info));
  CHECK(info.code == tls::errc::bad_der);
}
