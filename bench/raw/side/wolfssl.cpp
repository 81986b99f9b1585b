// SPDX-License-Identifier: BSL-1.0
// The same work with wolfSSL's own calls: "raw naive" over wolfSSL_set_fd, "raw expert" over callbacks of its own with
// read-ahead.
#include <wolfssl/options.h>
// After the options.
#include <wolfssl/ssl.h>

#include <string_view>
#include <test_pki.hpp>

#include "../../product/register.hpp"
#include "../../product/workloads.hpp"
#include "read_ahead.hpp"

namespace {

using bench::require;
using context_handle = std::unique_ptr<WOLFSSL_CTX, decltype([](WOLFSSL_CTX* c) { wolfSSL_CTX_free(c); })>;
using ssl_handle = std::unique_ptr<WOLFSSL, decltype([](WOLFSSL* s) { wolfSSL_free(s); })>;

const unsigned char* bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
long length(std::string_view text) { return static_cast<long>(text.size()); }

template <class End>
int send_bytes(WOLFSSL*, char* data, int n, void* e) {
  const long done = static_cast<End*>(e)->write(data, static_cast<std::size_t>(n));
  return done > 0 ? static_cast<int>(done) : done == 0 ? WOLFSSL_CBIO_ERR_WANT_WRITE : WOLFSSL_CBIO_ERR_GENERAL;
}
template <class End>
int receive_bytes(WOLFSSL*, char* out, int n, void* e) {
  const long done = static_cast<End*>(e)->read(out, static_cast<std::size_t>(n));
  return done > 0 ? static_cast<int>(done) : done == 0 ? WOLFSSL_CBIO_ERR_WANT_READ : WOLFSSL_CBIO_ERR_GENERAL;
}

WOLFSSL_METHOD* method(bool is_client, int version) {
  if (version == 0x0304) return is_client ? wolfTLSv1_3_client_method() : wolfTLSv1_3_server_method();
  return is_client ? wolfTLSv1_2_client_method() : wolfTLSv1_2_server_method();
}

template <bool is_naive>
struct raw {
  static constexpr bool resumes = false;

  explicit raw(const bench::task& what)
      : client((require(wolfSSL_Init() == WOLFSSL_SUCCESS, "wolfSSL_Init"), make(true, what))),
        server(make(false, what)) {
    using namespace plugtls::test_pki;
    require(wolfSSL_CTX_load_verify_buffer(client.get(), bytes(root), length(root), WOLFSSL_FILETYPE_PEM) ==
                WOLFSSL_SUCCESS,
            "the anchor");
    wolfSSL_CTX_set_verify(client.get(), WOLFSSL_VERIFY_PEER, nullptr);
    const auto chain = what.is_rsa != 0 ? server_rsa_chain : server_chain;
    const auto key = what.is_rsa != 0 ? server_rsa_key : server_key;
    require(wolfSSL_CTX_use_certificate_chain_buffer(server.get(), bytes(chain), length(chain)) == WOLFSSL_SUCCESS &&
                wolfSSL_CTX_use_PrivateKey_buffer(server.get(), bytes(key), length(key), WOLFSSL_FILETYPE_PEM) ==
                    WOLFSSL_SUCCESS,
            "the identity");
    wolfSSL_CTX_no_ticket_TLSv13(server.get());
  }
  static context_handle make(bool is_client, const bench::task& what) {
    context_handle c(wolfSSL_CTX_new(method(is_client, what.version)));
    const char* suite = what.version == 0x0304 ? "TLS13-AES128-GCM-SHA256"
                        : what.is_rsa != 0     ? "ECDHE-RSA-AES128-GCM-SHA256"
                                               : "ECDHE-ECDSA-AES128-GCM-SHA256";
    int groups[] = {WOLFSSL_ECC_X25519, WOLFSSL_ECC_SECP256R1};
    require(c != nullptr && wolfSSL_CTX_set_cipher_list(c.get(), suite) == WOLFSSL_SUCCESS, "the suite");
    require(wolfSSL_CTX_set_groups(c.get(), groups, 2) == WOLFSSL_SUCCESS, "the groups");
    wolfSSL_CTX_set_session_cache_mode(c.get(), WOLFSSL_SESS_CACHE_OFF);
    if (is_naive) return c;
    wolfSSL_CTX_clear_mode(c.get(), SSL_MODE_AUTO_RETRY);
    wolfSSL_CTX_set_mode(c.get(), SSL_MODE_ENABLE_PARTIAL_WRITE);
    wolfSSL_CTX_set_mode(c.get(), SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    wolfSSL_CTX_set_group_messages(c.get());
    return c;
  }

  template <class Line>
  struct end {
    using place_type = std::conditional_t<std::is_same_v<Line, bench::tcp_line>, bench::socket_end, bench::memory_end>;

    template <class Where>
    end(raw& s, bool is_client, Where where)
        : place(where), ssl(wolfSSL_new(is_client ? s.client.get() : s.server.get())) {
      require(ssl != nullptr, "a connection");
      if constexpr (is_naive) {
        wolfSSL_set_fd(ssl.get(), where);
        wolfSSL_set_using_nonblock(ssl.get(), 1);
      } else {
        wolfSSL_SSLSetIOSend(ssl.get(), send_bytes<place_type>);
        wolfSSL_SSLSetIORecv(ssl.get(), receive_bytes<place_type>);
        wolfSSL_SetIOReadCtx(ssl.get(), &place);
        wolfSSL_SetIOWriteCtx(ssl.get(), &place);
      }
      if (!is_client) {
        wolfSSL_set_accept_state(ssl.get());
        return;
      }
      wolfSSL_set_connect_state(ssl.get());
      require(wolfSSL_UseSNI(ssl.get(), WOLFSSL_SNI_HOST_NAME, "localhost", 9) == WOLFSSL_SUCCESS &&
                  wolfSSL_check_domain_name(ssl.get(), "localhost") == WOLFSSL_SUCCESS,
              "the name");
    }
    std::size_t done(int n) {
      if (n > 0) [[likely]]
        return static_cast<std::size_t>(n);
      const int error = wolfSSL_get_error(ssl.get(), n);
      require(error == WOLFSSL_ERROR_WANT_READ || error == WOLFSSL_ERROR_WANT_WRITE, "wolfSSL");
      return 0;
    }
    bool handshake() { return done(wolfSSL_SSL_do_handshake(ssl.get())) != 0; }
    std::size_t write_some(const std::byte* data, std::size_t n) {
      return done(wolfSSL_write(ssl.get(), data, static_cast<int>(n)));
    }
    std::size_t read_some(std::byte* out, std::size_t n) {
      return done(wolfSSL_read(ssl.get(), out, static_cast<int>(n)));
    }
    bool was_resumed() const { return wolfSSL_session_reused(ssl.get()) == 1; }
    void finish() { wolfSSL_shutdown(ssl.get()); }
    place_type place;
    ssl_handle ssl;
  };

  context_handle client, server;
};

template <bool is_naive>
std::unique_ptr<bench::job> make_job(const bench::task& what) {
  if constexpr (is_naive) {
    if (what.over_tcp == 0) throw bench::not_offered("naive use is over sockets");
    return bench::make_workload<raw<true>, bench::tcp_line>(what);
  } else {
    return bench::make_workload_over<raw<false>>(what);
  }
}

const bool added = bench::add_side(bench::make_side<make_job<true>>("raw naive")) &&
                   bench::add_side(bench::make_side<make_job<false>>("raw expert"));

}  // namespace
