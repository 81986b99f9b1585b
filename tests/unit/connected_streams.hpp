// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "null_backend.hpp"
#include "plugtls/memory_pipe.hpp"
#include "plugtls/stream.hpp"
#include "support/catch.hpp"
#include "support/pki.hpp"

namespace plugtls_test {

using context_t = plugtls::basic_context<null_backend>;
using stream_t = plugtls::stream<plugtls::memory_pipe, null_backend>;

using context_t = basic_context<null_backend>;
using stream_t = stream<memory_pipe, null_backend>;

inline context_t client_context(const plugtls::client_settings& s = client_defaults()) {
  plugtls::error_info info;
  return context_t::client(s, info);
}
inline context_t server_context(const plugtls::server_settings& s = server_defaults()) {
  plugtls::error_info info;
  return context_t::server(s, info);
}

/// Two connected streams in one thread.
struct connected {
  explicit connected(const plugtls::client_settings& c = client_defaults())
      : pipes(plugtls::make_memory_pipe()),
        client(client_context(c), std::move(pipes.first), server_name),
        server(server_context(), std::move(pipes.second)) {
    client.non_blocking(true);
    server.non_blocking(true);
    for (int i = 0; i < 5; ++i) {
      client.handshake(ec);
      server.handshake(ec);
    }
    REQUIRE(client.established());
    REQUIRE(server.established());
  }
  void block() {
    client.non_blocking(false);
    server.non_blocking(false);
    client.next_layer().timeout(std::chrono::milliseconds(50));
    server.next_layer().timeout(std::chrono::milliseconds(50));
  }
  std::pair<plugtls::memory_pipe, plugtls::memory_pipe> pipes;
  stream_t client, server;
  std::error_code ec;
};

}  // namespace plugtls_test
