// SPDX-License-Identifier: BSL-1.0
#include "plugtls/identity.hpp"

#include <unistd.h>
#include <cstdio>
#include <fstream>

#include "support/catch.hpp"
#include "support/pki.hpp"

using namespace plugtls;
using namespace plugtls_test;

static const std::string folder = PLUGTLS_TEST_DATA "/pki/";

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
  CHECK(identity::from_files(folder + "server_chain.pem", folder + "server_key.pem", info).chain().size() == 2);
  CHECK_FALSE(info);
  CHECK(identity::from_files(folder + "server.der", folder + "server_key.der", info).chain().size() == 1);
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
  identity::from_files(folder + "server.pem", "/no/such/file", info);
  CHECK(info.code == errc::file_error);
  info = {};
  identity::from_files(folder, "", info);
  CHECK(info.code == errc::file_error);
  CHECK_THROWS_AS(identity::from_files("/no/such/file"), tls_error);
  CHECK_THROWS_AS(identity::from_pem("", ""), tls_error);
}

TEST_CASE("a key source finds the key among other blocks, and asks for a password only when it needs one") {
  const auto prepare = [](const key_source& k, key_material& m) {
    error_info info;
    return k.prepare(m, info);
  };
  key_material m;
  const std::string mixed = std::string(pki::root) + "text\n" + std::string(pki::server_key) + std::string(pki::server);
  int asked = 0;
  const password_callback password = [&asked] {
    ++asked;
    return secret("secret");
  };
  CHECK(prepare(key_source::from_pem(mixed, password), m) == errc::success);
  CHECK(m.is_pem);
  CHECK_FALSE(m.encrypted);
  CHECK(m.bytes.text() == pki::server_key);
  CHECK(asked == 0);
  for (const std::string_view k :
       {pki::server_key_pbes2_aes256, pki::server_key_pbes1_sha1_3des, pki::server_key_traditional_aes256}) {
    m = {};
    asked = 0;
    CHECK(prepare(key_source::from_memory(as_bytes(k), password), m) == errc::success);
    CHECK(m.encrypted);
    CHECK(m.password.text() == "secret");
    CHECK(asked == 1);
    CHECK(prepare(key_source::from_memory(as_bytes(k)), m) == errc::password_required);
  }
  m = {};
  CHECK(prepare(key_source::from_memory(as_bytes(pki::server_key_pbes2_aes256_der), password), m) == errc::success);
  CHECK(m.encrypted);
  CHECK_FALSE(m.is_pem);
  for (const std::string_view k : {pki::server_key_der, pki::server_key_sec1_der, pki::server_rsa_key_pkcs1_der}) {
    m = {};
    CHECK(prepare(key_source::from_memory(as_bytes(k)), m) == errc::success);
    CHECK_FALSE(m.encrypted);
    CHECK(as_text(m.bytes.bytes()) == k);
  }
  CHECK(prepare(key_source::from_pem("no key here"), m) == errc::bad_pem);
  CHECK(prepare(key_source::from_pem(pki::server), m) == errc::bad_pem);
  for (const std::string_view bad : {"", "\x30", "\x30\x82", "\x30\x82\x01\x01", "0000", "abcdef"})
    CHECK(prepare(key_source::from_der(as_bytes(bad)), m) == errc::bad_der);
}
