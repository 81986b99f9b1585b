// SPDX-License-Identifier: BSL-1.0
// The bare library: an expert's use of mbedTLS over callbacks of its own, as io.cpp uses plugtls. TLS 1.2, AES-128-GCM.
#include <mbedtls/ssl.h>
#include <mbedtls/version.h>
#include <psa/crypto.h>
#include <test_pki.hpp>

#include <string>

#include "../support/ring.hpp"
#include "../support/workload.hpp"

namespace {

struct ends {
  bench::ring* in;
  bench::ring* out;
};

int ring_send(void* e, const unsigned char* data, std::size_t n) {
  return static_cast<int>(static_cast<ends*>(e)->out->write(data, n));
}
int ring_receive(void* e, unsigned char* out, std::size_t n) {
  const std::size_t got = static_cast<ends*>(e)->in->read(out, n);
  return got != 0 ? static_cast<int>(got) : MBEDTLS_ERR_SSL_WANT_READ;
}
int random_bytes(void*, unsigned char* out, std::size_t n) {
  return psa_generate_random(out, n) == PSA_SUCCESS ? 0 : -1;
}

struct end {
  mbedtls_ssl_config config;
  mbedtls_ssl_context ssl;

  void open(int role, ends* e) {
    static const int suites[] = {0xc02b, 0};
    mbedtls_ssl_config_init(&config);
    mbedtls_ssl_init(&ssl);
    mbedtls_ssl_config_defaults(&config, role, MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT);
    mbedtls_ssl_conf_rng(&config, random_bytes, nullptr);
    mbedtls_ssl_conf_authmode(&config, MBEDTLS_SSL_VERIFY_NONE);
    mbedtls_ssl_conf_ciphersuites(&config, suites);
#if MBEDTLS_VERSION_NUMBER >= 0x03000000
    mbedtls_ssl_conf_max_tls_version(&config, MBEDTLS_SSL_VERSION_TLS1_2);
#endif
    // 3.6 wants to be told that there is no name to check.
    if (mbedtls_ssl_setup(&ssl, &config) != 0 || mbedtls_ssl_set_hostname(&ssl, nullptr) != 0) bench::give_up("setup");
    mbedtls_ssl_set_bio(&ssl, e, ring_send, ring_receive, nullptr);
  }
};

inline void run(const bench::workload& work, mbedtls_ssl_context& client, mbedtls_ssl_context& server) {
  static unsigned char data[16384], room[16384];
  for (int i = 0; i < work.count; ++i) {
    if (work.what == bench::workload::kind::blocked) {
      if (mbedtls_ssl_read(&server, room, sizeof room) != MBEDTLS_ERR_SSL_WANT_READ) bench::give_up("read");
      continue;
    }
    const int size = static_cast<int>(work.size);
    if (mbedtls_ssl_write(&client, data, work.size) != size) bench::give_up("write");
    if (mbedtls_ssl_read(&server, room, work.size) != size) bench::give_up("read");
  }
}
}  // namespace

// What is counted, found by callgrind by its name; the other call warms up.
extern "C" [[gnu::noinline]] void bench_loop(const bench::workload& work, mbedtls_ssl_context& client,
                                             mbedtls_ssl_context& server) {
  run(work, client, server);
}

int main(int argc, char** argv) {
  const bench::workload work = bench::read_arguments(argc, argv);
  if (psa_crypto_init() != PSA_SUCCESS) bench::give_up("psa_crypto_init");
  static bench::link link;
  ends client_ends{&link.to_client, &link.to_server}, server_ends{&link.to_server, &link.to_client};
  mbedtls_x509_crt chain;
  mbedtls_pk_context key;
  mbedtls_x509_crt_init(&chain);
  mbedtls_pk_init(&key);
  const std::string chain_pem(plugtls::test_pki::server_chain), key_pem(plugtls::test_pki::server_key);
  const auto* chain_bytes = reinterpret_cast<const unsigned char*>(chain_pem.c_str());
  const auto* key_bytes = reinterpret_cast<const unsigned char*>(key_pem.c_str());
  if (mbedtls_x509_crt_parse(&chain, chain_bytes, chain_pem.size() + 1) != 0) bench::give_up("certificate");
#if MBEDTLS_VERSION_NUMBER >= 0x03000000 && MBEDTLS_VERSION_NUMBER < 0x04000000
  const int parsed = mbedtls_pk_parse_key(&key, key_bytes, key_pem.size() + 1, nullptr, 0, random_bytes, nullptr);
#else
  const int parsed = mbedtls_pk_parse_key(&key, key_bytes, key_pem.size() + 1, nullptr, 0);
#endif
  if (parsed != 0) bench::give_up("key");

  end client, server;
  client.open(MBEDTLS_SSL_IS_CLIENT, &client_ends);
  server.open(MBEDTLS_SSL_IS_SERVER, &server_ends);
  mbedtls_ssl_conf_own_cert(&server.config, &chain, &key);
  for (int i = 0, a = -1, b = -1; a != 0 || b != 0; ++i) {
    if (a != 0) a = mbedtls_ssl_handshake(&client.ssl);
    if (b != 0) b = mbedtls_ssl_handshake(&server.ssl);
    if (i == 100) bench::give_up("handshake");
  }

  bench::workload warm_up = work;
  warm_up.count = 10;
  run(warm_up, client.ssl, server.ssl);
  bench_loop(work, client.ssl, server.ssl);
}
