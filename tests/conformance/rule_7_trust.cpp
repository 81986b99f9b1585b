// SPDX-License-Identifier: BSL-1.0
#include <unistd.h>
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "conformance.hpp"

using namespace plugtls;
using namespace plugtls_test;

namespace {

const identity full = server_identity();
const identity leaf_only = make_identity(pki::server, pki::server_key);
const identity foreign = make_identity(pki::foreign_chain, pki::foreign_key);

context trusting(std::string_view pem) {
  client_settings s = client_defaults();
  s.trust = trust(pem);
  return make_client(s);
}

errc verdict(const context& client, const identity& id, const char* peer = server_name) {
  connection c(client, make_server(server_defaults(id)), peer);
  c.run();
  if (c.client.handshake_error == errc::success) CHECK(c.client.up());
  return c.client.handshake_error;
}

}  // namespace

TEST_CASE("rule 7: contexts do not share trust") {
  const context a = trusting(pki::root), b = trusting(pki::other_root);
  const context both = trusting(std::string(pki::root) + std::string(pki::other_root));
  for (int i = 0; i < 3; ++i) {
    CHECK(verdict(a, full) == errc::success);
    CHECK(verdict(b, full) == errc::unknown_issuer);
    CHECK(verdict(a, foreign) == errc::unknown_issuer);
    CHECK(verdict(b, foreign) == errc::success);
    CHECK(verdict(both, full) == errc::success);
    CHECK(verdict(both, foreign) == errc::success);
  }
}

TEST_CASE("rule 7: an intermediate that was seen once is not remembered") {
  for (const tls_version v : versions()) {
    client_settings s = with_version(client_defaults(), v);
    const context client = make_client(s);
    CHECK(verdict(client, leaf_only) == errc::unknown_issuer);
    CHECK(verdict(client, full) == errc::success);
    CHECK(verdict(client, leaf_only) == errc::unknown_issuer);

    server_settings m = mutual_defaults();
    const context server = make_server(m);
    const auto client_verdict = [&](std::string_view chain) {
      client_settings c = with_version(client_defaults(), v);
      c.identities = {make_identity(chain, pki::client_key)};
      connection k(make_client(c), server);
      k.run();
      return k.server.handshake_error;
    };
    CHECK(client_verdict(pki::client) == errc::unknown_issuer);
    CHECK(client_verdict(pki::client_chain) == errc::success);
    CHECK(client_verdict(pki::client) == errc::unknown_issuer);
  }
}

TEST_CASE("rule 7: a new server context trusts its own clients' roots, and none of the old one's") {
  const auto trusting_clients = [](std::string_view pem) {
    server_settings s = mutual_defaults();
    s.trust = trust(pem);
    return make_server(s);
  };
  const auto let_in = [](const context& server, std::string_view chain, std::string_view key) {
    client_settings c = client_defaults();
    c.identities = {make_identity(chain, key)};
    connection k(make_client(c), server);
    k.run();
    return k.server.handshake_error;
  };
  context server = trusting_clients(pki::root);
  CHECK(let_in(server, pki::client_chain, pki::client_key) == errc::success);
  CHECK(let_in(server, pki::foreign_client_chain, pki::foreign_client_key) == errc::unknown_issuer);
  server = trusting_clients(pki::other_root);
  CHECK(let_in(server, pki::client_chain, pki::client_key) == errc::unknown_issuer);
  CHECK(let_in(server, pki::foreign_client_chain, pki::foreign_client_key) == errc::success);
}

TEST_CASE("rule 7: a certificate in the trust store that is no root is an anchor all the same") {
  const context client = trusting(pki::intermediate);
  CHECK(verdict(client, full) == errc::success);
  CHECK(verdict(client, leaf_only) == errc::success);
  CHECK(verdict(client, foreign) == errc::unknown_issuer);
}

