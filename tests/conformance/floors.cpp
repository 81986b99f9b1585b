// SPDX-License-Identifier: BSL-1.0
#include "conformance.hpp"

using namespace plugtls;
using namespace plugtls_test;

namespace floors_test {

namespace {

// What a client says in a handshake, and about the chain alone, where it must say the same.
error_info verdict(const certificate_floors& floors, tls_version v, const identity& id = server_identity()) {
  client_settings s = with_version(client_defaults(), v);
  s.floors = floors;
  connection c(s, server_defaults(id));
  c.run();
  const error_info info = c.client.engine.error();
  CHECK(c.client.up() == (info.code == errc::success));
  const chain_verdict alone = make_client(s).verify_chain(id.chain(), {server_name, {}});
  CHECK((alone.error.code == info.code && alone.error.problems == info.problems));
  CHECK(alone.error.reasons == info.reasons);
  return info;
}

const problem_list weak_path{{errc::weak_algorithm, 0}, {errc::weak_algorithm, 1}, {errc::weak_algorithm, 2}};

}  // namespace

TEST_CASE("floors: keys below them are refused anywhere in the path, the anchor's too") {
  const identity rsa = make_identity(pki::server_rsa_chain, pki::server_rsa_key);
  for (const tls_version v : versions()) {
    CHECK(verdict({.ec_bits = 256}, v).code == errc::success);
    const error_info info = verdict({.ec_bits = 257}, v);
    CHECK(info.code == errc::weak_algorithm);
    CHECK(info.problems == weak_path);
    CHECK(info.detail.find("EC P-256") != std::string::npos);
    CHECK(verdict({.rsa_bits = 2048}, v, rsa).code == errc::success);
    CHECK(verdict({.rsa_bits = 2049}, v, rsa).problems == problem_list{{errc::weak_algorithm, 0}});
    CHECK(verdict({.rsa_bits = 16384}, v).code == errc::success);
  }
}

TEST_CASE("floors: hashes below them are refused, but not in the anchor's own signature") {
  for (const tls_version v : versions()) {
    CHECK(verdict({.hash_bits = 256}, v).code == errc::success);
    const error_info info = verdict({.hash_bits = 257}, v);
    CHECK(info.problems == problem_list{{errc::weak_algorithm, 0}, {errc::weak_algorithm, 1}});
    CHECK(info.detail.find("ecdsa-with-SHA256") != std::string::npos);
  }
}

TEST_CASE("floors: a server holds its clients to them") {
  for (const tls_version v : versions()) {
    client_settings c = with_version(client_defaults(), v);
    c.identities = {client_identity()};
    server_settings s = mutual_defaults();
    s.floors = {.ec_bits = 384};
    connection k(c, s);
    k.run();
    CHECK(k.server.handshake_error == errc::weak_algorithm);
    CHECK(k.server.engine.error().problems == weak_path);
  }
}

TEST_CASE("floors: what would lower them, or nothing reaches, is refused by name, and so are floors without a check") {
  for (const certificate_floors f : {certificate_floors{.rsa_bits = 2047}, certificate_floors{.rsa_bits = 16385},
                                     certificate_floors{.ec_bits = 223}, certificate_floors{.ec_bits = 522},
                                     certificate_floors{.hash_bits = 160}, certificate_floors{.hash_bits = 513}}) {
    client_settings s = client_defaults();
    s.floors = f;
    CHECK(refusal(s) == errc::invalid_argument);
    server_settings server = mutual_defaults();
    server.floors = f;
    CHECK(refusal(server) == errc::invalid_argument);
  }
  client_settings s = client_defaults();
  s.floors = {.rsa_bits = 3072};
  s.insecure_no_verification = true;
  CHECK(refusal(s) == errc::invalid_argument);
  server_settings server = server_defaults();
  server.floors = {.rsa_bits = 3072};
  CHECK(refusal(server) == errc::invalid_argument);
}

}  // namespace floors_test
