// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/provider.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#if defined(LIBRESSL_VERSION_NUMBER) || defined(OPENSSL_IS_BORINGSSL) || defined(OPENSSL_IS_AWSLC)
#error "plugtls: this is a fork of OpenSSL; the openssl backend needs OpenSSL 3.0 or newer itself"
#elif OPENSSL_VERSION_NUMBER < 0x30000000L
#error "plugtls: the openssl backend needs OpenSSL 3.0 or newer"
#endif

namespace plugtls::openssl {

inline constexpr unsigned long header_version = OPENSSL_VERSION_NUMBER;

#if OPENSSL_VERSION_NUMBER >= 0x30500000L && !defined(OPENSSL_NO_ML_KEM)
inline constexpr bool has_mlkem = true;
#else
inline constexpr bool has_mlkem = false;
#endif

// From 3.2 on this is the newest entry whatever is wrong with a record; what it was stands before it.
#if defined(SSL_R_RECORD_LAYER_FAILURE)
inline constexpr int record_layer_failure = SSL_R_RECORD_LAYER_FAILURE;
#else
inline constexpr int record_layer_failure = -1;
#endif

#if defined(OPENSSL_NO_TLS1_3)
inline constexpr bool has_tls1_3 = false;
#else
inline constexpr bool has_tls1_3 = true;
#endif

#if defined(OPENSSL_NO_PSK)
inline constexpr bool has_psk = false;
inline void set_psk_callbacks(SSL_CTX*, bool, SSL_psk_client_cb_func, SSL_psk_server_cb_func) noexcept {}
#else
inline constexpr bool has_psk = true;
inline void set_psk_callbacks(SSL_CTX* ctx, bool is_client, SSL_psk_client_cb_func client,
                              SSL_psk_server_cb_func server) noexcept {
  if (is_client)
    SSL_CTX_set_psk_client_callback(ctx, client);
  else
    SSL_CTX_set_psk_server_callback(ctx, server);
}
#endif

}  // namespace plugtls::openssl
