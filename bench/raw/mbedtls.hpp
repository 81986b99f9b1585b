// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <mbedtls/ctr_drbg.h>
#include <mbedtls/entropy.h>
#include <mbedtls/net_sockets.h>
#include <mbedtls/ssl.h>
#include <mbedtls/version.h>
#include <psa/crypto.h>

#include <string>
#include <string_view>
#include <test_pki.hpp>

#include "../support/give_up.hpp"
#include "../support/side.hpp"

// mbedTLS without plugtls: `bare` as an expert uses it, `naive` as most programs do.

namespace bench::raw {

inline void must(int result, const char* what) {
  if (result != 0) give_up(what);
}

class context {
 public:
#if MBEDTLS_VERSION_NUMBER >= 0x03000000 && defined(MBEDTLS_SSL_PROTO_TLS1_3)
  static constexpr bool speaks_1_3 = true;
#else
  static constexpr bool speaks_1_3 = false;  // 2.28 has a part of it for trials only
#endif
  static constexpr const char* parser = "mbedtls_x509_crt_parse_der.*";  ///< what parses a certificate
  static constexpr bool can_release_buffers = false;

  explicit context(const options& o) : is_client(o.is_client) {
    mbedtls_ssl_config_init(&config_);
    mbedtls_x509_crt_init(&certificates_);
    mbedtls_pk_init(&key_);
    mbedtls_entropy_init(&entropy_);
    mbedtls_ctr_drbg_init(&random_);
    must(mbedtls_ssl_config_defaults(&config_, o.is_client ? MBEDTLS_SSL_IS_CLIENT : MBEDTLS_SSL_IS_SERVER,
                                     MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT),
         "making a configuration");
    must(mbedtls_ctr_drbg_seed(&random_, mbedtls_entropy_func, &entropy_, nullptr, 0), "seeding the generator");
    mbedtls_ssl_conf_rng(&config_, mbedtls_ctr_drbg_random, &random_);
    pin(o.is_1_3);
    if (o.is_expert) set_modes();
    o.is_client ? set_trust() : set_identity();
  }
  context(const context&) = delete;
  context& operator=(const context&) = delete;
  ~context() {
    mbedtls_ssl_config_free(&config_);
    mbedtls_x509_crt_free(&certificates_);
    mbedtls_pk_free(&key_);
    mbedtls_ctr_drbg_free(&random_);
    mbedtls_entropy_free(&entropy_);
  }
  const mbedtls_ssl_config* get() const noexcept { return &config_; }

  const bool is_client;

 private:
  void pin(bool is_1_3) {
    static const int suite_1_2[] = {0xc02b, 0}, suite_1_3[] = {0x1301, 0};
    mbedtls_ssl_conf_ciphersuites(&config_, is_1_3 ? suite_1_3 : suite_1_2);
#if MBEDTLS_VERSION_NUMBER >= 0x03000000
    static const std::uint16_t groups[] = {MBEDTLS_SSL_IANA_TLS_GROUP_X25519, MBEDTLS_SSL_IANA_TLS_GROUP_SECP256R1, 0};
    mbedtls_ssl_conf_groups(&config_, groups);
    const auto version = is_1_3 ? MBEDTLS_SSL_VERSION_TLS1_3 : MBEDTLS_SSL_VERSION_TLS1_2;
    mbedtls_ssl_conf_min_tls_version(&config_, version);
    mbedtls_ssl_conf_max_tls_version(&config_, version);
#else
    static const mbedtls_ecp_group_id curves[] = {MBEDTLS_ECP_DP_CURVE25519, MBEDTLS_ECP_DP_SECP256R1,
                                                  MBEDTLS_ECP_DP_NONE};
    mbedtls_ssl_conf_curves(&config_, curves);
    mbedtls_ssl_conf_min_version(&config_, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);
#endif
  }
  // No tickets, as plugtls has it unless told otherwise.
  void set_modes() {
#if defined(MBEDTLS_SSL_SESSION_TICKETS)
    if (is_client) mbedtls_ssl_conf_session_tickets(&config_, MBEDTLS_SSL_SESSION_TICKETS_DISABLED);
#endif
  }
  // PEM is read with its NUL.
  void parse(std::string_view pem) {
    const std::string text(pem);
    must(mbedtls_x509_crt_parse(&certificates_, reinterpret_cast<const unsigned char*>(text.c_str()), text.size() + 1),
         "reading certificates");
  }
  void set_trust() {
    parse(plugtls::test_pki::root);
    mbedtls_ssl_conf_ca_chain(&config_, &certificates_, nullptr);
    mbedtls_ssl_conf_authmode(&config_, MBEDTLS_SSL_VERIFY_REQUIRED);
  }
  void set_identity() {
    parse(plugtls::test_pki::server_chain);
    const std::string text(plugtls::test_pki::server_key);
    const auto* bytes = reinterpret_cast<const unsigned char*>(text.c_str());
#if MBEDTLS_VERSION_NUMBER >= 0x03000000
    must(mbedtls_pk_parse_key(&key_, bytes, text.size() + 1, nullptr, 0, mbedtls_ctr_drbg_random, &random_),
         "reading the key");
#else
    must(mbedtls_pk_parse_key(&key_, bytes, text.size() + 1, nullptr, 0), "reading the key");
#endif
    must(mbedtls_ssl_conf_own_cert(&config_, &certificates_, &key_), "using the key");
  }

