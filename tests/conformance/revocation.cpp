// SPDX-License-Identifier: BSL-1.0
#include <initializer_list>
#include <thread>

#include "client_verdict.hpp"
#include "support/corpus.hpp"

using namespace plugtls;
using namespace plugtls_test;

// Revocation is judged by plugtls itself: the same CRLs give the same verdicts on every backend, in handshakes of both
// roles and for chains without a connection.

namespace {

using files = std::initializer_list<const char*>;

trust_store trust_with(files crls, std::string_view anchors = pki::root) {
  error_info info;
  trust_store store = trust(anchors);
  for (const char* name : crls)
    REQUIRE(store.add_crl_file(PLUGTLS_TEST_DATA "/crl/" + std::string(name), info) == errc::success);
  return store;
}

problem_list client_says(files crls, revocation_policy policy = {}) {
  client_settings s = client_defaults();
  s.trust = trust_with(crls);
  s.revocation = policy;
  return found_by_client(s);
}

// What a server says of the test PKI's client.
problem_list server_says(server_settings s) {
  problem_list first;
  for (const tls_version v : versions()) {
    CAPTURE(name(v));
    client_settings presenter = with_version(client_defaults(), v);
    presenter.identities = {client_identity()};
    connection c(presenter, s);
    c.run();
    const error_info& e = c.server.engine.error();
    INFO(explain(e));
    CHECK(c.server.up() == e.problems.empty());
    CHECK(c.server.handshake_error == leading(e.problems));
    CHECK(make_server(s).verify_chain(client_identity().chain()).error.problems == e.problems);
    if (v == versions().front()) first = e.problems;
    CHECK(first == e.problems);
    if (!e.problems.empty()) CHECK(outcome(c.client) == errc::alert_received);
  }
  return first;
}
problem_list server_says(files crls, revocation_policy policy = {}) {
  server_settings s = mutual_defaults();
  s.trust = trust_with(crls);
  s.revocation = policy;
  return server_says(s);
}

const problem_list none, leaf_revoked{{errc::revoked, 0}}, leaf_unknown{{errc::revocation_unknown, 0}};
constexpr revocation_policy leaf_hard{revocation_mode::leaf, false}, chain_hard{revocation_mode::chain, false},
    chain_soft{revocation_mode::chain, true}, leaf_soft{revocation_mode::leaf, true};

}  // namespace

TEST_CASE("revocation: what no CRL lists connects, and CRLs that are given count by themselves") {
  CHECK(client_says({"intermediate.pem", "root.pem"}) == none);
  CHECK(server_says({"intermediate.pem", "root.pem"}) == none);
  CHECK(client_says(files{}) == none);
  const context c = make_client([] {
    client_settings s = client_defaults();
    s.trust = trust_with({"intermediate.pem", "root.pem"});
    return s;
  }());
  CHECK(c.effective().crls == 2);
  CHECK(c.effective().revocation.mode == revocation_mode::chain);
  CHECK_FALSE(c.effective().revocation.soft);
  CHECK(make_client().effective().revocation.mode == revocation_mode::none);
}

TEST_CASE("revocation: a revoked leaf is refused, by both roles, soft or hard") {
  for (const revocation_policy p : {revocation_policy{}, leaf_hard, chain_hard, leaf_soft, chain_soft}) {
    CAPTURE(name(p.mode), p.soft);
    CHECK(client_says({"root.pem", "intermediate_lists_leaves.pem"}, p) == leaf_revoked);
    CHECK(server_says({"root.pem", "intermediate_lists_leaves.pem"}, p) == leaf_revoked);
  }
  const revocation_policy off{revocation_mode::none, false};
  CHECK(client_says({"root.pem", "intermediate_lists_leaves.pem"}, off) == none);
  CHECK(server_says({"root.pem", "intermediate_lists_leaves.pem"}, off) == none);
}

TEST_CASE("revocation: a revoked intermediate is refused where the chain is looked up") {
  const problem_list above{{errc::revoked, 1}};
  CHECK(client_says({"root_lists_intermediate.pem", "intermediate.pem"}) == above);
  CHECK(server_says({"root_lists_intermediate.pem", "intermediate.pem"}) == above);
  CHECK(client_says({"root_lists_intermediate.pem"}, chain_soft) == above);
  CHECK(client_says({"root_lists_intermediate.pem", "intermediate.pem"}, leaf_hard) == none);
  CHECK(client_says({"root_lists_intermediate.pem"}) ==
        problem_list{{errc::revocation_unknown, 0}, {errc::revoked, 1}});
}

