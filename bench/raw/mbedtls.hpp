// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <mbedtls/ctr_drbg.h>
#include <mbedtls/entropy.h>
#include <mbedtls/net_sockets.h>
#include <mbedtls/ssl.h>
#include <mbedtls/ssl_ticket.h>
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
  static constexpr bool reads_ahead = false;  ///< by itself, where told to

  explicit context(const options& o) : is_client(o.is_client) {
    mbedtls_ssl_config_init(&config_);
    mbedtls_x509_crt_init(&certificates_);
    mbedtls_pk_init(&key_);
    mbedtls_ssl_session_init(&session_);
    mbedtls_ssl_ticket_init(&tickets_);
    mbedtls_entropy_init(&entropy_);
    mbedtls_ctr_drbg_init(&random_);
    must(mbedtls_ssl_config_defaults(&config_, o.is_client ? MBEDTLS_SSL_IS_CLIENT : MBEDTLS_SSL_IS_SERVER,
                                     MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT),
         "making a configuration");
    must(mbedtls_ctr_drbg_seed(&random_, mbedtls_entropy_func, &entropy_, nullptr, 0), "seeding the generator");
    mbedtls_ssl_conf_rng(&config_, mbedtls_ctr_drbg_random, &random_);
    pin(o);
    if (o.sessions == sessions::off) forget_sessions();
    if (o.sessions == sessions::kept) o.is_client ? keep_sessions() : give_tickets();
    o.is_client ? set_trust() : set_identity(o.is_rsa);
  }
  context(const context&) = delete;
  context& operator=(const context&) = delete;
  ~context() {
    mbedtls_ssl_config_free(&config_);
    mbedtls_x509_crt_free(&certificates_);
    mbedtls_pk_free(&key_);
    mbedtls_ssl_session_free(&session_);
    mbedtls_ssl_ticket_free(&tickets_);
    mbedtls_ctr_drbg_free(&random_);
    mbedtls_entropy_free(&entropy_);
  }
  const mbedtls_ssl_config* get() const noexcept { return &config_; }

  /// Of a client that keeps sessions: offers the newest one, and keeps it.
  void offer_session(mbedtls_ssl_context* ssl) const {
    if (has_session_) must(mbedtls_ssl_set_session(ssl, &session_), "offering a session");
  }
  void keep_session(const mbedtls_ssl_context* ssl) const {
    if (!keeps_sessions_) return;
    mbedtls_ssl_session_free(&session_);
    mbedtls_ssl_session_init(&session_);
    has_session_ = mbedtls_ssl_get_session(ssl, &session_) == 0;
  }

  const bool is_client;
  mutable bool has_resumed = false;  ///< a server's: it has taken a ticket since this was cleared

 private:
  void pin(const options& o) {
    suites_[0] = o.is_1_3      ? o.is_chacha ? 0x1303 : 0x1301
                 : o.is_chacha ? o.is_rsa ? 0xcca8 : 0xcca9
                 : o.is_rsa    ? 0xc02f
                               : 0xc02b;
    mbedtls_ssl_conf_ciphersuites(&config_, suites_);
#if MBEDTLS_VERSION_NUMBER >= 0x03000000
    static const std::uint16_t groups[] = {MBEDTLS_SSL_IANA_TLS_GROUP_X25519, MBEDTLS_SSL_IANA_TLS_GROUP_SECP256R1, 0};
    mbedtls_ssl_conf_groups(&config_, o.is_p256 ? groups + 1 : groups);
    const auto version = o.is_1_3 ? MBEDTLS_SSL_VERSION_TLS1_3 : MBEDTLS_SSL_VERSION_TLS1_2;
    mbedtls_ssl_conf_min_tls_version(&config_, version);
    mbedtls_ssl_conf_max_tls_version(&config_, version);
#else
    static const mbedtls_ecp_group_id curves[] = {MBEDTLS_ECP_DP_CURVE25519, MBEDTLS_ECP_DP_SECP256R1,
                                                  MBEDTLS_ECP_DP_NONE};
    mbedtls_ssl_conf_curves(&config_, o.is_p256 ? curves + 1 : curves);
    mbedtls_ssl_conf_min_version(&config_, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);
#endif
  }
  void forget_sessions() {
#if defined(MBEDTLS_SSL_SESSION_TICKETS)
    if (is_client) mbedtls_ssl_conf_session_tickets(&config_, MBEDTLS_SSL_SESSION_TICKETS_DISABLED);
#endif
  }
  void keep_sessions() {
    keeps_sessions_ = true;
    mbedtls_ssl_conf_session_tickets(&config_, MBEDTLS_SSL_SESSION_TICKETS_ENABLED);
#if MBEDTLS_VERSION_NUMBER >= 0x03060100
    mbedtls_ssl_conf_tls13_enable_signal_new_session_tickets(&config_,
                                                             MBEDTLS_SSL_TLS1_3_SIGNAL_NEW_SESSION_TICKETS_ENABLED);
#endif
  }
  // The library does not tell whether a session was resumed: what opens a ticket remembers it.
  void give_tickets() {
    must(mbedtls_ssl_ticket_setup(&tickets_, mbedtls_ctr_drbg_random, &random_, MBEDTLS_CIPHER_AES_256_GCM, 86400),
         "making ticket keys");
    mbedtls_ssl_conf_session_tickets_cb(
        &config_,
        [](void* self, auto... rest) {
          return mbedtls_ssl_ticket_write(&static_cast<context*>(self)->tickets_, rest...);
        },
        [](void* self, auto... rest) {
          const int result = mbedtls_ssl_ticket_parse(&static_cast<context*>(self)->tickets_, rest...);
          if (result == 0) static_cast<context*>(self)->has_resumed = true;
          return result;
        },
        this);
#if MBEDTLS_VERSION_NUMBER >= 0x03000000
    mbedtls_ssl_conf_new_session_tickets(&config_, 1);
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
  void set_identity(bool is_rsa) {
    using namespace plugtls::test_pki;
    parse(is_rsa ? server_rsa_chain : server_chain);
    const std::string text(is_rsa ? server_rsa_key : server_key);
    const auto* bytes = reinterpret_cast<const unsigned char*>(text.c_str());
#if MBEDTLS_VERSION_NUMBER >= 0x03000000
    must(mbedtls_pk_parse_key(&key_, bytes, text.size() + 1, nullptr, 0, mbedtls_ctr_drbg_random, &random_),
         "reading the key");
#else
    must(mbedtls_pk_parse_key(&key_, bytes, text.size() + 1, nullptr, 0), "reading the key");
#endif
    must(mbedtls_ssl_conf_own_cert(&config_, &certificates_, &key_), "using the key");
  }

  int suites_[2] = {};
  bool keeps_sessions_ = false;
  mutable bool has_session_ = false;
  mutable mbedtls_ssl_session session_;
  mbedtls_ssl_ticket_context tickets_;
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
    c.offer_session(&ssl_);
    c.has_resumed = false;
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
  [[gnu::always_inline]] std::size_t write(const void* data, std::size_t n) {
    const int done = mbedtls_ssl_write(&ssl_, static_cast<const unsigned char*>(data), n);
    if (done > 0) return static_cast<std::size_t>(done);
    if (done != MBEDTLS_ERR_SSL_WANT_WRITE) give_up("writing");
    return 0;
  }
  [[gnu::always_inline]] std::size_t read(void* out, std::size_t n) {
    const int done = mbedtls_ssl_read(&ssl_, static_cast<unsigned char*>(out), n);
    if (done > 0) return static_cast<std::size_t>(done);
    if (done != MBEDTLS_ERR_SSL_WANT_READ && !is_ticket(done)) give_up("reading");
    return 0;
  }
  /// Whether the handshake took up an earlier session: `server` tells, which was asked by this connection last.
  bool was_resumed(const context& server) const { return server.has_resumed; }
  /// Ends what this end sends. The context of a client that keeps sessions takes the newest one.
  void finish(const context& c) {
    c.keep_session(&ssl_);
    mbedtls_ssl_close_notify(&ssl_);
  }

 protected:
  static bool is_ticket([[maybe_unused]] int result) {
#if defined(MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET)
    return result == MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET;
#else
    return false;
#endif
  }
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

 protected:
  Transport& below() noexcept { return transport_; }

 private:
  static int send(void* transport, const unsigned char* data, std::size_t n) {
    const std::size_t done = static_cast<Transport*>(transport)->write(data, n);
    if constexpr (Transport::can_be_full)
      if (done == 0) return MBEDTLS_ERR_SSL_WANT_WRITE;
    return static_cast<int>(done);
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
