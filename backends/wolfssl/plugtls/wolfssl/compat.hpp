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
// These would bring in the library's own parser of certificates.
#undef HAVE_OCSP
#undef HAVE_CRL
#ifndef OPENSSL_COEXIST
#define OPENSSL_COEXIST
#endif
// Its own input and output over sockets, and its walk through folders, would take hundreds of lines of the system's.
#ifndef WOLFSSL_USER_IO
#define WOLFSSL_USER_IO
#endif
#ifndef NO_WOLFSSL_DIR
#define NO_WOLFSSL_DIR
#endif
#include <wolfssl/error-ssl.h>
#include <wolfssl/ssl.h>
#include <wolfssl/wolfcrypt/aes.h>
#include <wolfssl/wolfcrypt/asn_public.h>
#include <wolfssl/wolfcrypt/ecc.h>
#include <wolfssl/wolfcrypt/ed25519.h>
#include <wolfssl/wolfcrypt/error-crypt.h>
#include <wolfssl/wolfcrypt/kdf.h>
#include <wolfssl/wolfcrypt/random.h>
#include <wolfssl/wolfcrypt/rsa.h>
#if __has_include(<wolfssl/wolfcrypt/oid_sum.h>)
#include <wolfssl/wolfcrypt/oid_sum.h>
#endif
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
WOLFSSL_API int wolfSSL_CTX_add_client_CA(WOLFSSL_CTX* ctx, WOLFSSL_X509* x509);
WOLFSSL_API void wolfSSL_set_verify_depth(WOLFSSL* ssl, int depth);
WOLFSSL_API int wolfSSL_set0_verify_cert_store(WOLFSSL* ssl, WOLFSSL_X509_STORE* store);
WOLFSSL_API int wolfSSL_set1_verify_cert_store(WOLFSSL* ssl, WOLFSSL_X509_STORE* store);
WOLFSSL_API WOLFSSL_X509_STORE* wolfSSL_X509_STORE_new(void);
WOLFSSL_API int wolfSSL_get_ex_data_X509_STORE_CTX_idx(void);
WOLFSSL_API void* wolfSSL_X509_STORE_CTX_get_ex_data(WOLFSSL_X509_STORE_CTX* ctx, int idx);
WOLFSSL_API WOLFSSL_X509* wolfSSL_X509_STORE_CTX_get_current_cert(WOLFSSL_X509_STORE_CTX* ctx);
WOLFSSL_API int wolfSSL_X509_STORE_CTX_get_error(WOLFSSL_X509_STORE_CTX* ctx);
WOLFSSL_API int wolfSSL_X509_STORE_CTX_get_error_depth(WOLFSSL_X509_STORE_CTX* ctx);
WOLFSSL_API size_t wolfSSL_get_finished(const WOLFSSL* ssl, void* out, size_t size);
WOLFSSL_API size_t wolfSSL_get_peer_finished(const WOLFSSL* ssl, void* out, size_t size);
WOLFSSL_API WOLFSSL_CTX* wolfSSL_set_SSL_CTX(WOLFSSL* ssl, WOLFSSL_CTX* ctx);
WOLFSSL_API void wolfSSL_CTX_set_cert_cb(WOLFSSL_CTX* ctx, int (*call)(WOLFSSL*, void*), void* self);
WOLFSSL_API void wolfSSL_CTX_set_client_cert_cb(WOLFSSL_CTX* ctx,
                                                int (*call)(WOLFSSL*, WOLFSSL_X509**, WOLFSSL_EVP_PKEY**));
WOLFSSL_API int wc_CheckCertSigPubKey(const unsigned char* cert, word32 cert_size, void* heap, const unsigned char* key,
                                      word32 key_size, int key_type);
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

/// The groups of NIST curves with ML-KEM, under IANA's numbers.
inline constexpr bool has_mlkem_with_p = has_mlkem && LIBWOLFSSL_VERSION_HEX >= 0x05009000;

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

/// Whether others may sign, by callbacks that are set for a context, with a pointer that is set for each connection.
#if defined(HAVE_PK_CALLBACKS)
inline constexpr bool has_sign_callbacks = true;

