// SPDX-License-Identifier: BSL-1.0
#include <initializer_list>

#include "client_verdict.hpp"
#include "support/corpus.hpp"

using namespace plugtls;
using namespace plugtls_test;

// OCSP: plugtls evaluates responses itself, with the backend's signatures; so what does not need a server to staple is
// the same on every backend. Whether servers staple and clients ask is capability ocsp_stapling.

namespace {

constexpr bool staples = has<default_backend, capability::ocsp_stapling>;

std::string ocsp_der(const std::string& name) {
  std::string der = read_data("ocsp/" + name + ".der");
  REQUIRE_FALSE(der.empty());
  return der;
}

identity with_response(identity id, const std::string& name) {
  error_info info;
  REQUIRE(id.set_ocsp_response(as_bytes(ocsp_der(name)), info) == errc::success);
  return id;
}
identity must_staple_identity() {
  return make_identity(read_data("ocsp/must_staple_chain.pem"), read_data("ocsp/must_staple_key.pem"));
}

client_settings asking(revocation_policy policy = {revocation_mode::automatic, false, true},
                       std::initializer_list<const char*> crls = {}) {
  error_info info;
  client_settings s = client_defaults();
  s.revocation = policy;
  for (const char* name : crls)
    REQUIRE(s.trust.add_crl_file(PLUGTLS_TEST_DATA "/crl/" + std::string(name), info) == errc::success);
  return s;
}

const problem_list is_good, is_revoked{{errc::revoked, 0}}, is_unknown{{errc::revocation_unknown, 0}};
constexpr revocation_policy looks{revocation_mode::leaf, false, false}, looks_soft{revocation_mode::leaf, true, false},
    asks{revocation_mode::leaf, false, true}, asks_soft{revocation_mode::leaf, true, true},
    asks_chain{revocation_mode::chain, false, true};
constexpr unix_time mid_2020 = 1593561600, mid_2048 = 2477044800;

// What a server of TLS 1.2 answers a client with, before anything is encrypted.
std::string first_flight(connection& c) {
  c.client.step();
  carry(c.client, c.server);
  c.server.step();
  return std::string(as_text(c.server.port.output()));
}

// The same of a response without a connection, on every backend.
problem_list verdict_on(const std::string& name, revocation_policy policy = looks, unix_time now = 0,
                        std::initializer_list<const char*> crls = {}) {
  client_settings s = asking(policy, crls);
  if (now != 0) s.clock = [now] { return now; };
  const std::string der = name.empty() ? "" : ocsp_der(name);
  return make_client(s).verify_chain(server_identity().chain(), {server_name, {}, as_bytes(der)}).error.problems;
}

}  // namespace

TEST_CASE("ocsp: what a response says of a certificate is the same on every backend") {
  for (const char* name : {"good", "good_sha256", "delegated", "delegated_by_name"}) {
    CAPTURE(name);
    CHECK(verdict_on(name) == is_good);
    CHECK(verdict_on(name, {}) == is_good);  // nothing is looked up
  }
  for (const char* name : {"revoked", "delegated_revoked"}) {
    CAPTURE(name);
    CHECK(verdict_on(name) == is_revoked);
    CHECK(verdict_on(name, looks_soft) == is_revoked);
    CHECK(verdict_on(name, {}) == is_good);
  }
  for (const char* name :
       {"", "unknown", "stale", "early", "endless", "forged", "client", "other_issuer", "rsa", "try_later",
        "delegated_server", "delegated_expired", "delegated_by_root", "delegated_forged", "must_staple"}) {
    CAPTURE(name);
    CHECK(verdict_on(name) == is_unknown);
    CHECK(verdict_on(name, looks_soft) == is_good);
  }
  CHECK(verdict_on("stale", looks, mid_2020) == is_good);
  CHECK(verdict_on("delegated_expired", looks, mid_2020) == is_good);
  CHECK(verdict_on("early", looks, mid_2048) == is_good);
}

TEST_CASE("ocsp: responses and CRLs speak for a certificate together, and either revokes it") {
  const revocation_policy chain{revocation_mode::chain, false, false};
  CHECK(verdict_on("good", chain, 0, {"root.pem"}) == is_good);
  CHECK(verdict_on("good", chain) == problem_list{{errc::revocation_unknown, 1}});
  CHECK(verdict_on("stale", chain, 0, {"root.pem", "intermediate.pem"}) == is_good);
  CHECK(verdict_on("unknown", chain, 0, {"root.pem", "intermediate.pem"}) == is_good);
  CHECK(verdict_on("revoked", chain, 0, {"root.pem", "intermediate.pem"}) == is_revoked);
  CHECK(verdict_on("good", chain, 0, {"root.pem", "intermediate_lists_leaves.pem"}) == is_revoked);
  CHECK(verdict_on("stale", chain, 0, {"root.pem", "intermediate_lists_leaves.pem"}) == is_revoked);
}

