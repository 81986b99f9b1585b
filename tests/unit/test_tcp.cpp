// SPDX-License-Identifier: BSL-1.0
#include "plugtls/net/tcp.hpp"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>

#include <ctime>
#include <string>
#include <thread>
#include <vector>

#include "plugtls/net/tcp_acceptor.hpp"
#include "support/catch.hpp"
#include "support/skip.hpp"

using namespace std::chrono_literals;
using plugtls::connect_endpoints;
using plugtls::connect_options;
using plugtls::connect_tcp;
using plugtls::errc;
using plugtls::error_info;
using plugtls::fd_transport;
using plugtls::readiness;
using plugtls::tcp_acceptor;
using plugtls::tcp_endpoint;

namespace {

using clock_type = std::chrono::steady_clock;

// Nothing here may hang where it fails.
tcp_acceptor listen_on(std::string_view host, int port = 0) {
  error_info info;
  tcp_acceptor acceptor = tcp_acceptor::listen(host, port, info);
  INFO(explain(info));
  REQUIRE(acceptor.is_open());
  acceptor.timeout(10s);
  return acceptor;
}

bool has_v6() {
  error_info info;
  return tcp_acceptor::listen("::1", 0, info).is_open();
}

tcp_endpoint local_of(const tcp_acceptor& acceptor) { return tcp_endpoint::local(acceptor.native_handle()).value(); }

/// An address where nobody listens.
tcp_endpoint dead() { return local_of(listen_on("127.0.0.1")); }

/// A server that answers nothing: the queue is full, so the system drops what asks to connect.
class mute_server {
 public:
  mute_server() {
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    server_ = fd_transport(fd);
    const tcp_endpoint any = tcp_endpoint::any(false);
    REQUIRE(::bind(fd, any.data(), any.size()) == 0);
    REQUIRE(::listen(fd, 0) == 0);
    for (int i = 0; i < 8; ++i) {
      error_info info;
      fd_transport filler = connect_endpoints({address()}, "filler", info, {.connect_timeout = 100ms});
      if (info.code == errc::timed_out) return;
      fillers_.push_back(std::move(filler));
    }
    FAIL("the queue of a listening socket does not get full");
  }
  tcp_endpoint address() const {
    std::error_code ec;
    const auto text = tcp_endpoint::local(server_.native_handle()).value();
    error_info info;
    std::vector<tcp_endpoint> out;
    plugtls::resolve("127.0.0.1", text.port(), out, info);
    return out.at(0);
  }

 private:
  fd_transport server_;
  std::vector<fd_transport> fillers_;
};

void check_connected(fd_transport& client, fd_transport& server) {
  std::error_code ec;
  REQUIRE(client.is_open());
  REQUIRE(server.is_open());
  CHECK(client.write_some(plugtls::as_bytes("ping"), ec) == 4);
  server.wait(readiness::read, ec);
  CHECK_FALSE(ec);
  std::byte block[16];
  CHECK(plugtls::as_text({block, server.read_some(block, ec)}) == "ping");
  CHECK(tcp_endpoint::remote(client.native_handle()).value().to_string() ==
        tcp_endpoint::local(server.native_handle()).value().to_string());
  for (const fd_transport* t : {&client, &server}) {
    CHECK((::fcntl(t->native_handle(), F_GETFD) & FD_CLOEXEC) != 0);
    int on = 0;
    socklen_t size = sizeof on;
    CHECK(::getsockopt(t->native_handle(), IPPROTO_TCP, TCP_NODELAY, &on, &size) == 0);
    CHECK(on != 0);
  }
}

void check_connects(std::string_view host, tcp_acceptor& acceptor) {
  CAPTURE(host, acceptor.local_endpoint());
  error_info info;
  fd_transport client = connect_tcp(host, acceptor.local_port(), info);
  CHECK(plugtls::explain(info) == plugtls::explain({}));
  std::error_code ec;
  fd_transport server = acceptor.accept_transport(ec);
  CHECK_FALSE(ec);
  check_connected(client, server);
}

}  // namespace

