// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <wolfssl/options.h>
// After the options.
#include <wolfssl/ssl.h>

#include <string_view>
#include <test_pki.hpp>

#include "../support/give_up.hpp"
#include "../support/side.hpp"

// wolfSSL without plugtls: `bare` as an expert uses it, `naive` as most programs do.

namespace bench::raw {

inline void must(int result, const char* what) {
  if (result != WOLFSSL_SUCCESS) give_up(what);
}

class context {
 public:
  static constexpr bool speaks_1_3 = true;
  static constexpr const char* parser = "InitDecodedCert";  ///< what parses a certificate
  static constexpr bool can_release_buffers = true;         ///< it always does
  static constexpr bool reads_ahead = false;                ///< by itself, where told to

  explicit context(const options& o)
      : is_client(o.is_client),
        is_expert(o.is_expert),
        ctx_(wolfSSL_CTX_new(o.is_client ? wolfSSLv23_client_method() : wolfSSLv23_server_method())) {
    WOLFSSL_CTX* ctx = ctx_.get();
    if (ctx == nullptr) give_up("making a context");
    // Groups first: where TLS 1.3 is ruled out, they are refused.
    int groups[] = {WOLFSSL_ECC_X25519, WOLFSSL_ECC_SECP256R1};
    must(wolfSSL_CTX_set_groups(ctx, o.is_p256 ? groups + 1 : groups, o.is_p256 ? 1 : 2), "setting the groups");
    const int version = o.is_1_3 ? TLS1_3_VERSION : TLS1_2_VERSION;
    must(wolfSSL_CTX_set_min_proto_version(ctx, version), "setting the version");
    must(wolfSSL_CTX_set_max_proto_version(ctx, version), "setting the version");
    const char* suite_1_3 = o.is_chacha ? "TLS13-CHACHA20-POLY1305-SHA256" : "TLS13-AES128-GCM-SHA256";
    must(wolfSSL_CTX_set_cipher_list(ctx, o.is_1_3 ? suite_1_3 : suite_1_2(o).c_str()), "setting the suite");
    if (o.is_expert) set_modes();
    if (o.sessions == sessions::off) forget_sessions();
    if (o.sessions == sessions::kept) keep_sessions();
    const auto load = [ctx](auto function, std::string_view text, const char* what) {
      must(function(ctx, reinterpret_cast<const unsigned char*>(text.data()), static_cast<long>(text.size())), what);
    };
    if (o.is_client) {
      load([](auto... a) { return wolfSSL_CTX_load_verify_buffer(a..., WOLFSSL_FILETYPE_PEM); },
           plugtls::test_pki::root, "reading the root");
      wolfSSL_CTX_set_verify(ctx, WOLFSSL_VERIFY_PEER, nullptr);
    } else {
      using namespace plugtls::test_pki;
      load([](auto... a) { return wolfSSL_CTX_use_certificate_chain_buffer(a...); },
           o.is_rsa ? server_rsa_chain : server_chain, "reading the certificates");
      load([](auto... a) { return wolfSSL_CTX_use_PrivateKey_buffer(a..., WOLFSSL_FILETYPE_PEM); },
           o.is_rsa ? server_rsa_key : server_key, "reading the key");
    }
  }
  WOLFSSL_CTX* get() const noexcept { return ctx_.get(); }

  handle<WOLFSSL, wolfSSL_free> make() const {
    handle<WOLFSSL, wolfSSL_free> ssl(wolfSSL_new(ctx_.get()));
    if (!ssl) give_up("making a connection");
    if (is_client) {
      must(wolfSSL_UseSNI(ssl.get(), WOLFSSL_SNI_HOST_NAME, "localhost", 9), "setting the name");
      must(wolfSSL_check_domain_name(ssl.get(), "localhost"), "setting the name");
      if (session_) must(wolfSSL_set_session(ssl.get(), session_.get()), "offering a session");
    }
    return ssl;
  }
  /// Of a client that keeps sessions: takes the newest one.
  void keep_session(WOLFSSL* ssl) const {
    if (keeps_sessions_ && is_client) session_.reset(wolfSSL_get1_session(ssl));
  }

  const bool is_client;
  const bool is_expert;

