// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <string_view>
#include <test_pki.hpp>

#include "../support/give_up.hpp"
#include "../support/side.hpp"

// OpenSSL without plugtls: `bare` as an expert uses it, `naive` as most programs do.

namespace bench::raw {

inline handle<BIO, BIO_free_all> memory_of(std::string_view text) {
  return handle<BIO, BIO_free_all>(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}
using x509_handle = handle<X509, X509_free>;
inline x509_handle read_certificate(BIO* from) {
  return x509_handle(PEM_read_bio_X509(from, nullptr, nullptr, nullptr));
}

class context {
 public:
  static constexpr bool speaks_1_3 = true;
  static constexpr const char* parser = "d2i_X509";  ///< what parses a certificate
  static constexpr bool can_release_buffers = true;
  static constexpr bool reads_ahead = true;  ///< by itself, where told to

  explicit context(const options& o)
      : is_client(o.is_client), ctx_(SSL_CTX_new(o.is_client ? TLS_client_method() : TLS_server_method())) {
    SSL_CTX* ctx = ctx_.get();
    const int version = o.is_1_3 ? TLS1_3_VERSION : TLS1_2_VERSION;
    if (ctx == nullptr || SSL_CTX_set_min_proto_version(ctx, version) != 1 ||
        SSL_CTX_set_max_proto_version(ctx, version) != 1 || SSL_CTX_set_cipher_list(ctx, suite_1_2(o).c_str()) != 1 ||
        SSL_CTX_set_ciphersuites(ctx, o.is_chacha ? "TLS_CHACHA20_POLY1305_SHA256" : "TLS_AES_128_GCM_SHA256") != 1 ||
        SSL_CTX_set1_groups_list(ctx, o.is_p256 ? "P-256" : "X25519:P-256") != 1)
      give_up("making a context");
    if (o.is_expert) set_modes();
    if (o.releases_buffers) SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
    if (o.sessions == sessions::off) forget_sessions();
    if (o.sessions == sessions::kept) o.is_client ? keep_sessions() : give_tickets();
    o.is_client ? set_trust() : set_identity(o.is_rsa);
  }
  context(const context&) = delete;
  context& operator=(const context&) = delete;
  SSL_CTX* get() const noexcept { return ctx_.get(); }

  // Of each connection. A program that verifies names needs both calls.
  handle<SSL, SSL_free> make() const {
    handle<SSL, SSL_free> ssl(SSL_new(ctx_.get()));
    if (!ssl) give_up("making a connection");
    if (!is_client) {
      SSL_set_accept_state(ssl.get());
      return ssl;
    }
    SSL_set_connect_state(ssl.get());
    if (SSL_set_tlsext_host_name(ssl.get(), "localhost") != 1 || SSL_set1_host(ssl.get(), "localhost") != 1)
      give_up("setting the name");
    if (session_ && SSL_set_session(ssl.get(), session_.get()) != 1) give_up("offering a session");
    return ssl;
  }

  const bool is_client;

 private:
  void set_modes() {
    SSL_CTX* ctx = ctx_.get();
    SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_NO_AUTO_CHAIN |
                              SSL_MODE_AUTO_RETRY);
    SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  }
  void forget_sessions() {
    SSL_CTX_set_session_cache_mode(ctx_.get(), SSL_SESS_CACHE_OFF);
    SSL_CTX_set_options(ctx_.get(), SSL_OP_NO_TICKET);
    SSL_CTX_set_num_tickets(ctx_.get(), 0);
  }
  // The newest one, which in TLS 1.3 comes after the handshake.
  void keep_sessions() {
    SSL_CTX_set_session_cache_mode(ctx_.get(), SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_set_app_data(ctx_.get(), this);
    SSL_CTX_sess_set_new_cb(ctx_.get(), [](SSL* ssl, SSL_SESSION* s) {
      static_cast<context*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)))->session_.reset(s);
      return 1;
    });
  }
  void give_tickets() {
    SSL_CTX_set_session_cache_mode(ctx_.get(), SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(ctx_.get(), 1);
  }
  void set_trust() {
    const x509_handle root = read_certificate(memory_of(plugtls::test_pki::root).get());
    if (!root || X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx_.get()), root.get()) != 1) give_up("reading the root");
    SSL_CTX_set_verify(ctx_.get(), SSL_VERIFY_PEER, nullptr);
  }
  void set_identity(bool is_rsa) {
    using namespace plugtls::test_pki;
    SSL_CTX* ctx = ctx_.get();
    const auto chain = memory_of(is_rsa ? server_rsa_chain : server_chain);
    const x509_handle leaf = read_certificate(chain.get());
    if (!leaf || SSL_CTX_use_certificate(ctx, leaf.get()) != 1) give_up("reading the certificate");
    while (const x509_handle next = read_certificate(chain.get()))
      if (SSL_CTX_add1_chain_cert(ctx, next.get()) != 1) give_up("reading the chain");
    ERR_clear_error();  // the end of the file
    const auto text = memory_of(is_rsa ? server_rsa_key : server_key);
    const handle<EVP_PKEY, EVP_PKEY_free> key(PEM_read_bio_PrivateKey(text.get(), nullptr, nullptr, nullptr));
    if (!key || SSL_CTX_use_PrivateKey(ctx, key.get()) != 1) give_up("reading the key");
  }

  handle<SSL_CTX, SSL_CTX_free> ctx_;
  handle<SSL_SESSION, SSL_SESSION_free> session_;
};

