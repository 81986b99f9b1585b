// SPDX-License-Identifier: BSL-1.0
#include "plugtls/net/fd_transport.hpp"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "support/catch.hpp"

using namespace std::chrono_literals;
using plugtls::errc;
using plugtls::fd_transport;
using plugtls::readiness;

namespace {

struct pair {
  fd_transport a;
  fd_transport b;
};

// In blocking mode: nothing here may rely on O_NONBLOCK.
pair sockets() {
  int fds[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
  return {fd_transport(fds[0]), fd_transport(fds[1])};
}
pair pipe() {
  int fds[2];
  REQUIRE(::pipe(fds) == 0);
  return {fd_transport(fds[0]), fd_transport(fds[1])};
}

std::string get(fd_transport& from, std::error_code& ec) {
  std::byte block[64];
  return std::string(plugtls::as_text({block, from.read_some(block, ec)}));
}
std::size_t put(fd_transport& to, std::string_view text, std::error_code& ec) {
  return to.write_some(plugtls::as_bytes(text), ec);
}
bool is_open(int fd) { return ::fcntl(fd, F_GETFD) != -1; }

bool sigpipe_is_blocked() {
  sigset_t mask;
  ::pthread_sigmask(SIG_SETMASK, nullptr, &mask);
  return sigismember(&mask, SIGPIPE) == 1;
}
bool sigpipe_is_pending() {
  sigset_t pending;
  ::sigpending(&pending);
  return sigismember(&pending, SIGPIPE) == 1;
}

std::chrono::steady_clock::duration time_of(fd_transport& t, readiness what, std::error_code& ec) {
  const auto start = std::chrono::steady_clock::now();
  t.wait(what, ec);
  return std::chrono::steady_clock::now() - start;
}

}  // namespace

TEST_CASE("a descriptor is read and written without waiting, blocking as it is") {
  auto [reader, writer] = GENERATE(0, 1) == 0 ? sockets() : pipe();
  std::error_code ec;
  CHECK(get(reader, ec).empty());
  CHECK(ec == errc::would_block);
  CHECK(put(writer, "hello", ec) == 5);
  CHECK_FALSE(ec);
  CHECK(get(reader, ec) == "hello");
  CHECK_FALSE(ec);

  // Until it is full: no call may block.
  const std::string big(100000, 'x');
  std::size_t sent = 0;
  while (!ec && sent < 100'000'000) sent += put(writer, big, ec);
  CHECK(ec == errc::would_block);
  std::size_t got = 0;
  std::vector<std::byte> room(big.size());
  for (ec.clear(); !ec;) got += reader.read_some(room, ec);
  CHECK(ec == errc::would_block);
  CHECK(got == sent);

  writer.close();
  CHECK(get(reader, ec).empty());
  CHECK_FALSE(ec);
  CHECK(reader.read_some({}, ec) == 0);
  CHECK(ec == std::errc::invalid_argument);
}

TEST_CASE("writing to a peer that is gone is EPIPE and no signal") {
  auto [reader, writer] = GENERATE(0, 1) == 0 ? sockets() : pipe();
  std::error_code ec;
  reader.close();
  for (int i = 0; i < 2; ++i) {
    CHECK(put(writer, "x", ec) == 0);
    CHECK(ec == std::error_code(EPIPE, std::system_category()));
    CHECK_FALSE(sigpipe_is_blocked());
    CHECK_FALSE(sigpipe_is_pending());
  }
}

TEST_CASE("a SIGPIPE of the caller's own stays pending") {
  auto [reader, writer] = pipe();
  std::error_code ec;
  reader.close();
  sigset_t pipe_signal;
  sigset_t before;
  sigemptyset(&pipe_signal);
  sigaddset(&pipe_signal, SIGPIPE);
  ::pthread_sigmask(SIG_BLOCK, &pipe_signal, &before);
  ::pthread_kill(::pthread_self(), SIGPIPE);
  put(writer, "x", ec);
  CHECK(ec == std::errc::broken_pipe);
  CHECK(sigpipe_is_blocked());
  CHECK(sigpipe_is_pending());
  int taken = 0;
  ::sigwait(&pipe_signal, &taken);
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

TEST_CASE("waiting ends when the descriptor is ready") {
  auto [a, b] = sockets();
  std::error_code ec;
  a.wait(readiness::write, ec);
  CHECK_FALSE(ec);
  std::thread later([&b = b] {
    std::this_thread::sleep_for(20ms);
    std::error_code ignored;
    put(b, "x", ignored);
  });
  a.timeout(plugtls::no_timeout);
  a.wait(readiness::read, ec);
  CHECK_FALSE(ec);
  CHECK(get(a, ec) == "x");
  later.join();
  b.close();
  a.wait(readiness::read, ec);
  CHECK_FALSE(ec);
}

TEST_CASE("each operation has its time, and all its waits share it") {
  auto [a, b] = sockets();
  std::error_code ec;
  CHECK(a.timeout() == 30s);
  a.timeout(60ms);
  SECTION("without operations each wait has it") {
    for (int i = 0; i < 2; ++i) {
      const auto took = time_of(a, readiness::read, ec);
      CHECK(ec == errc::timed_out);
      CHECK(took >= 60ms);
      CHECK(took < 10s);
    }
  }
  SECTION("an operation") {
    a.timeout(300ms);
    a.begin_operation();
    std::this_thread::sleep_for(20ms);  // the clock runs from the first wait
    CHECK(time_of(a, readiness::read, ec) >= 300ms);
    CHECK(ec == errc::timed_out);
    CHECK(time_of(a, readiness::read, ec) < 300ms);
    CHECK(ec == errc::timed_out);
    put(b, "x", ec);
    a.wait(readiness::read, ec);
    CHECK(ec == errc::timed_out);
    a.begin_operation();
    a.wait(readiness::read, ec);
    CHECK_FALSE(ec);
  }
  SECTION("zero looks once") {
    a.timeout(0ms);
    a.begin_operation();
    a.wait(readiness::read, ec);
    CHECK(ec == errc::timed_out);
    put(b, "x", ec);
    a.wait(readiness::read, ec);
    CHECK_FALSE(ec);
  }
}

TEST_CASE("the earlier deadline counts") {
  auto [a, b] = sockets();
  std::error_code ec;
  a.timeout(plugtls::no_timeout);
  a.expires_after(30ms);
  CHECK(time_of(a, readiness::read, ec) >= 30ms);
  CHECK(ec == errc::timed_out);
  a.begin_operation();
  CHECK(time_of(a, readiness::read, ec) < 10s);
  CHECK(ec == errc::timed_out);
  put(b, "x", ec);
  a.wait(readiness::read, ec);
  CHECK(ec == errc::timed_out);
  a.expires_never();
  a.wait(readiness::read, ec);
  CHECK_FALSE(ec);
  get(a, ec);
  a.timeout(20ms);
  a.expires_at(std::chrono::steady_clock::now() + 1h);
  a.wait(readiness::read, ec);
  CHECK(ec == errc::timed_out);
  // What overflows is never, and what is negative is now.
  a.begin_operation();
  a.expires_after(std::chrono::milliseconds::max() - 1ms);
  a.wait(readiness::write, ec);
  CHECK_FALSE(ec);
  a.expires_after(std::chrono::milliseconds::min());
  a.wait(readiness::read, ec);
  CHECK(ec == errc::timed_out);
}

TEST_CASE("a signal does not end a wait early") {
  struct sigaction action {};
  struct sigaction before {};
  action.sa_handler = [](int) {};
  ::sigaction(SIGUSR1, &action, &before);
  auto [a, b] = sockets();
  std::atomic<bool> done = false;
  const pthread_t waiting = ::pthread_self();
  std::thread signals([&] {
    while (!done) {
      ::pthread_kill(waiting, SIGUSR1);
      std::this_thread::sleep_for(5ms);
    }
  });
  std::error_code ec;
  a.timeout(60ms);
  CHECK(time_of(a, readiness::read, ec) >= 60ms);
  CHECK(ec == errc::timed_out);
  done = true;
  signals.join();
  ::sigaction(SIGUSR1, &before, nullptr);
}

TEST_CASE("a descriptor that is not open gives EBADF") {
  fd_transport t = GENERATE(0, 1) == 0 ? fd_transport() : fd_transport::borrow(1'000'000);
  std::error_code ec;
  get(t, ec);
  CHECK(ec == std::errc::bad_file_descriptor);
  put(t, "x", ec);
  CHECK(ec == std::errc::bad_file_descriptor);
  t.wait(readiness::read, ec);
  CHECK(ec == std::errc::bad_file_descriptor);
  t.shutdown_write(ec);
  CHECK(ec == std::errc::bad_file_descriptor);
  t.close_gracefully();

  auto [reader, writer] = pipe();
  put(writer, "x", ec);
  get(reader, ec);
  reader.close();
  get(reader, ec);
  CHECK(ec == std::errc::bad_file_descriptor);
}

TEST_CASE("a transport closes what it owns, once") {
  auto [a, b] = sockets();
  const int first = a.native_handle();
  const int second = b.native_handle();
  {
    const fd_transport moved = std::move(a);
    CHECK_FALSE(a.is_open());  // NOLINT: moved from on purpose
    CHECK(moved.native_handle() == first);
    CHECK(is_open(first));
  }
  CHECK_FALSE(is_open(first));
  {
    const fd_transport borrowed = fd_transport::borrow(second);
    CHECK(borrowed.is_open());
  }
  CHECK(is_open(second));
  CHECK(b.release() == second);
  CHECK_FALSE(b.is_open());
  b.close();
  CHECK(is_open(second));
  b = fd_transport(second);
  b = fd_transport();
  CHECK_FALSE(is_open(second));
  std::error_code ec;
  fd_transport wrong(1'000'000);
  wrong.close(ec);
  CHECK(ec == std::errc::bad_file_descriptor);
  wrong.close(ec);
  CHECK_FALSE(ec);
}

TEST_CASE("a half-closed socket still reads") {
  auto [a, b] = sockets();
  std::error_code ec;
  a.shutdown_write(ec);
  CHECK_FALSE(ec);
  CHECK(get(b, ec).empty());
  CHECK_FALSE(ec);
  put(b, "answer", ec);
  CHECK(get(a, ec) == "answer");
  auto [reader, writer] = pipe();
  writer.shutdown_write(ec);
  CHECK(ec == std::errc::not_a_socket);
}

TEST_CASE("a graceful close takes what the peer still sends, within bounds") {
  auto [a, b] = sockets();
  const int fd = a.native_handle();
  std::error_code ec;
  const auto start = std::chrono::steady_clock::now();
  SECTION("a peer that closes") {
    put(b, "unread", ec);
    put(a, "alert", ec);
    std::thread peer([&b = b] {
      std::error_code e;
      std::string text;
      for (b.wait(readiness::read, e); !e;) {
        const std::string part = get(b, e);
        text += part;
        if (e == errc::would_block) b.wait(readiness::read, e);
        if (part.empty() && !e) break;
        put(b, "more", e);
        e.clear();
      }
      b.close();
    });
    a.close_gracefully(20s);
    peer.join();
    CHECK(std::chrono::steady_clock::now() - start < 10s);
  }
  SECTION("a silent peer") {
    a.close_gracefully(30ms);
    CHECK(std::chrono::steady_clock::now() - start >= 30ms);
    CHECK(std::chrono::steady_clock::now() - start < 10s);
  }
  SECTION("the absolute deadline") {
    a.expires_after(30ms);
    a.close_gracefully(1h);
    CHECK(std::chrono::steady_clock::now() - start < 10s);
  }
  SECTION("a peer that never ends") {
    std::thread peer([&b = b] {
      std::error_code e;
      const std::string block(65536, 'x');
      while (!e || e == errc::would_block) {
        put(b, block, e);
        if (e == errc::would_block) b.wait(readiness::write, e);
      }
    });
    a.close_gracefully(20s);
    CHECK(std::chrono::steady_clock::now() - start < 10s);
    peer.join();
  }
  CHECK_FALSE(a.is_open());
  CHECK_FALSE(is_open(fd));
}

TEST_CASE("two threads wait for a socket at once, whatever the deadlines, and an interrupt ends it for both") {
  int fds[2] = {-1, -1};
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
  fd_transport a(fds[0]), b(fds[1]);
  a.expires_after(std::chrono::milliseconds(0));
  std::error_code ec;
  const auto soon = std::chrono::steady_clock::now() + std::chrono::milliseconds(10);
  const auto never = std::chrono::steady_clock::time_point::max();
  a.wait_until(true, false, soon, ec);
  CHECK(ec == errc::timed_out);
  a.wait_until(true, true, soon, ec);
  CHECK_FALSE(ec);
  const std::string block(4096, 'x');
  while (!ec) a.write_some(plugtls::as_bytes(block), ec);
  CHECK(ec == errc::would_block);
  a.wait_until(false, true, soon, ec);
  CHECK(ec == errc::timed_out);
  std::error_code read_error, write_error;
  std::thread reader([&] { a.wait_until(true, false, never, read_error); });
  std::thread writer([&] { a.wait_until(false, true, never, write_error); });
  a.interrupt();
  reader.join();
  writer.join();
  CHECK_FALSE(read_error);
  CHECK_FALSE(write_error);
  CHECK(a.is_open());
  fd_transport().wait_until(true, false, soon, ec);
  CHECK(ec == std::errc::bad_file_descriptor);
}

TEST_CASE("one call fills two rooms, the first one first") {
  auto [a, b] = sockets();
  std::error_code ec;
  std::byte first[4], second[8];
  CHECK(a.read_some(first, second, ec) == 0);
  CHECK(ec == errc::would_block);
  put(b, "abcdef", ec);
  CHECK(a.read_some(first, second, ec) == 6);
  CHECK_FALSE(ec);
  CHECK(plugtls::as_text(first) == "abcd");
  CHECK(plugtls::as_text({second, 2}) == "ef");
  b.close();
  CHECK(a.read_some(first, second, ec) == 0);
  CHECK_FALSE(ec);

  // What is no socket fills the first.
  auto [from, to] = pipe();
  put(to, "abcdef", ec);
  CHECK(from.read_some(first, second, ec) == 4);
  CHECK(from.read_some(first, second, ec) == 2);
  CHECK_FALSE(ec);
}
