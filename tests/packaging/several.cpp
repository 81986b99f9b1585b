// SPDX-License-Identifier: BSL-1.0
// All backends in one unit, each against each, with the headers in the order that `order.hpp` gives.
#include PLUGTLS_TEST_ORDER

#include <iostream>
#include <tuple>

namespace tls = plugtls;

template <class Client, class Server>
static bool connects(const std::string& pki) {
  tls::server_settings settings;
  settings.identities = {tls::identity::from_files(pki + "server_chain.pem", pki + "server_key.pem")};
  const auto server_context = tls::basic_context<Server>::server(settings);
  const auto client_context =
      tls::basic_context<Client>::client({.trust = tls::trust_store::from_file(pki + "root.pem")});
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
  std::cout << Client::name << " to " << Server::name << ": " << ec.message() << ", " << server_ec.message() << '\n';
  return !ec && !server_ec;
}

template <class... Backend>
static bool all_connect(const std::string& pki, const std::tuple<Backend...>&) {
  const auto failures = [&]<class Client>(Client) { return (!connects<Client, Backend>(pki) + ...); };
  return (failures(Backend()) + ...) == 0;
}

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  return all_connect(std::string(argv[1]) + "/", every_backend()) ? 0 : 1;
}
