// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <signal.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <span>
#include <system_error>
#include <utility>

#include "plugtls/detail/platform.hpp"
#include "plugtls/net/poll.hpp"
#include "plugtls/transport.hpp"

namespace plugtls {

/// A transport over a connected descriptor: a TCP or Unix stream socket, a pipe, a terminal.
///
/// Reading and writing never wait and never raise SIGPIPE, whether the descriptor is blocking or not; its flags are not
/// touched. Errors are errno values in `std::system_category()`; what would wait is `errc::would_block`.
///
/// Two deadlines bound `wait`, and the earlier one counts: `timeout` gives each operation its time (30 seconds unless
/// set), `expires_at` and `expires_after` give one moment for everything. The clock is read only when something must
/// wait. One thread at a time.
class fd_transport {
 public:
  static constexpr std::chrono::milliseconds default_timeout = std::chrono::seconds(30);

  /// Holds nothing.
  fd_transport() noexcept = default;
  /// Takes a descriptor over: it is closed with the transport.
  explicit fd_transport(int fd) noexcept : fd_(fd) { detail::prepare_socket(fd); }
  /// Uses a descriptor that stays the caller's: it is never closed.
  static fd_transport borrow(int fd) noexcept {
    fd_transport out(fd);
    out.owned_ = false;
    return out;
  }

  fd_transport(fd_transport&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)),
        owned_(other.owned_),
        socket_(other.socket_),
        more_(other.more_),
        phase_(other.phase_),
        timeout_(other.timeout_),
        operation_end_(other.operation_end_),
        expiry_(other.expiry_) {}
  fd_transport& operator=(fd_transport&& other) noexcept {
    if (this == &other) return *this;
    close();
    fd_ = std::exchange(other.fd_, -1);
    owned_ = other.owned_;
    socket_ = other.socket_;
    more_ = other.more_;
    phase_ = other.phase_;
    timeout_ = other.timeout_;
    operation_end_ = other.operation_end_;
    expiry_ = other.expiry_;
    return *this;
  }
  ~fd_transport() { close(); }

  /// Reads what is there. 0 without an error is the end of the stream; `out` must have room.
  std::size_t read_some(std::span<std::byte> out, std::error_code& ec) noexcept {
    if (out.empty()) return failed(EINVAL, ec);
    for (;;) {
      const ssize_t n = socket_ ? ::recv(fd_, out.data(), out.size(), MSG_DONTWAIT) : read_file(out);
      if (n >= 0) [[likely]] {
        if (ec) ec.clear();
        return static_cast<std::size_t>(n);
      }
      if (!retry(errno)) return failed(errno, ec);
    }
  }

  /// Reads what is there: fills `out`, then `beyond`, by one call of the system.
  std::size_t read_some(std::span<std::byte> out, std::span<std::byte> beyond, std::error_code& ec) noexcept {
    if (!socket_ || out.empty()) return read_some(out, ec);
    iovec rooms[] = {{out.data(), out.size()}, {beyond.data(), beyond.size()}};
    msghdr message{};
    message.msg_iov = rooms;
    message.msg_iovlen = 2;
    const ssize_t n = ::recvmsg(fd_, &message, MSG_DONTWAIT);
    if (n < 0) return read_some(out, ec);  // which knows what it means
    if (ec) ec.clear();
    return static_cast<std::size_t>(n);
  }

  /// Writes what there is room for.
  std::size_t write_some(byte_view in, std::error_code& ec) noexcept {
    const int flags = MSG_DONTWAIT | detail::no_signal | (more_ ? detail::more_follows : 0);
    for (;;) {
      const ssize_t n = socket_ ? ::send(fd_, in.data(), in.size(), flags) : write_file(in);
      if (n >= 0) [[likely]] {
        if (ec) ec.clear();
        return static_cast<std::size_t>(n);
      }
      if (!retry(errno)) return failed(errno, ec);
    }
  }

  /// Tells whether what is written next is followed by more at once, so that the system need not send a part of it by
  /// itself (Linux; at most 200 ms). A socket's; streams tell it of writes that take several records.
  void more(bool follows) noexcept { more_ = follows; }

  /// Blocks until the descriptor may be ready. Gives `errc::timed_out` at the deadline.
  void wait(readiness what, std::error_code& ec) noexcept { wait_for(what == readiness::read ? POLLIN : POLLOUT, ec); }
  /// Blocks until it may be readable or writable, under the same deadline.
  void wait_either(std::error_code& ec) noexcept { wait_for(POLLIN | POLLOUT, ec); }

