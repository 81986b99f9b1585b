// SPDX-License-Identifier: BSL-1.0
#include <cerrno>

#include "conformance.hpp"
#include "plugtls/memory_pipe.hpp"
#include "plugtls/stream.hpp"

using namespace plugtls;
using namespace plugtls_test;

TEST_CASE("rule 9: what is reported as written arrives once, whatever the transport takes") {
  for (const tls_version v : versions()) {
    connection c(with_version(client_defaults(), v));
    c.connect();
    std::string expected;
    for (std::size_t room = 0; room < 60; ++room) {
      c.client.port.limit = room;
      // Another text, in another place, at every call: only what is reported counts.
      const std::string text = pattern(20 + room, static_cast<unsigned>(room));
      const engine_result r = write(c.client, text);
      if (r.status == engine_status::done) {
        CHECK(r.bytes == text.size());
        expected += text.substr(0, r.bytes);
      } else {
        CHECK(r.status == engine_status::want_write);
      }
      carry(c.client, c.server);
    }
    while (c.client.engine.has_output()) {
      CHECK(c.client.engine.flush(c.client.port).status != engine_status::failed);
      carry(c.client, c.server);
    }
    carry(c.client, c.server);
    c.server.step();
    CHECK(c.server.incoming == expected);
    CHECK(expected.size() > 500);
  }
}

TEST_CASE("rule 9: flush and shutdown drain what a write left behind, in order") {
  for (const tls_version v : versions()) {
    for (const bool by_shutdown : {true, false}) {
      connection c(with_version(client_defaults(), v));
      c.connect();
      c.client.port.limit = 1;
      CHECK(write(c.client, "whole").bytes == 5);
      CHECK(c.client.engine.has_output());
      int calls = 0;
      for (; calls < 1000; ++calls) {
        const engine_result r =
            by_shutdown ? c.client.engine.shutdown(c.client.port) : c.client.engine.flush(c.client.port);
        carry(c.client, c.server);
        if (r.status == engine_status::done) break;
        REQUIRE(r.status == engine_status::want_write);
      }
      CHECK(calls < 1000);
      CHECK_FALSE(c.client.engine.has_output());
      c.server.step();
      CHECK(c.server.incoming == "whole");
      CHECK(c.server.read_error == (by_shutdown ? errc::closed : errc::success));
    }
  }
}

TEST_CASE("rule 9: a write of nothing sends nothing") {
  for (const tls_version v : versions()) {
    connection c(with_version(client_defaults(), v));
    c.connect();
    const std::size_t before = c.client.tap.size();
    const engine_result r = write(c.client, "");
    CHECK(r.status == engine_status::done);
    CHECK(r.bytes == 0);
    c.run();
    CHECK(c.client.tap.size() == before);
  }
}

TEST_CASE("rule 9: an error of the transport is told late where it came late, with its own code") {
  for (const tls_version v : versions()) {
    auto [client, server] = stream_pair(v);
    std::error_code c, s;
    const auto written = client.next_layer().counts().bytes_written;
    client.next_layer().fail_write_after(written + 10);
    client.next_layer().max_write(10);
    client.next_layer().would_block_every_other(true);
    CHECK(client.write_some("hello", c) == 5);  // ours now
    CHECK(c == std::error_code());
    for (int i = 0; i < 5 && (!c || c == errc::would_block); ++i) client.flush(c);
    CHECK(c == errc::io_error);
    CHECK(client.error().native == EPIPE);
    CHECK(client.write_some("again", c) == 0);
    CHECK(c == errc::io_error);
    client.shutdown_send(c);
    CHECK(c == errc::io_error);
    CHECK(client.next_layer().counts().bytes_written == written + 10);
    // What the peer sent can still be read.
    CHECK(server.write("still", s) == 5);
    char block[10];
    std::size_t n = 0;
    for (int i = 0; i < 5 && n == 0; ++i) n = client.read_some(block, c);
    CHECK(n == 5);
  }
}

TEST_CASE("rule 9: after a write that the transport refused, what the peer sent can still be read to its end") {
  for (const tls_version v : versions()) {
    auto [client, server] = stream_pair(v);
    std::error_code c, s;
    CHECK(server.write("last words", s) == 10);
    server.shutdown_send(s);
    client.next_layer().fail_write_after(client.next_layer().counts().bytes_written);
    for (int i = 0; i < 2; ++i) {
      CHECK(client.write_some("hello", c) == 0);
      CHECK(c == errc::io_error);
      CHECK(client.error().native == EPIPE);
    }
    char block[20];
    CHECK(client.read_some(block, c) == 10);
    CHECK(c == std::error_code());
    CHECK(client.read_some(block, c) == 0);
    CHECK(c == errc::closed);
  }
}

TEST_CASE("rule 9: a record is at most 16384 bytes, and write goes on until all is taken") {
  for (const tls_version v : versions()) {
    connection c(with_version(client_defaults(), v));
    c.connect();
    CHECK(write(c.client, std::string(100000, 'x')).bytes <= 16384);
  }
}
