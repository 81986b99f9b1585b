// SPDX-License-Identifier: BSL-1.0
#include "conformance.hpp"

using namespace plugtls;
using namespace plugtls_test;

namespace pins_test {

namespace {

key_pin pin_of(std::string_view pem) {
  errc e = errc::success;
  return key_pin(*certificate::from_pem(pem, e));
}

const key_pin stranger(std::string(64, '0'));

client_settings pinning(std::vector<key_pin> pins, tls_version v) {
  client_settings s = with_version(client_defaults(), v);
  s.pins = std::move(pins);
  return s;
}

// What a client says, in a handshake and about the chain alone: they must say the same.
error_info verdict(const client_settings& s, const identity& id = server_identity(), const char* peer = server_name) {
  connection c(s, server_defaults(id), peer);
  c.run();
  const error_info& info = c.client.engine.error();
  CHECK(c.client.up() == (info.code == errc::success));
  if (c.client.handshake_error != errc::success) CHECK(outcome(c.server) == errc::alert_received);
  const chain_verdict alone = make_client(s).verify_chain(id.chain(), {peer, {}});
  CHECK(alone.error.code == info.code);
  if (!alone.ok()) CHECK(explain_reason(alone.error) == explain_reason(info));
  return info;
}

}  // namespace

TEST_CASE("pins: the key of the leaf, of an intermediate or of the anchor will do, one of several is enough") {
  for (const tls_version v : versions()) {
    for (const std::string_view pem : {pki::server, pki::intermediate, pki::root}) {
      CHECK(verdict(pinning({pin_of(pem)}, v)).code == errc::success);
      CHECK(verdict(pinning({stranger, pin_of(pem), stranger}, v)).code == errc::success);
    }
    CHECK(verdict(pinning({}, v)).code == errc::success);
  }
}

TEST_CASE("pins: no pinned key in the path is pin_mismatch, and the reason shows the key") {
  for (const tls_version v : versions()) {
    // A key that is presented and not in the path does not help.
    const std::string strangers = std::string(pki::server_chain) + std::string(pki::other_root);
    for (const identity& id : {server_identity(), make_identity(strangers, pki::server_key)}) {
      const error_info info = verdict(pinning({stranger, pin_of(pki::other_root)}, v), id);
      CHECK(info.code == errc::pin_mismatch);
      CHECK(info.problems == problem_list{{errc::pin_mismatch, 0}});
      CHECK(info.detail.find(pin_of(pki::server).text()) != std::string::npos);
    }
  }
}

TEST_CASE("pins: they only tighten, and other problems lead or follow in the fixed order") {
  for (const tls_version v : versions()) {
    const identity foreign = make_identity(pki::foreign_chain, pki::foreign_key);
    CHECK(verdict(pinning({pin_of(pki::foreign)}, v), foreign).problems == problem_list{{errc::unknown_issuer, 0}});
    CHECK(verdict(pinning({stranger}, v), foreign).problems ==
          problem_list{{errc::pin_mismatch, 0}, {errc::unknown_issuer, 0}});
    const error_info wrong_name = verdict(pinning({stranger}, v), server_identity(), "other.test");
    CHECK(wrong_name.code == errc::hostname_mismatch);
    CHECK(wrong_name.problems == problem_list{{errc::pin_mismatch, 0}, {errc::hostname_mismatch, 0}});
    CHECK(verdict(pinning({pin_of(pki::expired)}, v), make_identity(pki::expired_chain, pki::expired_key)).code ==
          errc::certificate_expired);
  }
}

TEST_CASE("pins: a callback cannot accept a mismatch, the insecure one sees it and can") {
  for (const tls_version v : versions()) {
    client_settings s = pinning({stranger}, v);
    problem_list seen;
    s.on_verify = [&seen](const verify_context& c) {
      seen = c.problems;
      return true;
    };
    CHECK(verdict(s).code == errc::pin_mismatch);
    CHECK(seen == problem_list{{errc::pin_mismatch, 0}});
    s.on_verify = {};
    s.insecure_override = [](const verify_context&) { return true; };
    CHECK(verdict(s).code == errc::success);
    // Whoever overrides an untrusted chain sees whether the pin holds.
    s.pins = {pin_of(pki::self_signed)};
    s.insecure_override = [](const verify_context& c) { return c.problems == problem_list{{errc::self_signed, 0}}; };
    CHECK(verdict(s, make_identity(pki::self_signed_chain, pki::self_signed_key)).code == errc::success);
    CHECK(verdict(s, make_identity(pki::foreign_chain, pki::foreign_key)).code != errc::success);
  }
}

TEST_CASE("pins: of several good paths one with a pinned key is taken") {
  const std::string both = std::string(pki::server) + std::string(pki::cross_valid) + std::string(pki::intermediate);
  for (const tls_version v : versions()) {
    for (const std::string_view root : {pki::root, pki::other_root}) {
      client_settings s = pinning({pin_of(root)}, v);
      s.trust = trust(std::string(pki::root) + std::string(pki::other_root));
      CHECK(verdict(s, make_identity(both, pki::server_key)).code == errc::success);
    }
  }
}

TEST_CASE("pins: a server pins its clients' keys") {
  for (const tls_version v : versions()) {
    client_settings c = with_version(client_defaults(), v);
    c.identities = {client_identity()};
    for (const bool is_right : {true, false}) {
      server_settings s = mutual_defaults();
      s.pins = {is_right ? pin_of(pki::client) : stranger};
      connection k(c, s);
      k.run();
      CHECK(k.server.handshake_error == (is_right ? errc::success : errc::pin_mismatch));
      CHECK(make_server(s).verify_chain(client_identity().chain()).ok() == is_right);
    }
  }
}

TEST_CASE("pins: a text that is none, and pins where nothing is verified, are refused by name") {
  client_settings s = client_defaults();
  s.pins = {"sha256//no"};
  CHECK(refusal(s) == errc::invalid_argument);
  s.pins = {stranger};
  s.insecure_no_verification = true;
  CHECK(refusal(s) == errc::invalid_argument);
  server_settings server = server_defaults();
  server.pins = {stranger};
  CHECK(refusal(server) == errc::invalid_argument);
}

}  // namespace pins_test
