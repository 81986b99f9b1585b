// SPDX-License-Identifier: BSL-1.0
#include "conformance.hpp"

using namespace plugtls;
using namespace plugtls_test;

TEST_CASE("rule 8: both directions may be full at once, and drain") {
  for (const tls_version v : versions()) {
    for (const std::size_t room : {100U, 5000U, 40000U}) {
      connection c(with_version(client_defaults(), v));
      c.connect();
      c.client.port.limit = c.server.port.limit = room;
      c.client.outgoing = pattern(200000, 1);
      c.server.outgoing = pattern(200000, 2);
      c.client.reading = c.server.reading = false;
      // Nobody reads: everything between the ends fills up.
      c.client.step();
      c.server.step();
      CHECK(c.client.sent < c.client.outgoing.size());
      CHECK(c.server.sent < c.server.outgoing.size());
      c.client.reading = c.server.reading = true;
      c.run();
      CHECK(c.client.incoming == c.server.outgoing);
      CHECK(c.server.incoming == c.client.outgoing);
    }
  }
}

TEST_CASE("rule 8: a reader does not wait for a writer that is stuck") {
  for (const tls_version v : versions()) {
    connection c(with_version(client_defaults(), v));
    c.connect();
    c.client.port.limit = 10;
    CHECK(write(c.client, std::string(1000, 'x')).bytes == 1000);
    CHECK(write(c.client, "more").status == engine_status::want_write);
    for (int i = 0; i < 20; ++i) {
      CHECK(write(c.server, "data").bytes == 4);
      carry(c.server, c.client);
      CHECK(read(c.client).bytes == 4);
      CHECK(read(c.client).status == engine_status::want_read);
    }
    CHECK(c.client.engine.has_output());
  }
}

TEST_CASE("rule 8: after the handshake nothing is sent that nobody asked for, no ticket either") {
  for (const tls_version v : versions()) {
    connection c(with_version(client_defaults(), v));
    c.client.reading = c.server.reading = false;
    c.connect();
    CHECK(c.client.port.incoming.empty());
    CHECK(c.server.port.incoming.empty());
    const std::size_t client = c.client.tap.size(), server = c.server.tap.size();
    c.client.reading = c.server.reading = true;
    c.run();
    CHECK(c.client.tap.size() == client);
    CHECK(c.server.tap.size() == server);
    CHECK(read(c.client).status == engine_status::want_read);
    CHECK(read(c.server).status == engine_status::want_read);
    CHECK(c.client.engine.pending() == 0);
  }
}

TEST_CASE("rule 8: what is pending can be read without the transport") {
  for (const tls_version v : versions()) {
    connection c(with_version(client_defaults(), v));
    c.connect();
    CHECK(write(c.client, std::string(1000, 'x')).bytes == 1000);
    carry(c.client, c.server);
    std::byte block[100];
    CHECK(c.server.engine.read_some(c.server.port, block, 100).bytes == 100);
    CHECK(c.server.engine.pending() == 900);
    c.server.port.ended = true;
    std::string rest;
    while (c.server.engine.pending() != 0) REQUIRE(read(c.server, &rest).bytes > 0);
    CHECK(rest.size() == 900);
    CHECK(read(c.server).error == errc::truncated);
  }
}

TEST_CASE("rule 8: many small records and reads of every size") {
  for (const tls_version v : versions()) {
    connection c(with_version(client_defaults(), v));
    c.connect();
    const std::string data = pattern(3000, 5);
    for (std::size_t at = 0, n = 1; at < data.size(); at += n, n = n % 97 + 1)
      REQUIRE(write(c.client, std::string_view(data).substr(at, n)).status == engine_status::done);
    carry(c.client, c.server);
    std::string got;
    std::byte block[50];
    for (std::size_t n = 1; got.size() < data.size(); n = n % 50 + 1) {
      const engine_result r = c.server.engine.read_some(c.server.port, block, n);
      REQUIRE(r.status == engine_status::done);
      REQUIRE(r.bytes >= 1);
      REQUIRE(r.bytes <= n);
      got.append(reinterpret_cast<const char*>(block), r.bytes);
    }
    CHECK(got == data);
  }
}