TEST_CASE("revocation: where no usable CRL speaks for a certificate, soft and hard differ") {
  CHECK(client_says({"root.pem"}) == leaf_unknown);
  CHECK(client_says({"intermediate.pem"}) == problem_list{{errc::revocation_unknown, 1}});
  CHECK(client_says({"intermediate.pem"}, leaf_hard) == none);
  CHECK(client_says(files{}, leaf_hard) == leaf_unknown);
  CHECK(server_says({"root.pem"}) == leaf_unknown);
  CHECK(server_says(files{}, chain_hard) == problem_list{{errc::revocation_unknown, 0}, {errc::revocation_unknown, 1}});
  for (const char* unusable : {"intermediate_stale.pem", "intermediate_early.pem", "intermediate_forged.pem",
                               "intermediate_cas.pem", "intermediate_indirect.pem", "intermediate_delta.pem",
                               "intermediate_critical.pem", "intermediate_by_new_key.pem"}) {
    CAPTURE(unusable);
    CHECK(client_says({unusable, "root.pem"}) == leaf_unknown);
    CHECK(client_says({unusable, "root.pem"}, chain_soft) == none);
    CHECK(client_says({unusable, "root.pem", "intermediate.pem"}) == none);
    CHECK(server_says({unusable, "root.pem"}) == leaf_unknown);
  }
  CHECK(client_says({"intermediate_users.pem", "root.pem"}) == none);
  CHECK(client_says({"intermediate.pem", "intermediate_lists_leaves.pem", "root.pem"}) == leaf_revoked);
}

TEST_CASE("revocation: CRLs age by the settings' clock") {
  const auto at = [](unix_time now, files crls) {
    client_settings s = client_defaults();
    s.trust = trust_with(crls);
    s.clock = [now] { return now; };
    return found_by_client(s);
  };
  constexpr unix_time mid_2020 = 1593561600, mid_2048 = 2477044800;
  CHECK(at(mid_2020, {"intermediate_stale.pem", "root.pem"}) == leaf_revoked);
  CHECK(at(mid_2048, {"intermediate_stale.pem", "root.pem"}) == leaf_unknown);
  CHECK(at(mid_2020, {"intermediate_early.pem", "root.pem"}) == leaf_unknown);
  CHECK(at(mid_2048, {"intermediate_early.pem", "root.pem"}) == none);
}

TEST_CASE("revocation: who signs a CRL needs cRLSign, and may be another key that its authority certified") {
  client_settings s = client_defaults();
  s.trust = trust_with({"intermediate.pem", "root.pem"});
  const std::string leaf(pki::server), intermediate(pki::intermediate),
      without = read_data("crl/ca_without_crl_sign.pem"), renewed = read_data("crl/ca_with_new_key.pem");
  const auto presenting = [&](const std::string& chain) {
    return found_by_client(s, make_identity(chain, pki::server_key));
  };
  CHECK(presenting(leaf + without) == leaf_unknown);
  CHECK(presenting(leaf + without + intermediate) == none);
  CHECK(presenting(leaf + intermediate + without) == none);
  s.trust = trust_with({"intermediate_by_new_key.pem", "root.pem"});
  CHECK(presenting(leaf + intermediate) == leaf_unknown);
  CHECK(presenting(leaf + intermediate + renewed) == none);
  s.trust = trust_with({"intermediate_by_new_key.pem", "root.pem"}, std::string(pki::root) + renewed);
  CHECK(presenting(leaf + intermediate) == none);
}

TEST_CASE("revocation: the leading reason, and the callbacks' say") {
  client_settings s = client_defaults();
  s.trust = trust_with({"root.pem", "intermediate_lists_leaves.pem"});
  connection c(s, server_defaults(), "other.test");
  c.run();
  CHECK(c.client.handshake_error == errc::revoked);
  CHECK(c.client.engine.error().problems == problem_list{{errc::revoked, 0}, {errc::hostname_mismatch, 0}});
  problem_list seen;
  s.insecure_override = [&seen](const verify_context& v) {
    seen = v.problems;
    return true;
  };
  connection(s).connect();
  CHECK(seen == leaf_revoked);
  s.insecure_override = {};
  s.trust = trust_with({"root.pem"});
  connection unknown(s, server_defaults(), "other.test");
  unknown.run();
  CHECK(unknown.client.engine.error().problems ==
        problem_list{{errc::revocation_unknown, 0}, {errc::hostname_mismatch, 0}});
  CHECK(unknown.client.handshake_error == errc::hostname_mismatch);
  s.trust = trust_with({"root.pem", "intermediate_lists_leaves.pem"});
  s.insecure_no_verification = true;
  connection(s).connect();
}

TEST_CASE("revocation: an anchor is never looked up") {
  client_settings s = client_defaults();
  s.revocation = chain_hard;
  s.trust = trust_with({"root_lists_intermediate.pem", "intermediate.pem"}, pki::intermediate);
  CHECK(found_by_client(s) == none);
  s.trust = trust(pki::self_signed);
  s.revocation = chain_hard;
  CHECK(found_by_client(s, make_identity(pki::self_signed_chain, pki::self_signed_key)) == none);
}

TEST_CASE("revocation: threads share a context's CRLs") {
  client_settings s = client_defaults();
  s.trust = trust_with({"intermediate_lists_leaves.pem", "root.pem"});
  const context c = make_client(s);
  const std::vector<certificate> revoked = server_identity().chain(), good = rsa_identity().chain();
  std::vector<int> right(4);
  std::vector<std::thread> threads;
  for (int& count : right)
    threads.emplace_back([&] {
      for (int i = 0; i < 25; ++i)
        count += c.verify_chain(good).ok() && c.verify_chain(revoked).error.code == errc::revoked;
    });
  for (std::thread& t : threads) t.join();
  CHECK(right == std::vector<int>(4, 25));
}
