// SPDX-License-Identifier: BSL-1.0
#include "plugtls/stream.hpp"

#include <stdexcept>
#include <thread>

#include "connected_streams.hpp"
#include "plugtls/any.hpp"
#include "support/catch.hpp"

using namespace plugtls;
using namespace plugtls_test;

TEST_CASE("a stream owns its transport or refers to it, and B is deduced") {
  auto [a, b] = make_memory_pipe();
  stream owner(client_context(), std::move(a), "plugtls.test");
  static_assert(std::is_same_v<decltype(owner), stream<memory_pipe, null_backend>>);
  stream reference(server_context(), b);
  static_assert(std::is_same_v<decltype(reference), stream<memory_pipe&, null_backend>>);
  CHECK(&reference.next_layer() == &b);
  any_context any(client_context());
  auto [c, d] = make_memory_pipe();
  stream erased(any, std::move(c), "plugtls.test");
  static_assert(std::is_same_v<decltype(erased), stream<memory_pipe, any_backend>>);
  std::error_code ec;
  erased.non_blocking(true);
  erased.handshake(ec);
  CHECK(ec == errc::would_block);
}

TEST_CASE("read and write move whole buffers, read_some and write_some what there is") {
  connected c;
  CHECK(c.client.write("hello world", c.ec) == 11);
  char room[100];
  CHECK(c.server.read_some(room, c.ec) == 11);
  CHECK(c.server.read_some(room, c.ec) == 0);
  CHECK(c.ec == errc::would_block);
  CHECK(c.server.want() == readiness::read);
  c.block();
  const std::string big = std::string(50000, 'x');
  CHECK(c.client.write(big, c.ec) == big.size());
  std::string got(50000, '\0');
  CHECK(c.server.read(got, c.ec) == 50000);
  CHECK(got == big);
  CHECK(c.client.write_some(std::string(50000, 'x'), c.ec) == 16384);
  CHECK(c.client.write("", c.ec) == 0);
  CHECK_FALSE(c.ec);
  CHECK(c.client.write_some("", c.ec) == 0);
  CHECK_FALSE(c.ec);
}

TEST_CASE("a blocking call gives up at the transport's deadline, and may be called again") {
  connected c;
  c.block();
  char room[10];
  CHECK(c.server.read_some(room, c.ec) == 0);
  CHECK(c.ec == errc::timed_out);
  CHECK(c.server.error().code == errc::timed_out);
  CHECK(c.server.established());
  CHECK(c.client.write("late", c.ec) == 4);
  CHECK(c.server.read(std::span(room, 4), c.ec) == 4);
  CHECK_FALSE(c.ec);
  CHECK(c.server.read(room, c.ec) == 0);
  CHECK(c.ec == errc::timed_out);

  auto [a, b] = make_memory_pipe();
  stream_t lonely(client_context(), std::move(a), server_name);
  lonely.next_layer().timeout(std::chrono::milliseconds(10));
  lonely.handshake(c.ec);
  CHECK(c.ec == errc::timed_out);
  stream_t server(server_context(), std::move(b));
  server.next_layer().timeout(std::chrono::milliseconds(10));
  server.handshake(c.ec);
  lonely.handshake(c.ec);
  CHECK_FALSE(c.ec);
}

TEST_CASE("read_all reads to the orderly end, has a limit, and tells the other end") {
  for (const std::size_t size : {0U, 1U, 4096U, 4097U, 10000U}) {
    connected c(with_version(client_defaults(), tls_version::tls1_3));
    c.client.write(std::string(size, 'x'), c.ec);
    c.client.shutdown_send(c.ec);
    CHECK(c.server.read_all(10000, c.ec).size() == size);
    CHECK_FALSE(c.ec);
  }
  connected over;
  over.client.write(std::string(101, 'x'), over.ec);
  CHECK(over.server.read_all(100, over.ec).size() == 100);
  CHECK(over.ec == errc::too_long);
  CHECK(over.server.error().detail.find("100") != std::string::npos);

  connected exact;
  exact.client.write(std::string(100, 'x'), exact.ec);
  exact.client.shutdown_send(exact.ec);
  CHECK(exact.server.read_all(100, exact.ec).size() == 100);
  CHECK_FALSE(exact.ec);

  connected cut;
  cut.client.write("half", cut.ec);
  cut.client.next_layer().close();
  CHECK(cut.server.read_all(100, cut.ec) == "half");
  CHECK(cut.ec == errc::truncated);
}

