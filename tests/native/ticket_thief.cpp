// SPDX-License-Identifier: BSL-1.0
#include "native/ticket_thief.hpp"

#include <openssl/ssl.h>

#include <cstring>
#include <utility>

namespace plugtls_test {

struct ticket_thief::state {
  explicit state(const plan& what) : shown(what.shown_identity) {
    const int version = static_cast<int>(what.version);
    const std::string pki = PLUGTLS_TEST_DATA "/pki/";
    SSL_CTX_set_min_proto_version(context, version);
    SSL_CTX_set_max_proto_version(context, what.offers_newer ? TLS1_3_VERSION : version);
    if (!what.knows_tickets) SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(context, keep);
    if (what.has_certificate) {
      SSL_CTX_use_certificate_chain_file(context, (pki + "client_chain.pem").c_str());
      SSL_CTX_use_PrivateKey_file(context, (pki + "client_key.pem").c_str(), SSL_FILETYPE_PEM);
    }
    ssl = SSL_new(context);
    SSL_set_app_data(ssl, this);
    in = BIO_new(BIO_s_mem());
    out = BIO_new(BIO_s_mem());
    BIO_set_mem_eof_return(in, -1);
    SSL_set_bio(ssl, in, out);
    SSL_set_connect_state(ssl);
    SSL_set_ciphersuites(ssl, what.takes_sha384 ? "TLS_AES_256_GCM_SHA384" : "TLS_AES_128_GCM_SHA256");
    if (!what.shown_ticket.empty()) {
      std::string copy = what.shown_ticket;
      SSL_set_session_ticket_ext(ssl, copy.data(), static_cast<int>(copy.size()));
    }
    if (!shown.empty()) SSL_set_psk_use_session_callback(ssl, show);
    if (!what.session.empty()) {
      const auto* bytes = reinterpret_cast<const unsigned char*>(what.session.data());
      SSL_SESSION* session = d2i_SSL_SESSION(nullptr, &bytes, static_cast<long>(what.session.size()));
      const unsigned char other[48] = {2};
      if (what.has_lost_secret) SSL_SESSION_set1_master_key(session, other, sizeof other);
      SSL_set_session(ssl, session);
      SSL_SESSION_free(session);
    }
  }
  state(const state&) = delete;
  state& operator=(const state&) = delete;
  ~state() {
    SSL_SESSION_free(newest);
    SSL_free(ssl);
    SSL_CTX_free(context);
  }

  static state& of(SSL* ssl) { return *static_cast<state*>(SSL_get_app_data(ssl)); }

  static int keep(SSL* ssl, SSL_SESSION* session) {
    SSL_SESSION_free(std::exchange(of(ssl).newest, session));
    return 1;
  }

  // A session with a secret of its own under somebody else's name.
  static int show(SSL* ssl, const EVP_MD*, const unsigned char** identity, std::size_t* size, SSL_SESSION** made) {
    const std::string& shown = of(ssl).shown;
    const bool is_sha384 =
        std::strcmp(SSL_CIPHER_get_name(sk_SSL_CIPHER_value(SSL_get_ciphers(ssl), 0)), "TLS_AES_256_GCM_SHA384") == 0;
    const unsigned char id[] = {0x13, static_cast<unsigned char>(is_sha384 ? 2 : 1)};
    const unsigned char secret[48] = {1};
    *made = SSL_SESSION_new();
    SSL_SESSION_set1_master_key(*made, secret, is_sha384 ? 48 : 32);
    SSL_SESSION_set_cipher(*made, SSL_CIPHER_find(ssl, id));
    SSL_SESSION_set_protocol_version(*made, TLS1_3_VERSION);
    *identity = reinterpret_cast<const unsigned char*>(shown.data());
    *size = shown.size();
    return 1;
  }

  std::string shown;
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  SSL* ssl = nullptr;
  BIO* in = nullptr;  // the connection's, as the other
  BIO* out = nullptr;
  SSL_SESSION* newest = nullptr;
  bool is_up = false;
};

ticket_thief::ticket_thief(const plan& what) : state_(std::make_unique<state>(what)) {}
ticket_thief::~ticket_thief() = default;

std::string ticket_thief::step(std::string_view received) {
  state& s = *state_;
  char block[16384];
  if (!received.empty()) BIO_write(s.in, received.data(), static_cast<int>(received.size()));
  if (!s.is_up) s.is_up = SSL_do_handshake(s.ssl) == 1;
  if (s.is_up) SSL_read(s.ssl, block, sizeof block);  // tickets
  std::string sent;
  for (int n; (n = BIO_read(s.out, block, sizeof block)) > 0;) sent.append(block, static_cast<std::size_t>(n));
  return sent;
}

bool ticket_thief::up() const noexcept { return state_->is_up; }

std::string ticket_thief::session() const {
  if (state_->newest == nullptr) return {};
  std::string bytes(static_cast<std::size_t>(i2d_SSL_SESSION(state_->newest, nullptr)), '\0');
  auto* p = reinterpret_cast<unsigned char*>(bytes.data());
  i2d_SSL_SESSION(state_->newest, &p);
  return bytes;
}

std::string ticket_thief::ticket() const {
  const unsigned char* bytes = nullptr;
  std::size_t size = 0;
  if (state_->newest != nullptr) SSL_SESSION_get0_ticket(state_->newest, &bytes, &size);
  return {reinterpret_cast<const char*>(bytes), size};
}

}  // namespace plugtls_test