TEST_CASE("IPv4 connects to an address and to a name") {
  tcp_acceptor acceptor = listen_on("127.0.0.1");
  CHECK(acceptor.local_port() != 0);
  CHECK(acceptor.local_endpoint() == "127.0.0.1:" + std::to_string(acceptor.local_port()));
  check_connects("127.0.0.1", acceptor);
  check_connects("localhost", acceptor);
}

TEST_CASE("IPv6 connects with and without brackets") {
  if (!has_v6()) return plugtls_test::skip("ipv6_loopback", "this_machine");
  tcp_acceptor acceptor = listen_on("[::1]");
  CHECK(acceptor.local_endpoint() == "[::1]:" + std::to_string(acceptor.local_port()));
  check_connects("::1", acceptor);
  check_connects("[::1]", acceptor);
}

TEST_CASE("an acceptor without an address takes both families") {
  tcp_acceptor acceptor = listen_on("");
  check_connects("127.0.0.1", acceptor);
  if (!has_v6()) return plugtls_test::skip("ipv6_loopback", "this_machine");
  check_connects("::1", acceptor);
  CHECK(acceptor.local_endpoint().starts_with("[::]:"));
}

TEST_CASE("a mapped address is shown as IPv4") {
  tcp_acceptor acceptor = listen_on("");
  error_info info;
  const fd_transport client = connect_tcp("127.0.0.1", acceptor.local_port(), info);
  std::error_code ec;
  const fd_transport server = acceptor.accept_transport(ec);
  REQUIRE(server.is_open());
  CHECK(tcp_endpoint::remote(server.native_handle()).value().to_string().starts_with("127.0.0.1:"));
  CHECK_FALSE(tcp_endpoint::remote(acceptor.native_handle()));
  CHECK_FALSE(tcp_endpoint::local(0x7fffffff));
}

TEST_CASE("a refused connection says who refused what") {
  const int port = dead().port();
  error_info info;
  const fd_transport client = connect_tcp("127.0.0.1", port, info);
  CHECK_FALSE(client.is_open());
  CHECK(info.code == errc::io_error);
  CHECK(info.native == ECONNREFUSED);
  CHECK(info.native_text == "Connection refused");
  CHECK(info.detail == "cannot connect to 127.0.0.1:" + std::to_string(port) + ": Connection refused");
  CHECK_THROWS_AS(connect_tcp("127.0.0.1", port), plugtls::tls_error);
  if (!has_v6()) return plugtls_test::skip("ipv6_loopback", "this_machine");
  connect_tcp("::1", port, info);
  CHECK(info.detail.starts_with("cannot connect to [::1]:"));
}

TEST_CASE("ports and hosts that cannot be are invalid arguments") {
  error_info info;
  for (const int port : {0, -1, 65536, 1 << 30}) {
    CAPTURE(port);
    CHECK_FALSE(connect_tcp("127.0.0.1", port, info).is_open());
    CHECK(info.code == errc::invalid_argument);
    CHECK(info.detail.find(std::to_string(port)) != std::string::npos);
    if (port != 0) {
      CHECK_FALSE(tcp_acceptor::listen("", port, info).is_open());
      CHECK(info.code == errc::invalid_argument);
      CHECK_FALSE(tcp_acceptor::listen("127.0.0.1", port, info).is_open());
      CHECK(info.code == errc::invalid_argument);
    }
  }
  using namespace std::string_view_literals;
  for (const std::string_view host : {""sv,
                                      " "sv,
                                      "a b"sv,
                                      "local\0host"sv,
                                      "localhost\n"sv,
                                      "b\xc3\xbc"
                                      "cher.example"sv,
                                      "http://localhost"sv,
                                      "a/b"sv,
                                      "user@localhost"sv,
                                      "localhost:80"sv,
                                      "[::1"sv,
                                      "::1]"sv,
                                      "[127.0.0.1]"sv,
                                      "[localhost]"sv,
                                      "[]"sv,
                                      "127.1"sv,
                                      "127.0.0.01"sv,
                                      "256.0.0.1"sv,
                                      "1"sv,
                                      "0x7f000001"sv,
                                      "0x7f.0x1"sv,
                                      "127.0.0.1."sv,
                                      ".localhost"sv,
                                      "a%lo"sv,
                                      "::1%"sv,
                                      "::1%a b"sv,
                                      ":::"sv}) {
    CAPTURE(host);
    CHECK_FALSE(connect_tcp(host, 1, info).is_open());
    CHECK(info.code == errc::invalid_argument);
    for (const char c : explain(info)) CHECK((c >= ' ' && c <= '~'));
  }
  CHECK_FALSE(connect_tcp(std::string(255, 'a'), 1, info).is_open());
  CHECK(info.code == errc::invalid_argument);
}

