// SPDX-License-Identifier: BSL-1.0
#include "conformance.hpp"

using namespace plugtls;
using namespace plugtls_test;

namespace {

identity chain_of(std::size_t certificates) {
  std::string text(pki::server_chain);
  for (std::size_t i = 2; i < certificates; ++i) text += pki::server_rsa;
  return make_identity(text, pki::server_key);
}

// Lengths of the records that carry application data in TLS 1.2, and of all protected ones in TLS 1.3.
std::vector<std::size_t> data_records(std::string_view wire) {
  std::vector<std::size_t> sizes;
  while (wire.size() >= 5) {
    const std::size_t size = static_cast<std::size_t>(static_cast<unsigned char>(wire[3])) << 8 |
                             static_cast<std::size_t>(static_cast<unsigned char>(wire[4]));
    if (wire[0] == 23) sizes.push_back(size);
    REQUIRE(wire.size() >= 5 + size);
    wire.remove_prefix(5 + size);
  }
  return sizes;
}

}  // namespace

TEST_CASE("limits: a chain may have as many certificates as allowed, and one more is too many") {
  for (const tls_version v : versions()) {
    for (const std::size_t size : {2U, 5U}) {
      client_settings s = with_version(client_defaults(), v);
      s.limit.max_chain_length = static_cast<int>(size);
      connection fits(s, server_defaults(chain_of(size)));
      fits.connect();
      int calls = 0;
      s.on_verify = [&calls](const verify_context&) { return ++calls != 0; };
      connection over(s, server_defaults(chain_of(size + 1)));
      over.run();
      CHECK(over.client.handshake_error == errc::handshake_too_large);
      CHECK(calls == 0);
      CHECK(outcome(over.server) == errc::alert_received);
    }
    client_settings s = with_version(client_defaults(), v);
    s.identities = {client_identity()};
    server_settings server = mutual_defaults();
    server.limit.max_chain_length = 1;
    connection c(s, server);
    c.run();
    CHECK(c.server.handshake_error == errc::handshake_too_large);
  }
}

TEST_CASE("limits: a handshake that is larger than allowed is refused, on both roles") {
  for (const tls_version v : versions()) {
    client_settings s = with_version(client_defaults(), v);
    s.limit.max_handshake_size = 4096;
    connection small(s);
    small.connect();
    connection large(s, server_defaults(chain_of(9)));
    large.run();
    CHECK(large.client.handshake_error == errc::handshake_too_large);

    client_settings c = with_version(client_defaults(), v);
    std::string chain(pki::client_chain);
    for (int i = 0; i < 7; ++i) chain += pki::server_rsa;
    c.identities = {make_identity(chain, pki::client_key)};
    server_settings server = mutual_defaults();
    server.limit.max_handshake_size = 4096;
    connection k(c, server);
    k.run();
    CHECK(k.server.handshake_error == errc::handshake_too_large);
  }
}

TEST_CASE("limits: a handshake of nearly the whole limit in one message is not too large") {
  for (const tls_version v : versions()) {
    // Measure one handshake, then allow just that much.
    connection measured(with_version(client_defaults(), v), server_defaults(chain_of(9)));
    measured.client.reading = measured.server.reading = false;
    measured.connect();
    const std::size_t size = measured.server.tap.size();
    REQUIRE(size > 4096 + 100);
    client_settings s = with_version(client_defaults(), v);
    s.limit.max_handshake_size = size + 16;  // signatures differ in length
    for (const std::size_t cap : {7U, 100000U}) {
      connection fits(s, server_defaults(chain_of(9)));
      fits.run(cap);
      CHECK(fits.client.up());
    }
    s.limit.max_handshake_size = size - 100;
    connection over(s, server_defaults(chain_of(9)));
    over.run();
    CHECK(over.client.handshake_error == errc::handshake_too_large);
  }
}

TEST_CASE("limits: data that follows the handshake does not count") {
  for (const tls_version v : versions()) {
    client_settings s = with_version(client_defaults(), v);
    s.limit.max_handshake_size = 4096;
    server_settings server = server_defaults();
    server.limit.max_handshake_size = 4096;
    connection c(s, server);
    c.client.outgoing = pattern(60000, 1);
    c.server.outgoing = pattern(60000, 2);
    c.connect();
    CHECK(c.client.incoming == c.server.outgoing);
    CHECK(c.server.incoming == c.client.outgoing);
  }
}

TEST_CASE("limits: records on the wire are no longer than set") {
  for (const tls_version v : versions()) {
    for (const std::size_t size : {512U, 1000U, 4096U, 16384U}) {
      CAPTURE(name(v), size);
      client_settings s = with_version(client_defaults(), v);
      s.limit.max_record_size = size;
      connection c(s);
      c.connect();
      const std::size_t handshake = c.client.tap.size();
      c.client.outgoing = pattern(50000);
      c.run();
      CHECK(c.server.incoming == c.client.outgoing);
      const auto records = data_records(std::string_view(c.client.tap).substr(handshake));
      CHECK(records.size() >= 50000 / size);
      for (const std::size_t record : records) CHECK(record <= size + 32);
    }
  }
}
