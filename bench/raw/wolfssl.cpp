// SPDX-License-Identifier: BSL-1.0
// The bare library: an expert's use of wolfSSL over callbacks of its own, as io.cpp uses plugtls. TLS 1.2, AES-128-GCM.
#include <wolfssl/options.h>
// After the options.
#include <wolfssl/ssl.h>

#include <string_view>
#include <test_pki.hpp>

#include "../support/ring.hpp"
#include "../support/workload.hpp"

namespace {

struct ends {
  bench::ring* in;
  bench::ring* out;
};

int ring_send(WOLFSSL*, char* data, int n, void* e) {
  return static_cast<int>(static_cast<ends*>(e)->out->write(data, static_cast<std::size_t>(n)));
}
int ring_receive(WOLFSSL*, char* out, int n, void* e) {
  const std::size_t got = static_cast<ends*>(e)->in->read(out, static_cast<std::size_t>(n));
  return got != 0 ? static_cast<int>(got) : WOLFSSL_CBIO_ERR_WANT_READ;
}

WOLFSSL* open(WOLFSSL_METHOD* method, ends* e) {
  WOLFSSL_CTX* context = wolfSSL_CTX_new(method);
  if (context == nullptr) bench::give_up("context");
  wolfSSL_CTX_set_verify(context, WOLFSSL_VERIFY_NONE, nullptr);
  wolfSSL_CTX_clear_mode(context, SSL_MODE_AUTO_RETRY);  // or a read that would block asks ten times
  wolfSSL_CTX_SetIOSend(context, ring_send);
  wolfSSL_CTX_SetIORecv(context, ring_receive);
  if (wolfSSL_CTX_set_cipher_list(context, "ECDHE-ECDSA-AES128-GCM-SHA256") != WOLFSSL_SUCCESS)
    bench::give_up("suites");
  using plugtls::test_pki::server_chain;
  using plugtls::test_pki::server_key;
  const auto bytes = [](std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); };
  if (wolfSSL_CTX_use_certificate_chain_buffer(context, bytes(server_chain), static_cast<long>(server_chain.size())) !=
          WOLFSSL_SUCCESS ||
      wolfSSL_CTX_use_PrivateKey_buffer(context, bytes(server_key), static_cast<long>(server_key.size()),
                                        WOLFSSL_FILETYPE_PEM) != WOLFSSL_SUCCESS)
    bench::give_up("identity");
  WOLFSSL* ssl = wolfSSL_new(context);
  if (ssl == nullptr) bench::give_up("connection");
  wolfSSL_SetIOReadCtx(ssl, e);
  wolfSSL_SetIOWriteCtx(ssl, e);
  return ssl;
}

inline void run(const bench::workload& work, WOLFSSL* client, WOLFSSL* server) {
  static unsigned char data[16384], room[16384];
  for (int i = 0; i < work.count; ++i) {
    if (work.what == bench::workload::kind::blocked) {
      const int n = wolfSSL_read(server, room, sizeof room);
      if (n > 0 || wolfSSL_get_error(server, n) != WOLFSSL_ERROR_WANT_READ) bench::give_up("read");
      continue;
    }
    const int size = static_cast<int>(work.size);
    if (wolfSSL_write(client, data, size) != size) bench::give_up("write");
    if (wolfSSL_read(server, room, size) != size) bench::give_up("read");
  }
}
}  // namespace

// What is counted, found by callgrind by its name; the other call warms up.
extern "C" [[gnu::noinline]] void bench_loop(const bench::workload& work, WOLFSSL* client, WOLFSSL* server) {
  run(work, client, server);
}

int main(int argc, char** argv) {
  const bench::workload work = bench::read_arguments(argc, argv);
  if (wolfSSL_Init() != WOLFSSL_SUCCESS) bench::give_up("wolfSSL_Init");
  static bench::link link;
  ends client_ends{&link.to_client, &link.to_server}, server_ends{&link.to_server, &link.to_client};
  WOLFSSL* client = open(wolfTLSv1_2_client_method(), &client_ends);
  WOLFSSL* server = open(wolfTLSv1_2_server_method(), &server_ends);
  for (int i = 0, a = -1, b = -1; a != WOLFSSL_SUCCESS || b != WOLFSSL_SUCCESS; ++i) {
    if (a != WOLFSSL_SUCCESS) a = wolfSSL_connect(client);
    if (b != WOLFSSL_SUCCESS) b = wolfSSL_accept(server);
    if (i == 100) bench::give_up("handshake");
  }

  bench::workload warm_up = work;
  warm_up.count = 10;
  run(warm_up, client, server);
  bench_loop(work, client, server);
}