TEST_CASE("reading and writing shake hands first") {
  auto [a, b] = make_memory_pipe();
  stream_t client(client_context(), std::move(a), server_name);
  stream_t server(server_context(), std::move(b));
  std::thread thread([&] {
    std::error_code ec;
    client.write("hello", ec);
    client.shutdown(ec);
    CHECK_FALSE(ec);
  });
  std::error_code ec;
  CHECK(server.read_all(100, ec) == "hello");
  CHECK_FALSE(ec);
  server.shutdown(ec);
  CHECK_FALSE(ec);
  thread.join();
}

TEST_CASE("throwing forms throw what the others report, with its text") {
  auto [a, b] = make_memory_pipe();
  stream_t nameless(client_context(), std::move(a));
  try {
    nameless.handshake();
    FAIL("nothing was thrown");
  } catch (const tls_error& e) {
    CHECK(e.code() == errc::peer_name_required);
    CHECK(e.info().code == errc::peer_name_required);
    CHECK(std::string(e.what()).find("peer_name_required") == 0);
  }
  connected c(with_version(client_defaults(), tls_version::tls1_3));
  c.client.shutdown_send();
  char room[10];
  try {
    c.server.read_some(room);
    FAIL("nothing was thrown");
  } catch (const std::system_error& e) {
    CHECK(e.code() == errc::closed);
  }
  CHECK(c.server.write("reply") == 5);
  CHECK(c.server.read_all(10).empty());
  try {
    c.client.write("after close");
    FAIL("nothing was thrown");
  } catch (const std::system_error& e) {
    CHECK(e.code() == errc::closed);
  }
}

TEST_CASE("what would block is no failure: the details of the last one stay") {
  connected c;
  char room[10];
  c.block();
  CHECK(c.server.read_some(room, c.ec) == 0);
  REQUIRE(c.server.error().code == errc::timed_out);
  c.server.non_blocking(true);
  CHECK(c.server.read_some(room, c.ec) == 0);
  CHECK(c.ec == errc::would_block);
  CHECK(c.server.error().code == errc::timed_out);
  try {
    c.server.read_some(room);
    FAIL("nothing was thrown");
  } catch (const tls_error& e) {
    CHECK(e.code() == errc::would_block);
  }
  CHECK(c.server.error().code == errc::timed_out);
}

TEST_CASE("a callback's exception comes out once, the refusal afterwards") {
  client_settings s = client_defaults();
  s.on_verify = [](const verify_context&) -> bool { throw std::runtime_error("mine"); };
  auto [a, b] = make_memory_pipe();
  stream_t client(client_context(s), std::move(a), server_name);
  stream_t server(server_context(), std::move(b));
  client.non_blocking(true);
  server.non_blocking(true);
  std::error_code ec;
  client.handshake(ec);
  server.handshake(ec);
  CHECK_THROWS_AS(client.handshake(), std::runtime_error);
  CHECK_THROWS_AS(client.handshake(), tls_error);
  client.handshake(ec);
  CHECK(ec == errc::rejected_by_callback);
  server.handshake(ec);
  CHECK(ec == errc::alert_received);
}

TEST_CASE("shutdown drops what the peer still sends, and waits for its close_notify") {
  connected c(with_version(client_defaults(), tls_version::tls1_3));
  c.server.write(std::string(5000, 'x'), c.ec);
  c.client.shutdown(c.ec);
  CHECK(c.ec == errc::would_block);
  char room[10];
  CHECK(c.server.read_some(room, c.ec) == 0);
  CHECK(c.ec == errc::closed);
  c.server.shutdown(c.ec);
  CHECK_FALSE(c.ec);
  c.client.shutdown(c.ec);
  CHECK_FALSE(c.ec);
  c.client.shutdown(c.ec);
  CHECK_FALSE(c.ec);
}

TEST_CASE("a transport that fails while waiting fails the call, with its own code") {
  struct broken_wait {
    std::size_t read_some(std::span<std::byte>, std::error_code& ec) { return ec = errc::would_block, 0; }
    std::size_t write_some(byte_view in, std::error_code& ec) { return ec.clear(), in.size(); }
    void wait(readiness, std::error_code& ec) { ec = std::make_error_code(std::errc::bad_file_descriptor); }
  };
  stream s(client_context(), broken_wait{}, server_name);
  std::error_code ec;
  s.handshake(ec);
  CHECK(ec == errc::io_error);
  CHECK(s.error().native == EBADF);
}

TEST_CASE("a transport that takes nothing and says nothing does not hang a writer") {
  struct takes_nothing {
    std::size_t read_some(std::span<std::byte>, std::error_code& ec) { return ec = errc::would_block, 0; }
    std::size_t write_some(byte_view, std::error_code& ec) { return ec.clear(), 0; }
    void wait(readiness, std::error_code& ec) { ec = errc::timed_out; }
  };
  stream s(client_context(), takes_nothing{}, server_name);
  std::error_code ec;
  s.handshake(ec);
  CHECK(ec);
}
