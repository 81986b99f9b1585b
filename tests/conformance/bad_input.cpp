// SPDX-License-Identifier: BSL-1.0
#include <cerrno>

#include "conformance.hpp"

using namespace plugtls;
using namespace plugtls_test;

namespace {

constexpr const char* garbage[] = {"HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\n\r\n<html>",
                                   "GET / HTTP/1.1\r\nHost: plugtls.test\r\n\r\n", "SSH-2.0-OpenSSH_9.2p1\r\n",
                                   "220 mail.example ESMTP\r\n", "\x80\x2e\x01\x00\x02"};

// Carries from one end to the other, in small pieces, and no more than `limit` bytes in all; then nothing.
template <class A, class B>
std::size_t carry_until(A& from, B& to, std::size_t& left) {
  const std::size_t n = carry(from, to, std::min<std::size_t>(left, 97));
  left -= n;
  return n;
}

void fail_reading(endpoint<engine>& e) {
  e.port.read = [](port& self, std::byte* data, std::size_t size) noexcept -> io_result {
    auto& p = static_cast<buffer_port&>(self);
    if (const std::size_t n = p.incoming.take(data, size); n != 0) return {n, io_status::ok};
    p.error = std::make_error_code(std::errc::connection_reset);
    return {0, io_status::error};
  };
}

enum class ending { fin, reset };

// Runs a whole connection in which one end loses the other after so many bytes. Returns how many bytes the other sent
// when nothing was lost.
std::size_t lose(tls_version v, bool client_loses, std::size_t at, ending how) {
  static const context server_context = make_server(mutual_defaults());
  static const auto make = [](tls_version version) {
    client_settings s = with_version(client_defaults(), version);
    s.identities = {client_identity()};
    return make_client(s);
  };
  static const context client_contexts[] = {make(versions().front()), make(versions().back())};
  connection c(client_contexts[v == tls_version::tls1_3], server_context);
  c.client.outgoing = pattern(3000, 1);
  c.server.outgoing = pattern(3000, 2);
  c.client.shuts_down = c.server.shuts_down = true;
  auto& loser = client_loses ? c.client : c.server;
  auto& other = client_loses ? c.server : c.client;
  std::size_t left = at;
  int idle = 0;
  for (int rounds = 0; rounds < 5000 && idle < 3; ++rounds) {
    bool moved = loser.step();
    moved = carry(loser, other) != 0 || moved;
    moved = other.step() || moved;
    moved = carry_until(other, loser, left) != 0 || moved;
    if (left == 0) {
      if (how == ending::fin)
        loser.port.ended = true;
      else
        fail_reading(loser);
    }
    idle = moved ? 0 : idle + 1;
  }
  CHECK(idle == 3);
  const errc end = outcome(loser);
  CAPTURE(name(v), client_loses, at, name(end));
  // Whatever was delivered is a beginning of what was sent.
  CHECK(other.outgoing.compare(0, loser.incoming.size(), loser.incoming) == 0);
  if (left == 0 && end != errc::closed) {
    CHECK(end == (how == ending::fin ? errc::truncated : errc::io_error));
    if (how == ending::reset) CHECK(loser.engine.error().native == ECONNRESET);
  } else {
    CHECK(end == errc::closed);
    CHECK(loser.incoming == other.outgoing);
  }
  return at - left;
}

void lose_everywhere(ending how) {
  for (const tls_version v : versions()) {
    for (const bool client_loses : {true, false}) {
      const std::size_t all = lose(v, client_loses, 1000000, how);
      for (std::size_t at = 0; at < all; at += at < 100 ? 9 : 127) lose(v, client_loses, at, how);
      for (std::size_t at = all - 30; at < all; at += 3) lose(v, client_loses, at, how);
    }
  }
}

}  // namespace

