// SPDX-License-Identifier: BSL-1.0
#include "sessions.hpp"
#include "transports.hpp"

using namespace plugtls;
using namespace plugtls_test;

// Rule 8 with tickets that are really sent: they never surface, however they come.

TEST_CASE("rule 8: tickets that come byte by byte, between data or alone, never surface") {
  for (const tls_version v : versions()) {
    for (const std::size_t cap : {1U, 7U, 100U}) {
      CAPTURE(name(v), cap);
      resuming s(v);
      const context client = make_client(s.client), server = make_server(s.server);
      for (int i = 0; i < 2; ++i) {
        connection c(client, server);
        c.client.outgoing = pattern(3000, 3);
        c.server.outgoing = pattern(3000, 4);
        c.run(cap);
        CHECK(c.client.incoming == c.server.outgoing);
        CHECK(c.server.incoming == c.client.outgoing);
        CHECK(c.client.engine.resumed() == (i == 1));
        CHECK(c.client.engine.error().code == errc::success);
        CHECK(s.client.sessions->size() == 1);
        // Nothing is pending but what a read waits for.
        CHECK(read(c.client).status == engine_status::want_read);
        CHECK(c.client.engine.pending() == 0);
      }
    }
  }
}

TEST_CASE("rule 8: a reader that gets nothing but tickets goes on waiting") {
  for (const tls_version v : versions()) {
    resuming s(v);
    connection c(s.client, s.server);
    c.client.reading = c.server.reading = false;
    c.connect();
    for (int i = 0; i < 3; ++i) {
      CHECK(read(c.client).status == engine_status::want_read);
      CHECK(read(c.server).status == engine_status::want_read);
    }
    CHECK(s.client.sessions->size() == 1);
    CHECK(write(c.server, "data").bytes == 4);
    carry(c.server, c.client);
    std::string got;
    CHECK(read(c.client, &got).bytes == 4);
    CHECK(got == "data");
  }
}

TEST_CASE("rule 8: a client that only writes, and one that is gone at once, do not mind tickets; nor does the server") {
  for (const tls_version v : versions()) {
    CAPTURE(name(v));
    resuming s(v);
    connection c(s.client, s.server);
    c.client.reading = false;
    c.client.outgoing = pattern(100000, 1);
    c.client.shuts_down = true;
    c.run();
    CHECK(c.server.incoming == c.client.outgoing);
    CHECK(c.server.read_error == errc::closed);
    CHECK(c.client.write_error == errc::success);
  }
}

TEST_CASE("rule 8: a peer without sessions leaves tickets unread or drops them") {
  for (const tls_version v : versions()) {
    resuming s(v);
    connection c(with_version(client_defaults(), v), s.server);
    talk(c);
    CHECK(c.client.engine.session().empty());
    CHECK(read(c.client).status == engine_status::want_read);
  }
}

TEST_CASE("rule 8: hard transports carry tickets too, blocking or not") {
  for (const tls_version v : versions()) {
    for (const hardship h : hardships) {
      CAPTURE(name(v), h.cap, h.blocks);
      resuming s(v);
      const context client_context = make_client(s.client), server_context = make_server(s.server);
      for (int i = 0; i < 2; ++i) {
        auto ends = make_memory_pipe();
        make_hard(ends.first, h);
        make_hard(ends.second, h);
        stream client{client_context, std::move(ends.first), server_name};
        stream server{server_context, std::move(ends.second)};
        client.non_blocking(true);
        server.non_blocking(true);
        std::string got;
        char block[64];
        std::error_code c, w;
        bool sent = false;
        for (int round = 0; round < 100000 && got.size() < 4; ++round) {
          client.handshake(c);
          server.handshake(w);
          if (server.established() && !sent) {
            server.write_some("data", w);
            sent = !w;
          }
          if (server.established()) {
            server.flush(w);
            server.read_some(block, w);
            CHECK(w == errc::would_block);
          }
          if (!client.established()) continue;
          const std::size_t n = client.read_some(block, c);
          got.append(block, n);
          if (c && c != errc::would_block) break;
        }
        CHECK(got == "data");
        CHECK(client.resumed() == (i == 1));
        CHECK(client.session().empty() == false);
      }
    }
  }
}

TEST_CASE("rule 8: a client that is gone before its tickets come has still said what it said") {
  if (lacks<default_backend>(capability::tls1_3)) return;
  resuming s(tls_version::tls1_3);
  auto ends = make_memory_pipe();
  stream client{make_client(s.client), std::move(ends.first), server_name};
  stream server{make_server(s.server), std::move(ends.second)};
  client.non_blocking(true);
  server.non_blocking(true);
  std::error_code c, w;
  client.handshake(c);
  server.handshake(w);
  client.handshake(c);
  REQUIRE_FALSE(c);
  client.write("bye", c);
  client.shutdown_send(c);
  client.next_layer().close();
  server.handshake(w);
  CHECK_FALSE(w);
  char block[10];
  CHECK(server.read_some(block, w) == 3);
  CHECK(server.read_some(block, w) == 0);
  CHECK(w == errc::closed);
  CHECK(server.write_some("too late", w) == 0);
  CHECK(w == errc::io_error);
}
