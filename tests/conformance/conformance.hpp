// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <plugtls/backend.hpp>
#include <plugtls/memory_pipe.hpp>
#include <plugtls/stream.hpp>

#include <string>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "support/drive.hpp"
#include "support/pki.hpp"
#include "support/require.hpp"

// One body for every backend. What is compiled here knows no backend but by its declared capabilities.
namespace plugtls_test {

using namespace plugtls;

constexpr bool has_1_3 = has<default_backend, capability::tls1_3>;

/// The versions that this backend speaks. Each test that is about a version runs for all of them.
inline std::vector<tls_version> versions() {
  std::vector<tls_version> all{tls_version::tls1_2};
  if (has_1_3) all.push_back(tls_version::tls1_3);
  return all;
}

/// What is offered, and taken, unless something else is asked for: X25519 or P-256 first, as is fast in that library.
inline std::vector<named_group> default_groups() {
  const bool is_p256 = default_backend::fastest_group() == named_group::secp256r1;
  const named_group first = is_p256 ? named_group::secp256r1 : named_group::x25519;
  const named_group second = is_p256 ? named_group::x25519 : named_group::secp256r1;
  return {first, second, named_group::secp384r1, named_group::secp521r1};
}

/// Makes a context that must be possible.
inline context make_client(const client_settings& s = client_defaults()) {
  error_info info;
  context c = context::client(s, info);
  INFO(explain(info));
  REQUIRE(c);
  return c;
}
inline context make_server(const server_settings& s = server_defaults()) {
  error_info info;
  context c = context::server(s, info);
  INFO(explain(info));
  REQUIRE(c);
  return c;
}

/// Makes one that must not be, and returns why. The reason names itself.
inline errc refusal(const client_settings& s) {
  error_info info;
  const context c = context::client(s, info);
  CHECK_FALSE(c);
  CHECK_FALSE(explain(info).empty());
  return info.code;
}
inline errc refusal(const server_settings& s) {
  error_info info;
  const context c = context::server(s, info);
  CHECK_FALSE(c);
  CHECK_FALSE(explain(info).empty());
  return info.code;
}

/// Two engines with buffers between them.
struct connection {
  explicit connection(const client_settings& c = client_defaults(), const server_settings& s = server_defaults(),
                      peer_options peer = server_name)
      : connection(make_client(c), make_server(s), std::move(peer)) {}
  connection(const context& c, const context& s, peer_options peer = server_name)
      : client(engine(c, std::move(peer))), server(engine(s)) {}

  /// Drives both until nothing moves.
  connection& run(std::size_t cap = std::size_t{1} << 20) {
    REQUIRE(pump(client, server, cap));
    return *this;
  }
  /// The same, and both must be connected then.
  connection& connect() {
    run();
    INFO("client: " << explain(client.engine.error()));
    INFO("server: " << explain(server.engine.error()));
    REQUIRE(client.up());
    REQUIRE(server.up());
    return *this;
  }

  endpoint<engine> client;
  endpoint<engine> server;
};

/// Two connected streams over a memory pipe, non-blocking.
struct stream_pair {
  using stream_type = stream<memory_pipe, default_backend>;
  explicit stream_pair(tls_version v) : stream_pair(v, make_memory_pipe()) {}

  stream_type client;
  stream_type server;

 private:
  stream_pair(tls_version v, std::pair<memory_pipe, memory_pipe> ends)
      : client(make_client(with_version(client_defaults(), v)), std::move(ends.first), server_name),
        server(make_server(), std::move(ends.second)) {
    client.non_blocking(true);
    server.non_blocking(true);
    std::error_code c, s;
    for (int i = 0; i < 10; ++i) {
      client.handshake(c);
      server.handshake(s);
    }
    REQUIRE(client.established());
    REQUIRE(server.established());
  }
};

/// Writes and reads once, as an application does.
inline engine_result write(endpoint<engine>& e, std::string_view text) {
  return e.engine.write_some(e.port, as_bytes(text).data(), text.size());
}
inline engine_result read(endpoint<engine>& e, std::string* into = nullptr) {
  std::byte block[4096];
  const engine_result r = e.engine.read_some(e.port, block, sizeof block);
  if (into != nullptr && r.status == engine_status::done) into->append(reinterpret_cast<const char*>(block), r.bytes);
  return r;
}

/// What ended an endpoint: its handshake, or its first read.
inline errc outcome(const endpoint<engine>& e) {
  return e.handshake_error != errc::success ? e.handshake_error : e.read_error;
}

/// Tells whether an alert says that certificates were the reason (RFC 8446 §6.2, and rule 5).
inline bool is_certificate_alert(alert a) {
  const auto n = static_cast<unsigned>(a);
  return (n >= 42 && n <= 46) || n == 48 || n == 49 || n == 116 || a == alert::handshake_failure;
}

}  // namespace plugtls_test
