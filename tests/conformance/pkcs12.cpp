// SPDX-License-Identifier: BSL-1.0
#include "plugtls/pkcs12.hpp"
#include "conformance.hpp"

using namespace plugtls;
using namespace plugtls_test;

namespace p12 {

constexpr auto password = [] { return secret(pki::password); };

identity read(std::string_view container, password_callback callback = password) {
  error_info info;
  return identity::from_pkcs12(as_bytes(container), info, std::move(callback));
}

errc loading(const identity& id) {
  error_info info;
  const context c = context::server(server_defaults(id), info);
  CHECK(static_cast<bool>(c) == (info.code == errc::success));
  return info.code;
}

/// Connects, and compares what is sent with the chain of a PEM file.
void connects(const identity& id, std::string_view chain) {
  connection c(client_defaults(), server_defaults(id));
  c.connect();
  CHECK(c.client.engine.peer_chain() == make_identity(chain, pki::server_key).chain());
}

}  // namespace p12

TEST_CASE("PKCS#12: key, certificate and intermediate, with the right password, a wrong one, and none") {
  if (lacks<default_backend>(capability::pkcs12)) return;
  struct made {
    const char* what;
    std::string_view bytes;
    std::string_view chain;
    bool is_aes;
  };
  const made all[] = {{"PBES2 with AES", pki::server_aes_p12, pki::server_chain, true},
                      {"RSA, PBES2 with AES", pki::server_rsa_aes_p12, pki::server_rsa_chain, true},
                      {"PBE with 3DES", pki::server_3des_p12, pki::server_chain, false}};
  for (const made& m : all) {
    CAPTURE(m.what);
    const bool opens = !m.is_aes || has<default_backend, capability::pbes2_aes>;
    if (opens)
      p12::connects(p12::read(m.bytes), m.chain);
    else
      CHECK(p12::loading(p12::read(m.bytes)) == errc::unsupported);
    for (const char* wrong : {"Secret", "secre", "secret1", "x"}) {
      CAPTURE(wrong);
      CHECK(p12::loading(p12::read(m.bytes, [wrong] { return secret(wrong); })) == errc::bad_password);
    }
    CHECK(p12::loading(p12::read(m.bytes, {})) == errc::password_required);
    CHECK(p12::loading(p12::read(m.bytes, [] { return secret(); })) == errc::password_required);
    CHECK(p12::loading(p12::read(m.bytes, [] {
            return secret(
                "s\xc3\xa9"
                "cret");
          })) == errc::unsupported);
  }
  CHECK(p12::loading(p12::read(pki::server_no_password_p12, {})) == errc::password_required);
}

TEST_CASE("PKCS#12: a client's identity, both versions") {
  if (lacks<default_backend>(capability::pkcs12)) return;
  for (const tls_version v : versions()) {
    client_settings s = with_version(client_defaults(), v);
    s.identities = {p12::read(pki::server_3des_p12)};
    server_settings server = mutual_defaults(verify_mode::required);
    connection c(s, server);
    c.run();
    CHECK(c.server.handshake_error == errc::invalid_purpose);  // it is a server's, and was shown
    CHECK(c.server.engine.peer_chain() == server_identity().chain());
  }
}

TEST_CASE("PKCS#12: certificates stand in any order, and the chain is that of the key") {
  if (lacks<default_backend>(capability::pkcs12)) return;
  p12::connects(p12::read(pki::mixed_order_p12), std::string(pki::server_chain) + std::string(pki::root));
  p12::connects(p12::read(pki::nested_p12), pki::server_chain);
  p12::connects(p12::read(pki::no_mac_p12, {}), pki::server_chain);  // nothing in it needs a password
}