TEST_CASE("ocsp: a server staples, and a client that asks goes by it") {
  if (lacks<default_backend>(capability::ocsp_stapling)) return;
  for (const char* name : {"good", "good_sha256", "delegated", "delegated_by_name"}) {
    CAPTURE(name);
    const identity id = with_response(server_identity(), name);
    for (const revocation_policy p : {revocation_policy{revocation_mode::automatic, false, true}, asks, asks_soft})
      CHECK(found_by_client(asking(p), id) == is_good);
    CHECK(found_by_client(asking(asks_chain), id) == problem_list{{errc::revocation_unknown, 1}});
    CHECK(found_by_client(asking({revocation_mode::automatic, false, true}, {"root.pem"}), id) == is_good);
  }
  for (const char* name : {"revoked", "delegated_revoked"}) {
    const identity id = with_response(server_identity(), name);
    for (const revocation_policy p : {asks, asks_soft}) CHECK(found_by_client(asking(p), id) == is_revoked);
  }
  for (const char* name : {"unknown", "stale", "early", "endless", "forged", "delegated_server", "delegated_expired",
                           "delegated_by_root", "delegated_forged"}) {
    CAPTURE(name);
    const identity id = with_response(server_identity(), name);
    CHECK(found_by_client(asking(), id) == is_unknown);
    CHECK(found_by_client(asking(asks_soft), id) == is_good);
    CHECK(found_by_client(asking(asks, {"intermediate.pem"}), id) == is_good);
    CHECK(found_by_client(asking(asks_soft, {"intermediate_lists_leaves.pem"}), id) == is_revoked);
  }
  CHECK(found_by_client(asking(), server_identity()) == is_unknown);
  CHECK(found_by_client(asking(asks_soft), server_identity()) == is_good);
}

TEST_CASE("ocsp: a client that does not ask gets no response, and does not miss it") {
  if (lacks<default_backend>(capability::ocsp_stapling)) return;
  const identity bad = with_response(server_identity(), "revoked");
  for (const tls_version v : versions()) connection(with_version(client_defaults(), v), server_defaults(bad)).connect();
  connection c(with_version(client_defaults(), tls_version::tls1_2), server_defaults(bad));
  c.connect();
  CHECK(c.server.tap.find(ocsp_der("revoked")) == std::string::npos);
  connection asked(with_version(asking(), tls_version::tls1_2), server_defaults(bad));
  asked.run();
  CHECK(asked.server.tap.find(ocsp_der("revoked")) != std::string::npos);
  CHECK(found_by_client(asking({revocation_mode::none, false, false}), must_staple_identity()) == is_good);
}

TEST_CASE("ocsp: a certificate that promises a staple comes with a good one, soft or not") {
  if (lacks<default_backend>(capability::ocsp_stapling)) return;
  const identity promising = must_staple_identity();
  for (const revocation_policy p : {asks, asks_soft}) {
    CHECK(found_by_client(asking(p), promising) == is_unknown);
    CHECK(found_by_client(asking(p), with_response(promising, "must_staple_stale")) == is_unknown);
    CHECK(found_by_client(asking(p), with_response(promising, "must_staple")) == is_good);
    CHECK(found_by_client(asking(p, {"intermediate.pem"}), promising) == is_unknown);
    CHECK(found_by_client(asking(p, {"intermediate.pem"}), with_response(promising, "must_staple")) == is_good);
  }
  CHECK(found_by_client(client_defaults(), promising) == is_good);
}

TEST_CASE("ocsp: what is wrong with the certificates leads, and the callback is asked once") {
  if (lacks<default_backend>(capability::ocsp_stapling)) return;
  int calls = 0;
  client_settings s = asking();
  s.on_verify = [&calls](const verify_context& seen) {
    ++calls;
    CHECK(seen.problems == problem_list{{errc::revoked, 0}, {errc::hostname_mismatch, 0}});
    CHECK(seen.chain.size() == 2);
    CHECK(seen.path.size() == 3);
    return true;
  };
  for (const tls_version v : versions()) {
    calls = 0;
    connection c(with_version(s, v), server_defaults(with_response(server_identity(), "revoked")), "other.test");
    c.run();
    CHECK(c.client.handshake_error == errc::revoked);
    CHECK(calls == 1);
  }
  CHECK(found_by_client(asking(), make_identity(pki::expired_chain, pki::expired_key)) ==
        problem_list{{errc::certificate_expired, 0}, {errc::revocation_unknown, 0}});
  CHECK(found_by_client(asking(), make_identity(pki::self_signed_chain, pki::self_signed_key)).front().what ==
        errc::self_signed);
  s.on_verify = {};
  s.insecure_override = [](const verify_context&) { return true; };
  for (const tls_version v : versions())
    connection(with_version(s, v), server_defaults(with_response(server_identity(), "revoked"))).connect();
}