  /// Blocks until the descriptor may be readable (`reading`) or writable (`writing`), or until the moment, whatever the
  /// deadlines. Unlike the rest, may be called by several threads at once, also while another one reads or writes.
  void wait_until(bool reading, bool writing, std::chrono::steady_clock::time_point until,
                  std::error_code& ec) const noexcept {
    ec.clear();
    pollfd polled{fd_, static_cast<short>((reading ? POLLIN : 0) | (writing ? POLLOUT : 0)), 0};
    const int ready = fd_ < 0 ? 0 : detail::poll_until(&polled, 1, until);
    if (fd_ < 0 || (ready > 0 && (polled.revents & POLLNVAL) != 0))
      failed(EBADF, ec);
    else if (ready < 0)
      failed(errno, ec);
    else if (ready == 0)
      ec = errc::timed_out;
  }

  /// Ends both directions of a socket and wakes up who waits for it, in any thread; the descriptor stays open. Other
  /// descriptors are left alone: a wait for one lasts until its moment.
  void interrupt() const noexcept { ::shutdown(fd_, SHUT_RDWR); }

  /// Sets the time that each operation may take (a handshake, a read, a write, a shutdown); zero: none is waited for,
  /// `no_timeout`: as long as it takes. 30 seconds unless set. An operation that is under way gets the new time whole.
  void timeout(std::chrono::milliseconds each) noexcept {
    timeout_ = each;
    if (phase_ == phase::running) phase_ = phase::begun;
  }
  std::chrono::milliseconds timeout() const noexcept { return timeout_; }

  /// Sets one moment that nothing waits beyond, whatever the timeout.
  void expires_at(std::chrono::steady_clock::time_point moment) noexcept { expiry_ = moment; }
  void expires_after(std::chrono::milliseconds from_now) noexcept { expiry_ = detail::after(from_now); }
  void expires_never() noexcept { expiry_ = detail::never; }

  /// Begins an operation: all waits until the next call share the time that `timeout` gives. Streams call this first;
  /// while nobody did, each wait has that time for itself.
  void begin_operation() noexcept { phase_ = phase::begun; }

  /// The milliseconds until the deadline of the operation that has begun: 0 when it has passed, -1 without one.
  int time_left() noexcept { return detail::poll_time(deadline()); }

  /// The descriptor, or -1.
  int native_handle() const noexcept { return fd_; }
  bool is_open() const noexcept { return fd_ >= 0; }

  /// Gives the descriptor up without closing it.
  int release() noexcept { return std::exchange(fd_, -1); }

  /// Ends what we send (TCP: FIN) and goes on reading. Sockets only: a pipe gives ENOTSOCK.
  void shutdown_write(std::error_code& ec) noexcept {
    ec.clear();
    if (::shutdown(fd_, SHUT_WR) != 0) failed(errno, ec);
  }

  /// Closes at once. What the peer is still sending makes its system forget what we sent last; see `close_gracefully`.
  void close(std::error_code& ec) noexcept {
    ec.clear();
    const int fd = std::exchange(fd_, -1);
    // After EINTR the descriptor is gone on the systems that we run on, and trying again could close somebody else's.
    if (fd >= 0 && owned_ && ::close(fd) != 0 && errno != EINTR) failed(errno, ec);
  }
  void close() noexcept {
    std::error_code ignored;
    close(ignored);
  }

  /// Ends what we send, drops what the peer still sends until it closes too, then closes. Without this, bytes that
  /// nobody read turn the close into a reset, which can overtake the alert or the answer sent just before. Waits at
  /// most `at_most` and no longer than `expires_at`, and drops at most 1 MiB.
  void close_gracefully(std::chrono::milliseconds at_most = std::chrono::seconds(1)) noexcept {
    std::error_code ec;
    shutdown_write(ec);
    const detail::steady_time until = earlier(detail::after(at_most), expiry_);
    std::byte dropped[4096];
    for (std::size_t left = std::size_t{1} << 20; !ec && left != 0;) {
      const std::size_t n = read_some(dropped, ec);
      if (ec == errc::would_block) {
        pollfd polled{fd_, POLLIN, 0};
        if (detail::poll_until(&polled, 1, until) <= 0) break;
        ec.clear();
      } else if (n == 0) {
        break;
      }
      left -= n < left ? n : left;
    }
    close(ec);
  }

