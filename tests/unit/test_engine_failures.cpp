// SPDX-License-Identifier: BSL-1.0
#include <stdexcept>

#include "engine_pair.hpp"
#include "support/catch.hpp"

using namespace plugtls;
using namespace plugtls_test;

namespace {

constexpr tls_version versions[] = {tls_version::tls1_2, tls_version::tls1_3};

template <class... Settings>
pair_of<> connected(Settings&&... settings) {
  pair_of<> p(std::forward<Settings>(settings)...);
  REQUIRE(pump(p.client, p.server));
  REQUIRE(p.client.up());
  REQUIRE(p.server.up());
  return p;
}

engine_result write(endpoint<basic_engine<null_backend>>& e, std::string_view text) {
  return e.engine.write_some(e.port, as_bytes(text).data(), text.size());
}
engine_result read(endpoint<basic_engine<null_backend>>& e) {
  std::byte block[100];
  return e.engine.read_some(e.port, block, sizeof block);
}

}  // namespace

TEST_CASE("close_notify is closed for ever; afterwards TLS 1.3 still writes and TLS 1.2 does not") {
  for (const tls_version v : versions) {
    auto p = connected(with_version(client_defaults(), v));
    p.client.outgoing = "last words";
    p.client.shuts_down = true;
    REQUIRE(pump(p.client, p.server));
    CHECK(p.server.incoming == "last words");
    for (int i = 0; i < 3; ++i) CHECK(read(p.server).error == errc::closed);
    CHECK(p.server.engine.error().code == errc::success);
    const engine_result w = write(p.server, "reply");
    if (v == tls_version::tls1_2) {
      CHECK(w.error == errc::closed);
      CHECK(p.server.engine.own_closed());
    } else {
      CHECK(w.status == engine_status::done);
      carry(p.server, p.client);
      CHECK(read(p.client).bytes == 5);
    }
    CHECK(write(p.client, "more").error == errc::closed);
    CHECK(write(p.client, "").error == errc::closed);
  }
}

TEST_CASE("the end of the transport without close_notify is truncated, in every call") {
  for (const tls_version v : versions) {
    auto p = connected(with_version(client_defaults(), v));
    cut(p.client, p.server);
    for (int i = 0; i < 3; ++i) CHECK(read(p.server).error == errc::truncated);
    CHECK(p.server.engine.error().code == errc::truncated);
    CHECK(write(p.server, "x").error == errc::truncated);
    CHECK(p.server.engine.shutdown(p.server.port).error == errc::truncated);
    CHECK_FALSE(p.server.engine.peer_closed());
  }
}

TEST_CASE("close_notify is sent once") {
  auto p = connected();
  p.client.engine.shutdown(p.client.port);
  const std::size_t size = p.client.port.output().size();
  CHECK(size != 0);
  p.client.engine.shutdown(p.client.port);
  CHECK(p.client.port.output().size() == size);
}

TEST_CASE("a handshake that ends early is truncated") {
  for (const std::size_t at : {0U, 1U, 5U, 50U, 500U}) {
    pair_of<> p;
    p.client.step();
    carry(p.client, p.server);
    p.server.step();
    carry(p.server, p.client, at);
    p.client.port.ended = true;
    p.client.step();
    CHECK(p.client.handshake_error == errc::truncated);
    CHECK(p.client.engine.handshake(p.client.port).error == errc::truncated);
  }
}

TEST_CASE("what is written is ours: it arrives once, whatever the transport takes, and late errors are told") {
  auto p = connected(client_defaults(), server_defaults(), peer_options(server_name));
  p.client.port.limit = 10;  // of a record of 105
  std::string first(98, 'a');
  CHECK(write(p.client, first).bytes == 98);
  first.assign(98, 'z');  // the caller's buffer is its own again
  CHECK(p.client.engine.has_output());
  CHECK(write(p.client, "second").status == engine_status::want_write);
  CHECK(p.client.engine.flush(p.client.port).status == engine_status::want_write);
  CHECK(p.client.engine.shutdown(p.client.port).status == engine_status::want_write);
  while (p.client.engine.has_output()) {
    carry(p.client, p.server);
    p.client.engine.flush(p.client.port);
  }
  carry(p.client, p.server);
  p.server.step();
  CHECK(p.server.incoming == std::string(98, 'a'));
  CHECK(p.server.read_error == errc::closed);
}

TEST_CASE("another buffer may be given after want_write") {
  auto p = connected();
  p.client.port.limit = 0;
  CHECK(write(p.client, "first").bytes == 5);
  CHECK(write(p.client, "second").status == engine_status::want_write);
  p.client.port.limit = 1000;
  CHECK(write(p.client, "third").bytes == 5);
  carry(p.client, p.server);
  p.server.step();
  CHECK(p.server.incoming == "firstthird");
}

TEST_CASE("writes of nothing send nothing, and records keep their limits") {
  client_settings c = client_defaults();
  c.limit.max_record_size = 512;
  auto p = connected(c, server_defaults());
  CHECK(write(p.client, "").status == engine_status::done);
  CHECK(p.client.port.output().empty());
  CHECK(write(p.client, std::string(513, 'x')).bytes == 512);
  CHECK(write(p.server, std::string(20000, 'x')).bytes == 16384);
  const null_scripted script;
  script->max_write = 1000;
  auto q = connected();
  CHECK(write(q.server, std::string(20000, 'x')).bytes == 1000);
}

