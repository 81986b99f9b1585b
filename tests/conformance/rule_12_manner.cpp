// SPDX-License-Identifier: BSL-1.0
#include <algorithm>

#include "client_hello.hpp"
#include "conformance.hpp"
#include "support/corpus.hpp"

using namespace plugtls;
using namespace plugtls_test;

// Capabilities that nobody asks for by a setting: they say in which of two ways a library does a thing, and each of the
// two is shown here. Nothing here skips.

namespace {

template <capability C>
constexpr bool in_this_manner = has<default_backend, C>;

// What a server takes where each end puts another one of two first.
template <class Number>
Number choice(tls_version v, std::vector<Number> client_settings::*c_list, std::vector<Number> server_settings::*s_list,
              Number servers_first, Number clients_first, Number (engine::*told)() const noexcept) {
  client_settings c = with_version(client_defaults(), v);
  server_settings s = with_version(server_defaults(), v);
  c.*c_list = {clients_first, servers_first};
  s.*s_list = {servers_first, clients_first};
  connection k(c, s);
  k.connect();
  return (k.client.engine.*told)();
}

}  // namespace

TEST_CASE("rule 12: server_suite_order") {
  const auto suite = [](tls_version v, cipher_suite first, cipher_suite second) {
    return choice(v, &client_settings::cipher_suites, &server_settings::cipher_suites, first, second,
                  &engine::cipher_suite);
  };
  CHECK(suite(tls_version::tls1_2, cipher_suite::ecdhe_ecdsa_with_aes_256_gcm_sha384,
              cipher_suite::ecdhe_ecdsa_with_aes_128_gcm_sha256) == cipher_suite::ecdhe_ecdsa_with_aes_256_gcm_sha384);
  if (!has_1_3) return;
  CHECK(suite(tls_version::tls1_3, cipher_suite::aes_256_gcm_sha384, cipher_suite::aes_128_gcm_sha256) ==
        (in_this_manner<capability::server_suite_order> ? cipher_suite::aes_256_gcm_sha384
                                                        : cipher_suite::aes_128_gcm_sha256));
}

TEST_CASE("rule 12: server_group_order") {
  CHECK(choice(tls_version::tls1_2, &client_settings::groups, &server_settings::groups, named_group::secp384r1,
               named_group::secp256r1, &engine::group) ==
        (in_this_manner<capability::server_group_order> ? named_group::secp384r1 : named_group::secp256r1));
}

TEST_CASE("rule 12: renegotiation_info") {
  const client_hello h = hello_of(with_version(client_defaults(), tls_version::tls1_2));
  const bool asks = h.has(0xff01) || std::count(h.suites.begin(), h.suites.end(), renegotiation_scsv) != 0;
  CHECK(asks == in_this_manner<capability::renegotiation_info>);
}

TEST_CASE("rule 12: many_alt_names") {
  const corpus_case c{"ok-200-sans", {}, {}, {}, {}};
  error_info info;
  client_settings s;
  s.trust = trust_store::from_memory(as_bytes(read_corpus(c, "roots.pem")), info);
  const identity id =
      make_identity(read_corpus(c, "leaf.pem") + read_corpus(c, "chain.pem"), read_corpus(c, "key.pem"));
  const chain_verdict verdict = make_client(s).verify_chain(id.chain());
  CHECK(verdict.error.code == (in_this_manner<capability::many_alt_names> ? errc::success : errc::bad_certificate));
}

TEST_CASE("rule 12: ocsp_stapling") {
  client_settings s = client_defaults();
  s.revocation.staple = true;
  if constexpr (in_this_manner<capability::ocsp_stapling>) {
    s.revocation.soft = true;
    connection(s, server_defaults()).connect();
    CHECK(hello_of(s).has(5));  // status_request
  } else {
    CHECK(refusal(s) == errc::unsupported);
  }
}
