// SPDX-License-Identifier: BSL-1.0
// Full handshakes with a chain of three certificates: MODE COUNT. What is counted is the client's side alone.
//   seen        the client's context has accepted this chain before
//   new         each client has a context of its own
//   unverified  the client verifies nothing, and neither does the library
// Prints what plugtls allocated for one client; libraries do not allocate by operator new.
#include <cstdio>
#include <cstdlib>
#include <new>
#include <plugtls/backend.hpp>
#include <plugtls/engine.hpp>
#include <plugtls/plugtls.hpp>
#include <string_view>
#include <test_pki.hpp>

#include "support/give_up.hpp"
#include "support/ring_port.hpp"

namespace tls = plugtls;

namespace {
bool is_counting = false;
long allocations = 0;
}  // namespace

// Not inlined: g++ 14 takes their insides for a mismatch.
[[gnu::noinline]] void* operator new(std::size_t n) {
  allocations += is_counting;
  if (void* p = std::malloc(n)) return p;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* p) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::size_t) noexcept { std::free(p); }

// Found by callgrind by its name.
extern "C" [[gnu::noinline]] void bench_client(tls::engine& client, tls::port& port) {
  is_counting = true;
  if (client.handshake(port).status == tls::engine_status::failed) bench::give_up("client handshake");
  is_counting = false;
}

extern "C" [[gnu::noinline]] void bench_warm_up(tls::engine& client, tls::port& port) {
  if (client.handshake(port).status == tls::engine_status::failed) bench::give_up("client handshake");
}

namespace {

using step = void (*)(tls::engine&, tls::port&);

void connect(const tls::context& ours, const tls::context& theirs, step advance) {
  static bench::link link;
  bench::ring_port client_port(link.client()), server_port(link.server());
  tls::engine client(ours, "localhost"), server(theirs);
  while (!client.established() || !server.established()) {
    advance(client, client_port);
    if (server.handshake(server_port).status == tls::engine_status::failed) bench::give_up("server handshake");
  }
  link = {};
}

tls::context make_client(bool verifies) {
  tls::client_settings s;
  s.cipher_suites = {tls::cipher_suite::ecdhe_ecdsa_with_aes_128_gcm_sha256};
  s.trust = tls::trust_store::from_memory(tls::test_pki::root);
  s.insecure_no_verification = !verifies;
  return tls::context::client(s);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view mode = argc == 3 ? argv[1] : "";
  const int count = argc == 3 ? std::atoi(argv[2]) : 0;
  if ((mode != "seen" && mode != "new" && mode != "unverified") || count <= 0) {
    std::fprintf(stderr, "usage: PROGRAM seen|new|unverified COUNT\n");
    return 2;
  }
  const auto id = tls::identity::from_pem(tls::test_pki::server_chain, tls::test_pki::server_key);
  const tls::context server = tls::context::server({.identities = {id}});
  tls::context client = make_client(mode != "unverified");
  for (int i = 0; i < 3; ++i) connect(client, server, bench_warm_up);
  for (int i = 0; i < count; ++i) {
    if (mode == "new") client = make_client(true);
    connect(client, server, bench_client);
  }
  std::printf("allocations %.1f\n", static_cast<double>(allocations) / count);
}