TEST_CASE("a failed write is an io_error, and what the peer sent can still be read") {
  auto p = connected();
  p.server.outgoing = "still readable";
  p.server.step();
  carry(p.server, p.client);
  struct broken : port {
    broken() {
      read = [](port&, std::byte*, std::size_t) noexcept { return io_result{0, io_status::would_block}; };
      write = [](port& self, const std::byte*, std::size_t) noexcept {
        self.error = std::make_error_code(std::errc::broken_pipe);
        return io_result{0, io_status::error};
      };
    }
  } dead;
  CHECK(p.client.engine.write_some(dead, as_bytes("abc").data(), 3).error == errc::io_error);
  CHECK(p.client.engine.error().code == errc::io_error);
  CHECK(p.client.engine.error().native == EPIPE);
  CHECK(p.client.engine.flush(dead).error == errc::io_error);
  CHECK(p.client.engine.write_some(dead, as_bytes("abc").data(), 3).error == errc::io_error);
  CHECK(p.client.engine.shutdown(dead).error == errc::io_error);
  CHECK(read(p.client).bytes == 14);
}

TEST_CASE("a failure is told with what the library said, and its alert goes out") {
  for (const bool reading : {true, false}) {
    auto p = connected();
    const null_scripted script;
    (reading ? script->fail_read : script->fail_write) = true;
    script->failure = errc::bad_record;
    CHECK((reading ? read(p.client) : write(p.client, "x")).error == errc::bad_record);
    CHECK(p.client.engine.error().native == 4711);
    CHECK(p.client.engine.error().native_text == "null error");
    CHECK_FALSE(p.client.engine.established());
    script->fail_read = script->fail_write = false;
    CHECK(read(p.client).error == errc::bad_record);
    if (!reading) continue;
    carry(p.client, p.server);
    CHECK(read(p.server).error == errc::alert_received);
    CHECK(p.server.engine.error().alert_received == alert::bad_record_mac);
  }
}

TEST_CASE("a changed byte is a bad record, never other data") {
  auto p = connected();
  p.client.outgoing = "some data";
  p.client.step();
  byte_vector bytes(p.client.port.output().begin(), p.client.port.output().end());
  bytes[7] ^= std::byte{1};
  CHECK(p.server.port.feed(bytes));
  CHECK(read(p.server).error == errc::bad_record);
  CHECK(p.server.incoming.empty());
}

TEST_CASE("refusals of the other end have names of their own") {
  client_settings c = client_defaults();
  server_settings s = server_defaults();
  const auto errors = [&] {
    pair_of<> p(c, s);
    pump(p.client, p.server);
    return std::pair(p.client.handshake_error, p.server.handshake_error);
  };
  c.alpn = {"x"};
  s.alpn = {"y"};
  CHECK(errors() == std::pair(errc::no_application_protocol, errc::no_application_protocol));
  c.alpn = {};
  c.cipher_suites = {cipher_suite::aes_128_gcm_sha256};
  s.cipher_suites = {cipher_suite::aes_256_gcm_sha384};
  CHECK(errors() == std::pair(errc::alert_received, errc::no_shared_cipher));
  c.cipher_suites = s.cipher_suites = {};
  c = with_version(c, tls_version::tls1_2);
  s = with_version(s, tls_version::tls1_3);
  CHECK(errors() == std::pair(errc::protocol_version, errc::protocol_version));
}

TEST_CASE("a peer that is not TLS is named, and so is one that sends too much") {
  pair_of<> p;
  CHECK(p.client.engine.handshake(p.client.port).status == engine_status::want_read);
  CHECK(p.client.port.feed(as_bytes("HTTP/1.1 400 Bad Request\r\n\r\n")));
  CHECK(p.client.engine.handshake(p.client.port).error == errc::not_tls);

  client_settings c = client_defaults();
  c.limit.max_handshake_size = 4096;
  pair_of<> q(c);
  CHECK(q.client.engine.handshake(q.client.port).status == engine_status::want_read);
  CHECK(q.client.port.feed(null::plain_record(22, null::writer().u8(11).u24(1 << 20).bytes)));
  CHECK(q.client.engine.handshake(q.client.port).error == errc::handshake_too_large);
}

TEST_CASE("an answer that the peer asked for does not surface, and waits without blocking the reader") {
  auto p = connected(with_version(client_defaults(), tls_version::tls1_3));
  const byte_vector update =
      null::sealed_record(23, 22, null::handshake_message(null::key_update, null::writer().u8(1)));
  p.client.port.limit = 0;  // the transport takes nothing
  CHECK(p.client.port.feed(update));
  CHECK(p.client.port.feed(null::sealed_record(23, 23, as_bytes("data"))));
  CHECK(read(p.client).bytes == 4);
  CHECK(p.client.engine.has_output());
  CHECK(read(p.client).status == engine_status::want_read);
  p.client.port.limit = 1000;
  CHECK(p.client.engine.flush(p.client.port).status == engine_status::done);
  CHECK_FALSE(p.client.port.output().empty());
}

TEST_CASE("data and close_notify that came together are read in order") {
  auto p = connected(with_version(client_defaults(), tls_version::tls1_3));
  p.client.outgoing = std::string(300, 'q');
  p.client.shuts_down = true;
  p.client.step();
  carry(p.client, p.server);
  CHECK(read(p.server).bytes == 100);
  CHECK(p.server.engine.pending() == 200);
  CHECK(read(p.server).bytes == 100);
  CHECK(read(p.server).bytes == 100);
  CHECK(p.server.engine.pending() == 0);
  CHECK(read(p.server).error == errc::closed);
}