TEST_CASE("bad input: a peer that speaks something else is not_tls, on both roles") {
  for (const char* text : garbage) {
    CAPTURE(text);
    for (const std::size_t piece : {1U, 3U, 1000U}) {
      connection c;
      c.client.step();
      c.server.step();
      std::string_view bytes(text);
      while (!bytes.empty()) {
        const std::string_view part = bytes.substr(0, piece);
        bytes.remove_prefix(part.size());
        CHECK(c.client.port.feed(as_bytes(part)));
        CHECK(c.server.port.feed(as_bytes(part)));
        c.client.step();
        c.server.step();
      }
      CHECK(c.client.handshake_error == errc::not_tls);
      CHECK(c.server.handshake_error == errc::not_tls);
    }
  }
}

TEST_CASE("bad input: records of garbage end the connection, and never look like data or an end") {
  for (const tls_version v : versions()) {
    for (unsigned seed = 0; seed < 40; ++seed) {
      std::string bytes = pattern(400, seed);
      bytes.replace(0, 5, std::string("\x16\x03\x03\x01\x00", 5));
      if (seed % 4 == 1) bytes[0] = 20;
      if (seed % 4 == 2) bytes[0] = 21;
      if (seed % 4 == 3) bytes[0] = 23;
      CAPTURE(name(v), seed);
      connection fresh(with_version(client_defaults(), v));
      for (auto* e : {&fresh.client, &fresh.server}) {
        e->step();
        CHECK(e->port.feed(as_bytes(bytes)));
        e->port.ended = true;
        e->step();
        CHECK(e->handshake_error != errc::success);
        CHECK(e->handshake_error != errc::closed);
        CHECK(e->handshake_error != errc::would_block);
      }
      connection open(with_version(client_defaults(), v));
      open.connect();
      for (auto* e : {&open.client, &open.server}) {
        CHECK(e->port.feed(as_bytes(bytes)));
        e->port.ended = true;
        e->step();
        CHECK(e->incoming.empty());
        CHECK(e->read_error != errc::success);
        CHECK(e->read_error != errc::closed);
      }
    }
  }
}

TEST_CASE("bad input: a stream that ends at any byte is truncated, never closed") { lose_everywhere(ending::fin); }

TEST_CASE("bad input: a reset at any byte is an io_error with the system's code") { lose_everywhere(ending::reset); }

// Whether a byte belongs to the version in a record's header. That of a record in the clear is authenticated by nobody
// (RFC 5246 §6.2.1), and mbedTLS 3.6 takes another one for the change of ciphers.
static bool is_record_version(std::string_view wire, std::size_t at) {
  while (wire.size() >= 5 && at >= 5) {
    const std::size_t size = 5 + (static_cast<std::size_t>(static_cast<unsigned char>(wire[3])) << 8 |
                                  static_cast<std::size_t>(static_cast<unsigned char>(wire[4])));
    if (at < size || wire.size() < size) return false;
    wire.remove_prefix(size);
    at -= size;
  }
  return at == 1 || at == 2;
}

TEST_CASE("bad input: no changed bit lets altered data through") {
  for (const tls_version v : versions()) {
    for (std::size_t at = 0; at < 2300; at += 37) {
      CAPTURE(name(v), at);
      connection c(with_version(client_defaults(), v));
      c.server.outgoing = pattern(1000, 2);
      c.server.shuts_down = true;
      std::size_t passed = 0;
      std::string original;
      int idle = 0;
      for (int rounds = 0; rounds < 1000 && idle < 3; ++rounds) {
        bool moved = c.client.step();
        moved = carry(c.client, c.server) != 0 || moved;
        moved = c.server.step() || moved;
        std::string bytes(as_text(c.server.port.output()));
        original += bytes;
        if (at >= passed && at < passed + bytes.size()) bytes[at - passed] ^= static_cast<char>(1 << (at % 8));
        passed += bytes.size();
        c.server.port.consume_output(bytes.size());
        CHECK(c.client.port.feed(as_bytes(bytes)));
        idle = moved || !bytes.empty() ? 0 : idle + 1;
      }
      c.client.port.ended = true;
      c.client.step();
      CHECK(c.server.outgoing.compare(0, c.client.incoming.size(), c.client.incoming) == 0);
      const bool untouched = at >= passed;
      if (!is_record_version(original, at)) CHECK((outcome(c.client) == errc::closed) == untouched);
    }
  }
}
