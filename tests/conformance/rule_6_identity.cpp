// SPDX-License-Identifier: BSL-1.0
#include "conformance.hpp"
#include "plugtls/pem.hpp"

using namespace plugtls;
using namespace plugtls_test;

namespace {

constexpr auto password = [] { return secret(pki::password); };

identity with_key(std::string_view chain, std::string_view key, password_callback callback = {}) {
  error_info info;
  return identity::from_memory(as_bytes(chain), key_source::from_memory(as_bytes(key), std::move(callback)), info);
}

errc loading(const identity& id) {
  error_info info;
  context::server(server_defaults(id), info);
  return info.code;
}

void connects(const identity& id) {
  connection c(client_defaults(), server_defaults(id));
  c.connect();
  CHECK(c.client.engine.peer_chain() == id.chain());
}

struct container {
  const char* what;
  std::string_view key;
};

const container encrypted[] = {{"PBES2 with 3DES", pki::server_key_pbes2_des3},
                               {"PBES1 with 3DES", pki::server_key_pbes1_sha1_3des},
                               {"traditional with AES", pki::server_key_traditional_aes256}};

void check_passwords(std::string_view key) {
  connects(with_key(pki::server_chain, key, password));
  CHECK(loading(with_key(pki::server_chain, key)) == errc::password_required);
  CHECK(loading(with_key(pki::server_chain, key, [] { return secret(); })) == errc::password_required);
  for (const char* wrong : {"Secret", "secre", "secret1", "x"}) {
    CAPTURE(wrong);
    CHECK(loading(with_key(pki::server_chain, key, [wrong] { return secret(wrong); })) == errc::bad_password);
  }
}

}  // namespace

TEST_CASE("rule 6: all certificates are sent, leaf first") {
  for (const tls_version v : versions()) {
    for (const std::string& text : {std::string(pki::server), std::string(pki::server_chain),
                                    std::string(pki::server_chain) + std::string(pki::root)}) {
      client_settings s = with_version(client_defaults(), v);
      s.trust = trust(std::string(pki::root) + std::string(pki::intermediate));
      const identity id = make_identity(text, pki::server_key);
      connection c(s, server_defaults(id));
      c.connect();
      CHECK(c.client.engine.peer_chain() == id.chain());
      CHECK(c.client.engine.peer_chain().front() == server_identity().chain().front());
    }
  }
}

TEST_CASE("rule 6: keys in every plain container") {
  const container plain[] = {{"PKCS#8 PEM", pki::server_key},
                             {"SEC 1 PEM", pki::server_key_sec1},
                             {"PKCS#8 DER", pki::server_key_der},
                             {"SEC 1 DER", pki::server_key_sec1_der}};
  for (const container& k : plain) {
    CAPTURE(k.what);
    connects(with_key(pki::server_chain, k.key));
    // A password that nobody needs is not asked for.
    connects(with_key(pki::server_chain, k.key, [] {
      FAIL_CHECK("asked for a password");
      return secret();
    }));
  }
  const container rsa[] = {{"PKCS#8 PEM", pki::server_rsa_key},
                           {"PKCS#1 PEM", pki::server_rsa_key_pkcs1},
                           {"PKCS#1 DER", pki::server_rsa_key_pkcs1_der}};
  for (const container& k : rsa) {
    CAPTURE(k.what);
    connects(with_key(pki::server_rsa_chain, k.key));
  }
}

TEST_CASE("rule 6: certificate and key may be in one text, in either order, among other blocks") {
  const std::string both = std::string(pki::server_chain) + std::string(pki::server_key);
  connects(with_key(both, both));
  const std::string swapped = std::string(pki::server_key) + "some text\n" + std::string(pki::server_chain);
  connects(with_key(swapped, swapped));
}

TEST_CASE("rule 6: encrypted keys, with the right password, a wrong one, and none") {
  for (const container& k : encrypted) {
    CAPTURE(k.what);
    check_passwords(k.key);
  }
}

TEST_CASE("rule 6: keys encrypted by PBES2 with AES") {
  if (lacks<default_backend>(capability::pbes2_aes)) return;
  check_passwords(pki::server_key_pbes2_aes256);
}

