// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "plugtls/context.hpp"
#include "plugtls/net/tcp.hpp"
#include "plugtls/stream.hpp"

namespace plugtls {

/// Beside host and port, what a client's `tcp_stream` can be told.
struct tcp_stream_options {
  peer_options peer = {};        ///< whom to expect; without a name: the host
  connect_options connect = {};  ///< times to wait
};

/// A TLS connection over TCP: a `stream` that can connect by itself.
///
/// By default each operation (handshake, read, write, shutdown) may wait 30 seconds, connecting 10 seconds besides name
/// resolution; `next_layer()` has the deadlines. One thread at a time.
template <class B>
class tcp_stream : public stream<fd_transport, B> {
  using base = stream<fd_transport, B>;

 public:
  /// Takes over a connected socket, of either role; shakes no hands yet.
  explicit tcp_stream(const basic_context<B>& ctx, fd_transport connected, peer_options peer = {})
      : base(ctx, std::move(connected), std::move(peer)) {}

  /// Connects, shakes hands, verifies the server as the context says and its name as the host. Throws `tls_error` with
  /// the error of connecting (see `connect_tcp`) or of the handshake.
  tcp_stream(const basic_context<B>& ctx, std::string_view host, int port,
             tcp_stream_options options = {}) requires detail::has_exceptions
      : tcp_stream(ctx, connected(host, port, options.connect), expected(host, std::move(options.peer))) {
    const closer on_failure{*this};
    this->handshake();
  }

  /// The same without exceptions; nothing on failure.
  static std::optional<tcp_stream> connect(const basic_context<B>& ctx, std::string_view host, int port,
                                           error_info& info, tcp_stream_options options = {}) {
    fd_transport transport = connect_tcp(host, port, info, options.connect);
    if (info) return std::nullopt;
    std::optional<tcp_stream> out(std::in_place, ctx, std::move(transport), expected(host, std::move(options.peer)));
    std::error_code ec;
    {
      const closer on_failure{*out};
      out->handshake(ec);
    }
    if (!ec) return out;
    info = out->error();
    return std::nullopt;
  }
  using base::connect;

  /// Closes the connection below. `shutdown` first where the peer shall see an orderly end. Waits up to a second for
  /// the peer to close too, so that what was sent last arrives; see `fd_transport::close_gracefully`.
  void close() noexcept { this->next_layer().close_gracefully(); }

 private:
  // Lets the alert that tells the peer why reach it.
  struct closer {
    tcp_stream& self;
    ~closer() {
      const errc why = self.error().code;
      if (!self.established() && why != errc::timed_out && why != errc::io_error) self.close();
    }
  };

  static fd_transport connected(std::string_view host, int port, const connect_options& options) {
    error_info info;
    fd_transport transport = connect_tcp(host, port, info, options);
    detail::raise_if(info);
    return transport;
  }
  static peer_options expected(std::string_view host, peer_options peer) {
    if (peer.name.empty()) peer.name = host;
    return peer;
  }
};

}  // namespace plugtls