TEST_CASE("rule 7: a self-signed certificate is trusted when it is in the trust store, and only then") {
  const identity self = make_identity(pki::self_signed_chain, pki::self_signed_key);
  CHECK(verdict(trusting(pki::self_signed), self) == errc::success);
  CHECK(verdict(trusting(pki::self_signed), self, "other.test") == errc::hostname_mismatch);
  CHECK(verdict(trusting(pki::root), self) == errc::self_signed);
}

TEST_CASE("rule 7: a leaf in the trust store is trusted, though it did not sign itself") {
  CHECK(verdict(trusting(pki::server), full) == errc::success);
  CHECK(verdict(trusting(pki::server), leaf_only) == errc::success);
  CHECK(verdict(trusting(pki::server), leaf_only, "other.test") == errc::hostname_mismatch);
  CHECK(verdict(trusting(pki::server), foreign) == errc::unknown_issuer);
}

TEST_CASE("rule 7: a root that the peer sends along is not trusted for that") {
  const std::string with_root = std::string(pki::server_chain) + std::string(pki::root);
  const identity sends_root = make_identity(with_root, pki::server_key);
  CHECK(verdict(trusting(pki::other_root), sends_root) == errc::unknown_issuer);
  CHECK(verdict(trusting(pki::root), sends_root) == errc::success);
}

TEST_CASE("rule 7: chains out of order and with certificates that do not belong are put right") {
  const std::string mixed = std::string(pki::server) + std::string(pki::foreign) + std::string(pki::root) +
                            std::string(pki::client) + std::string(pki::intermediate);
  CHECK(verdict(trusting(pki::root), make_identity(mixed, pki::server_key)) == errc::success);
  CHECK(verdict(trusting(pki::other_root), make_identity(mixed, pki::server_key)) == errc::unknown_issuer);
}

TEST_CASE("rule 7: trust comes from files and from memory, and broken input adds nothing") {
  error_info info;
  client_settings s;
  s.trust = trust_store::from_file(PLUGTLS_TEST_DATA "/pki/root.pem", info);
  CHECK(verdict(make_client(s), full) == errc::success);
  CHECK(make_client(s).effective().trust_anchors == 1);
  s.trust = trust_store::from_file("/not/there", info);
  CHECK(info.code == errc::file_error);
  CHECK(verdict(make_client(s), full) == errc::unknown_issuer);
  info = {};
  s.trust = trust_store::none();
  std::string broken_block(pki::other_root);
  broken_block.replace(100, 3, "!!!");
  CHECK(s.trust.add(as_bytes(std::string(pki::root) + broken_block), info) == errc::bad_pem);
  CHECK(make_client(s).effective().trust_anchors == 0);
  CHECK(verdict(make_client(s), full) == errc::unknown_issuer);
}

// Run by the next test, in a process of its own: the system's bundle is read once.
TEST_CASE("connects with the system's trust", "[.system]") {
  std::printf("verdict %s\n", std::string(name(verdict(make_client(client_settings{}), full))).c_str());
}

TEST_CASE("rule 7: the system's trust is the machine's bundle, or the one that SSL_CERT_FILE names") {
  char self[4096] = {};
  REQUIRE(readlink("/proc/self/exe", self, sizeof self - 1) > 0);
  const auto run = [&](const std::string& bundle) {
    const std::string command = "SSL_CERT_FILE='" + bundle + "' '" + self + "' '[.system]' 2>&1";
    FILE* out = popen(command.c_str(), "r");
    REQUIRE(out != nullptr);
    std::string text;
    for (int c = 0; (c = std::fgetc(out)) != EOF;) text += static_cast<char>(c);
    pclose(out);
    return text;
  };
  const std::string folder = PLUGTLS_TEST_DATA "/pki/";
  CHECK(run(folder + "root.pem").find("verdict success") != std::string::npos);
  CHECK(run(folder + "other_root.pem").find("verdict unknown_issuer") != std::string::npos);
  CHECK(run("/not/there").find("file_error") != std::string::npos);
  CHECK(run(folder + "server_key.pem").find("no_certificates_found") != std::string::npos);
}