inline void set_sign_callbacks(WOLFSSL_CTX* ctx, CallbackEccSign ecdsa, CallbackRsaSign pkcs1, CallbackRsaVerify check,
                               CallbackRsaPssSign pss, CallbackRsaPssVerify check_pss) noexcept {
  wolfSSL_CTX_SetEccSignCb(ctx, ecdsa);
  wolfSSL_CTX_SetRsaSignCb(ctx, pkcs1);
  wolfSSL_CTX_SetRsaSignCheckCb(ctx, check);
  wolfSSL_CTX_SetRsaPssSignCb(ctx, pss);
  wolfSSL_CTX_SetRsaPssSignCheckCb(ctx, check_pss);
}
inline void set_sign_pointer(WOLFSSL* ssl, void* pointer) noexcept {
  wolfSSL_SetEccSignCtx(ssl, pointer);
  wolfSSL_SetRsaSignCtx(ssl, pointer);
  wolfSSL_SetRsaPssSignCtx(ssl, pointer);
}
#else
inline constexpr bool has_sign_callbacks = false;

template <class... Callbacks>
void set_sign_callbacks(WOLFSSL_CTX*, Callbacks...) noexcept {}
inline void set_sign_pointer(WOLFSSL*, void*) noexcept {}
#endif

/// 5.7 gives up on a certificate with more than 128 alternative names (wolfcrypt/src/asn.c, WOLFSSL_MAX_ALT_NAMES).
inline constexpr bool has_many_alt_names = LIBWOLFSSL_VERSION_HEX < 0x05006000 || LIBWOLFSSL_VERSION_HEX >= 0x05008000;

/// 5.7 takes no certificate with serial number 0, as several roots in use have; 5.9 takes roots (wolfcrypt/src/asn.c,
/// DecodeCertInternal, ParseCertRelative).
inline constexpr bool has_zero_serials = LIBWOLFSSL_VERSION_HEX < 0x05006000 || LIBWOLFSSL_VERSION_HEX >= 0x05009000;

/// 5.5 names the authorities to clients of TLS 1.2 only (src/tls.c has no certificate_authorities before 5.6).
inline constexpr bool has_ca_names_1_3 = has_tls1_3 && LIBWOLFSSL_VERSION_HEX >= 0x05007000;

#if defined(HAVE_SECURE_RENEGOTIATION)
inline constexpr bool has_renegotiation_info = true;
#else
inline constexpr bool has_renegotiation_info = false;
#endif

/// Whether buffers for records are made for each, and given back with it, as they are unless they stand in the
/// connection.
#if defined(LARGE_STATIC_BUFFERS)
inline constexpr bool releases_buffers = false;
#else
inline constexpr bool releases_buffers = true;
#endif

/// Whether a server's sessions are looked up elsewhere than in the cache of the library, which is the process's.
#if defined(HAVE_EXT_CACHE) && !defined(NO_SESSION_CACHE)
inline constexpr bool has_session_ids = true;
using find_session = WOLFSSL_SESSION* (*)(WOLFSSL*, const unsigned char*, int, int*);
inline void find_sessions_by(WOLFSSL_CTX* ctx, find_session find) noexcept {
  wolfSSL_CTX_set_session_cache_mode(ctx, WOLFSSL_SESS_CACHE_SERVER | WOLFSSL_SESS_CACHE_NO_INTERNAL);
  wolfSSL_CTX_sess_set_get_cb(ctx, find);
}
#else
inline constexpr bool has_session_ids = false;
using find_session = WOLFSSL_SESSION* (*)(WOLFSSL*, const unsigned char*, int, int*);
inline void find_sessions_by(WOLFSSL_CTX*, find_session) noexcept {}
#endif

/// Whether AES goes by the processor's instructions, for which wolfSSL must be built. Debian's is not.
inline bool has_fast_aes() noexcept {
#if defined(WOLFSSL_AESNI)
  return __builtin_cpu_supports("aes") != 0 && __builtin_cpu_supports("pclmul") != 0;
#elif defined(WOLFSSL_ARMASM) && !defined(WOLFSSL_ARMASM_NO_HW_CRYPTO)
  return true;
#else
  return false;
#endif
}