// What both do alike.
class connection {
 public:
  explicit connection(const context& c) : ssl_(c.make()) {}
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  /// Whether the handshake took up an earlier session.
  bool was_resumed(const context&) const { return SSL_session_reused(ssl_.get()) == 1; }
  /// Ends what this end sends. The context has its session already.
  void finish(const context&) { SSL_shutdown(ssl_.get()); }

 protected:
  SSL* get() const noexcept { return ssl_.get(); }

 private:
  handle<SSL, SSL_free> ssl_;
};

/// An expert's use: a BIO of its own that calls the transport directly, and no error queue where nothing has failed.
template <class Transport>
class bare : public connection {
 public:
  bare(const context& c, Transport transport) : connection(c), transport_(transport) {
    BIO* bio = BIO_new(method());
    if (bio == nullptr) give_up("making a BIO");
    BIO_set_data(bio, &transport_);
    BIO_set_init(bio, 1);
    SSL_set_bio(get(), bio, bio);
  }

  outcome handshake() {
    if (SSL_do_handshake(get()) == 1) return outcome::done;
    if (SSL_want(get()) != SSL_READING) give_up("the handshake");
    return outcome::again;
  }
  [[gnu::always_inline]] std::size_t write(const void* data, std::size_t n) {
    const int done = SSL_write(get(), data, static_cast<int>(n));
    if (done > 0) return static_cast<std::size_t>(done);
    if constexpr (Transport::can_be_full)
      if (SSL_want(get()) == SSL_WRITING) return 0;
    give_up("writing");
  }
  [[gnu::always_inline]] std::size_t read(void* out, std::size_t n) {
    const int done = SSL_read(get(), out, static_cast<int>(n));
    if (done > 0) return static_cast<std::size_t>(done);
    if (SSL_want(get()) != SSL_READING) give_up("reading");
    return 0;
  }

 protected:
  Transport& below() noexcept { return transport_; }

 private:
  static int bio_read(BIO* bio, char* out, int n) {
    BIO_clear_retry_flags(bio);
    const auto got = static_cast<Transport*>(BIO_get_data(bio))->read(out, static_cast<std::size_t>(n));
    if (got != 0) return static_cast<int>(got);
    BIO_set_retry_read(bio);
    return -1;
  }
  static int bio_write(BIO* bio, const char* data, int n) {
    BIO_clear_retry_flags(bio);
    const auto done = static_cast<Transport*>(BIO_get_data(bio))->write(data, static_cast<std::size_t>(n));
    if constexpr (Transport::can_be_full)
      if (done == 0) {
        BIO_set_retry_write(bio);
        return -1;
      }
    return static_cast<int>(done);
  }
  static long bio_control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }
  static BIO_METHOD* method() {
    static const handle<BIO_METHOD, BIO_meth_free> own = [] {
      handle<BIO_METHOD, BIO_meth_free> m(BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "bench"));
      if (!m || BIO_meth_set_read(m.get(), bio_read) != 1 || BIO_meth_set_write(m.get(), bio_write) != 1 ||
          BIO_meth_set_ctrl(m.get(), bio_control) != 1)
        give_up("making a BIO method");
      return m;
    }();
    return own.get();
  }

  Transport transport_;
};

/// What most programs do, and the manual tells them to: the library's own socket BIO, and an empty error queue before
/// each call, or SSL_get_error might report what somebody else has left.
class naive : public connection {
 public:
  naive(const context& c, int fd) : connection(c) {
    if (SSL_set_fd(get(), fd) != 1) give_up("setting the descriptor");
  }

  outcome handshake() {
    ERR_clear_error();
    const int done = SSL_do_handshake(get());
    if (done == 1) return outcome::done;
    if (SSL_get_error(get(), done) != SSL_ERROR_WANT_READ) give_up("the handshake");
    return outcome::again;
  }
  [[gnu::always_inline]] std::size_t write(const void* data, std::size_t n) {
    ERR_clear_error();
    const int done = SSL_write(get(), data, static_cast<int>(n));
    if (done > 0) return static_cast<std::size_t>(done);
    if (SSL_get_error(get(), done) != SSL_ERROR_WANT_WRITE) give_up("writing");
    return 0;
  }
  [[gnu::always_inline]] std::size_t read(void* out, std::size_t n) {
    ERR_clear_error();
    const int done = SSL_read(get(), out, static_cast<int>(n));
    if (done > 0) return static_cast<std::size_t>(done);
    if (SSL_get_error(get(), done) != SSL_ERROR_WANT_READ) give_up("reading");
    return 0;
  }
};

inline void start() {}

}  // namespace bench::raw
