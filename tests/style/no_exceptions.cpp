// SPDX-License-Identifier: BSL-1.0
// A program without exceptions: a handshake, and one that fails, through the forms that report by value.
#include <plugtls/any.hpp>
#include <plugtls/backend.hpp>
#include <plugtls/memory_pipe.hpp>
#include <plugtls/plugtls.hpp>

#include <cstdio>

#include "test_pki.hpp"

namespace tls = plugtls;

// The client's outcome.
static std::error_code connect(const tls::context& client_context, const tls::context& server_context,
                               const char* name) {
  auto [near, far] = tls::make_memory_pipe();
  tls::stream client{client_context, std::move(near), name};
  tls::stream server{server_context, std::move(far)};
  client.non_blocking(true);
  server.non_blocking(true);
  std::error_code ec = tls::errc::would_block, server_ec = ec;
  for (int step = 0; step < 100 && ec == tls::errc::would_block; ++step) {
    client.handshake(ec);
    if (server_ec) server.handshake(server_ec);
  }
  return ec;
}

int main() {
  tls::error_info info;
  tls::server_settings server;
  server.identities = {tls::identity::from_pem(tls::test_pki::server_chain, tls::test_pki::server_key, info)};
  tls::client_settings client;
  client.trust = tls::trust_store::from_memory(tls::test_pki::root, info);
  const tls::context server_context = tls::context::server(server, info);
  const tls::context client_context = tls::context::client(client, info);
  const std::error_code good = connect(client_context, server_context, "localhost");
  const std::error_code bad = connect(client_context, server_context, "other.example");
  std::printf("%s; %s\n", good.message().c_str(), bad.message().c_str());
  return !good && bad == tls::errc::hostname_mismatch ? 0 : 1;
}