TEST_CASE("a name that is not found is told apart") {
  error_info info;
  const std::string name = std::string(64, 'a') + ".invalid";  // a label too long for DNS: nobody is asked
  CHECK_FALSE(connect_tcp(name, 1, info).is_open());
  CHECK(info.code == errc::io_error);
  CHECK(info.native != 0);
  CHECK(info.detail == "cannot resolve '" + name + "': " + info.native_text);
  CHECK_FALSE(info.native_text.empty());
}

TEST_CASE("a dead address is passed over") {
  tcp_acceptor acceptor = listen_on("127.0.0.1");
  error_info info;
  fd_transport client = connect_endpoints({dead(), local_of(acceptor)}, "test", info, {.next_address_after = 1h});
  CHECK_FALSE(info);
  std::error_code ec;
  fd_transport server = acceptor.accept_transport(ec);
  check_connected(client, server);
  connect_endpoints({}, "nothing", info);
  CHECK(info.code == errc::io_error);
}

TEST_CASE("a mute address is passed over, and does not outlast the deadline") {
  const mute_server mute;
  tcp_acceptor acceptor = listen_on("127.0.0.1");
  error_info info;
  auto start = clock_type::now();
  fd_transport client =
      connect_endpoints({mute.address(), dead(), local_of(acceptor)}, "test", info, {.next_address_after = 30ms});
  CHECK_FALSE(info);
  CHECK(clock_type::now() - start >= 30ms);
  CHECK(clock_type::now() - start < 5s);
  std::error_code ec;
  fd_transport server = acceptor.accept_transport(ec);
  check_connected(client, server);

  start = clock_type::now();
  connect_endpoints({mute.address(), mute.address()}, "host:1", info,
                    {.connect_timeout = 80ms, .next_address_after = 20ms});
  CHECK(info.code == errc::timed_out);
  CHECK(info.detail.starts_with("cannot connect to host:1: "));
  CHECK(clock_type::now() - start >= 80ms);
  CHECK(clock_type::now() - start < 5s);
  // A refusal does not make the next address wait its turn.
  client = connect_endpoints({mute.address(), dead(), local_of(acceptor)}, "host:1", info,
                             {.connect_timeout = 1100ms, .next_address_after = 600ms});
  CHECK_FALSE(info);
  // The mute one may still answer when the other has refused.
  connect_endpoints({mute.address(), dead()}, "host:1", info, {.connect_timeout = 80ms, .next_address_after = 1ms});
  CHECK(info.code == errc::timed_out);
}