TEST_CASE("rule 6: encrypted keys in DER") {
  if (lacks<default_backend>(capability::encrypted_der_key)) return;
  for (const std::string_view pem : {pki::server_key_pbes2_des3, pki::server_key_pbes1_sha1_3des}) {
    pem_reader reader(pem);
    pem_block block;
    errc e = errc::success;
    REQUIRE(reader.next(block, e));
    check_passwords(as_text(block.der));
  }
  if (has<default_backend, capability::pbes2_aes>) check_passwords(pki::server_key_pbes2_aes256_der);
}

TEST_CASE("rule 6: a server presents only what a client may take for a server's") {
  const auto refusal = [](std::string_view chain, std::string_view key) {
    error_info info;
    context::server(server_defaults(with_key(chain, key)), info);
    CHECK(info.code == errc::invalid_purpose);
    return info.detail;
  };
  CHECK(refusal(pki::client_chain, pki::client_key).find("extendedKeyUsage lacks serverAuth") != std::string::npos);
  CHECK(refusal(pki::intermediate, pki::intermediate_key).find("keyUsage lacks digitalSignature") != std::string::npos);
  error_info info;  // a client's is for the server to judge
  client_settings c = client_defaults();
  c.identities = {with_key(pki::server_chain, pki::server_key)};
  CHECK(context::client(c, info));
}

TEST_CASE("rule 6: the key must belong to the certificate") {
  CHECK(loading(with_key(pki::server_chain, pki::client_key)) == errc::key_mismatch);
  CHECK(loading(with_key(pki::server_chain, pki::server_rsa_key)) == errc::key_mismatch);
  CHECK(loading(with_key(pki::server_rsa_chain, pki::server_key)) == errc::key_mismatch);
  CHECK(loading(with_key(pki::intermediate, pki::server_key)) == errc::key_mismatch);
  client_settings s = client_defaults();
  s.identities = {with_key(pki::client_chain, pki::server_key)};
  CHECK(refusal(s) == errc::key_mismatch);
}

TEST_CASE("rule 6: what is no key has a name") {
  CHECK(loading(with_key(pki::server_chain, "")) == errc::invalid_argument);
  CHECK(loading(with_key(pki::server_chain, "nonsense")) == errc::bad_der);
  CHECK(loading(with_key(pki::server_chain, pki::server_chain)) == errc::bad_pem);
  CHECK(loading(with_key(pki::server_chain, "-----BEGIN PRIVATE KEY-----\n????\n-----END PRIVATE KEY-----\n")) ==
        errc::bad_pem);
  const std::string_view pem = pki::server_key;
  CHECK(loading(with_key(pki::server_chain, pem.substr(0, pem.size() / 2))) == errc::bad_pem);
  for (const std::string_view der : {pki::server_key_der, pki::server_key_sec1_der, pki::server_rsa_key_pkcs1_der}) {
    CHECK(loading(with_key(pki::server_chain, der.substr(0, der.size() / 2))) == errc::bad_der);
    CHECK(loading(with_key(pki::server_chain, der.substr(0, der.size() - 1))) == errc::bad_der);
    std::string changed(der);
    changed[1] = '\x7f';
    CHECK(loading(with_key(pki::server_chain, changed)) != errc::success);
  }
  // PEM around bytes that are no key.
  CHECK(loading(with_key(pki::server_chain, "-----BEGIN PRIVATE KEY-----\nMAMCAQU=\n-----END PRIVATE KEY-----\n")) ==
        errc::bad_pem);
  CHECK(loading(identity(server_identity().chain(), {})) == errc::invalid_argument);
  CHECK(loading(identity({}, server_identity().key())) == errc::no_certificates_found);
}

TEST_CASE("rule 6: files, and what is wrong with them, are told by name") {
  const std::string folder = PLUGTLS_TEST_DATA "/pki/";
  error_info info;
  connects(identity::from_files(folder + "server_chain.pem", folder + "server_key.pem", info));
  CHECK(info.code == errc::success);
  identity::from_files(folder + "not there", folder + "server_key.pem", info);
  CHECK(info.code == errc::file_error);
  CHECK(explain(info).find("not there") != std::string::npos);
  info = {};
  identity::from_files(folder + "server_key.pem", folder + "server_key.pem", info);
  CHECK(info.code == errc::no_certificates_found);
  info = {};
  CHECK(loading(identity::from_files(folder + "server_rsa_chain.pem", folder + "server_key.pem", info)) ==
        errc::key_mismatch);
}