TEST_CASE("PKCS#12: what is missing or too much has a name") {
  if (lacks<default_backend>(capability::pkcs12)) return;
  CHECK(p12::loading(p12::read(pki::server_no_key_p12)) == errc::invalid_argument);
  CHECK(p12::loading(p12::read(pki::two_keys_p12)) == errc::invalid_argument);
  CHECK(p12::loading(p12::read(pki::other_key_p12)) == errc::key_mismatch);
  CHECK(p12::loading(p12::read(pki::no_certificate_p12)) == errc::no_certificates_found);
  CHECK(p12::loading(p12::read(pki::sha512_mac_p12)) == errc::unsupported);
  CHECK(p12::loading(p12::read(pki::server_rc2_p12)) == errc::unsupported);
}

TEST_CASE("PKCS#12: corrupt containers are refused, wherever a byte is changed") {
  if (lacks<default_backend>(capability::pkcs12)) return;
  const std::string_view whole = pki::mixed_order_p12;
  for (std::size_t i = 0; i < whole.size(); i += 7) {
    CAPTURE(i);
    std::string changed(whole);
    changed[i] = static_cast<char>(changed[i] ^ 0x41);
    CHECK(p12::loading(p12::read(changed)) != errc::success);
  }
  error_info info;
  for (std::size_t n = 0; n < whole.size(); n += 31) {
    info = {};
    identity::from_pkcs12(as_bytes(whole.substr(0, n)), info, p12::password);
    CHECK(info.code == errc::bad_der);
  }
  info = {};
  identity::from_pkcs12(as_bytes(std::string(whole) + "x"), info, p12::password);
  CHECK(info.code == errc::bad_der);
  for (const std::string_view other : {pki::server_der, pki::server_key_der, pki::server_chain}) {
    info = {};
    identity::from_pkcs12(as_bytes(other), info, p12::password);
    CHECK(info.code == errc::bad_der);
  }
  // Without a MAC what is changed shows where it is read.
  for (std::size_t i = 0; i < pki::server_3des_p12.size(); i += 5) {
    std::string bytes(pki::server_3des_p12);
    bytes[i] = static_cast<char>(bytes[i] ^ 0x10);
    CHECK(p12::loading(p12::read(bytes)) != errc::success);
  }
}

TEST_CASE("PKCS#12: files") {
  if (lacks<default_backend>(capability::pkcs12)) return;
  const std::string folder = PLUGTLS_TEST_DATA "/pki/";
  error_info info;
  p12::connects(identity::from_pkcs12_file(folder + "server_3des.p12", info, p12::password), pki::server_chain);
  CHECK(info.code == errc::success);
  identity::from_pkcs12_file(folder + "not there", info, p12::password);
  CHECK(info.code == errc::file_error);
  info = {};
  identity::from_pkcs12_file(folder + "server.der", info, p12::password);
  CHECK(info.code == errc::bad_der);
  CHECK(explain(info).find("server.der") != std::string::npos);
}

TEST_CASE("PKCS#12: where it is not declared it is refused") {
  if (has<default_backend, capability::pkcs12>) return;
  CHECK(p12::loading(p12::read(pki::server_3des_p12)) == errc::unsupported);
}

TEST_CASE("rule 6: keys encrypted by PBES2 with scrypt, where they are declared; elsewhere they are refused") {
  pem_reader reader(pki::server_key_scrypt);
  pem_block block;
  errc e = errc::success;
  REQUIRE(reader.next(block, e));
  for (const std::string_view form : {std::string_view(pki::server_key_scrypt), pki::server_key_scrypt_der}) {
    if (form == pki::server_key_scrypt_der && !has<default_backend, capability::encrypted_der_key>) continue;
    const auto code = [&](password_callback callback) {
      error_info info;
      const identity id = identity::from_memory(as_bytes(pki::server_chain),
                                                key_source::from_memory(as_bytes(form), std::move(callback)), info);
      context::server(server_defaults(id), info);
      return info.code;
    };
    constexpr bool is_declared = has<default_backend, capability::scrypt_key>;
    CHECK(code(p12::password) == (is_declared ? errc::success : errc::unsupported));
    CHECK(code([] { return secret("wrong"); }) == (is_declared ? errc::bad_password : errc::unsupported));
    CHECK(code({}) == errc::password_required);
  }
}
