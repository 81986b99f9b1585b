// SPDX-License-Identifier: BSL-1.0
// The same work with OpenSSL's own calls: "raw naive" as most people write it, over SSL_set_fd and with a clean error
// queue before each call; "raw expert" without that, with read-ahead on sockets and a BIO of its own over memory.
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <test_pki.hpp>

#include <string_view>

#include "../../product/register.hpp"
#include "../../product/workloads.hpp"

namespace {

using bench::require;
using context_handle = std::unique_ptr<SSL_CTX, decltype([](SSL_CTX* c) { SSL_CTX_free(c); })>;
using ssl_handle = std::unique_ptr<SSL, decltype([](SSL* s) { SSL_free(s); })>;
using bio_handle = std::unique_ptr<BIO, decltype([](BIO* b) { BIO_vfree(b); })>;

bio_handle text(std::string_view pem) { return bio_handle(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))); }

int ring_read(BIO* bio, char* out, int n) {
  BIO_clear_retry_flags(bio);
  const auto got = static_cast<bench::ring_end*>(BIO_get_data(bio))->in->read(out, static_cast<std::size_t>(n));
  if (got != 0) return static_cast<int>(got);
  BIO_set_retry_read(bio);
  return -1;
}
int ring_write(BIO* bio, const char* data, int n) {
  BIO_clear_retry_flags(bio);
  return static_cast<int>(
      static_cast<bench::ring_end*>(BIO_get_data(bio))->out->write(data, static_cast<std::size_t>(n)));
}
BIO* make_ring_bio(bench::ring_end* e) {
  static BIO_METHOD* const method = [] {
    BIO_METHOD* m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "ring");
    BIO_meth_set_read(m, ring_read);
    BIO_meth_set_write(m, ring_write);
    BIO_meth_set_ctrl(m, [](BIO*, int command, long, void*) -> long { return command == BIO_CTRL_FLUSH ? 1 : 0; });
    return m;
  }();
  BIO* bio = BIO_new(method);
  BIO_set_data(bio, e);
  BIO_set_init(bio, 1);
  return bio;
}

void use_identity(SSL_CTX* context, bool is_rsa) {
  using namespace plugtls::test_pki;
  const bio_handle chain = text(is_rsa ? server_rsa_chain : server_chain);
  const bio_handle key_text = text(is_rsa ? server_rsa_key : server_key);
  X509* leaf = PEM_read_bio_X509(chain.get(), nullptr, nullptr, nullptr);
  require(SSL_CTX_use_certificate(context, leaf) == 1, "the certificate");
  X509_free(leaf);
  while (X509* next = PEM_read_bio_X509(chain.get(), nullptr, nullptr, nullptr)) SSL_CTX_add0_chain_cert(context, next);
  ERR_clear_error();
  EVP_PKEY* key = PEM_read_bio_PrivateKey(key_text.get(), nullptr, nullptr, nullptr);
  require(SSL_CTX_use_PrivateKey(context, key) == 1, "the key");
  EVP_PKEY_free(key);
}

void trust_root(SSL_CTX* context) {
  X509* root = PEM_read_bio_X509(text(plugtls::test_pki::root).get(), nullptr, nullptr, nullptr);
  require(X509_STORE_add_cert(SSL_CTX_get_cert_store(context), root) == 1, "the anchor");
  X509_free(root);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
}

template <bool is_naive>
struct raw {
  static constexpr bool resumes = false;

  explicit raw(const bench::task& what)
      : client(SSL_CTX_new(TLS_client_method())), server(SSL_CTX_new(TLS_server_method())) {
    for (SSL_CTX* c : {client.get(), server.get()}) {
      SSL_CTX_set_min_proto_version(c, what.version);
      SSL_CTX_set_max_proto_version(c, what.version);
      require(SSL_CTX_set_cipher_list(
                  c, what.is_rsa != 0 ? "ECDHE-RSA-AES128-GCM-SHA256" : "ECDHE-ECDSA-AES128-GCM-SHA256") == 1 &&
                  SSL_CTX_set_ciphersuites(c, "TLS_AES_128_GCM_SHA256") == 1 &&
                  SSL_CTX_set1_groups_list(c, "X25519:P-256") == 1,
              "setting suites and groups");
      // What plugtls does by default too: a client that was not asked to resume gets no tickets.
      SSL_CTX_set_options(c, SSL_OP_NO_TICKET);
      SSL_CTX_set_num_tickets(c, 0);
      SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_OFF);
      if (!is_naive) SSL_CTX_set_mode(c, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
      if (!is_naive && what.over_tcp != 0) SSL_CTX_set_read_ahead(c, 1);
    }
    trust_root(client.get());
    use_identity(server.get(), what.is_rsa != 0);
  }

  template <class Line>
  struct end {
    template <class Where>
    end(raw& s, bool is_client, Where where) : ssl(SSL_new(is_client ? s.client.get() : s.server.get())) {
      if constexpr (std::is_same_v<Where, int>) {
        SSL_set_fd(ssl.get(), where);
      } else {
        place = where;
        BIO* bio = make_ring_bio(&place);
        SSL_set_bio(ssl.get(), bio, bio);
      }
      if (!is_client) {
        SSL_set_accept_state(ssl.get());
        return;
      }
      SSL_set_connect_state(ssl.get());
      SSL_set_tlsext_host_name(ssl.get(), "localhost");
      require(SSL_set1_host(ssl.get(), "localhost") == 1, "setting the name");
    }
    // Null for what would block.
    std::size_t done(int n) {
      if (n > 0) [[likely]]
        return static_cast<std::size_t>(n);
      const int error = is_naive                             ? SSL_get_error(ssl.get(), n)
                        : SSL_want(ssl.get()) == SSL_READING ? SSL_ERROR_WANT_READ
                        : SSL_want(ssl.get()) == SSL_WRITING ? SSL_ERROR_WANT_WRITE
                                                             : SSL_ERROR_SSL;
      require(error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE, "OpenSSL");
      return 0;
    }
    bool handshake() {
      if (is_naive) ERR_clear_error();
      return done(SSL_do_handshake(ssl.get())) != 0;
    }
    std::size_t write_some(const std::byte* data, std::size_t n) {
      if (is_naive) ERR_clear_error();
      return done(SSL_write(ssl.get(), data, static_cast<int>(n)));
    }
    std::size_t read_some(std::byte* out, std::size_t n) {
      if (is_naive) ERR_clear_error();
      return done(SSL_read(ssl.get(), out, static_cast<int>(n)));
    }
    bool was_resumed() const { return SSL_session_reused(ssl.get()) == 1; }
    void finish() { SSL_shutdown(ssl.get()); }
    bench::ring_end place{};
    ssl_handle ssl;
  };

  context_handle client, server;
};

template <bool is_naive>
std::unique_ptr<bench::job> make_job(const bench::task& what) {
  if (is_naive && what.over_tcp == 0) throw bench::not_offered("naive use is over sockets");
  return bench::make_workload_over<raw<is_naive>>(what);
}

const bool added = bench::add_side(bench::make_side<make_job<true>>("raw naive")) &&
                   bench::add_side(bench::make_side<make_job<false>>("raw expert"));

}  // namespace
