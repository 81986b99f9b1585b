// SPDX-License-Identifier: BSL-1.0
// The bare library: an expert's use of OpenSSL over a BIO of its own, as io.cpp uses plugtls. TLS 1.2, AES-128-GCM.
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <test_pki.hpp>

#include "../support/ring.hpp"
#include "../support/workload.hpp"

namespace {

struct ends {
  bench::ring* in;
  bench::ring* out;
};

int bio_read(BIO* bio, char* out, int n) {
  BIO_clear_retry_flags(bio);
  const auto got = static_cast<ends*>(BIO_get_data(bio))->in->read(out, static_cast<std::size_t>(n));
  if (got != 0) return static_cast<int>(got);
  BIO_set_retry_read(bio);
  return -1;
}
int bio_write(BIO* bio, const char* data, int n) {
  BIO_clear_retry_flags(bio);
  return static_cast<int>(static_cast<ends*>(BIO_get_data(bio))->out->write(data, static_cast<std::size_t>(n)));
}
long bio_control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

SSL* make(SSL_CTX* ctx, BIO_METHOD* method, ends* e) {
  SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
  SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(ctx, "ECDHE-ECDSA-AES128-GCM-SHA256");
  SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  BIO* bio = BIO_new(method);
  BIO_set_data(bio, e);
  BIO_set_init(bio, 1);
  SSL* ssl = SSL_new(ctx);
  SSL_set_bio(ssl, bio, bio);
  return ssl;
}

inline void run(const bench::workload& work, SSL* client, SSL* server) {
  static unsigned char data[16384], room[16384];
  for (int i = 0; i < work.count; ++i) {
    if (work.what == bench::workload::kind::blocked) {
      if (SSL_read(server, room, sizeof room) > 0 || SSL_want(server) != SSL_READING) bench::give_up("read");
      continue;
    }
    const int size = static_cast<int>(work.size);
    if (SSL_write(client, data, size) != size) bench::give_up("write");
    if (SSL_read(server, room, size) != size) bench::give_up("read");
  }
}
}  // namespace

// What is counted, found by callgrind by its name; the other call warms up.
extern "C" [[gnu::noinline]] void bench_loop(const bench::workload& work, SSL* client, SSL* server) {
  run(work, client, server);
}

int main(int argc, char** argv) {
  const bench::workload work = bench::read_arguments(argc, argv);
  static bench::link link;
  ends client_ends{&link.to_client, &link.to_server}, server_ends{&link.to_server, &link.to_client};
  BIO_METHOD* method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "ring");
  BIO_meth_set_read(method, bio_read);
  BIO_meth_set_write(method, bio_write);
  BIO_meth_set_ctrl(method, bio_control);

  SSL_CTX* client_ctx = SSL_CTX_new(TLS_client_method());
  SSL_CTX* server_ctx = SSL_CTX_new(TLS_server_method());
  const auto chain = plugtls::test_pki::server_chain, key = plugtls::test_pki::server_key;
  BIO* pem = BIO_new_mem_buf(chain.data(), static_cast<int>(chain.size()));
  SSL_CTX_use_certificate(server_ctx, PEM_read_bio_X509(pem, nullptr, nullptr, nullptr));
  BIO* key_pem = BIO_new_mem_buf(key.data(), static_cast<int>(key.size()));
  SSL_CTX_use_PrivateKey(server_ctx, PEM_read_bio_PrivateKey(key_pem, nullptr, nullptr, nullptr));
  SSL* client = make(client_ctx, method, &client_ends);
  SSL* server = make(server_ctx, method, &server_ends);
  SSL_set_connect_state(client);
  SSL_set_accept_state(server);
  for (int i = 0; !(SSL_is_init_finished(client) && SSL_is_init_finished(server)); ++i) {
    SSL_do_handshake(client);
    SSL_do_handshake(server);
    if (i == 100) bench::give_up("handshake");
  }

  bench::workload warm_up = work;
  warm_up.count = 10;
  run(warm_up, client, server);
  bench_loop(work, client, server);
}
