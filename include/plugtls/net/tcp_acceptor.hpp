// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "plugtls/net/tcp_stream.hpp"

namespace plugtls {

/// Listens for TCP connections.
///
/// Several threads may accept from one acceptor; `cancel` may be called at any time, from a thread or a signal handler.
/// Moving and closing it are for one thread alone.
class tcp_acceptor {
 public:
  /// Listens nowhere.
  tcp_acceptor() noexcept = default;

  /// Listens on a port of an address of this machine: a name, or an address with or without brackets; empty: all, of
  /// IPv6 and IPv4. Port 0: any that is free, see `local_port`. The explicit address "::" is IPv6 only.
  ///
  /// Returns a closed acceptor on failure: `invalid_argument` for what cannot be a port or a host; `io_error`, with the
  /// system's code and text, when the name is not found or the port cannot be had.
  static tcp_acceptor listen(std::string_view address, int port, error_info& info) {
    tcp_acceptor out;
    info = {};
    std::vector<tcp_endpoint> places;
    if (!address.empty()) {
      if (resolve(address, port, places, info) != errc::success) return out;
    } else if (!detail::check_port(port, 0, info)) {
      return out;
    } else {
      places = {tcp_endpoint::any(true), tcp_endpoint::any(false)};
      for (tcp_endpoint& e : places) e.port(static_cast<std::uint16_t>(port));
    }
    int error = 0;
    for (const tcp_endpoint& place : places) {
      const int failed = out.bind(place, address.empty());
      if (failed == 0) return out;
      if (error == 0 || error == EAFNOSUPPORT || error == EADDRNOTAVAIL) error = failed;
    }
    out = {};
    detail::network_failure(info, error, "cannot listen on " + detail::show(address.empty() ? "*" : address, port));
    return out;
  }
  /// The same; throws `tls_error`.
  template <bool Throws = detail::has_exceptions>
  requires Throws tcp_acceptor(std::string_view address, int port) {
    error_info info;
    *this = listen(address, port, info);
    detail::raise_if(info);
  }

  /// Waits for a connection. Returns a stream that has not shaken hands yet: that is for the thread which serves it, so
  /// that a silent peer holds nobody else up. Errors: see `accept_transport`.
  template <class B>
  std::optional<tcp_stream<B>> accept(const basic_context<B>& ctx, std::error_code& ec) {
    fd_transport transport = accept_transport(ec);
    if (ec) return std::nullopt;
    return std::optional<tcp_stream<B>>(std::in_place, ctx, std::move(transport));
  }
  /// The same; throws `std::system_error`.
  template <class B>
  tcp_stream<B> accept(const basic_context<B>& ctx) requires detail::has_exceptions {
    std::error_code ec;
    fd_transport transport = accept_transport(ec);
    if (ec) detail::raise(std::system_error(ec, "accept"));
    return tcp_stream<B>(ctx, std::move(transport));
  }

  /// Waits for a connection, without TLS. Returns a closed transport on failure: `errc::timed_out`, else an errno
  /// value: ECANCELED after `cancel`; EMFILE, ENFILE, ENOBUFS or ENOMEM when that lack has lasted a second, the
  /// connection is then still in the queue and accepting may go on.
  fd_transport accept_transport(std::error_code& ec) noexcept {
    ec.clear();
    const int fd = accept_next(ec);
    if (fd < 0) return {};
    detail::set_no_delay(fd);
    return fd_transport(fd);
  }

  /// Sets how long accepting waits; without end unless set.
  void timeout(std::chrono::milliseconds wait) noexcept { timeout_ = wait; }

  /// Makes every call that accepts, now and later, fail with ECANCELED. Async-signal-safe.
  void cancel() const noexcept {
    const int before = errno;
    // It only fails when the pipe is full, and then it has been said often enough.
    if (::write(cancel_in_.native_handle(), "", 1) < 0) errno = before;
  }

  std::uint16_t local_port() const noexcept {
    const auto place = tcp_endpoint::local(listening_.native_handle());
    return place ? place->port() : std::uint16_t{0};
  }
  /// Where it listens: "127.0.0.1:1234", "[::1]:1234"; empty when it does not.
  std::string local_endpoint() const {
    const auto place = tcp_endpoint::local(listening_.native_handle());
    return place ? place->to_string() : std::string();
  }

  int native_handle() const noexcept { return listening_.native_handle(); }
  bool is_open() const noexcept { return listening_.is_open(); }
  /// Stops listening. No other thread may be accepting: cancel and join them first.
  void close() noexcept { *this = {}; }

 private:
  // Returns 0 or an errno value.
  int bind(const tcp_endpoint& place, bool both_families) noexcept {
    const int fd = detail::open_socket(place.family(), SOCK_STREAM, IPPROTO_TCP);
    if (fd < 0) return errno;
    listening_ = fd_transport(fd);
    const int on = 1;
    ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    const int v6_only = both_families ? 0 : 1;
    if (place.is_v6() && ::setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &v6_only, sizeof v6_only) != 0) return errno;
    if (::bind(fd, place.data(), place.size()) != 0 || ::listen(fd, SOMAXCONN) != 0) return errno;
    int ends[2];
    if (!detail::open_pipe(ends)) return errno;
    cancel_out_ = fd_transport(ends[0]);
    cancel_in_ = fd_transport(ends[1]);
    return 0;
  }

  int accept_next(std::error_code& ec) const noexcept {
    using std::chrono::milliseconds;
    const auto failed = [&ec](int error) {
      ec = error == ETIMEDOUT ? make_error_code(errc::timed_out) : detail::system_error_code(error);
      return -1;
    };
    if (!is_open()) return failed(EBADF);
    const detail::steady_time until = detail::after(timeout_);
    for (int lacks = 0;;) {
      pollfd polled[2] = {{cancel_out_.native_handle(), POLLIN, 0}, {native_handle(), POLLIN, 0}};
      const int ready = detail::poll_until(polled, 2, until);
      if (ready < 0) return failed(errno);
      if (polled[0].revents != 0) return failed(ECANCELED);
      if (ready == 0) return failed(ETIMEDOUT);
      const int fd = detail::accept_socket(native_handle());
      if (fd >= 0) return fd;
      const int error = errno;
      if (error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM) {
        // The connection stays in the queue, so poll() would report it again at once: pause instead of spinning.
        if (++lacks > 20) return failed(error);
        if (detail::poll_until(polled, 1, detail::after(milliseconds(50))) > 0) return failed(ECANCELED);
      } else if (error != EAGAIN && error != EWOULDBLOCK && !detail::is_lost_connection(error)) {
        return failed(error);
      }
    }
  }

  fd_transport listening_;
  fd_transport cancel_out_;  // readable once cancelled
  fd_transport cancel_in_;
  std::chrono::milliseconds timeout_ = no_timeout;
};

}  // namespace plugtls
