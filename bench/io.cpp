// SPDX-License-Identifier: BSL-1.0
// Writes at the client and reads at the server COUNT times: the same as raw/NAME.cpp does with the bare library.
#include <plugtls/backend.hpp>
#include <plugtls/stream.hpp>
#include <test_pki.hpp>

#include "support/ring_port.hpp"
#include "support/workload.hpp"

namespace tls = plugtls;

namespace {

inline void run(const bench::workload& work, tls::engine& client, tls::port& client_port, tls::engine& server,
                tls::port& server_port) {
  static std::byte data[16384], room[16384];
  for (int i = 0; i < work.count; ++i) {
    if (work.what == bench::workload::kind::blocked) {
      if (server.read_some(server_port, room, sizeof room).status != tls::engine_status::want_read)
        bench::give_up("read");
      continue;
    }
    if (client.write_some(client_port, data, work.size).bytes != work.size) bench::give_up("write");
    if (server.read_some(server_port, room, work.size).bytes != work.size) bench::give_up("read");
  }
}
}  // namespace

// What is counted, found by callgrind by its name; the other call warms up.
extern "C" [[gnu::noinline]] void bench_loop(const bench::workload& work, tls::engine& client, tls::port& client_port,
                                             tls::engine& server, tls::port& server_port) {
  run(work, client, client_port, server, server_port);
}

int main(int argc, char** argv) {
  const bench::workload work = bench::read_arguments(argc, argv);
  static bench::link link;
  bench::ring_port client_port(link.to_client, link.to_server), server_port(link.to_server, link.to_client);

  const auto id = tls::identity::from_pem(tls::test_pki::server_chain, tls::test_pki::server_key);
  tls::engine client(tls::context::client({.cipher_suites = {tls::cipher_suite::ecdhe_ecdsa_with_aes_128_gcm_sha256},
                                           .trust = tls::trust_store::from_memory(tls::test_pki::root)}),
                     "localhost");
  tls::engine server(tls::context::server({.identities = {id}}));
  while (!client.established() || !server.established()) {
    if (client.handshake(client_port).status == tls::engine_status::failed) bench::give_up("client handshake");
    if (server.handshake(server_port).status == tls::engine_status::failed) bench::give_up("server handshake");
  }

  bench::workload warm_up = work;
  warm_up.count = 10;
  run(warm_up, client, client_port, server, server_port);
  bench_loop(work, client, client_port, server, server_port);
}
