// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "plugtls/any.hpp"
#include "support/catch.hpp"
#include "support/drive.hpp"
#include "support/pki.hpp"

namespace plugtls_test {

using namespace plugtls;

/// A client and a server that are chosen at run time, with buffers between them.
struct any_pair {
  any_pair(any_context c, any_context s, peer_options peer = server_name)
      : client(any_engine(c, std::move(peer))), server(any_engine(s)) {}

  any_pair& run(std::size_t cap = std::size_t{1} << 20) {
    REQUIRE(pump(client, server, cap));
    return *this;
  }
  bool up() const { return client.up() && server.up(); }
  std::string describe() const {
    return "client: " + explain(client.engine.error()) + "; server: " + explain(server.engine.error());
  }

  endpoint<any_engine> client;
  endpoint<any_engine> server;
};

inline any_context make_client(const backend_entry& b, const client_settings& s) {
  error_info info;
  any_context c = b.client(s, info);
  INFO(b.name << ": " << explain(info));
  REQUIRE(c);
  return c;
}
inline any_context make_server(const backend_entry& b, const server_settings& s) {
  error_info info;
  any_context c = b.server(s, info);
  INFO(b.name << ": " << explain(info));
  REQUIRE(c);
  return c;
}

/// Calls f(client backend, server backend) for every ordered pair, a backend with itself included.
template <class F>
void for_each_pair(F&& f) {
  REQUIRE_FALSE(registered_backends().empty());
  for (const backend_entry& client : registered_backends())
    for (const backend_entry& server : registered_backends()) {
      CAPTURE(client.name, server.name);
      f(client, server);
    }
}

inline std::vector<tls_version> versions_of(const backend_entry& b) {
  std::vector<tls_version> all{tls_version::tls1_2};
  if (b.capabilities.has(capability::tls1_3)) all.push_back(tls_version::tls1_3);
  return all;
}
/// The versions that both speak.
inline std::vector<tls_version> common_versions(const backend_entry& a, const backend_entry& b) {
  return a.capabilities.has(capability::tls1_3) ? versions_of(b) : versions_of(a);
}

template <class E>
errc outcome_of(const endpoint<E>& e) {
  return e.handshake_error != errc::success ? e.handshake_error : e.read_error;
}

}  // namespace plugtls_test
