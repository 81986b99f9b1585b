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

TEST_CASE("rule 8: records that were read ahead are told by has_input, and the transport need bring nothing more") {
  for (const tls_version v : versions()) {
    CAPTURE(name(v));
    connection c(with_version(client_defaults(), v));
    c.client.reading = c.server.reading = false;
    c.connect();
    CHECK(write(c.server, "one").bytes == 3);
    CHECK(write(c.server, "two").bytes == 3);
    CHECK(write(c.server, "three").bytes == 5);
    carry(c.server, c.client, c.server.port.output().size() - 1);
    CHECK_FALSE(c.client.engine.has_input());  // nothing was read yet
    CHECK(read(c.client).bytes == 3);
    CHECK(c.client.port.incoming.empty());
    CHECK(c.client.engine.pending() == 0);
    CHECK(c.client.engine.has_input());
    // The engine may go elsewhere in the meantime.
    plugtls::engine elsewhere = std::move(c.client.engine);
    CHECK_FALSE(c.client.engine.has_input());
    c.client.engine = std::move(elsewhere);
    CHECK(read(c.client).bytes == 3);
    CHECK_FALSE(c.client.engine.has_input());  // a record lacks its last byte
    CHECK(read(c.client).status == engine_status::want_read);
    carry(c.server, c.client);
    CHECK(read(c.client).bytes == 5);
    CHECK_FALSE(c.client.engine.has_input());
    CHECK(read(c.client).status == engine_status::want_read);
  }
}

TEST_CASE("rule 8: what follows the peer's close_notify is the next protocol's, also where it was read ahead") {
  for (const tls_version v : versions()) {
    CAPTURE(name(v));
    connection c(with_version(client_defaults(), v));
    c.client.reading = c.server.reading = false;
    c.connect();
    CHECK(write(c.server, "last").bytes == 4);
    CHECK(c.server.engine.shutdown(c.server.port).status == engine_status::done);
    carry(c.server, c.client);
    const std::string next = "220 another protocol";
    REQUIRE(c.client.port.feed(as_bytes(next)));
    std::byte room[64];
    CHECK(read(c.client).bytes == 4);
    CHECK(c.client.engine.take_rest(room, sizeof room) == 0);  // still TLS
    CHECK(read(c.client).error == errc::closed);
    CHECK_FALSE(c.client.engine.has_input());
    std::string rest(c.client.engine.take_rest(room, 5), '\0');
    CHECK(rest.size() == 5);
    std::copy_n(reinterpret_cast<const char*>(room), rest.size(), rest.begin());
    const std::size_t n = c.client.engine.take_rest(room, sizeof room);
    rest.append(reinterpret_cast<const char*>(room), n);
    CHECK(rest == next);
    CHECK(c.client.engine.take_rest(room, sizeof room) == 0);
  }
}
