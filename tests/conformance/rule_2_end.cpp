// SPDX-License-Identifier: BSL-1.0
#include "conformance.hpp"
#include "plugtls/memory_pipe.hpp"
#include "plugtls/stream.hpp"

using namespace plugtls;
using namespace plugtls_test;

namespace {

// A connection in each version, each end once in each part.
template <class Test>
void for_both_ends(Test&& test) {
  for (const tls_version v : versions()) {
    for (const bool client_first : {true, false}) {
      CAPTURE(name(v), client_first);
      connection c(with_version(client_defaults(), v));
      c.connect();
      client_first ? test(c.client, c.server, v) : test(c.server, c.client, v);
    }
  }
}

}  // namespace

TEST_CASE("rule 2: close_notify is closed, and stays so") {
  for_both_ends([](auto& a, auto& b, tls_version) {
    a.outgoing = "last words";
    a.shuts_down = true;
    b.reading = false;
    pump(a, b);
    std::string got;
    CHECK(read(b, &got).bytes == 10);
    CHECK(got == "last words");
    for (int i = 0; i < 3; ++i) CHECK(read(b).error == errc::closed);
    CHECK(b.engine.peer_closed());
    CHECK(b.engine.error().code == errc::success);
  });
}

TEST_CASE("rule 2: after our close_notify writing is closed, and reading goes on") {
  for_both_ends([](auto& a, auto& b, tls_version v) {
    CHECK(a.engine.shutdown(a.port).status == engine_status::done);
    CHECK(a.engine.own_closed());
    CHECK(write(a, "more").error == errc::closed);
    CHECK(write(a, "more").error == errc::closed);
    const std::size_t size = a.port.output().size();
    CHECK(a.engine.shutdown(a.port).status == engine_status::done);
    CHECK(a.port.output().size() == size);  // sent once
    if (v != tls_version::tls1_3) return;
    CHECK(write(b, "still here").bytes == 10);
    carry(b, a);
    std::string got;
    read(a, &got);
    CHECK(got == "still here");
  });
}

TEST_CASE("rule 2: after the peer's close_notify, TLS 1.3 still writes and TLS 1.2 answers and is closed") {
  for_both_ends([](auto& a, auto& b, tls_version v) {
    a.engine.shutdown(a.port);
    carry(a, b);
    CHECK(read(b).error == errc::closed);
    const engine_result w = write(b, "reply");
    carry(b, a);
    if (v == tls_version::tls1_3) {
      CHECK(w.status == engine_status::done);
      std::string got;
      read(a, &got);
      CHECK(got == "reply");
      b.engine.shutdown(b.port);
      carry(b, a);
    } else {
      CHECK(w.error == errc::closed);
      CHECK(b.engine.own_closed());
    }
    CHECK(read(a).error == errc::closed);
  });
}

TEST_CASE("rule 2: an end without close_notify is truncated, in read, write and shutdown") {
  for_both_ends([](auto& a, auto& b, tls_version) {
    a.outgoing = "half of it";
    b.reading = false;
    pump(a, b);
    cut(a, b);
    std::string got;
    CHECK(read(b, &got).bytes == 10);
    CHECK(got == "half of it");
    for (int i = 0; i < 3; ++i) CHECK(read(b).error == errc::truncated);
    CHECK(b.engine.error().code == errc::truncated);
    CHECK_FALSE(b.engine.error().alert_sent);
    CHECK(b.engine.shutdown(b.port).error == errc::truncated);
    CHECK_FALSE(b.engine.peer_closed());
  });
}

TEST_CASE("rule 2: a record that is cut short is truncated, never data") {
  for_both_ends([](auto& a, auto& b, tls_version) {
    CHECK(write(a, std::string(500, 'x')).bytes == 500);
    const byte_view out = a.port.output();
    CHECK(b.port.feed(out.first(out.size() - 1)));
    b.port.ended = true;
    std::string got;
    CHECK(read(b, &got).error == errc::truncated);
    CHECK(got.empty());
    CHECK(b.port.output().empty());  // nobody is there to be told
    CHECK_FALSE(b.engine.error().alert_sent);
  });
}

TEST_CASE("rule 2: streams tell the two ends apart, in read_all and shutdown") {
  for (const tls_version v : versions()) {
    for (const bool orderly : {true, false}) {
      CAPTURE(name(v), orderly);
      auto [client, server] = stream_pair(v);
      std::error_code c, s;
      CHECK(client.write("hello", c) == 5);
      if (orderly) client.shutdown_send(c);
      CHECK(c == std::error_code());
      client.next_layer().close();
      server.non_blocking(false);
      CHECK(server.read_all(100, s) == "hello");
      CHECK(s == (orderly ? std::error_code() : make_error_code(errc::truncated)));
      server.shutdown(s);
      if (!orderly) CHECK(s == errc::truncated);
    }
  }
}

TEST_CASE("rule 2: shutdown waits for the peer's close_notify, and a bare end instead of it is truncated") {
  for (const tls_version v : versions()) {
    auto [client, server] = stream_pair(v);
    std::error_code c, s;
    CHECK(server.write("unread", s) == 6);
    client.shutdown(c);
    CHECK(c == errc::would_block);
    server.next_layer().close();
    client.shutdown(c);
    CHECK(c == errc::truncated);
    CHECK(client.error().code == errc::truncated);
  }
}

TEST_CASE("rule 2: an end during the handshake is truncated") {
  for (const tls_version v : versions()) {
    for (const std::size_t at : {0U, 1U, 5U, 40U, 90U, 300U}) {
      CAPTURE(name(v), at);
      connection c(with_version(client_defaults(), v));
      c.client.step();
      const byte_view hello = c.client.port.output();
      CHECK(c.server.port.feed(hello.first(std::min(at, hello.size()))));
      if (at < hello.size()) {
        c.server.port.ended = true;
        c.server.step();
        CHECK(c.server.handshake_error == errc::truncated);
        CHECK(c.server.port.output().empty());
        continue;
      }
      c.server.step();
      c.client.port.ended = true;
      c.client.step();
      CHECK(c.client.handshake_error == errc::truncated);
    }
    connection k(with_version(client_defaults(), v));
    k.client.step();
    carry(k.client, k.server);
    k.server.step();
    carry(k.server, k.client, 200);
    k.client.port.ended = true;
    k.client.step();
    CHECK(k.client.handshake_error == errc::truncated);
  }
}

TEST_CASE("rule 2: nothing is said any more at the end of the stream") {
  for (const tls_version v : versions()) {
    for (const bool client_loses : {true, false}) {
      for (std::size_t at = 0; at < 3000; at += 7) {
        CAPTURE(name(v), client_loses, at);
        connection c(with_version(client_defaults(), v));
        auto& loser = client_loses ? c.client : c.server;
        auto& other = client_loses ? c.server : c.client;
        std::size_t left = at;
        for (int round = 0; round < 8; ++round) {
          loser.step();
          carry(loser, other);
          other.step();
          left -= carry(other, loser, left);
          if (left == 0) loser.port.ended = true;
        }
        if (left != 0) break;
        CHECK(outcome(loser) == errc::truncated);
        CHECK_FALSE(loser.engine.error().alert_sent);
        other.port.ended = true;
        other.step();
        CHECK(outcome(other) == errc::truncated);
        CHECK_FALSE(other.engine.error().alert_received);
      }
    }
  }
}
