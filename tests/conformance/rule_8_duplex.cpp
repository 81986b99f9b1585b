// SPDX-License-Identifier: BSL-1.0
#include <sys/socket.h>
#include <plugtls/duplex_stream.hpp>
#include <plugtls/net/fd_transport.hpp>
#include <plugtls/session_cache.hpp>
#include <plugtls/ticket_keys.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <thread>

#include "conformance.hpp"
#include "transports.hpp"

using namespace plugtls;
using namespace plugtls_test;

namespace {

using duplex = duplex_stream<fd_transport, default_backend>;

// Two ends in one process, with little room between them.
struct duplex_pair {
  explicit duplex_pair(tls_version v, int room = 4096) : duplex_pair(v, sockets(room)) {}
  duplex_pair(tls_version v, std::pair<int, int> fds)
      : client(make_client(keeping_sessions(v)), fd_transport(fds.first), server_name),
        server(make_server(giving_tickets()), fd_transport(fds.second)) {}

  client_settings keeping_sessions(tls_version v) const {
    client_settings s = with_version(client_defaults(), v);
    s.sessions = sessions;
    return s;
  }
  static server_settings giving_tickets() {
    server_settings s = server_defaults();
    s.tickets = std::make_shared<ticket_keys>();
    return s;
  }

  void connect() {
    std::error_code a, b;
    std::thread other([&] { server.handshake(b); });
    client.handshake(a);
    other.join();
    REQUIRE_FALSE(a);
    REQUIRE_FALSE(b);
  }

  static std::pair<int, int> sockets(int room) {
    int fds[2] = {-1, -1};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
    for (const int fd : fds) {
      ::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
      ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    }
    return {fds[0], fds[1]};
  }

  std::shared_ptr<session_cache> sessions = std::make_shared<session_cache>();
  duplex client;
  duplex server;
};

struct duplex_result {
  std::error_code read, write;
  std::size_t bytes = 0;
  bool is_equal = true;
};

// Reads up to the peer's end, and compares.
template <class Stream>
void read_everything(Stream& s, const std::string& expected, duplex_result& r) {
  std::string block(20000, '\0');
  for (;;) {
    const std::size_t n = s.read_some(block, r.read);
    if (r.read) return;
    r.is_equal = r.is_equal && r.bytes + n <= expected.size() && expected.compare(r.bytes, n, block, 0, n) == 0;
    r.bytes += n;
  }
}
template <class Stream>
void exchange(Stream& client, Stream& server, tls_version v, std::size_t size, bool updates_keys = false) {
  const std::string up = pattern(size, 1), down = pattern(size, 2);
  duplex_result c, s;
  // A client of TLS 1.2 that reads close_notify writes no more (RFC 5246 §7.2.1): who ends first waits for the other.
  std::atomic<int> done = 0;
  const auto write = [&](Stream& from, const std::string& data, duplex_result& r) {
    const std::size_t part = updates_keys ? 1 + data.size() / 20 : data.size();
    for (std::size_t at = 0; at < data.size() && !r.write; at += part) {
      from.write(std::string_view(data).substr(at, part), r.write);
      if (updates_keys && !r.write) from.update_keys(r.write);
    }
    ++done;
    while (v == tls_version::tls1_2 && done != 2) std::this_thread::yield();
    if (!r.write) from.shutdown_send(r.write);
  };
  std::thread threads[] = {std::thread([&] { write(client, up, c); }), std::thread([&] { write(server, down, s); }),
                           std::thread([&] { read_everything(client, down, c); }),
                           std::thread([&] { read_everything(server, up, s); })};
  for (std::thread& t : threads) t.join();
  CAPTURE(name(v));
  CHECK(c.write == std::error_code());
  CHECK(s.write == std::error_code());
  CHECK(c.read == errc::closed);
  CHECK(s.read == errc::closed);
  CHECK(c.is_equal);
  CHECK(s.is_equal);
  CHECK(c.bytes == size);
  CHECK(s.bytes == size);
}

}  // namespace

TEST_CASE("duplex_stream: 16 MiB each way at once, over sockets with little room") {
  for (const tls_version v : versions()) {
    duplex_pair p(v);
    exchange(p.client, p.server, v, std::size_t{16} << 20);
  }
}

TEST_CASE("duplex_stream: both ways at once, with little room, while tickets come and both ends update keys") {
  const tls_version v = versions().back();
  const bool can = v == tls_version::tls1_3 && has<default_backend, capability::request_key_update>;
  if (can) {
    duplex_pair p(v);
    exchange(p.client, p.server, v, std::size_t{4} << 20, true);
    CHECK(p.sessions->size() == 1);
  }
  duplex_pair old(can ? tls_version::tls1_2 : v);
  old.connect();
  std::error_code ec;
  old.client.update_keys(ec);
  CHECK(ec == errc::unsupported);
  CHECK_FALSE(old.client.write_error().detail.empty());
  CHECK(old.client.write("still good", ec) == 10);
}

TEST_CASE("duplex_stream: both ways at once over pipes of every size") {
  for (const tls_version v : versions())
    for (const std::size_t capacity : {std::size_t{1}, std::size_t{100}, std::size_t{16384}})
      for (const bool blocks : {false, true}) {
        CAPTURE(capacity, blocks);
        auto [a, b] = make_memory_pipe(capacity);
        a.would_block_every_other(blocks);
        b.would_block_every_other(blocks);
        duplex_stream client(make_client(with_version(client_defaults(), v)), std::move(a), server_name);
        duplex_stream server(make_server(), std::move(b));
        exchange(client, server, v, capacity == 1 ? 2000 : 50000);
      }
}