/// Whether a certificate of an authority that nobody in the store has issued is passed over, and never kept for one
/// (src/internal.c, ProcessPeerCerts, skipAddCA).
#if defined(WOLFSSL_ALT_CERT_CHAINS)
inline constexpr bool skips_unknown_issuers = true;
#else
inline constexpr bool skips_unknown_issuers = false;
#endif

/// The kinds of keys, as the library numbers them.
#if __has_include(<wolfssl/wolfcrypt/oid_sum.h>)
inline constexpr int rsa_key = RSAk, ec_key = ECDSAk;
#else
inline constexpr int rsa_key = 645, ec_key = 518;
#endif

/// Whether a certificate is signed once, and not by another algorithm too.
#if defined(WOLFSSL_DUAL_ALG_CERTS)
inline constexpr bool has_one_signature = false;
#else
inline constexpr bool has_one_signature = true;
#endif

#if defined(HAVE_MAX_FRAGMENT)
inline constexpr bool has_max_fragment = true;
inline int ask_for_fragments(WOLFSSL_CTX* ctx, unsigned char code) noexcept {
  return wolfSSL_CTX_UseMaxFragment(ctx, code);
}
#else
inline constexpr bool has_max_fragment = false;
inline int ask_for_fragments(WOLFSSL_CTX*, unsigned char) noexcept { return WOLFSSL_FAILURE; }
#endif

#if defined(NO_PSK)
inline constexpr bool has_psk = false;
template <class... Callbacks>
void set_client_psk(WOLFSSL_CTX*, Callbacks...) noexcept {}
template <class... Callbacks>
void set_server_psk(WOLFSSL_CTX*, Callbacks...) noexcept {}
#else
inline constexpr bool has_psk = true;
/// With a callback for TLS 1.2, and one for TLS 1.3.
template <class Give, class GiveFor>
void set_client_psk(WOLFSSL_CTX* ctx, Give give, [[maybe_unused]] GiveFor give_for) noexcept {
  wolfSSL_CTX_set_psk_client_callback(ctx, give);
#if defined(WOLFSSL_TLS13) && !defined(WOLFSSL_PSK_ONE_ID)
  wolfSSL_CTX_set_psk_client_cs_callback(ctx, give_for);
#endif
}
template <class Find, class FindFor>
void set_server_psk(WOLFSSL_CTX* ctx, Find find, [[maybe_unused]] FindFor find_for) noexcept {
  wolfSSL_CTX_set_psk_server_callback(ctx, find);
#if defined(WOLFSSL_TLS13)
  wolfSSL_CTX_set_psk_server_tls13_callback(ctx, find_for);
#endif
}
#endif

#if defined(WOLFSSL_PSK_MULTI_ID_PER_CS)
/// Whether a client is asked for one PSK after the other: how many it has given stands in the first byte of the name.
inline constexpr bool counts_psks = true;
#else
inline constexpr bool counts_psks = false;
#endif

/// In 5.5 a client of TLS 1.2 cannot do ECDHE_PSK over X25519, plugtls's first group ("Bad ECC Peer Key"; measured).
inline constexpr bool has_psk_tls1_2 = has_psk && LIBWOLFSSL_VERSION_HEX >= 0x05007000;

/// In 5.5 a server signs by what it likes best of the client's list, whatever its own, and a client takes any scheme
/// (measured; 5.7 keeps to the list).
inline constexpr bool keeps_to_schemes = LIBWOLFSSL_VERSION_HEX >= 0x05007000;

#if defined(HAVE_KEYING_MATERIAL)
inline constexpr bool has_exporter = true;

inline int export_keying_material(WOLFSSL* ssl, unsigned char* out, std::size_t size, std::string_view label,
                                  const unsigned char* context, std::size_t context_size) noexcept {
  return wolfSSL_export_keying_material(ssl, out, size, label.data(), label.size(), context, context_size, 1);
}
#else
inline constexpr bool has_exporter = false;

inline int export_keying_material(WOLFSSL*, unsigned char*, std::size_t, std::string_view, const unsigned char*,
                                  std::size_t) noexcept {
  return WOLFSSL_FAILURE;
}
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
