// SPDX-License-Identifier: BSL-1.0
#include "native/ticket_giver.hpp"

#include <openssl/ssl.h>

namespace plugtls_test {

struct ticket_giver::state {
  state(plugtls::tls_version v, std::size_t size) : padding(size, 'p') {
    const std::string pki = PLUGTLS_TEST_DATA "/pki/";
    SSL_CTX_set_min_proto_version(context, static_cast<int>(v));
    SSL_CTX_set_max_proto_version(context, static_cast<int>(v));
    SSL_CTX_use_certificate_chain_file(context, (pki + "server_chain.pem").c_str());
    SSL_CTX_use_PrivateKey_file(context, (pki + "server_key.pem").c_str(), SSL_FILETYPE_PEM);
    SSL_CTX_set_session_ticket_cb(context, pad, use, this);
  }
  state(const state&) = delete;
  state& operator=(const state&) = delete;
  ~state() {
    SSL_free(ssl);
    SSL_CTX_free(context);
  }

  static int pad(SSL* ssl, void* self) {
    const std::string& bytes = static_cast<state*>(self)->padding;
    return SSL_SESSION_set1_ticket_appdata(SSL_get_session(ssl), bytes.data(), bytes.size());
  }
  static SSL_TICKET_RETURN use(SSL*, SSL_SESSION*, const unsigned char*, std::size_t, SSL_TICKET_STATUS found, void*) {
    const bool is_good = found == SSL_TICKET_SUCCESS || found == SSL_TICKET_SUCCESS_RENEW;
    return is_good ? SSL_TICKET_RETURN_USE_RENEW : SSL_TICKET_RETURN_IGNORE_RENEW;
  }

  std::string padding;
  SSL_CTX* context = SSL_CTX_new(TLS_server_method());
  SSL* ssl = nullptr;
  BIO* in = nullptr;  // the connection's, as the other
  BIO* out = nullptr;
  bool is_up = false;
};

ticket_giver::ticket_giver(plugtls::tls_version v, std::size_t padding) : state_(std::make_unique<state>(v, padding)) {}
ticket_giver::~ticket_giver() = default;

void ticket_giver::accept() {
  state& s = *state_;
  SSL_free(s.ssl);
  s.ssl = SSL_new(s.context);
  s.in = BIO_new(BIO_s_mem());
  s.out = BIO_new(BIO_s_mem());
  BIO_set_mem_eof_return(s.in, -1);
  SSL_set_bio(s.ssl, s.in, s.out);
  SSL_set_accept_state(s.ssl);
  s.is_up = false;
}

std::string ticket_giver::step(std::string_view received) {
  state& s = *state_;
  char block[16384];
  if (!received.empty()) BIO_write(s.in, received.data(), static_cast<int>(received.size()));
  if (!s.is_up) s.is_up = SSL_do_handshake(s.ssl) == 1;
  std::string sent;
  for (int n; (n = BIO_read(s.out, block, sizeof block)) > 0;) sent.append(block, static_cast<std::size_t>(n));
  return sent;
}

bool ticket_giver::up() const noexcept { return state_->is_up; }

}  // namespace plugtls_test