 private:
  // A flight is sent in one piece.
  void set_modes() {
    WOLFSSL_CTX* ctx = ctx_.get();
    wolfSSL_CTX_set_group_messages(ctx);
    wolfSSL_CTX_clear_mode(ctx, SSL_MODE_AUTO_RETRY);  // or a read that would block asks ten times
  }
  void forget_sessions() {
    WOLFSSL_CTX* ctx = ctx_.get();
    wolfSSL_CTX_set_session_cache_mode(ctx, WOLFSSL_SESS_CACHE_OFF);
    wolfSSL_CTX_NoTicketTLSv12(ctx);
    if (!is_client) wolfSSL_CTX_no_ticket_TLSv13(ctx);
  }
  void keep_sessions() {
    keeps_sessions_ = true;
    wolfSSL_CTX_set_session_cache_mode(ctx_.get(), WOLFSSL_SESS_CACHE_OFF);  // tickets need none
    if (is_client) must(wolfSSL_CTX_UseSessionTicket(ctx_.get()), "asking for tickets");
  }

  handle<WOLFSSL_CTX, wolfSSL_CTX_free> ctx_;
  bool keeps_sessions_ = false;
  mutable handle<WOLFSSL_SESSION, wolfSSL_SESSION_free> session_;
};

// What both do alike: wolfSSL has no error queue to look after.
class connection {
 public:
  explicit connection(const context& c) : is_client_(c.is_client), ssl_(c.make()) {}
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  outcome handshake() {
    const int done = is_client_ ? wolfSSL_connect(ssl_.get()) : wolfSSL_accept(ssl_.get());
    if (done == WOLFSSL_SUCCESS) return outcome::done;
    if (wolfSSL_get_error(ssl_.get(), done) != WOLFSSL_ERROR_WANT_READ) give_up("the handshake");
    return outcome::again;
  }
  [[gnu::always_inline]] std::size_t read(void* out, std::size_t n) {
    const int done = wolfSSL_read(ssl_.get(), out, static_cast<int>(n));
    if (done > 0) return static_cast<std::size_t>(done);
    if (wolfSSL_get_error(ssl_.get(), done) != WOLFSSL_ERROR_WANT_READ) give_up("reading");
    return 0;
  }
  /// Whether the handshake took up an earlier session.
  bool was_resumed(const context&) const { return wolfSSL_session_reused(ssl_.get()) == 1; }
  /// Ends what this end sends. The context of a client that keeps sessions takes the newest one.
  void finish(const context& c) {
    c.keep_session(ssl_.get());
    wolfSSL_shutdown(ssl_.get());
  }

 protected:
  template <bool can_be_full>
  std::size_t write_over(const void* data, std::size_t n) {
    const int done = wolfSSL_write(ssl_.get(), data, static_cast<int>(n));
    if (done > 0) return static_cast<std::size_t>(done);
    if constexpr (can_be_full)
      if (wolfSSL_get_error(ssl_.get(), done) == WOLFSSL_ERROR_WANT_WRITE) return 0;
    give_up("writing");
  }
  WOLFSSL* get() const noexcept { return ssl_.get(); }

 private:
  const bool is_client_;
  handle<WOLFSSL, wolfSSL_free> ssl_;
};

/// An expert's use: I/O callbacks of its own that call the transport directly.
template <class Transport>
class bare : public connection {
 public:
  bare(const context& c, Transport transport) : connection(c), transport_(transport) {
    wolfSSL_SSLSetIOSend(get(), send);
    wolfSSL_SSLSetIORecv(get(), receive);
    wolfSSL_SetIOReadCtx(get(), &transport_);
    wolfSSL_SetIOWriteCtx(get(), &transport_);
  }
  [[gnu::always_inline]] std::size_t write(const void* data, std::size_t n) {
    return write_over<Transport::can_be_full>(data, n);
  }

 protected:
  Transport& below() noexcept { return transport_; }

 private:
  static int send(WOLFSSL*, char* data, int n, void* transport) {
    const std::size_t done = static_cast<Transport*>(transport)->write(data, static_cast<std::size_t>(n));
    if constexpr (Transport::can_be_full)
      if (done == 0) return WOLFSSL_CBIO_ERR_WANT_WRITE;
    return static_cast<int>(done);
  }
  static int receive(WOLFSSL*, char* out, int n, void* transport) {
    const std::size_t got = static_cast<Transport*>(transport)->read(out, static_cast<std::size_t>(n));
    return got != 0 ? static_cast<int>(got) : WOLFSSL_CBIO_ERR_WANT_READ;
  }

  Transport transport_;
};

/// What most programs do: the library's own callbacks for sockets.
class naive : public connection {
 public:
  naive(const context& c, int fd) : connection(c) { must(wolfSSL_set_fd(get(), fd), "setting the descriptor"); }
  [[gnu::always_inline]] std::size_t write(const void* data, std::size_t n) { return write_over<true>(data, n); }
};

inline void start() { must(wolfSSL_Init(), "wolfSSL_Init"); }

}  // namespace bench::raw