  mbedtls_ssl_config config_;
  mbedtls_x509_crt certificates_;
  mbedtls_pk_context key_;
  mbedtls_entropy_context entropy_;
  mbedtls_ctr_drbg_context random_;
};

// What both do alike: mbedTLS has no error queue to look after.
class connection {
 public:
  explicit connection(const context& c) {
    mbedtls_ssl_init(&ssl_);
    must(mbedtls_ssl_setup(&ssl_, c.get()), "making a connection");
    if (c.is_client) must(mbedtls_ssl_set_hostname(&ssl_, "localhost"), "setting the name");
  }
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;
  ~connection() { mbedtls_ssl_free(&ssl_); }

  outcome handshake() {
    const int result = mbedtls_ssl_handshake(&ssl_);
    if (result == 0) return outcome::done;
    if (result != MBEDTLS_ERR_SSL_WANT_READ) give_up("the handshake");
    return outcome::again;
  }
  std::size_t write(const void* data, std::size_t n) {
    const int done = mbedtls_ssl_write(&ssl_, static_cast<const unsigned char*>(data), n);
    if (done <= 0) give_up("writing");
    return static_cast<std::size_t>(done);
  }
  std::size_t read(void* out, std::size_t n) {
    const int done = mbedtls_ssl_read(&ssl_, static_cast<unsigned char*>(out), n);
    if (done > 0) return static_cast<std::size_t>(done);
    if (done != MBEDTLS_ERR_SSL_WANT_READ) give_up("reading");
    return 0;
  }

 protected:
  mbedtls_ssl_context* get() noexcept { return &ssl_; }

 private:
  mbedtls_ssl_context ssl_;
};

/// An expert's use: I/O callbacks of its own that call the transport directly.
template <class Transport>
class bare : public connection {
 public:
  bare(const context& c, Transport transport) : connection(c), transport_(transport) {
    mbedtls_ssl_set_bio(get(), &transport_, send, receive, nullptr);
  }

 private:
  static int send(void* transport, const unsigned char* data, std::size_t n) {
    return static_cast<int>(static_cast<Transport*>(transport)->write(data, n));
  }
  static int receive(void* transport, unsigned char* out, std::size_t n) {
    const std::size_t got = static_cast<Transport*>(transport)->read(out, n);
    return got != 0 ? static_cast<int>(got) : MBEDTLS_ERR_SSL_WANT_READ;
  }

  Transport transport_;
};

/// What most programs do: the library's own callbacks for sockets.
class naive : public connection {
 public:
  naive(const context& c, int fd) : connection(c) {
    socket_.fd = fd;
    mbedtls_ssl_set_bio(get(), &socket_, mbedtls_net_send, mbedtls_net_recv, nullptr);
  }

 private:
  mbedtls_net_context socket_;
};

inline void start() { must(psa_crypto_init(), "psa_crypto_init"); }

}  // namespace bench::raw
