// SPDX-License-Identifier: BSL-1.0
#include <mbedtls/ctr_drbg.h>
#include <mbedtls/entropy.h>
#include <mbedtls/net_sockets.h>
#include <mbedtls/ssl.h>
#include <psa/crypto.h>

#include "../support/https.hpp"

int main(int argc, char** argv) {
  if (argc != 4) bench::say("usage: PROGRAM HOST PORT CA-FILE\n");
  mbedtls_ssl_context ssl;
  mbedtls_ssl_config config;
  mbedtls_x509_crt roots;
  mbedtls_entropy_context entropy;
  mbedtls_ctr_drbg_context random;
  mbedtls_ssl_init(&ssl);
  mbedtls_ssl_config_init(&config);
  mbedtls_x509_crt_init(&roots);
  mbedtls_entropy_init(&entropy);
  mbedtls_ctr_drbg_init(&random);
  if (psa_crypto_init() != PSA_SUCCESS ||
      mbedtls_ctr_drbg_seed(&random, mbedtls_entropy_func, &entropy, nullptr, 0) != 0 ||
      mbedtls_ssl_config_defaults(&config, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_STREAM,
                                  MBEDTLS_SSL_PRESET_DEFAULT) != 0 ||
      mbedtls_x509_crt_parse_file(&roots, argv[3]) < 0)
    bench::say("no configuration\n");
  mbedtls_ssl_conf_rng(&config, mbedtls_ctr_drbg_random, &random);
  mbedtls_ssl_conf_ca_chain(&config, &roots, nullptr);
  mbedtls_ssl_conf_authmode(&config, MBEDTLS_SSL_VERIFY_REQUIRED);
  mbedtls_net_context net{};
  net.fd = bench::connect_to(argv[1], argv[2]);
  if (mbedtls_ssl_setup(&ssl, &config) != 0 || mbedtls_ssl_set_hostname(&ssl, argv[1]) != 0)
    bench::say("no connection\n");
  mbedtls_ssl_set_bio(&ssl, &net, mbedtls_net_send, mbedtls_net_recv, nullptr);
  if (mbedtls_ssl_handshake(&ssl) != 0) bench::say("no handshake\n");
  const std::string request = bench::request_to(argv[1]);
  if (mbedtls_ssl_write(&ssl, reinterpret_cast<const unsigned char*>(request.data()), request.size()) <= 0)
    bench::say("cannot write\n");
  unsigned char block[4096];
  int n = 0;
  while ((n = mbedtls_ssl_read(&ssl, block, sizeof block)) > 0)
    std::fwrite(block, 1, static_cast<std::size_t>(n), stdout);
  if (n != MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY) bench::say("the end is cut off\n");
  mbedtls_ssl_close_notify(&ssl);
  mbedtls_net_free(&net);
  mbedtls_ssl_free(&ssl);
  mbedtls_ssl_config_free(&config);
  mbedtls_x509_crt_free(&roots);
  mbedtls_ctr_drbg_free(&random);
  mbedtls_entropy_free(&entropy);
}
