// SPDX-License-Identifier: BSL-1.0
#include "conformance.hpp"

using namespace plugtls;
using namespace plugtls_test;

namespace {

struct ends {
  errc client, server;
};

ends try_name(peer_options peer, identity id = server_identity(), tls_version v = tls_version::automatic) {
  connection c(with_version(client_defaults(), v), server_defaults(std::move(id)), std::move(peer));
  c.run();
  return {outcome(c.client), outcome(c.server)};
}

}  // namespace

TEST_CASE("rule 3: names that the certificate carries") {
  for (const char* peer : {"plugtls.test", "PLUGTLS.TEST", "plugtls.test.", "localhost", "localhost.",
                           "a.wild.plugtls.test", "127.0.0.1", "::1", "[::1]", "0:0:0:0:0:0:0:1"}) {
    CAPTURE(peer);
    CHECK(try_name(peer).client == errc::success);
  }
}

TEST_CASE("rule 3: names that it does not carry") {
  for (const tls_version v : versions()) {
    for (const char* peer : {"other.test", "wild.plugtls.test", "a.b.wild.plugtls.test", "test", "xplugtls.test",
                             "127.0.0.2", "::2", "::ffff:127.0.0.1", "plugtls.test.localhost"}) {
      CAPTURE(name(v), peer);
      connection c(with_version(client_defaults(), v), server_defaults(), peer);
      c.run();
      CHECK(c.client.handshake_error == errc::hostname_mismatch);
      CHECK(c.client.engine.error().problems == problem_list{{errc::hostname_mismatch, 0}});
      CHECK(outcome(c.server) == errc::alert_received);
    }
  }
}

TEST_CASE("rule 3: a common name never counts, nor the text of an address in a DNS name") {
  // The certificate's common name is plugtls.test.
  CHECK(try_name("plugtls.test", make_identity(pki::wrong_name_chain, pki::wrong_name_key)).client ==
        errc::hostname_mismatch);
  CHECK(try_name("other.plugtls.test", make_identity(pki::wrong_name_chain, pki::wrong_name_key)).client ==
        errc::success);
  CHECK(try_name("127.0.0.1", make_identity(pki::wrong_ip_chain, pki::wrong_ip_key)).client == errc::hostname_mismatch);
  CHECK(try_name("192.0.2.1", make_identity(pki::wrong_ip_chain, pki::wrong_ip_key)).client == errc::success);
}

TEST_CASE("rule 3: a verifying client without a name is an error before a byte is sent") {
  connection c(client_defaults(), server_defaults(), {});
  c.client.step();
  CHECK(c.client.handshake_error == errc::peer_name_required);
  CHECK(c.client.port.output().empty());
  for (const char* bad :
       {"", "*.plugtls.test", "a b", "plugtls.test:443", "http://plugtls.test", "1.2.3", "a..b", "."}) {
    CAPTURE(bad);
    connection k(client_defaults(), server_defaults(), bad);
    k.client.step();
    CHECK(k.client.handshake_error == (*bad == '\0' ? errc::peer_name_required : errc::invalid_argument));
    CHECK(k.client.port.output().empty());
  }
}

TEST_CASE("rule 3: the name is skipped only where that is asked for, the chain is not") {
  client_settings s = client_defaults();
  s.insecure_skip_name = true;
  connection good(s, server_defaults(), {});
  good.connect();
  connection other(s, server_defaults(), "other.test");
  other.connect();
  connection foreign(s, server_defaults(make_identity(pki::foreign_chain, pki::foreign_key)), "other.test");
  foreign.run();
  CHECK(foreign.client.handshake_error == errc::unknown_issuer);
}

TEST_CASE("rule 3: the name belongs to the connection, not to the context") {
  const context c = make_client(), s = make_server();
  connection first(c, s, "plugtls.test");
  first.connect();
  connection second(c, s, "other.test");
  second.run();
  CHECK(second.client.handshake_error == errc::hostname_mismatch);
  connection third(c, s, "localhost");
  third.connect();
}

TEST_CASE("rule 3: SNI may differ from the name, which is what is checked") {
  peer_options peer("plugtls.test");
  peer.server_name = "front.example";
  connection c(client_defaults(), server_defaults(), peer);
  c.connect();
  CHECK(c.server.engine.server_name() == "front.example");
  peer.name = "front.example";
  peer.server_name = "plugtls.test";
  connection k(client_defaults(), server_defaults(), peer);
  k.run();
  CHECK(k.client.handshake_error == errc::hostname_mismatch);
}
