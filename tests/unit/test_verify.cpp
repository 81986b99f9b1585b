// SPDX-License-Identifier: BSL-1.0
#include <stdexcept>

#include "engine_pair.hpp"
#include "support/catch.hpp"

using namespace plugtls;
using namespace plugtls_test;

namespace {

struct outcome {
  errc error;
  problem_list problems;
};

outcome run(const client_settings& c, std::string_view chain = pki::server_chain, peer_options peer = server_name) {
  error_info info;
  // The key is the server's whatever the chain is: what is tested here is the client.
  pair_of<> p(c, server_defaults(), std::move(peer));
  const identity other = make_identity(chain, pki::server_key);
  p.client.step();
  carry(p.client, p.server);
  p.server.step();
  if (chain == pki::server_chain) {
    carry(p.server, p.client);
    p.client.step();
    return {p.client.handshake_error, p.client.engine.error().problems};
  }
  // Another chain in the place of the server's: hello, then what a server of TLS 1.2 sends.
  null::hello h{{tls_version::tls1_2}, {cipher_suite::ecdhe_ecdsa_with_aes_128_gcm_sha256}, {}, {}, {}};
  null::writer list;
  for (const certificate& cert : other.chain()) list.u24(cert.der().size()).raw(cert.der());
  for (const byte_vector& message :
       {null::encode_server_hello(h), null::handshake_message(null::certificate_list, list),
        null::handshake_message(null::server_key_exchange), null::handshake_message(null::server_hello_done)})
    CHECK(p.client.port.feed(null::plain_record(22, message)));
  p.client.step();
  return {p.client.handshake_error, p.client.engine.error().problems};
}

}  // namespace

TEST_CASE("the leading problem is the error, the others are listed") {
  CHECK(run(client_defaults()).error == errc::success);
  const outcome expired = run(client_defaults(), pki::expired_chain, "other.test");
  CHECK(expired.error == errc::certificate_expired);
  CHECK(expired.problems == problem_list{{errc::certificate_expired, 0}, {errc::hostname_mismatch, 0}});
  CHECK(run(client_defaults(), pki::foreign_chain).error == errc::unknown_issuer);
  CHECK(run(client_defaults(), pki::self_signed_chain).error == errc::self_signed);
  CHECK(run(client_defaults(), pki::client_chain).problems ==
        problem_list{{errc::invalid_purpose, 0}, {errc::hostname_mismatch, 0}});
}

TEST_CASE("what only the library finds is believed, and what it cannot say has a name") {
  const null_scripted script;
  script->trusted = false;
  CHECK(run(client_defaults()).error == errc::bad_certificate);
  script->problems = {{errc::revoked, 1}};
  CHECK(run(client_defaults()).problems == problem_list{{errc::revoked, 1}});
  // Where the neutral policy has a reason, the library's words add nothing.
  CHECK(run(client_defaults(), pki::foreign_chain).problems == problem_list{{errc::unknown_issuer, 0}});
  // A date is none of the library's reasons: there must be another.
  CHECK(run(client_defaults(), pki::expired_chain).error == errc::revoked);
}

TEST_CASE("a library that accepts does not help a chain without an anchor, or with a wrong signature") {
  const null_scripted script;
  script->signature = errc::bad_signature;
  CHECK(run(client_defaults()).error == errc::bad_signature);
  script->signature = errc::success;
  script->tells_path = true;  // the chain as presented, which ends in no anchor
  client_settings none = client_defaults();
  none.trust = trust_store::none();
  CHECK(run(none).error == errc::unknown_issuer);
}

TEST_CASE("the callback is asked once, even by an adapter that asks twice") {
  const null_scripted script;
  script->asks_twice = true;
  int calls = 0;
  client_settings c = client_defaults();
  c.on_verify = [&calls](const verify_context&) { return ++calls > 0; };
  CHECK(run(c).error == errc::success);
  CHECK(calls == 1);
}

TEST_CASE("chains that are too long or do not parse are refused before the callback") {
  int calls = 0;
  client_settings c = client_defaults();
  c.on_verify = [&calls](const verify_context&) { return ++calls > 0; };
  c.limit.max_chain_length = 1;
  CHECK(run(c).error == errc::handshake_too_large);
  c.limit.max_chain_length = 9;

  pair_of<> p(c);
  p.client.step();
  null::hello h{{tls_version::tls1_2}, {cipher_suite::ecdhe_ecdsa_with_aes_128_gcm_sha256}, {}, {}, {}};
  null::writer list;
  list.u24(4).raw(as_bytes("\x30\x02\x05x"));
  for (const byte_vector& message :
       {null::encode_server_hello(h), null::handshake_message(null::certificate_list, list),
        null::handshake_message(null::server_key_exchange), null::handshake_message(null::server_hello_done)})
    CHECK(p.client.port.feed(null::plain_record(22, message)));
  p.client.step();
  CHECK(p.client.handshake_error == errc::malformed_certificate);
  CHECK(calls == 0);
}

TEST_CASE("only the insecure callback turns a refusal into an acceptance") {
  client_settings c = client_defaults();
  c.on_verify = [](const verify_context&) { return true; };
  CHECK(run(c, pki::expired_chain).error == errc::certificate_expired);
  problem_list seen;
  c.insecure_override = [&seen](const verify_context& v) {
    seen = v.problems;
    return true;
  };
  CHECK(run(c, pki::expired_chain, "other.test").error == errc::success);
  CHECK(seen.size() == 2);
  c.insecure_override = [](const verify_context&) { return false; };
  const outcome refused = run(c);
  CHECK(refused.error == errc::rejected_by_callback);
  CHECK(refused.problems == problem_list{{errc::rejected_by_callback, 0}});
}

TEST_CASE("a clock that throws refuses the peer as a callback does") {
  client_settings c = client_defaults();
  c.clock = []() -> unix_time { throw std::runtime_error("no clock"); };
  CHECK(run(c).error == errc::rejected_by_callback);
}

TEST_CASE("a server asks as its mode says") {
  for (const verify_mode mode : {verify_mode::none, verify_mode::optional, verify_mode::required}) {
    for (const bool has_one : {false, true}) {
      client_settings c = client_defaults();
      if (has_one) c.identities = {client_identity()};
      pair_of<> p(c, mutual_defaults(mode));
      REQUIRE(pump(p.client, p.server));
      const bool refused = mode == verify_mode::required && !has_one;
      CHECK(p.server.handshake_error == (refused ? errc::certificate_required : errc::success));
      CHECK(p.server.engine.verified_path().size() == (mode != verify_mode::none && has_one ? 3 : 0));
    }
  }
}
