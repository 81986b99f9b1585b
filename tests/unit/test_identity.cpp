// SPDX-License-Identifier: BSL-1.0
#include "plugtls/identity.hpp"

#include <unistd.h>
#include <cstdio>
#include <fstream>

#include "support/catch.hpp"
#include "support/pki.hpp"

using namespace plugtls;
using namespace plugtls_test;

static const std::string pki_folder = PLUGTLS_TEST_DATA "/pki/";

TEST_CASE("an identity keeps its chain in the order of the text") {
  error_info info;
  const identity id = identity::from_pem(pki::server_chain, pki::server_key, info);
  CHECK_FALSE(info);
  REQUIRE(id.chain().size() == 2);
  CHECK(id.chain()[0].pem() == pki::server);
  CHECK(id.chain()[1].pem() == pki::intermediate);
  CHECK_FALSE(id.key().empty());
  const identity der = identity::from_memory(as_bytes(pki::server_der), key_source::from_pem(pki::server_key), info);
  REQUIRE(der.chain().size() == 1);
  CHECK(der.chain()[0] == id.chain()[0]);
}

TEST_CASE("broken certificates are told by name") {
  const auto why = [](std::string_view text) {
    error_info info;
    const identity id = identity::from_memory(as_bytes(text), key_source::from_pem(pki::server_key), info);
    CHECK(id.chain().empty());
    return info.code;
  };
  CHECK(why("") == errc::no_certificates_found);
  CHECK(why("text without any block") == errc::no_certificates_found);
  CHECK(why(pki::server_key) == errc::no_certificates_found);
  CHECK(why(std::string_view(pki::server).substr(0, 300)) == errc::bad_pem);
  CHECK(why("-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n") == errc::bad_pem);
  CHECK(why(std::string_view(pki::server_der).substr(0, 200)) == errc::bad_der);
  CHECK(why("\x30\x03garbage") == errc::bad_der);
}

TEST_CASE("identities come from files, and one file may hold both") {
  error_info info;
  CHECK(identity::from_files(pki_folder + "server_chain.pem", pki_folder + "server_key.pem", info).chain().size() == 2);
  CHECK_FALSE(info);
  CHECK(identity::from_files(pki_folder + "server.der", pki_folder + "server_key.der", info).chain().size() == 1);
  CHECK_FALSE(info);
  const std::string both = "/tmp/plugtls-unit-identity-" + std::to_string(getpid()) + ".pem";
  std::ofstream(both) << pki::server_chain << pki::server_key;
  const identity id = identity::from_files(both, "", info);
  CHECK_FALSE(info);
  CHECK(id.chain().size() == 2);
  key_material m;
  CHECK(id.key().prepare(m, info) == errc::success);
  std::remove(both.c_str());

  identity::from_files("/no/such/file", "", info);
  CHECK(info.code == errc::file_error);
  CHECK(info.native == ENOENT);
  info = {};
  identity::from_files(pki_folder + "server.pem", "/no/such/file", info);
  CHECK(info.code == errc::file_error);
  info = {};
  identity::from_files(pki_folder, "", info);
  CHECK(info.code == errc::file_error);
  CHECK_THROWS_AS(identity::from_files("/no/such/file"), tls_error);
  CHECK_THROWS_AS(identity::from_pem("", ""), tls_error);
}
