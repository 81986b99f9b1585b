// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <netinet/tcp.h>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "plugtls/net/fd_transport.hpp"
#include "plugtls/net/resolve.hpp"

namespace plugtls {

/// How a TCP connection is made.
struct connect_options {
  /// The time for all addresses together, without that of name resolution.
  std::chrono::milliseconds connect_timeout = std::chrono::seconds(10);
  /// After this time the next address is tried beside those that have not answered (RFC 8305 §5); at once when one
  /// fails.
  std::chrono::milliseconds next_address_after = std::chrono::milliseconds(250);
  /// The time for each operation afterwards; see `fd_transport::timeout`.
  std::chrono::milliseconds timeout = fd_transport::default_timeout;
};

namespace detail {

/// Sends small records at once: a TLS flight leaves in one write, and nothing follows that it could wait for.
inline void set_no_delay(int fd) noexcept {
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

/// A socket that tries a local port nobody listens on can be given that very port, and then reaches itself.
inline bool reaches_itself(int fd) noexcept {
  const auto remote = tcp_endpoint::remote(fd);
  return remote && remote == tcp_endpoint::local(fd);
}

/// Attempts at several addresses of one server; the first that succeeds wins.
class connect_race {
 public:
  explicit connect_race(const std::vector<tcp_endpoint>& addresses) : addresses_(addresses) {}

  /// Returns the winner, or a closed transport with the reason: an errno value, ETIMEDOUT when the moment came.
  fd_transport run(steady_time until, std::chrono::milliseconds stagger, int& error) {
    for (;;) {
      const steady_time now = std::chrono::steady_clock::now();
      while (!winner_.is_open() && next_ != addresses_.size() && (pending_.empty() || now >= next_start_)) {
        next_start_ = after(stagger, now);
        start(addresses_[next_++]);
      }
      error = error_;
      if (winner_.is_open() || pending_.empty()) return std::move(winner_);
      const bool more = next_ != addresses_.size() && next_start_ < until;
      const int ready = poll_until(polled_.data(), static_cast<nfds_t>(polled_.size()), more ? next_start_ : until);
      if (ready < 0 || (ready == 0 && !more)) {
        error = ready < 0 ? errno : ETIMEDOUT;
        return {};
      }
      for (std::size_t i = polled_.size(); i-- != 0 && !winner_.is_open();)
        if (polled_[i].revents != 0) finish(i);
    }
  }

 private:
  void start(const tcp_endpoint& to) {
    const int fd = open_socket(to.family(), SOCK_STREAM, IPPROTO_TCP);
    if (fd < 0) return lost(errno);
    fd_transport socket(fd);
    set_no_delay(fd);
    const int error = ::connect(fd, to.data(), to.size()) == 0 ? 0 : errno;
    if (error != 0 && error != EINPROGRESS && error != EINTR) return lost(error);
    pending_.push_back(std::move(socket));
    polled_.push_back({fd, POLLOUT, 0});
    if (error == 0) finish(pending_.size() - 1);
  }

  void finish(std::size_t i) {
    fd_transport socket = std::move(pending_[i]);
    pending_.erase(pending_.begin() + static_cast<std::ptrdiff_t>(i));
    polled_.erase(polled_.begin() + static_cast<std::ptrdiff_t>(i));
    int error = 0;
    socklen_t size = sizeof error;
    if (::getsockopt(socket.native_handle(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
    if (error != 0) return lost(error);
    if (reaches_itself(socket.native_handle())) return lost(ECONNREFUSED);
    winner_ = std::move(socket);
  }

  // Keeps the first reason that says something about the server rather than about this machine's network.
  void lost(int error) noexcept {
    const auto is_local = [](int e) {
      return e == ENETUNREACH || e == EHOSTUNREACH || e == EADDRNOTAVAIL || e == EAFNOSUPPORT;
    };
    if (error_ == 0 || (is_local(error_) && !is_local(error))) error_ = error;
    next_start_ = steady_time::min();
  }

  const std::vector<tcp_endpoint>& addresses_;
  std::size_t next_ = 0;
  steady_time next_start_ = steady_time::min();
  std::vector<fd_transport> pending_;
  std::vector<pollfd> polled_;  // one for each pending
  fd_transport winner_;
  int error_ = 0;
};

/// "host:port" for messages; an IPv6 address in brackets.
inline std::string show(std::string_view host, int port) {
  const bool bare_v6 = host.find(':') != std::string_view::npos && !host.starts_with('[');
  const std::string text(host);
  return (bare_v6 ? '[' + text + ']' : text) + ':' + std::to_string(port);
}

inline errc network_failure(error_info& info, int error, std::string what) {
  info.native = error;
  info.native_text = system_error_code(error).message();
  return info.set(error == ETIMEDOUT ? errc::timed_out : errc::io_error, std::move(what) + ": " + info.native_text);
}

}  // namespace detail

/// Connects to addresses that are already known, in this order; `name` is for messages. Errors: see `connect_tcp`.
inline fd_transport connect_endpoints(const std::vector<tcp_endpoint>& addresses, std::string_view name,
                                      error_info& info, const connect_options& options = {}) {
  info = {};
  int error = EADDRNOTAVAIL;
  fd_transport transport;
  if (!addresses.empty()) {
    detail::connect_race race(addresses);
    transport = race.run(detail::after(options.connect_timeout), options.next_address_after, error);
  }
  if (!transport.is_open()) detail::network_failure(info, error, "cannot connect to " + std::string(name));
  transport.timeout(options.timeout);
  return transport;
}

/// Connects to a host: a name, or an address with or without brackets. All its addresses are tried, IPv6 and IPv4 in
/// turns. The socket is non-blocking, close-on-exec and has TCP_NODELAY.
///
/// Returns a closed transport on failure: `invalid_argument` for a port that is not between 1 and 65535 or for what
/// cannot be a host; `io_error` when the name is not found or no address answers, with the system's code and text;
/// `timed_out` after `connect_timeout`.
inline fd_transport connect_tcp(std::string_view host, int port, error_info& info,
                                const connect_options& options = {}) {
  info = {};
  std::vector<tcp_endpoint> addresses;
  if (!detail::check_port(port, 1, info) || resolve(host, port, addresses, info) != errc::success) return {};
  return connect_endpoints(addresses, detail::show(host, port), info, options);
}

/// The same; throws `tls_error`.
template <bool Throws = detail::has_exceptions>
requires Throws fd_transport connect_tcp(std::string_view host, int port, const connect_options& options = {}) {
  error_info info;
  fd_transport transport = connect_tcp(host, port, info, options);
  detail::raise_if(info);
  return transport;
}

}  // namespace plugtls