TEST_CASE("a socket that reaches itself is found out") {
  const fd_transport self(::socket(AF_INET, SOCK_STREAM, 0));
  const tcp_endpoint any = tcp_endpoint::any(false);
  REQUIRE(::bind(self.native_handle(), any.data(), any.size()) == 0);
  const tcp_endpoint own = tcp_endpoint::local(self.native_handle()).value();
  REQUIRE(::connect(self.native_handle(), own.data(), own.size()) == 0);
  CHECK(plugtls::detail::reaches_itself(self.native_handle()));
  tcp_acceptor acceptor = listen_on("127.0.0.1");
  error_info info;
  const fd_transport other = connect_tcp("127.0.0.1", acceptor.local_port(), info);
  CHECK_FALSE(plugtls::detail::reaches_itself(other.native_handle()));
}

TEST_CASE("families take turns, the first leading") {
  std::vector<tcp_endpoint> list(3, tcp_endpoint::any(true));
  list.insert(list.end(), 2, tcp_endpoint::any(false));
  for (std::size_t i = 0; i < list.size(); ++i) list[i].port(static_cast<std::uint16_t>(i));
  plugtls::detail::interleave(list);
  std::string order;
  for (const tcp_endpoint& e : list) order += std::to_string(e.port());
  CHECK(order == "03142");
}

TEST_CASE("a port that is taken is an io_error") {
  const tcp_acceptor first = listen_on("127.0.0.1");
  error_info info;
  CHECK_FALSE(tcp_acceptor::listen("127.0.0.1", first.local_port(), info).is_open());
  CHECK(info.code == errc::io_error);
  CHECK(info.native == EADDRINUSE);
  CHECK(info.detail.starts_with("cannot listen on 127.0.0.1:"));
  CHECK_THROWS_AS(tcp_acceptor("127.0.0.1", first.local_port()), plugtls::tls_error);
  CHECK(tcp_acceptor("127.0.0.1", 0).is_open());
}

TEST_CASE("accepting ends at its time, when it is cancelled, and when it is closed") {
  tcp_acceptor acceptor = listen_on("127.0.0.1");
  std::error_code ec;
  acceptor.timeout(30ms);
  const auto start = clock_type::now();
  CHECK_FALSE(acceptor.accept_transport(ec).is_open());
  CHECK(ec == errc::timed_out);
  CHECK(clock_type::now() - start >= 30ms);

  acceptor.timeout(20s);
  SECTION("from another thread, for good") {
    std::thread other([&] {
      std::this_thread::sleep_for(20ms);
      acceptor.cancel();
    });
    error_info info;
    acceptor.accept_transport(ec);
    CHECK(ec == std::errc::operation_canceled);
    other.join();
    const fd_transport waiting = connect_tcp("127.0.0.1", acceptor.local_port(), info);
    acceptor.accept_transport(ec);
    CHECK(ec == std::errc::operation_canceled);
  }
  SECTION("from a signal handler") {
    static const tcp_acceptor* target = nullptr;
    target = &acceptor;
    struct sigaction action {};
    struct sigaction before {};
    action.sa_handler = [](int) { target->cancel(); };
    ::sigaction(SIGUSR1, &action, &before);
    const pthread_t waiting = ::pthread_self();
    std::thread other([&] {
      std::this_thread::sleep_for(20ms);
      ::pthread_kill(waiting, SIGUSR1);
    });
    acceptor.accept_transport(ec);
    CHECK(ec == std::errc::operation_canceled);
    other.join();
    ::sigaction(SIGUSR1, &before, nullptr);
  }
  SECTION("closed") {
    acceptor.close();
    CHECK_FALSE(acceptor.is_open());
    acceptor.accept_transport(ec);
    CHECK(ec == std::errc::bad_file_descriptor);
    CHECK(acceptor.local_port() == 0);
    CHECK(acceptor.local_endpoint().empty());
    acceptor.cancel();
  }
  CHECK(clock_type::now() - start < 10s);
}

