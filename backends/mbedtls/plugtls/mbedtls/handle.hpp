// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <mbedtls/pk.h>
#include <mbedtls/ssl.h>
#include <mbedtls/x509_crt.h>

#include "plugtls/bytes.hpp"

namespace plugtls::mbedtls {

/// Holds a C object of mbedTLS, which must not move, from its init to its free function.
template <class T, auto Init, auto Free>
class pinned {
 public:
  pinned() noexcept { Init(&object_); }
  ~pinned() { Free(&object_); }
  pinned(const pinned&) = delete;
  pinned& operator=(const pinned&) = delete;
  T* get() noexcept { return &object_; }
  const T* get() const noexcept { return &object_; }

 private:
  T object_;
};

using ssl_handle = pinned<mbedtls_ssl_context, mbedtls_ssl_init, mbedtls_ssl_free>;
using config_handle = pinned<mbedtls_ssl_config, mbedtls_ssl_config_init, mbedtls_ssl_config_free>;
using certificates_handle = pinned<mbedtls_x509_crt, mbedtls_x509_crt_init, mbedtls_x509_crt_free>;
using session_handle = pinned<mbedtls_ssl_session, mbedtls_ssl_session_init, mbedtls_ssl_session_free>;
using key_handle = pinned<mbedtls_pk_context, mbedtls_pk_init, mbedtls_pk_free>;

inline const unsigned char* data(byte_view bytes) noexcept {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

}  // namespace plugtls::mbedtls
