// SPDX-License-Identifier: BSL-1.0
// The same work with mbedTLS's own calls: "raw naive" over mbedtls_net_send and mbedtls_net_recv, "raw expert" over
// callbacks of its own with read-ahead.
#include <mbedtls/net_sockets.h>
#include <mbedtls/ssl.h>
#include <mbedtls/version.h>
#include <psa/crypto.h>
#include <test_pki.hpp>

#include <string>

#include "../../product/register.hpp"
#include "../../product/workloads.hpp"
#include "read_ahead.hpp"

namespace {

using bench::require;

int random_bytes(void*, unsigned char* out, std::size_t n) {
  return psa_generate_random(out, n) == PSA_SUCCESS ? 0 : -1;
}

template <class End>
int send_bytes(void* e, const unsigned char* data, std::size_t n) {
  const long done = static_cast<End*>(e)->write(data, n);
  return done > 0 ? static_cast<int>(done) : done == 0 ? MBEDTLS_ERR_SSL_WANT_WRITE : MBEDTLS_ERR_NET_SEND_FAILED;
}
template <class End>
int receive_bytes(void* e, unsigned char* out, std::size_t n) {
  const long done = static_cast<End*>(e)->read(out, n);
  return done > 0 ? static_cast<int>(done) : done == 0 ? MBEDTLS_ERR_SSL_WANT_READ : MBEDTLS_ERR_NET_RECV_FAILED;
}

struct naive_end : mbedtls_net_context {
  explicit naive_end(int socket) : mbedtls_net_context{socket} {}
};

void parse(mbedtls_x509_crt& out, std::string_view pem) {
  const std::string ended(pem);
  mbedtls_x509_crt_init(&out);
  require(mbedtls_x509_crt_parse(&out, reinterpret_cast<const unsigned char*>(ended.c_str()), ended.size() + 1) == 0,
          "a certificate");
}
void parse(mbedtls_pk_context& out, std::string_view pem) {
  const std::string ended(pem);
  const auto* bytes = reinterpret_cast<const unsigned char*>(ended.c_str());
  mbedtls_pk_init(&out);
#if MBEDTLS_VERSION_NUMBER >= 0x03000000
  const int result = mbedtls_pk_parse_key(&out, bytes, ended.size() + 1, nullptr, 0, random_bytes, nullptr);
#else
  const int result = mbedtls_pk_parse_key(&out, bytes, ended.size() + 1, nullptr, 0);
#endif
  require(result == 0, "a key");
}

void set_version_and_groups(mbedtls_ssl_config& config, int version) {
#if MBEDTLS_VERSION_NUMBER >= 0x03000000
  static const std::uint16_t groups[] = {0x1d, 0x17, 0};
  mbedtls_ssl_conf_groups(&config, groups);
  const auto v = version == 0x0304 ? MBEDTLS_SSL_VERSION_TLS1_3 : MBEDTLS_SSL_VERSION_TLS1_2;
  mbedtls_ssl_conf_min_tls_version(&config, v);
  mbedtls_ssl_conf_max_tls_version(&config, v);
#else
  static const mbedtls_ecp_group_id groups[] = {MBEDTLS_ECP_DP_CURVE25519, MBEDTLS_ECP_DP_SECP256R1,
                                                MBEDTLS_ECP_DP_NONE};
  mbedtls_ssl_conf_curves(&config, groups);
  if (version == 0x0304) throw bench::not_offered("no TLS 1.3 in this mbedTLS");
  mbedtls_ssl_conf_min_version(&config, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);
#endif
}

struct configuration {
  configuration(int role, const bench::task& what) : suites{what.suite, 0} {
    mbedtls_ssl_config_init(&native);
    mbedtls_ssl_config_defaults(&native, role, MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT);
    mbedtls_ssl_conf_rng(&native, random_bytes, nullptr);
    mbedtls_ssl_conf_ciphersuites(&native, suites);
    set_version_and_groups(native, what.version);
  }
  ~configuration() { mbedtls_ssl_config_free(&native); }
  configuration(const configuration&) = delete;
  configuration& operator=(const configuration&) = delete;
  int suites[2];
  mbedtls_ssl_config native;
};

template <bool is_naive>
struct raw {
  static constexpr bool resumes = false;

