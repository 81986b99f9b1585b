// SPDX-License-Identifier: BSL-1.0
#include <thread>

#include "conformance.hpp"

using namespace plugtls;
using namespace plugtls_test;

namespace all_problems_test {

// A chain with much wrong at several depths, in most of which a library would stop at the first.

namespace {

const identity broken = make_identity(pki::broken_chain, pki::broken_key);

// What the policy finds comes by depth, then what concerns the whole path, then the name.
const problem_list of_broken{
    {errc::certificate_expired, 0}, {errc::certificate_not_yet_valid, 1}, {errc::not_a_ca, 1},
    {errc::pin_mismatch, 0},        {errc::hostname_mismatch, 0},
};

struct seen {
  int calls = 0;
  problem_list problems;
  std::vector<std::string> reasons;
  std::size_t path = 0;
};

verify_callback recorder(seen& out) {
  return [&out](const verify_context& v) {
    ++out.calls;
    out.problems = v.problems;
    out.path = v.path.size();
    out.reasons.clear();
    for (const problem& p : v.problems) out.reasons.push_back(explain(p, v));
    return true;
  };
}

}  // namespace

TEST_CASE("rule 4: the callback gets every problem of every certificate at once, and so does the error") {
  for (const tls_version v : versions()) {
    seen s;
    client_settings c = with_version(client_defaults(), v);
    c.pins = {std::string(64, '0')};
    c.on_verify = recorder(s);
    connection k(c, server_defaults(broken));
    k.run();
    CHECK(s.calls == 1);
    CHECK(s.path == 3);
    CHECK(s.problems == of_broken);
    const error_info& info = k.client.engine.error();
    CHECK(info.code == errc::not_a_ca);
    CHECK(info.problems == of_broken);
    CHECK(info.reasons == s.reasons);
    CHECK(info.detail ==
          "the certificate at depth 1 issued the one below and is not a CA (basicConstraints does not "
          "say so): CN=plugtls broken authority,O=plugtls test,C=GB");
    const chain_verdict alone = make_client(c).verify_chain(broken.chain(), {server_name, {}});
    CHECK(alone.error.problems == of_broken);
    CHECK(alone.error.reasons == info.reasons);
    CHECK(alone.path.size() == 3);
  }
}

TEST_CASE("rule 4: what a library would not even read or present is listed with the rest") {
  seen s;
  client_settings c = client_defaults();
  c.pins = {std::string(64, '0')};
  c.on_verify = recorder(s);
  const chain_verdict v =
      make_client(c).verify_chain(make_identity(pki::worse_chain, pki::worse_key).chain(), {server_name, {}});
  CHECK(s.calls == 1);
  CHECK(s.path == 3);
  CHECK(s.problems == problem_list{{errc::certificate_expired, 0},
                                   {errc::unsupported_critical_extension, 0},
                                   {errc::invalid_purpose, 0},
                                   {errc::certificate_not_yet_valid, 1},
                                   {errc::weak_algorithm, 1},
                                   {errc::not_a_ca, 1},
                                   {errc::pin_mismatch, 0},
                                   {errc::hostname_mismatch, 0}});
  CHECK(v.error.problems == s.problems);
  CHECK(v.error.reasons == s.reasons);
}

TEST_CASE("rule 4: a server's callback gets every problem of a client's chain") {
  for (const tls_version v : versions()) {
    seen s;
    client_settings c = with_version(client_defaults(), v);
    c.identities = {broken};
    server_settings server = mutual_defaults();
    server.on_verify = recorder(s);
    connection k(c, server);
    k.run();
    problem_list expected = of_broken;
    expected.resize(3);
    CHECK(s.problems == expected);
    CHECK(k.server.engine.error().problems == expected);
  }
}

TEST_CASE("rule 4: without an anchor, the problems of the path as far as it goes come with the missing issuer") {
  for (const tls_version v : versions()) {
    seen s;
    client_settings c = with_version(client_defaults(), v);
    c.trust = trust(pki::other_root);
    c.on_verify = recorder(s);
    connection k(c, server_defaults(broken));
    k.run();
    problem_list expected = of_broken;
    expected[3] = {errc::unknown_issuer, 1};
    CHECK(s.problems == expected);
    CHECK(k.client.handshake_error == errc::unknown_issuer);
  }
}

TEST_CASE("rule 4: who sees all problems may accept them, under the insecure name") {
  for (const tls_version v : versions()) {
    seen s;
    client_settings c = with_version(client_defaults(), v);
    c.insecure_override = recorder(s);
    connection k(c, server_defaults(broken));
    k.connect();
    CHECK(s.problems.size() == 4);
  }
}

TEST_CASE("rule 4: callbacks are a context's own, whatever thread made it and whatever other contexts are there") {
  client_settings refusing = client_defaults(), accepting = client_defaults();
  int refused = 0, accepted = 0;
  refusing.on_verify = [&](const verify_context&) { return ++refused < 0; };
  accepting.on_verify = [&](const verify_context&) { return ++accepted > 0; };
  context a, b;
  std::thread([&] { a = make_client(refusing); }).join();
  b = make_client(accepting);
  errc of_a = errc::success, of_b = errc::success;
  std::thread([&] { of_a = connection(a, make_server()).run().client.handshake_error; }).join();
  std::thread([&] { of_b = connection(b, make_server()).run().client.handshake_error; }).join();
  CHECK(of_a == errc::rejected_by_callback);
  CHECK(of_b == errc::success);
  CHECK(refused == 1);
  CHECK(accepted == 1);
}

TEST_CASE("rule 4: a server's callback does not let in what its trust refuses") {
  for (const tls_version v : versions()) {
    client_settings c = with_version(client_defaults(), v);
    c.identities = {make_identity(pki::foreign_client_chain, pki::foreign_client_key)};
    for (const verify_mode mode : {verify_mode::optional, verify_mode::required}) {
      seen s;
      server_settings server = mutual_defaults(mode);
      server.on_verify = recorder(s);
      connection k(make_client(c), make_server(server));
      std::thread([&] { k.run(); }).join();
      CHECK(s.calls == 1);
      CHECK(k.server.handshake_error == errc::unknown_issuer);
      CHECK_FALSE(k.server.up());
    }
  }
}

}  // namespace all_problems_test
