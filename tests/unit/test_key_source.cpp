// SPDX-License-Identifier: BSL-1.0
#include "plugtls/key_source.hpp"

#include "support/catch.hpp"
#include "support/pki.hpp"

using namespace plugtls;
using namespace plugtls_test;

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