TEST_CASE("ocsp: a staple comes byte by byte, and beside a client's certificate") {
  if (lacks<default_backend>(capability::ocsp_stapling)) return;
  for (const tls_version v : versions()) {
    connection c(with_version(asking(), v), server_defaults(with_response(server_identity(), "good")));
    c.run(1);
    CHECK(c.client.up());
    connection mutual(
        [v] {
          client_settings s = with_version(asking(), v);
          s.identities = {client_identity()};
          return s;
        }(),
        [] {
          server_settings s = mutual_defaults();
          s.identities = {with_response(rsa_identity(), "rsa")};
          return s;
        }());
    mutual.connect();
  }
}

TEST_CASE("ocsp: a response that was changed on its way says nothing, and one that is cut off is an end") {
  if (lacks<default_backend>(capability::ocsp_stapling)) return;
  const std::string sent = ocsp_der("good");
  const context client = make_client(with_version(asking(), tls_version::tls1_2)),
                server = make_server(server_defaults(with_response(server_identity(), "good")));
  for (std::size_t i = 0; i < sent.size(); i += 3) {
    CAPTURE(i);
    connection c(client, server);
    std::string flight = first_flight(c);
    const std::size_t at = flight.find(sent);
    REQUIRE(at != std::string::npos);
    const bool cuts = i % 2 == 1;
    if (cuts)
      flight.resize(at + i);
    else
      flight[at + i] = static_cast<char>(flight[at + i] ^ 1);
    REQUIRE(c.client.port.feed(as_bytes(flight)));
    c.client.port.ended = cuts;
    c.client.step();
    CHECK(c.client.handshake_error == (cuts ? errc::truncated : errc::revocation_unknown));
  }
}

TEST_CASE("ocsp: a library that stops before the staple hides nothing of what is wrong with the certificates") {
  if (lacks<default_backend>(capability::ocsp_stapling)) return;
  const auto with_forged_key_exchange = [](const identity& id) {
    int calls = 0;
    client_settings s = with_version(asking(), tls_version::tls1_2);
    s.on_verify = [&calls](const verify_context&) { return ++calls == 1; };
    connection c(s, server_defaults(id));
    std::string flight = first_flight(c);
    constexpr std::size_t done = 9;  // ServerHelloDone in its record; the signature of ServerKeyExchange ends before
    REQUIRE(flight.size() > done);
    flight[flight.size() - done - 1] = static_cast<char>(flight[flight.size() - done - 1] ^ 1);
    REQUIRE(c.client.port.feed(as_bytes(flight)));
    c.client.step();
    CHECK_FALSE(c.client.up());
    CHECK(calls == 1);
    return c.client.handshake_error;
  };
  CHECK(with_forged_key_exchange(make_identity(pki::expired_chain, pki::expired_key)) == errc::certificate_expired);
  CHECK(with_forged_key_exchange(with_response(server_identity(), "revoked")) == errc::revoked);
  CHECK_FALSE(is_verification(with_forged_key_exchange(with_response(server_identity(), "good"))));
}

TEST_CASE("ocsp: what cannot be done is refused when the context is made") {
  if (staples) {
    make_client(asking());
    CHECK(make_client(asking()).effective().revocation.mode == revocation_mode::leaf);
    CHECK(make_client(asking()).effective().revocation.staple);
    CHECK(make_client(asking({}, {"root.pem"})).effective().revocation.mode == revocation_mode::chain);
    make_server(server_defaults(with_response(server_identity(), "good")));
  } else {
    CHECK(refusal(asking()) == errc::unsupported);
    CHECK(refusal(server_defaults(with_response(server_identity(), "good"))) == errc::unsupported);
  }
  CHECK(refusal(asking({revocation_mode::none, false, true})) == errc::invalid_argument);
  client_settings blind = asking();
  blind.insecure_no_verification = true;
  CHECK(refusal(blind) == errc::invalid_argument);
  server_settings server = mutual_defaults();
  server.revocation.staple = true;
  CHECK(refusal(server) == errc::unsupported);
  client_settings presenting = client_defaults();
  presenting.identities = {with_response(client_identity(), "client")};
  CHECK(refusal(presenting) == errc::unsupported);
  for (const char* other : {"client", "other_issuer", "rsa"})
    CHECK(refusal(server_defaults(with_response(server_identity(), other))) ==
          (staples ? errc::invalid_argument : errc::unsupported));
}
