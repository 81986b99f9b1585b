// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "plugtls/capability.hpp"
#include "plugtls/protocol.hpp"

// wolfSSL's full view defines names of OpenSSL's (SSL, X509, EVP_MD and hundreds of macros), so that no unit could hold
// both. This takes the view without them; what it hides but the library exports is declared below.
#if defined(WOLFSSL_SSL_H) || defined(WOLF_CRYPT_SETTINGS_H)
#error \
    "plugtls: include <plugtls/wolfssl.hpp> before any header of wolfSSL's own: it takes a view of them that can stand \
beside OpenSSL's, and one unit cannot have two"
#endif
#pragma push_macro("_FORTIFY_SOURCE")
#pragma push_macro("OPENSSL_NO_EC")
#include <wolfssl/options.h>
#pragma pop_macro("_FORTIFY_SOURCE")

#if !defined(OPENSSL_ALL) || !defined(OPENSSL_EXTRA) || !defined(HAVE_ALPN) || !defined(HAVE_SNI) ||                \
    !defined(HAVE_SUPPORTED_CURVES) || !defined(SESSION_CERTS) || !defined(KEEP_PEER_CERT) || !defined(HAVE_ECC) || \
    !defined(WOLFSSL_ENCRYPTED_KEYS) || !defined(HAVE_EX_DATA) || !defined(HAVE_SESSION_TICKET) ||                  \
    !defined(HAVE_AESGCM)
#error "plugtls: this wolfSSL is built without a part that the wolfssl backend needs; see backends/wolfssl/README.md"
#endif
#undef OPENSSL_ALL
#undef OPENSSL_EXTRA
#undef HAVE_LIGHTY
#undef HAVE_STUNNEL
#undef HAVE_WEBSERVER
#undef WOLFSSL_NGINX
#undef WOLFSSL_ASIO
#ifndef OPENSSL_COEXIST
#define OPENSSL_COEXIST
#endif
#include <wolfssl/error-ssl.h>
#include <wolfssl/ssl.h>
#include <wolfssl/wolfcrypt/aes.h>
#include <wolfssl/wolfcrypt/asn_public.h>
#include <wolfssl/wolfcrypt/ecc.h>
#include <wolfssl/wolfcrypt/ed25519.h>
#include <wolfssl/wolfcrypt/error-crypt.h>
#include <wolfssl/wolfcrypt/random.h>
#include <wolfssl/wolfcrypt/rsa.h>
#include <wolfssl/wolfcrypt/signature.h>
#pragma pop_macro("OPENSSL_NO_EC")

#if LIBWOLFSSL_VERSION_HEX < 0x05005000
#error "plugtls: the wolfssl backend needs wolfSSL 5.5 or newer"
#endif

extern "C" {
WOLFSSL_API int wolfSSL_CTX_set_min_proto_version(WOLFSSL_CTX* ctx, int version);
WOLFSSL_API int wolfSSL_CTX_set_max_proto_version(WOLFSSL_CTX* ctx, int version);
WOLFSSL_API int wolfSSL_CTX_get_min_proto_version(WOLFSSL_CTX* ctx);
WOLFSSL_API int wolfSSL_CTX_get_max_proto_version(WOLFSSL_CTX* ctx);
WOLFSSL_API int wolfSSL_CTX_set1_curves_list(WOLFSSL_CTX* ctx, const char* names);
WOLFSSL_API int wolfSSL_CTX_set1_sigalgs_list(WOLFSSL_CTX* ctx, const char* list);
WOLFSSL_API void wolfSSL_set_verify_depth(WOLFSSL* ssl, int depth);
WOLFSSL_API int wolfSSL_set0_verify_cert_store(WOLFSSL* ssl, WOLFSSL_X509_STORE* store);
WOLFSSL_API WOLFSSL_X509_STORE* wolfSSL_X509_STORE_new(void);
WOLFSSL_API int wolfSSL_get_ex_data_X509_STORE_CTX_idx(void);
WOLFSSL_API void* wolfSSL_X509_STORE_CTX_get_ex_data(WOLFSSL_X509_STORE_CTX* ctx, int idx);
WOLFSSL_API WOLFSSL_X509* wolfSSL_X509_STORE_CTX_get_current_cert(WOLFSSL_X509_STORE_CTX* ctx);
WOLFSSL_API int wolfSSL_X509_STORE_CTX_get_error(WOLFSSL_X509_STORE_CTX* ctx);
WOLFSSL_API int wolfSSL_X509_STORE_CTX_get_error_depth(WOLFSSL_X509_STORE_CTX* ctx);
WOLFSSL_API WOLFSSL_CTX* wolfSSL_set_SSL_CTX(WOLFSSL* ssl, WOLFSSL_CTX* ctx);
WOLFSSL_API int wolfSSL_SESSION_is_resumable(const WOLFSSL_SESSION* session);
WOLFSSL_API int wolfSSL_SESSION_has_ticket(const WOLFSSL_SESSION* session);
WOLFSSL_API unsigned long wolfSSL_SESSION_get_ticket_lifetime_hint(const WOLFSSL_SESSION* session);
}

/// Everything in which versions and builds of wolfSSL differ, under one name each.
namespace plugtls::wolfssl::compat {

#if defined(WOLFSSL_TLS13)
inline constexpr bool has_tls1_3 = true;
#else
inline constexpr bool has_tls1_3 = false;
#endif

#if defined(HAVE_CURVE25519)
inline constexpr bool has_x25519 = true;
#else
inline constexpr bool has_x25519 = false;
#endif

#if defined(HAVE_CURVE448)
inline constexpr bool has_x448 = true;
#else
inline constexpr bool has_x448 = false;
#endif

#if defined(WOLFSSL_HAVE_MLKEM) && LIBWOLFSSL_VERSION_HEX >= 0x05008000
inline constexpr bool has_mlkem = true;
#else
inline constexpr bool has_mlkem = false;
#endif

#if defined(HAVE_ED25519)
inline constexpr bool has_ed25519 = true;
#else
inline constexpr bool has_ed25519 = false;
#endif

#if defined(WC_RSA_PSS)
inline constexpr bool has_pss = true;
#else
inline constexpr bool has_pss = false;
#endif

/// 5.7 gives up on a certificate with more than 128 alternative names (wolfcrypt/src/asn.c, WOLFSSL_MAX_ALT_NAMES).
inline constexpr bool has_many_alt_names = LIBWOLFSSL_VERSION_HEX < 0x05006000 || LIBWOLFSSL_VERSION_HEX >= 0x05008000;

/// 5.7 takes no certificate with serial number 0, as several roots in use have; 5.9 takes roots (wolfcrypt/src/asn.c,
/// DecodeCertInternal, ParseCertRelative).
inline constexpr bool has_zero_serials = LIBWOLFSSL_VERSION_HEX < 0x05006000 || LIBWOLFSSL_VERSION_HEX >= 0x05009000;

#if defined(HAVE_SECURE_RENEGOTIATION)
inline constexpr bool has_renegotiation_info = true;
#else
inline constexpr bool has_renegotiation_info = false;
#endif

/// Leaves out what some versions add to a ClientHello unasked: an Encrypted ClientHello made of random bytes.
inline void set_fixed_values(WOLFSSL_CTX* ctx) noexcept {
#if defined(HAVE_ECH) && LIBWOLFSSL_VERSION_HEX >= 0x05009000
  wolfSSL_CTX_SetEchEnable(ctx, 0);
#else
  static_cast<void>(ctx);
#endif
}

}  // namespace plugtls::wolfssl::compat
