// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <openssl/provider.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#if defined(LIBRESSL_VERSION_NUMBER) || defined(OPENSSL_IS_BORINGSSL) || defined(OPENSSL_IS_AWSLC)
#error "plugtls: this is a fork of OpenSSL; the openssl backend needs OpenSSL 3.0 or newer itself"
#elif OPENSSL_VERSION_NUMBER < 0x30000000L
#error "plugtls: the openssl backend needs OpenSSL 3.0 or newer"
#endif

namespace plugtls::openssl {

inline constexpr unsigned long header_version = OPENSSL_VERSION_NUMBER;

// X509_CHECK_FLAG_NEVER_CHECK_SUBJECT and X509_PURPOSE_ANY. They are all that is needed of <openssl/x509v3.h>.
inline constexpr unsigned never_check_subject = 0x20;
inline constexpr int purpose_any = 7;

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

// Where OpenSSL tells what its assembly uses, and how: the bits for AES and for multiplying without carry, which is
// what GCM takes. Without assembly it tells nothing there.
#if defined(__x86_64__) || defined(__i386__)
inline constexpr bool tells_cpu = true;
inline constexpr char cpu_key[] = "OPENSSL_ia32cap=";
inline constexpr unsigned long long cpu_aes_bits = 1ULL << 57 | 1ULL << 33;  // crypto/x86cpuid: ECX in the upper half
#elif defined(__aarch64__)
inline constexpr bool tells_cpu = true;
inline constexpr char cpu_key[] = "OPENSSL_armcap=";
inline constexpr unsigned long long cpu_aes_bits = 1ULL << 2 | 1ULL << 5;  // crypto/arm_arch.h: ARMV8_AES, ARMV8_PMULL
#else
inline constexpr bool tells_cpu = false;
inline constexpr char cpu_key[] = "";
inline constexpr unsigned long long cpu_aes_bits = 0;
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
