// SPDX-License-Identifier: BSL-1.0
#include "conformance.hpp"
#include "support/failures.hpp"

using namespace plugtls;
using namespace plugtls_test;

namespace {

// A certificate whose signature does not fit: its last byte is another.
identity with_bad_signature() {
  identity id = server_identity();
  std::vector<certificate> chain = id.chain();
  byte_vector der(chain[0].der().begin(), chain[0].der().end());
  der.back() ^= std::byte{1};
  errc e = errc::success;
  chain[0] = *certificate::from_der(std::move(der), e);
  return identity(std::move(chain), id.key());
}

void check(connection& c, const problem_list& problems, tls_version v) {
  const errc expected = leading(problems);
  c.run();
  const error_info& mine = c.client.engine.error();
  const error_info& theirs = c.server.engine.error();
  INFO(explain(mine));
  INFO(explain(theirs));
  CHECK(c.client.handshake_error == expected);
  CHECK(mine.code == expected);
  CHECK(mine.problems == problems);
  CHECK(explain(mine).find(name(expected)) == 0);
  CHECK_FALSE(c.client.up());
  CHECK(c.client.engine.peer_chain().size() >= 1);  // to look at what was refused

  CHECK(outcome(c.server) == errc::alert_received);
  CHECK(c.server.incoming.empty());
  // The alert travels in plaintext in TLS 1.2, so that both ends know its number.
  const bool is_plain = v == tls_version::tls1_2;
  if (is_plain) CHECK(mine.alert_sent.has_value());
  if (is_plain || has<default_backend, capability::encrypted_alert_number>) CHECK(theirs.alert_received.has_value());
  for (const auto& a : {mine.alert_sent, theirs.alert_received}) {
    if (!a) continue;
    CHECK(is_certificate_alert(*a));
    if (has<default_backend, capability::exact_certificate_alert>) CHECK(*a == alert_for(expected));
  }
}

}  // namespace

TEST_CASE("rule 5: what is wrong with a server's certificate has one name, one list, one class of alert") {
  for (const tls_version v : versions()) {
    for (const failure& f : failures) {
      CAPTURE(name(v), f.what);
      connection c(with_version(client_defaults(), v), server_defaults(make_identity(f.chain, f.key)), f.peer);
      check(c, f.problems, v);
    }
  }
}

TEST_CASE("rule 5: a signature that does not fit is bad_signature") {
  for (const tls_version v : versions()) {
    connection c(with_version(client_defaults(), v), server_defaults(with_bad_signature()));
    check(c, {{errc::bad_signature, 0}}, v);
  }
}

// The name of the leaf's curve is changed on its way, to what is no object identifier: it does not end. mbedTLS and
// OpenSSL cannot parse such a certificate at all.
TEST_CASE("rule 5: a leaf that a library cannot parse is judged by the policy all the same") {
  const std::string curve = "\x2a\x86\x48\xce\x3d\x03\x01\x07";
  for (const bool says_yes : {false, true}) {
    CAPTURE(says_yes);
    int calls = 0;
    client_settings s = with_version(client_defaults(), tls_version::tls1_2);
    s.on_verify = [&](const verify_context&) {
      ++calls;
      return says_yes;
    };
    connection c(s);
    c.client.step();
    carry(c.client, c.server);
    c.server.step();
    std::string flight(as_text(c.server.port.output()));
    c.server.port.consume_output(flight.size());
    const std::size_t at = flight.find(curve);
    REQUIRE(at != std::string::npos);
    flight[at + curve.size() - 1] = '\x87';
    REQUIRE(c.client.port.feed(as_bytes(flight)));
    c.client.step();
    CHECK(calls == 1);
    CHECK_FALSE(c.client.up());
    problem_list expected{{errc::weak_algorithm, 0}, {errc::bad_signature, 0}};
    if (!says_yes) expected.push_back({errc::rejected_by_callback, 0});
    CHECK(c.client.engine.error().problems == expected);
    if (!says_yes) CHECK(c.client.handshake_error == errc::bad_signature);
    CHECK(c.client.handshake_error != errc::success);
  }
}

TEST_CASE("rule 5: nothing is trusted without trust") {
  for (const tls_version v : versions()) {
    client_settings s = with_version(client_defaults(), v);
    s.trust = trust_store::none();
    connection c(s);
    check(c, {{errc::unknown_issuer, 1}}, v);
  }
}

TEST_CASE("rule 5: dates follow the settable clock, everywhere") {
  for (const tls_version v : versions()) {
    const auto at = [&](unix_time now, std::string_view chain, std::string_view key) {
      client_settings s = with_version(client_defaults(), v);
      s.clock = [now] { return now; };
      connection c(s, server_defaults(make_identity(chain, key)));
      c.run();
      return std::pair(c.client.handshake_error, c.client.engine.error().problems);
    };
    constexpr unix_time mid_2020 = 1593561600, year_2019 = 1546300800, year_2048 = 2466936000, year_2060 = 2840140800;
    CHECK(at(mid_2020, pki::expired_chain, pki::expired_key).first == errc::success);
    CHECK(at(mid_2020, pki::server_chain, pki::server_key).first == errc::success);
    CHECK(at(year_2048, pki::not_yet_valid_chain, pki::not_yet_valid_key).first == errc::success);
    CHECK(at(year_2019, pki::server_chain, pki::server_key) ==
          std::pair(errc::certificate_not_yet_valid, problem_list{{errc::certificate_not_yet_valid, 0},
                                                                  {errc::certificate_not_yet_valid, 1},
                                                                  {errc::certificate_not_yet_valid, 2}}));
    CHECK(at(year_2060, pki::server_chain, pki::server_key) ==
          std::pair(errc::certificate_expired, problem_list{{errc::certificate_expired, 0},
                                                            {errc::certificate_expired, 1},
                                                            {errc::certificate_expired, 2}}));
  }
}

TEST_CASE("rule 5: a clock that throws refuses the peer, and the exception is kept") {
  for (const tls_version v : versions()) {
    CAPTURE(name(v));
    client_settings s = with_version(client_defaults(), v);
    auto is_broken = std::make_shared<bool>(false);
    s.clock = [is_broken] {
      if (*is_broken) detail::raise(std::runtime_error("no clock"));
      return system_now();
    };
    connection c(s);
    *is_broken = true;
    c.run();
    CHECK(c.client.handshake_error == errc::rejected_by_callback);
    CHECK_FALSE(c.server.up());
    auto* thrown = c.client.engine.callback_exception();
    REQUIRE(thrown != nullptr);
    CHECK(*thrown);
  }
}

TEST_CASE("rule 5: without verification everything connects, and the chain can be looked at") {
  for (const tls_version v : versions()) {
    for (const failure& f : failures) {
      CAPTURE(name(v), f.what);
      client_settings s = with_version(client_defaults(), v);
      s.insecure_no_verification = true;
      connection c(s, server_defaults(make_identity(f.chain, f.key)), f.peer);
      c.connect();
      CHECK(c.client.engine.peer_chain() == make_identity(f.chain, f.key).chain());
    }
  }
}
