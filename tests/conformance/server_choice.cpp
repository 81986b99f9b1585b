// SPDX-License-Identifier: BSL-1.0
#include "conformance.hpp"
#include "other_server.hpp"

using namespace plugtls;
using namespace plugtls_test;

namespace choosing {

server_settings three_names(unknown_name_policy unknown = unknown_name_policy::use_default) {
  server_settings s = server_defaults();
  s.names = {{"*.wild.plugtls.test", {rsa_identity()}}, {"Other.plugtls.TEST.", {other_identity()}}};
  s.unknown_name = unknown;
  return s;
}

client_settings verifying(tls_version v) { return with_version(client_defaults(), v); }

certificate presented(connection& c) {
  c.connect();
  return c.client.engine.peer_chain().front();
}
certificate presented(const client_settings& client, const server_settings& server, const std::string& name) {
  connection c(client, server, asking(name));
  const certificate leaf = presented(c);
  CHECK(c.server.engine.server_name() == name);
  return leaf;
}
void is_refused(const client_settings& client, const server_settings& server, const std::string& name) {
  connection c(client, server, asking(name));
  c.run();
  CHECK(c.server.handshake_error == errc::unrecognized_name);
  CHECK(c.server.engine.error().alert_sent == alert::unrecognized_name);
  CHECK_FALSE(c.server.engine.error().detail.empty());
  CHECK(c.server.engine.server_name() == name);
  CHECK(c.client.handshake_error == errc::unrecognized_name);
  CHECK(c.client.engine.error().alert_received == alert::unrecognized_name);
}

struct refused_settings {
  const char* what;
  std::vector<served_name> names;
};

TEST_CASE("server names: a client is presented what is meant for the name that it asks for") {
  for (const tls_version v : versions()) {
    CAPTURE(name(v));
    const server_settings s = three_names();
    CHECK(presented(curious(v), s, "other.plugtls.test") == leaf_of(other_identity()));
    CHECK(presented(curious(v), s, "a.wild.plugtls.test") == leaf_of(rsa_identity()));
    CHECK(presented(curious(v), s, "b.wild.plugtls.test") == leaf_of(rsa_identity()));
    CHECK(presented(curious(v), s, "plugtls.test") == leaf_of(server_identity()));
    CHECK(presented(curious(v), s, "a.b.wild.plugtls.test") == leaf_of(server_identity()));
    CHECK(presented(curious(v), s, "wild.plugtls.test") == leaf_of(server_identity()));
    CHECK(presented(curious(v), s, "other.plugtls") == leaf_of(server_identity()));
    CHECK(presented(curious(v), s, "") == leaf_of(server_identity()));
    connection verified(verifying(v), s, "other.plugtls.test");
    CHECK(presented(verified) == leaf_of(other_identity()));
  }
}

TEST_CASE("server names: an exact name goes before a pattern") {
  for (const tls_version v : versions()) {
    server_settings s = server_defaults(other_identity());
    s.names = {{"*.wild.plugtls.test", {rsa_identity()}}, {"x.wild.plugtls.test", {server_identity()}}};
    CHECK(presented(curious(v), s, "x.wild.plugtls.test") == leaf_of(server_identity()));
    CHECK(presented(curious(v), s, "y.wild.plugtls.test") == leaf_of(rsa_identity()));
  }
}

TEST_CASE("server names: unknown ones are refused where that is asked for, on both ends by name") {
  for (const tls_version v : versions()) {
    CAPTURE(name(v));
    server_settings s = three_names(unknown_name_policy::refuse);
    for (const char* unknown : {"plugtls.test", "", "a.b.wild.plugtls.test", "wild.plugtls.test"}) {
      CAPTURE(unknown);
      is_refused(curious(v), s, unknown);
    }
    s.identities.clear();  // nobody would be presented them
    is_refused(curious(v), s, "plugtls.test");
    CHECK(presented(curious(v), s, "other.plugtls.test") == leaf_of(other_identity()));
  }
}

TEST_CASE("server names: the first identity that the client can verify is presented") {
  server_settings s = server_defaults();
  s.identities = {server_identity(), rsa_identity()};
  server_settings swapped = s;
  std::swap(swapped.identities[0], swapped.identities[1]);
  for (const tls_version v : versions()) {
    CAPTURE(name(v));
    CHECK(presented(curious(v), s, "plugtls.test") == leaf_of(server_identity()));
    CHECK(presented(curious(v), swapped, "plugtls.test") == leaf_of(rsa_identity()));
  }
  for (const server_settings& either : {s, swapped}) {
    client_settings only = curious(tls_version::tls1_2);
    only.cipher_suites = {cipher_suite::ecdhe_rsa_with_aes_128_gcm_sha256};
    CHECK(presented(only, either, "plugtls.test") == leaf_of(rsa_identity()));
    only.cipher_suites = {cipher_suite::ecdhe_ecdsa_with_aes_128_gcm_sha256};
    CHECK(presented(only, either, "plugtls.test") == leaf_of(server_identity()));
    only.cipher_suites = {};
    only.groups = {named_group::secp384r1};  // the certificate's curve is not among them
    CHECK(presented(only, either, "plugtls.test") == leaf_of(rsa_identity()));
  }
  s.names = {{"*.wild.plugtls.test", swapped.identities}};
  for (const tls_version v : versions()) {
    CHECK(presented(curious(v), s, "plugtls.test") == leaf_of(server_identity()));
    CHECK(presented(curious(v), s, "a.wild.plugtls.test") == leaf_of(rsa_identity()));
  }
}

TEST_CASE("server names: Ed25519 may be one of the identities") {
  const identity ed = make_identity(pki::server_ed25519_chain, pki::server_ed25519_key);
  server_settings s = server_defaults();
  s.identities = {ed, rsa_identity()};
  if (!has<default_backend, capability::ed25519>) {
    CHECK(refusal(s) == errc::unsupported);
    return;
  }
  for (const tls_version v : versions()) CHECK(presented(curious(v), s, "plugtls.test") == leaf_of(ed));
  client_settings only = curious(tls_version::tls1_2);
  only.cipher_suites = {cipher_suite::ecdhe_rsa_with_aes_128_gcm_sha256};
  CHECK(presented(only, s, "plugtls.test") == leaf_of(rsa_identity()));
}

TEST_CASE("server names: where no identity suits the client, that is told as with one") {
  server_settings s = server_defaults();
  s.names = {{"other.plugtls.test", {other_identity()}}};
  client_settings only = curious(tls_version::tls1_2);
  only.cipher_suites = {cipher_suite::ecdhe_rsa_with_aes_128_gcm_sha256};
  for (const char* asked : {"plugtls.test", "other.plugtls.test"}) {
    connection c(only, s, asking(asked));
    c.run();
    CHECK(c.server.handshake_error == errc::no_shared_cipher);
    CHECK(c.client.handshake_error == errc::alert_received);
    CHECK(c.client.engine.error().alert_received == alert::handshake_failure);
  }
}

TEST_CASE("server names: the choice does not mind how small the pieces are in which the client's hello comes") {
  for (const tls_version v : versions()) {
    for (const std::size_t cap : {1U, 2U, 7U, 100U}) {
      connection c(curious(v), three_names(), asking("other.plugtls.test"));
      c.client.outgoing = pattern(2000, 1);
      c.server.outgoing = pattern(2000, 2);
      c.run(cap);
      REQUIRE(c.client.up());
      CHECK(c.client.engine.peer_chain().front() == leaf_of(other_identity()));
      CHECK(c.client.incoming == c.server.outgoing);
      CHECK(c.server.incoming == c.client.outgoing);
    }
  }
}

TEST_CASE("server names: clients are verified whatever they ask for") {
  for (const tls_version v : versions()) {
    server_settings s = three_names();
    s.verify = verify_mode::required;
    s.trust = trust();
    for (const char* asked : {"plugtls.test", "other.plugtls.test", "a.wild.plugtls.test"}) {
      client_settings c = curious(v);
      connection without(c, s, asking(asked));
      without.run();
      CHECK(without.server.handshake_error == errc::certificate_required);
      c.identities = {client_identity()};
      connection with(c, s, asking(asked));
      with.connect();
      CHECK(with.server.engine.peer_chain() == client_identity().chain());
    }
  }
}

TEST_CASE("server names: what could never be served is refused when the context is made") {
  const identity good = server_identity();
  const refused_settings cases[] = {
      {"empty", {{"", {good}}}},
      {"an asterisk alone", {{"*", {good}}}},
      {"a wildcard of one label", {{"*.test", {good}}}},
      {"part of a label", {{"w*.plugtls.test", {good}}}},
      {"in the middle", {{"a.*.plugtls.test", {good}}}},
      {"two wildcards", {{"*.*.plugtls.test", {good}}}},
      {"an address", {{"127.0.0.1", {good}}}},
      {"an address of IPv6", {{"::1", {good}}}},
      {"a NUL", {{std::string("plugtls.test\0.x", 15), {good}}}},
      {"a port", {{"plugtls.test:443", {good}}}},
      {"twice", {{"plugtls.test", {good}}, {"PLUGTLS.test.", {rsa_identity()}}}},
      {"a pattern twice", {{"*.wild.plugtls.test", {good}}, {"*.WILD.plugtls.test", {good}}}},
      {"no identity", {{"plugtls.test", {}}}},
      {"another's certificate", {{"other.plugtls.test", {good}}}},
      {"another's certificate beside the right one", {{"other.plugtls.test", {other_identity(), rsa_identity()}}}},
      {"a name of a pattern's", {{"*.plugtls.test", {other_identity()}}}},
      {"the same kind of key twice", {{"plugtls.test", {good, good}}}},
  };
  for (const refused_settings& one : cases) {
    CAPTURE(one.what);
    server_settings s = server_defaults();
    s.names = one.names;
    CHECK(refusal(s) == errc::invalid_argument);
  }
  server_settings s = server_defaults();
  s.identities = {good, rsa_identity(), other_identity()};
  CHECK(refusal(s) == errc::invalid_argument);  // two of P-256
  s.identities = {};
  CHECK(refusal(s) == errc::invalid_argument);
  s.names = {{"plugtls.test", {good}}};
  CHECK(refusal(s) == errc::invalid_argument);  // whom to present to all others?
  s.unknown_name = unknown_name_policy::refuse;
  CHECK(make_server(s));
  s = server_defaults();
  s.unknown_name = unknown_name_policy::refuse;
  CHECK(refusal(s) == errc::invalid_argument);
}

TEST_CASE("server names: what is wrong with one identity of many is told") {
  server_settings s = three_names();
  s.names[1].identities = {make_identity(pki::wrong_name_chain, pki::server_key)};
  CHECK(refusal(s) == errc::key_mismatch);
  s.names[1].identities = {identity({}, server_identity().key())};
  CHECK(refusal(s) == errc::no_certificates_found);
}

}  // namespace choosing
