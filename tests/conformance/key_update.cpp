// SPDX-License-Identifier: BSL-1.0
#include <memory>

#include "conformance.hpp"

using namespace plugtls;
using namespace plugtls_test;

namespace key_update_tests {

constexpr bool can_ask = has<default_backend, capability::request_key_update>;

inline engine_result update(endpoint<engine>& e) { return e.engine.update_keys(e.port); }

inline std::unique_ptr<connection> connect_1_3() {
  auto c = std::make_unique<connection>(with_version(client_defaults(), tls_version::tls1_3));
  c->connect();
  return c;
}

}  // namespace key_update_tests
using namespace key_update_tests;

TEST_CASE("rule 12: request_key_update") {
  for (const tls_version v : versions()) {
    CAPTURE(name(v));
    connection c(with_version(client_defaults(), v));
    CHECK(update(c.client).error == errc::invalid_argument);  // before there are any
    c.connect();
    for (auto* end : {&c.client, &c.server}) {
      const std::size_t sent = end->tap.size();
      const engine_result r = update(*end);
      if (can_ask && v == tls_version::tls1_3) {
        CHECK(r.status == engine_status::done);
        c.run();
        CHECK(end->tap.size() > sent);
      } else {
        CHECK(r.error == errc::unsupported);
        c.run();
        CHECK(end->tap.size() == sent);
        CHECK(end->engine.error().code == errc::success);
      }
    }
    c.client.outgoing = c.server.outgoing = "still there";
    c.run();
    CHECK(c.client.incoming == "still there");
    CHECK(c.server.incoming == "still there");
  }
}

TEST_CASE("key update: where nobody takes the answer any more, what was sent is read all the same") {
  if (lacks<default_backend>(capability::request_key_update)) return;
  for (const bool by_client : {true, false}) {
    for (const bool fills : {true, false}) {
      CAPTURE(by_client, fills);
      auto c = connect_1_3();
      c->run();  // tickets
      auto& asking = by_client ? c->client : c->server;
      auto& answering = by_client ? c->server : c->client;
      REQUIRE(update(asking).status == engine_status::done);
      asking.outgoing = pattern(3000, 1);
      asking.step();
      REQUIRE(answering.port.feed(asking.port.output()));
      if (fills) {  // the answer is kept at first
        answering.port.limit = 0;
        answering.read();
      }
      answering.port.write = [](port& self, const std::byte*, std::size_t) noexcept -> io_result {
        self.error = std::make_error_code(std::errc::broken_pipe);
        return {0, io_status::error};
      };
      answering.read();
      CHECK(answering.incoming == asking.outgoing);
      CHECK(answering.read_error == errc::success);
      answering.outgoing = "too late";
      answering.write();
      CHECK(answering.write_error == errc::io_error);
    }
  }
}

TEST_CASE("key update: both ends answer, and data goes on both ways, however often") {
  if (lacks<default_backend>(capability::request_key_update)) return;
  for (const std::size_t cap : {1U, 7U, 100000U}) {
    auto c = connect_1_3();
    for (int i = 0; i < 8; ++i) {
      CAPTURE(cap, i);
      auto& asking = i % 2 == 0 ? c->client : c->server;
      auto& answering = i % 2 == 0 ? c->server : c->client;
      c->client.outgoing += pattern(3000, static_cast<unsigned>(i));
      c->server.outgoing += pattern(5000, static_cast<unsigned>(i));
      const std::size_t answered = answering.tap.size();
      if (i < 4) c->run(cap);
      REQUIRE(update(asking).status == engine_status::done);
      if (i == 5) REQUIRE(update(asking).status == engine_status::done);     // twice without an answer between
      if (i == 6) REQUIRE(update(answering).status == engine_status::done);  // both at once
      c->run(cap);
      CHECK(answering.tap.size() > answered);
      REQUIRE(c->client.incoming == c->server.outgoing);
      REQUIRE(c->server.incoming == c->client.outgoing);
    }
    CHECK(c->client.read_error == errc::success);
    c->client.shuts_down = c->server.shuts_down = true;
    c->run(cap);
    CHECK(c->client.read_error == errc::closed);
    CHECK(c->server.read_error == errc::closed);
  }
}