TEST_CASE("a connection that is gone again does not fail the next") {
  tcp_acceptor acceptor = listen_on("127.0.0.1");
  error_info info;
  fd_transport reset = connect_tcp("127.0.0.1", acceptor.local_port(), info);
  const linger at_once{1, 0};
  ::setsockopt(reset.native_handle(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  reset.close();
  std::error_code ec;
  acceptor.accept_transport(ec);
  CHECK_FALSE(ec);
  check_connects("127.0.0.1", acceptor);
}

TEST_CASE("a lack of descriptors pauses an acceptor instead of spinning it") {
  tcp_acceptor acceptor = listen_on("127.0.0.1");
  error_info info;
  fd_transport client = connect_tcp("127.0.0.1", acceptor.local_port(), info);
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  rlimit low = before;
  low.rlim_cur = 3;
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &low) == 0);
  const std::clock_t cpu = std::clock();
  const auto start = clock_type::now();
  std::error_code ec;
  acceptor.accept_transport(ec);
  const auto took = clock_type::now() - start;
  const std::clock_t used = std::clock() - cpu;
  ::setrlimit(RLIMIT_NOFILE, &before);
  CHECK(ec == std::errc::too_many_files_open);
  CHECK(took >= 900ms);
  CHECK(used < CLOCKS_PER_SEC / 4);
  fd_transport server = acceptor.accept_transport(ec);
  CHECK_FALSE(ec);
  check_connected(client, server);
}

TEST_CASE("a graceful close over TCP is no reset") {
  tcp_acceptor acceptor = listen_on("127.0.0.1");
  error_info info;
  fd_transport client = connect_tcp("127.0.0.1", acceptor.local_port(), info);
  std::error_code ec;
  fd_transport server = acceptor.accept_transport(ec);
  REQUIRE(server.is_open());
  client.write_some(plugtls::as_bytes("never read"), ec);
  server.wait(readiness::read, ec);
  server.write_some(plugtls::as_bytes("alert"), ec);
  std::thread closing([&] { server.close_gracefully(20s); });
  client.wait(readiness::read, ec);
  std::byte block[16];
  CHECK(plugtls::as_text({block, client.read_some(block, ec)}) == "alert");
  client.timeout(5s);
  client.wait(readiness::read, ec);
  CHECK_FALSE(ec);
  CHECK(client.read_some(block, ec) == 0);
  CHECK_FALSE(ec);
  client.close();
  closing.join();
}

TEST_CASE("names below localhost are this machine's, whether the system knows them or not", "[tcp]") {
  for (const std::string_view host : {"localhost", "LocalHost.", "plugtls-test.localhost"}) {
    CAPTURE(host);
    std::vector<tcp_endpoint> found;
    error_info info;
    CHECK(plugtls::resolve(host, 443, found, info) == errc::success);
    REQUIRE_FALSE(found.empty());
    for (const tcp_endpoint& e : found) {
      const std::string text = e.to_string();
      CHECK((text == "[::1]:443" || text.starts_with("127.")));
    }
  }
  std::vector<tcp_endpoint> found;
  error_info info;
  CHECK(plugtls::resolve("notlocalhost", 443, found, info) != errc::success);
}

TEST_CASE("what more follows waits for it, where the system can do that") {
  tcp_acceptor acceptor = listen_on("127.0.0.1");
  error_info info;
  fd_transport client = connect_tcp("127.0.0.1", acceptor.local_port(), info);
  std::error_code ec;
  fd_transport server = acceptor.accept_transport(ec);
  REQUIRE_FALSE(ec);
  std::byte block[64];
  client.more(true);
  CHECK(client.write_some(plugtls::as_bytes("first "), ec) == 6);
  if (plugtls::detail::more_follows != 0) {
    CHECK(server.read_some(block, ec) == 0);
    CHECK(ec == errc::would_block);
  }
  client.more(false);
  CHECK(client.write_some(plugtls::as_bytes("second"), ec) == 6);
  server.wait(plugtls::readiness::read, ec);
  const std::size_t n = server.read_some(block, ec);
  CHECK(plugtls::as_text({block, n}) == "first second");
}
