// SPDX-License-Identifier: BSL-1.0
// What a user of the library writes: it must build against an installed copy and as a subproject.
#include <plugtls/backend.hpp>
#include <plugtls/memory_pipe.hpp>
#include <plugtls/plugtls.hpp>

#include <iostream>

namespace tls = plugtls;

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::string pki = std::string(argv[1]) + "/";
  tls::server_settings settings;
  settings.identities = {tls::identity::from_files(pki + "server_chain.pem", pki + "server_key.pem")};
  const tls::context server_context = tls::context::server(settings);
  const tls::context client_context = tls::context::client({.trust = tls::trust_store::from_file(pki + "root.pem")});

  auto [near, far] = tls::make_memory_pipe();
  tls::stream client{client_context, std::move(near), "localhost"};
  tls::stream server{server_context, std::move(far)};
  client.non_blocking(true);
  server.non_blocking(true);
  std::error_code ec = tls::errc::would_block, server_ec = ec;
  while (ec == tls::errc::would_block || server_ec == tls::errc::would_block) {
    if (ec) client.handshake(ec);
    if (server_ec) server.handshake(server_ec);
  }
  std::cout << tls::default_backend::name << " " PLUGTLS_VERSION_STRING ": " << ec.message() << ", "
            << server_ec.message() << '\n';
  return ec || server_ec ? 1 : 0;
}