TEST_CASE("key update: it waits in the spill buffer where the transport is full, and is not repeated") {
  if (lacks<default_backend>(capability::request_key_update)) return;
  for (const std::size_t room : {0U, 1U, 10U, 26U}) {
    CAPTURE(room);
    auto c = connect_1_3();
    c->client.port.limit = room;
    CHECK(update(c->client).status == engine_status::done);
    CHECK(c->client.engine.has_output());
    CHECK(update(c->client).status == engine_status::want_write);  // the first one must leave before another begins
    CHECK(write(c->client, "data").status == engine_status::want_write);
    std::size_t sent = 0;
    for (int i = 0; i < 100 && c->client.engine.has_output(); ++i) {
      sent += carry(c->client, c->server);
      c->client.port.limit = 1;
      CHECK(c->client.engine.flush(c->client.port).status != engine_status::failed);
    }
    c->client.port.limit = 100000;
    sent += carry(c->client, c->server);
    CHECK(sent == 5 + 4 + 1 + 1 + 16);  // one record with one KeyUpdate of five bytes
    c->client.outgoing = pattern(40000, 1);
    c->server.outgoing = pattern(40000, 2);
    c->run();
    CHECK(c->client.incoming == c->server.outgoing);
    CHECK(c->server.incoming == c->client.outgoing);
  }
}

TEST_CASE("key update: with both directions full, nobody waits for the other for ever") {
  if (lacks<default_backend>(capability::request_key_update)) return;
  for (const std::size_t room : {100U, 5000U}) {
    auto c = connect_1_3();
    c->client.port.limit = c->server.port.limit = room;
    c->client.outgoing = pattern(100000, 1);
    c->server.outgoing = pattern(100000, 2);
    c->client.reading = c->server.reading = false;
    c->client.step();
    c->server.step();
    for (auto* end : {&c->client, &c->server}) {
      const engine_result r = update(*end);
      CHECK((r.status == engine_status::want_write || r.status == engine_status::done));
    }
    c->client.reading = c->server.reading = true;
    for (int i = 0; i < 1000; ++i) {
      c->client.step();
      if (i % 10 == 0) CHECK(update(c->client).status != engine_status::failed);
      carry(c->client, c->server);
      c->server.step();
      if (i % 10 == 5) CHECK(update(c->server).status != engine_status::failed);
      carry(c->server, c->client);
    }
    c->run();
    CHECK(c->client.incoming == c->server.outgoing);
    CHECK(c->server.incoming == c->client.outgoing);
  }
}

TEST_CASE("key update: streams, blocking or not") {
  for (const tls_version v : versions()) {
    const bool works = can_ask && v == tls_version::tls1_3;
    stream_pair p(v);
    std::error_code ec;
    p.client.update_keys(ec);
    CHECK(ec == (works ? std::error_code() : make_error_code(errc::unsupported)));
    if (!works) CHECK_FALSE(p.client.error().detail.empty());
    CHECK(p.client.write("data", ec) == 4);
    char block[10];
    CHECK(p.server.read_some(block, ec) == 4);
    if (!works) continue;
    p.client.next_layer().would_block_every_other(true);
    p.client.update_keys(ec);
    CHECK(!ec);
    for (int i = 0; i < 3; ++i) p.client.flush(ec);
    CHECK(!ec);
    p.client.non_blocking(false);
    p.client.update_keys(ec);
    CHECK(!ec);
    CHECK_FALSE(p.client.engine().has_output());
    CHECK(p.client.write("more", ec) == 4);
    CHECK(p.server.read_some(block, ec) == 4);
    CHECK(p.server.write("back", ec) == 4);
    CHECK(p.client.read_some(block, ec) == 4);
    p.client.shutdown_send(ec);
    p.client.update_keys(ec);
    CHECK(ec == errc::closed);
  }
}
