// SPDX-License-Identifier: BSL-1.0
#include "native/presenter.hpp"

#include <mbedtls/ssl.h>

#include <algorithm>
#include <utility>

#include "native/mbedtls_key.hpp"

namespace plugtls_test {

// What the library sends is each certificate's `raw`; what it looks at is the leaf's `pk`. Nothing else is filled in.
struct presenter::state {
  state() {
    mbedtls_ssl_config_init(&config);
    mbedtls_ssl_init(&ssl);
    mbedtls_pk_init(&key);
  }
  state(const state&) = delete;
  state& operator=(const state&) = delete;
  ~state() {
    mbedtls_ssl_free(&ssl);
    mbedtls_ssl_config_free(&config);
    mbedtls_pk_free(&key);
    if (!certificates.empty()) mbedtls_pk_free(&certificates.front().pk);
  }

  bool open(plugtls::role own, std::vector<std::string> ders, std::string_view key_pem, plugtls::tls_version v) {
    chain = std::move(ders);
    certificates.resize(chain.size());
    for (std::size_t i = 0; i < chain.size(); ++i) {
      mbedtls_x509_crt_init(&certificates[i]);
      certificates[i].raw.p = reinterpret_cast<unsigned char*>(chain[i].data());
      certificates[i].raw.len = chain[i].size();
      certificates[i].next = i + 1 < chain.size() ? &certificates[i + 1] : nullptr;
    }
    if (psa_crypto_init() != PSA_SUCCESS || chain.empty() || !read_key(key, key_pem) ||
        !read_key(certificates.front().pk, key_pem))
      return false;
    const int end = own == plugtls::role::client ? MBEDTLS_SSL_IS_CLIENT : MBEDTLS_SSL_IS_SERVER;
    if (mbedtls_ssl_config_defaults(&config, end, MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT) != 0)
      return false;
    mbedtls_ssl_conf_rng(&config, random_bytes, nullptr);
    mbedtls_ssl_conf_authmode(&config, MBEDTLS_SSL_VERIFY_NONE);
#if MBEDTLS_VERSION_NUMBER >= 0x03000000
    const auto version = v == plugtls::tls_version::tls1_3 ? MBEDTLS_SSL_VERSION_TLS1_3 : MBEDTLS_SSL_VERSION_TLS1_2;
    mbedtls_ssl_conf_min_tls_version(&config, version);
    mbedtls_ssl_conf_max_tls_version(&config, version);
#else
    static_cast<void>(v);
#endif
    if (mbedtls_ssl_conf_own_cert(&config, certificates.data(), &key) != 0 || mbedtls_ssl_setup(&ssl, &config) != 0 ||
        mbedtls_ssl_set_hostname(&ssl, nullptr) != 0)
      return false;
    mbedtls_ssl_set_bio(&ssl, this, send, receive, nullptr);
    return true;
  }

  static int send(void* self, const unsigned char* bytes, std::size_t n) {
    static_cast<state*>(self)->out.append(reinterpret_cast<const char*>(bytes), n);
    return static_cast<int>(n);
  }
  static int receive(void* self, unsigned char* bytes, std::size_t n) {
    std::string& in = static_cast<state*>(self)->in;
    if (in.empty()) return MBEDTLS_ERR_SSL_WANT_READ;
    n = std::min(n, in.size());
    std::copy_n(in.begin(), n, bytes);
    in.erase(0, n);
    return static_cast<int>(n);
  }

  mbedtls_ssl_config config;
  mbedtls_ssl_context ssl;
  mbedtls_pk_context key;
  std::vector<std::string> chain;
  std::vector<mbedtls_x509_crt> certificates;
  std::string in, out;
  int status = MBEDTLS_ERR_SSL_WANT_READ;
};

presenter::presenter(plugtls::role own, std::vector<std::string> chain, std::string_view key_pem,
                     plugtls::tls_version v)
    : state_(std::make_unique<state>()) {
  if (!speaks(v) || !state_->open(own, std::move(chain), key_pem, v)) state_.reset();
}
presenter::presenter(presenter&&) noexcept = default;
presenter::~presenter() = default;

bool presenter::speaks(plugtls::tls_version v) noexcept {
#if defined(MBEDTLS_SSL_PROTO_TLS1_3)
  if (v == plugtls::tls_version::tls1_3) return true;
#endif
  return v == plugtls::tls_version::tls1_2;
}

std::string presenter::step(std::string_view received) {
  state_->in += received;
  if (!up() && !failed()) state_->status = mbedtls_ssl_handshake(&state_->ssl);
  return std::exchange(state_->out, {});
}

bool presenter::up() const noexcept { return state_->status == 0; }

bool presenter::failed() const noexcept {
  return state_->status != 0 && state_->status != MBEDTLS_ERR_SSL_WANT_READ &&
         state_->status != MBEDTLS_ERR_SSL_WANT_WRITE;
}

}  // namespace plugtls_test
