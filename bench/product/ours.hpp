// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <plugtls/any.hpp>
#include <plugtls/backend.hpp>
#include <plugtls/duplex_stream.hpp>
#include <plugtls/lines.hpp>
#include <plugtls/plugtls.hpp>
#include <plugtls/session_cache.hpp>
#include <plugtls/ticket_keys.hpp>
#include <string>
#include <test_pki.hpp>

#include "../support/ring_transport.hpp"
#include "side.hpp"

// plugtls over the backend that a file is compiled for, as a side of the benchmarks.

namespace bench {

namespace tls = plugtls;
using backend = tls::default_backend;

// The ways to hold a connection.
struct as_stream {
  using engine = backend;
  template <class Transport>
  using stream = tls::stream<Transport, engine>;
};
struct as_any_stream {
  using engine = tls::any_backend;
  template <class Transport>
  using stream = tls::stream<Transport, engine>;
};
struct as_duplex_stream {
  using engine = backend;
  template <class Transport>
  using stream = tls::duplex_stream<Transport, engine>;
};

/// A socket whose reader never waits, for streams that would: both ends are in one thread.
struct impatient_transport : tls::fd_transport {
  void wait_until(bool, bool, std::chrono::steady_clock::time_point, std::error_code& ec) const noexcept {
    ec = tls::errc::timed_out;
  }
};

inline tls::identity identity_for(const task& what) {
  using namespace tls::test_pki;
  return what.is_rsa != 0 ? tls::identity::from_pem(server_rsa_chain, server_rsa_key)
                          : tls::identity::from_pem(server_chain, server_key);
}

inline void check_offered(const task& what) {
  const auto lacks = [](std::string_view name) {
    throw not_offered("no " + std::string(name) + " in " + backend::library().text);
  };
  tls::error_info info;
  require(backend::start(info) == tls::errc::success, "starting the library");
  const auto version = static_cast<tls::tls_version>(what.version);
  const auto suite = static_cast<tls::cipher_suite>(what.suite);
  const auto group = static_cast<tls::named_group>(what.group);
  if (!backend::supports(version)) lacks(name(version));
  if (!backend::supports(suite)) lacks(name(suite));
  if (!backend::supports(group)) lacks(name(group));
}

template <class Kind>
struct ours {
  static constexpr bool resumes = true;
  static constexpr bool joins_pieces = false;  // its own write takes them
  static constexpr bool reads_blocks = true;
  static constexpr bool sets_no_delay = true;  // tcp_stream and tcp_acceptor do

  explicit ours(const task& what) : group(static_cast<tls::named_group>(what.group)) {
    check_offered(what);
    tls::client_settings c;
    tls::server_settings s;
    c.min_version = c.max_version = s.min_version = s.max_version = static_cast<tls::tls_version>(what.version);
    c.cipher_suites = s.cipher_suites = {static_cast<tls::cipher_suite>(what.suite)};
    c.groups = s.groups = {group};
    // In TLS 1.2 the list is also that of the certificates' curves.
    if (group != tls::named_group::secp256r1) c.groups = s.groups = {group, tls::named_group::secp256r1};
    if (std::string_view(what.work) == "idle_released") {
      if (!backend::capabilities.has(tls::capability::release_buffers))
        throw not_offered("no release_buffers in " + backend::library().text);
      c.release_buffers = s.release_buffers = true;
    }
    c.trust = tls::trust_store::from_memory(tls::test_pki::root);
    s.identities = {identity_for(what)};
    if (what.resumes != 0) {
      c.sessions = std::make_shared<tls::session_cache>();
      s.tickets = std::make_shared<tls::ticket_keys>();
    }
    client = tls::context::client(c);
    server = tls::context::server(s);
  }

  static ring_transport transport(ring_end e) { return ring_transport(e); }
  static auto transport(int fd) {
    if constexpr (std::is_same_v<Kind, as_duplex_stream>)
      return impatient_transport{tls::fd_transport::borrow(fd)};
    else
      return tls::fd_transport::borrow(fd);
  }

  template <class Line>
  struct end {
    using transport_type = decltype(transport(std::declval<Line&>().client()));
    using stream_type = typename Kind::template stream<transport_type>;

    template <class Where>
    end(ours& s, bool is_client, Where where)
        : stream(tls::basic_context<typename Kind::engine>(is_client ? s.client : s.server), transport(where),
                 is_client ? tls::peer_options("localhost") : tls::peer_options()),
          wanted(s.group) {
      waits(false);
    }
    void waits(bool on) {
      if constexpr (requires { stream.non_blocking(true); }) stream.non_blocking(!on);
    }
    bool handshake() {
      std::error_code ec;
      stream.handshake(ec);
      check(ec);
      if (!ec)
        with_engine([&](auto& e) {
          const bool is_agreed = e.resumed() || e.group() == tls::named_group::none || e.group() == wanted;
          require(is_agreed, "agreeing on the group");
        });
      return !ec;
    }
    std::size_t write_some(const std::byte* data, std::size_t n) {
      std::error_code ec;
      const std::size_t taken = stream.write(tls::byte_view(data, n), ec);
      check(ec);
      return taken;
    }
    void write_pieces(std::span<const std::span<const std::byte>> pieces) {
      std::vector<tls::const_buffer> all(pieces.begin(), pieces.end());
      std::error_code ec;
      stream.write(all, ec);
      require(!ec, "writing pieces");
    }
    std::size_t read_some(std::byte* out, std::size_t n) {
      std::error_code ec;
      const std::size_t got = stream.read_some(std::span(out, n), ec);
      check(ec);
      return got;
    }
    bool read_line(std::string& line) {
      if (!lines) lines = std::make_unique<tls::line_reader<stream_type>>(stream);
      std::error_code ec;
      const bool is_there = lines->read_line(line, ec);
      check(ec);
      return is_there;
    }
    bool was_resumed() {
      bool is_resumed = false;
      with_engine([&](auto& e) { is_resumed = e.resumed(); });
      return is_resumed;
    }
    void finish() {
      std::error_code ec;
      stream.shutdown_send(ec);
    }

   private:
    template <class F>
    void with_engine(F f) {
      if constexpr (requires { stream.with_engine(f); })
        stream.with_engine(f);
      else
        f(stream.engine());
    }
    void check(const std::error_code& ec) {
      if (!ec || ec == tls::errc::would_block || ec == tls::errc::timed_out) return;
      std::string why;
      with_engine([&](auto& e) { why = tls::explain(e.error()); });
      throw std::runtime_error(why.empty() ? ec.message() : why);
    }
    stream_type stream;
    tls::named_group wanted;
    std::unique_ptr<tls::line_reader<stream_type>> lines;
  };

  tls::context client, server;
  tls::named_group group;
};

}  // namespace bench