 private:
  [[gnu::cold, gnu::noinline]] void wait_for(int events, std::error_code& ec) noexcept {
    ec.clear();
    pollfd polled{fd_, static_cast<short>(events), 0};
    if (fd_ < 0) {
      failed(EBADF, ec);
      return;
    }
    const detail::steady_time until = deadline();
    // A deadline that is past is past, even for a peer that always has one more byte.
    if (until != detail::never && std::chrono::steady_clock::now() > until && timeout_.count() > 0) {
      ec = errc::timed_out;
      return;
    }
    const int ready = detail::poll_until(&polled, 1, until);
    if (ready < 0) {
      failed(errno, ec);
    } else if (ready == 0) {
      ec = errc::timed_out;
    } else if ((polled.revents & POLLNVAL) != 0) {
      failed(EBADF, ec);
    }
  }

  enum class phase : unsigned char { none, begun, running };

  static detail::steady_time earlier(detail::steady_time a, detail::steady_time b) noexcept { return a < b ? a : b; }

  detail::steady_time deadline() noexcept {
    if (phase_ != phase::running) {
      operation_end_ = detail::after(timeout_);
      if (phase_ == phase::begun) phase_ = phase::running;
    }
    return earlier(operation_end_, expiry_);
  }

  std::size_t failed(int error, std::error_code& ec) const noexcept {
    if (error == EAGAIN || error == EWOULDBLOCK) {
      ec = errc::would_block;
    } else {
      ec = detail::system_error_code(error);
    }
    return 0;
  }

  // Whether the call is to be made once more.
  bool retry(int error) noexcept {
    if (error == ENOTSOCK && socket_) {
      socket_ = false;
      return true;
    }
    return error == EINTR;
  }

  // read() and write() have no MSG_DONTWAIT; the descriptor is asked first instead. One that somebody else reads from
  // as well must be non-blocking.
  bool ready_now(short events) const noexcept {
    pollfd polled{fd_, events, 0};
    if (fd_ < 0 || detail::poll_until(&polled, 1, detail::steady_time::min()) != 0) return true;
    errno = EAGAIN;
    return false;
  }
  [[gnu::cold, gnu::noinline]] ssize_t read_file(std::span<std::byte> out) const noexcept {
    return ready_now(POLLIN) ? ::read(fd_, out.data(), out.size()) : -1;
  }
  [[gnu::cold, gnu::noinline]] ssize_t write_file(byte_view in) const noexcept {
    if (!ready_now(POLLOUT)) return -1;
    // A pipe that is ready has room for this much; more would block when it is in blocking mode.
    const std::size_t size = in.size() < detail::pipe_room ? in.size() : detail::pipe_room;
    sigset_t pipe_signal;
    sigset_t before;
    sigset_t pending;
    sigemptyset(&pipe_signal);
    sigaddset(&pipe_signal, SIGPIPE);
    sigemptyset(&pending);
    ::sigpending(&pending);
    const bool was_pending = sigismember(&pending, SIGPIPE) == 1;
    ::pthread_sigmask(SIG_BLOCK, &pipe_signal, &before);
    const ssize_t n = ::write(fd_, in.data(), size);
    const int error = errno;
    if (n < 0 && error == EPIPE && !was_pending) take_pending_sigpipe(pipe_signal);
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    errno = error;
    return n;
  }
  // Takes a SIGPIPE that is pending for this thread, which has it blocked. A template, since not every system has
  // sigtimedwait (macOS, OpenBSD).
  template <class Set>
  static void take_pending_sigpipe(const Set& pipe_signal) noexcept {
    const timespec at_once{};
    if constexpr (requires { sigtimedwait(&pipe_signal, nullptr, &at_once); }) {
      while (sigtimedwait(&pipe_signal, nullptr, &at_once) < 0 && errno == EINTR) {
      }
    } else {
      Set pending;
      int taken = 0;
      if (sigpending(&pending) == 0 && sigismember(&pending, SIGPIPE) == 1) sigwait(&pipe_signal, &taken);
    }
  }

  int fd_ = -1;
  bool owned_ = true;
  bool socket_ = true;  // until a call says ENOTSOCK
  bool more_ = false;
  phase phase_ = phase::none;
  std::chrono::milliseconds timeout_ = default_timeout;
  detail::steady_time operation_end_ = detail::never;
  detail::steady_time expiry_ = detail::never;
};

static_assert(Transport<fd_transport>);

}  // namespace plugtls