  explicit raw(const bench::task& what)
      : client((require(psa_crypto_init() == PSA_SUCCESS, "psa_crypto_init"), MBEDTLS_SSL_IS_CLIENT), what),
        server(MBEDTLS_SSL_IS_SERVER, what) {
    using namespace plugtls::test_pki;
    parse(root_certificate, root);
    parse(chain, what.is_rsa != 0 ? server_rsa_chain : server_chain);
    parse(key, what.is_rsa != 0 ? server_rsa_key : server_key);
    mbedtls_ssl_conf_authmode(&client.native, MBEDTLS_SSL_VERIFY_REQUIRED);
    mbedtls_ssl_conf_ca_chain(&client.native, &root_certificate, nullptr);
    mbedtls_ssl_conf_session_tickets(&client.native, MBEDTLS_SSL_SESSION_TICKETS_DISABLED);
    require(mbedtls_ssl_conf_own_cert(&server.native, &chain, &key) == 0, "the identity");
  }
  ~raw() {
    mbedtls_pk_free(&key);
    mbedtls_x509_crt_free(&chain);
    mbedtls_x509_crt_free(&root_certificate);
  }
  raw(const raw&) = delete;
  raw& operator=(const raw&) = delete;

  template <class Line>
  struct end {
    using place_type = std::conditional_t<
        is_naive, naive_end,
        std::conditional_t<std::is_same_v<Line, bench::tcp_line>, bench::socket_end, bench::memory_end>>;
    template <class Where>
    end(raw& s, bool is_client, Where where) : place(where) {
      mbedtls_ssl_init(&ssl);
      require(mbedtls_ssl_setup(&ssl, is_client ? &s.client.native : &s.server.native) == 0 &&
                  mbedtls_ssl_set_hostname(&ssl, is_client ? "localhost" : nullptr) == 0,
              "setting up");
      if constexpr (is_naive)
        mbedtls_ssl_set_bio(&ssl, static_cast<mbedtls_net_context*>(&place), mbedtls_net_send, mbedtls_net_recv,
                            nullptr);
      else
        mbedtls_ssl_set_bio(&ssl, &place, send_bytes<place_type>, receive_bytes<place_type>, nullptr);
    }
    ~end() { mbedtls_ssl_free(&ssl); }
    end(const end&) = delete;
    end& operator=(const end&) = delete;

    static bool would_block(int n) { return n == MBEDTLS_ERR_SSL_WANT_READ || n == MBEDTLS_ERR_SSL_WANT_WRITE; }
    static std::size_t done(int n) {
      if (n > 0) [[likely]]
        return static_cast<std::size_t>(n);
      require(would_block(n), "mbedTLS");
      return 0;
    }
    bool handshake() {
      if (is_done) return true;
      const int n = mbedtls_ssl_handshake(&ssl);
      is_done = n == 0;
      require(is_done || would_block(n), "the handshake");
      return is_done;
    }
    std::size_t write_some(const std::byte* data, std::size_t n) {
      return done(mbedtls_ssl_write(&ssl, reinterpret_cast<const unsigned char*>(data), n));
    }
    std::size_t read_some(std::byte* out, std::size_t n) {
      return done(mbedtls_ssl_read(&ssl, reinterpret_cast<unsigned char*>(out), n));
    }
    bool was_resumed() const { return false; }
    void finish() { mbedtls_ssl_close_notify(&ssl); }
    place_type place;
    bool is_done = false;
    mbedtls_ssl_context ssl;
  };

  configuration client, server;
  mbedtls_x509_crt root_certificate, chain;
  mbedtls_pk_context key;
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