TEST_CASE("duplex_stream: a reader that waits does not keep a writer waiting, nor the other way round") {
  for (const tls_version v : versions()) {
    duplex_pair p(v);
    p.connect();
    std::string answer(4, '\0');
    std::error_code read_error;
    std::thread reader([&] { p.client.read(answer, read_error); });
    // The reader has nothing to read while this is written.
    const std::string data = pattern(300000);
    std::string at_server(data.size(), '\0');
    std::error_code ec, other;
    std::thread server_reader([&] { p.server.read(at_server, other); });
    CHECK(p.client.write(data, ec) == data.size());
    CHECK_FALSE(ec);
    server_reader.join();
    CHECK(at_server == data);
    // And a writer that is stuck does not keep the reader from reading.
    std::thread stuck([&] { p.server.write(data, other); });
    reader.join();
    CHECK(answer == data.substr(0, 4));
    p.client.close();
    stuck.join();
    CHECK(other == errc::io_error);
  }
}

TEST_CASE("duplex_stream: deadlines end a read and a write, which can be taken up again") {
  for (const tls_version v : versions()) {
    duplex_pair p(v);
    p.connect();
    p.client.timeout(std::chrono::milliseconds(30));
    std::byte one{};
    std::error_code ec;
    CHECK(p.client.read_some(std::span(&one, 1), ec) == 0);
    CHECK(ec == errc::timed_out);
    CHECK(p.client.read_error().code == errc::timed_out);
    const std::string data = pattern(1 << 20);
    const std::size_t taken = p.client.write(data, ec);
    CHECK(ec == errc::timed_out);
    CHECK(p.client.write_error().code == errc::timed_out);
    CHECK(taken < data.size());
    std::string got(data.size(), '\0');
    std::error_code other;
    std::thread reader([&] { p.server.read(got, other); });
    p.client.timeout(std::chrono::seconds(30));
    CHECK(p.client.write(std::string_view(data).substr(taken), ec) == data.size() - taken);
    CHECK_FALSE(ec);
    reader.join();
    CHECK(got == data);
  }
}

TEST_CASE("duplex_stream: close ends a wait of either thread, and the peer hears it") {
  for (const tls_version v : versions()) {
    duplex_pair p(v);
    p.connect();
    std::error_code read_error, write_error, peer_error;
    std::byte one{};
    std::thread reader([&] { p.client.read_some(std::span(&one, 1), read_error); });
    std::thread peer([&] {
      std::byte two{};
      p.server.read_some(std::span(&two, 1), peer_error);
    });
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    p.client.close();
    p.client.close();
    reader.join();
    peer.join();
    CHECK(read_error == errc::io_error);
    CHECK(peer_error == errc::closed);
    p.client.write("more", write_error);
    CHECK(write_error == errc::io_error);
    CHECK_FALSE(p.client.write_error().detail.empty());
  }
}

TEST_CASE("duplex_stream: a peer that goes away ends both") {
  for (const tls_version v : versions()) {
    auto p = std::make_unique<duplex_pair>(v);
    p->connect();
    std::error_code read_error, write_error;
    std::thread reader([&] {
      std::byte one{};
      p->client.read_some(std::span(&one, 1), read_error);
    });
    std::thread writer([&] { p->client.write(pattern(1 << 20), write_error); });
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    p->server.next_layer().interrupt();
    reader.join();
    writer.join();
    CHECK((read_error == errc::truncated || read_error == errc::io_error));
    CHECK((write_error == errc::io_error || write_error == errc::truncated));
  }
}

TEST_CASE("duplex_stream: the first operation shakes hands, whichever thread it is in, and failures are told to both") {
  for (const tls_version v : versions()) {
    for (const bool refused : {false, true}) {
      auto [a, b] = make_memory_pipe();
      duplex_stream client(make_client(with_version(client_defaults(), v)), std::move(a),
                           refused ? "wrong.test" : server_name);
      duplex_stream server(make_server(), std::move(b));
      std::error_code errors[4];
      std::byte bytes[2];
      std::thread threads[] = {std::thread([&] { client.write("c", errors[0]); }),
                               std::thread([&] { client.read_some(std::span(&bytes[0], 1), errors[1]); }),
                               std::thread([&] { server.read_some(std::span(&bytes[1], 1), errors[2]); }),
                               std::thread([&] { server.write("s", errors[3]); })};
      for (std::thread& t : threads) t.join();
      if (refused) {
        CHECK(errors[0] == errc::hostname_mismatch);
        CHECK(errors[1] == errc::hostname_mismatch);
        CHECK(errors[2] == errc::alert_received);
        CHECK_THROWS_AS(client.write("c"), tls_error);
      } else {
        for (const std::error_code& ec : errors) CHECK_FALSE(ec);
        CHECK(client.with_engine([](auto& e) { return e.version(); }) == v);
      }
      CHECK(client.established() != refused);
    }
  }
}

TEST_CASE("duplex_stream: takes a stream over after its handshake") {
  for (const tls_version v : versions()) {
    stream_pair p(v);
    std::error_code ec;
    p.client.write("hello", ec);
    duplex_stream client(std::move(p.client));
    duplex_stream server(std::move(p.server));
    CHECK(client.established());
    std::string text(5, '\0');
    server.read(text);
    CHECK(text == "hello");
    client.shutdown_send();
    server.read_some(text, ec);
    CHECK(ec == errc::closed);
  }
}
