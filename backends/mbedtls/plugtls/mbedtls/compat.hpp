// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <mbedtls/error.h>
#include <mbedtls/net_sockets.h>
#include <mbedtls/pem.h>
#include <mbedtls/platform.h>
#include <mbedtls/ssl.h>
#include <mbedtls/ssl_ciphersuites.h>
#include <mbedtls/version.h>
#include <mbedtls/x509_crt.h>

#include <span>

#include "plugtls/capability.hpp"
#include "plugtls/mbedtls/crypto/compat.hpp"
#include "plugtls/protocol.hpp"

#if !defined(MBEDTLS_PRIVATE)
#define PLUGTLS_MBEDTLS_FIELD(name) name
#else
#define PLUGTLS_MBEDTLS_FIELD(name) MBEDTLS_PRIVATE(name)
#endif

/// Everything in which versions of mbedTLS differ, under one name each.
namespace plugtls::mbedtls::compat {

#if defined(MBEDTLS_SSL_PROTO_TLS1_3)
inline constexpr bool has_tls1_3 = true;
#else
inline constexpr bool has_tls1_3 = false;
#endif

#if defined(MBEDTLS_THREADING_C)
inline constexpr bool has_threads = true;
#else
inline constexpr bool has_threads = false;
#endif

#if defined(MBEDTLS_PSK_MAX_LEN)
inline constexpr std::size_t max_psk = MBEDTLS_PSK_MAX_LEN;
#else
inline constexpr std::size_t max_psk = 0;
#endif
#if defined(MBEDTLS_KEY_EXCHANGE_ECDHE_PSK_ENABLED) && MBEDTLS_VERSION_NUMBER < 0x04000000
inline constexpr bool has_psk = true;
#else
inline constexpr bool has_psk = false;
#endif
#if defined(MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_PSK_EPHEMERAL_ENABLED) && MBEDTLS_VERSION_NUMBER < 0x04000000
inline constexpr bool has_psk_tls1_3 = has_tls1_3;
#else
inline constexpr bool has_psk_tls1_3 = false;
#endif

inline constexpr capability_set capabilities = [] {
  capability_set set{capability::server_group_order,     capability::renegotiation_info,
                     capability::any_alpn_name,          capability::long_chain,
                     capability::many_alt_names,         capability::encrypted_der_key,
                     capability::encrypted_alert_number, capability::exact_certificate_alert,
                     capability::client_auth_resumption, capability::session_ids};
  set.add(capability::tls1_3, has_tls1_3);
  set.add(capability::external_rsa_key, has_rsa_functions);
#if MBEDTLS_VERSION_NUMBER < 0x04000000 && defined(MBEDTLS_PKCS5_C) && defined(MBEDTLS_PKCS12_C)
  set.add(capability::pkcs12);
#endif
  set.add(capability::pending_signature, has_rsa_functions);
  set.add(capability::signature_scheme_choice, MBEDTLS_VERSION_NUMBER >= 0x03000000);
  set.add(capability::server_suite_order, !has_tls1_3);
  set.add(capability::pbes2_aes, MBEDTLS_VERSION_NUMBER >= 0x03050000);
  set.add(capability::external_psk, has_psk);
  set.add(capability::external_psk_tls1_3, has_psk_tls1_3);
#if defined(MBEDTLS_SSL_MAX_FRAGMENT_LENGTH)
  // A server that grants it splits its Certificate, which older ones cannot read.
  set.add(capability::max_fragment_length, MBEDTLS_VERSION_NUMBER >= 0x03060300);
#endif
#if MBEDTLS_VERSION_NUMBER < 0x03000000 || defined(MBEDTLS_SSL_KEYING_MATERIAL_EXPORT)
  set.add(capability::exporter);
#endif
#if defined(MBEDTLS_SSL_RENEGOTIATION)
  set.add(capability::tls_unique);
#endif
  set.add(capability::key_log);
#if MBEDTLS_VERSION_NUMBER < 0x03000000 && defined(MBEDTLS_ECP_DP_CURVE448_ENABLED)
  set.add(capability::x448);
#elif MBEDTLS_VERSION_NUMBER >= 0x03000000 && defined(PSA_WANT_ECC_MONTGOMERY_448)
  set.add(capability::x448, has_tls1_3);
#endif
  return set;
}();

// Error codes that have another name, or do not exist, in other versions: 0 is no error.
#if MBEDTLS_VERSION_NUMBER < 0x03000000
inline constexpr int error_version = MBEDTLS_ERR_SSL_BAD_HS_PROTOCOL_VERSION;
inline constexpr int error_certificate = MBEDTLS_ERR_SSL_BAD_HS_CERTIFICATE;
inline constexpr int error_no_cipher = MBEDTLS_ERR_SSL_NO_CIPHER_CHOSEN;
inline constexpr int error_no_suite = MBEDTLS_ERR_SSL_NO_USABLE_CIPHERSUITE;
inline constexpr int error_finished = MBEDTLS_ERR_SSL_BAD_HS_FINISHED;
inline constexpr int error_alpn = 0;
inline constexpr int error_ticket = 0;
inline constexpr int error_no_room = 1;  // never
inline constexpr int error_syntax[] = {
    MBEDTLS_ERR_SSL_BAD_HS_CLIENT_HELLO,           MBEDTLS_ERR_SSL_BAD_HS_SERVER_HELLO,
    MBEDTLS_ERR_SSL_BAD_HS_CERTIFICATE_REQUEST,    MBEDTLS_ERR_SSL_BAD_HS_SERVER_KEY_EXCHANGE,
    MBEDTLS_ERR_SSL_BAD_HS_SERVER_HELLO_DONE,      MBEDTLS_ERR_SSL_BAD_HS_CLIENT_KEY_EXCHANGE,
    MBEDTLS_ERR_SSL_BAD_HS_CLIENT_KEY_EXCHANGE_RP, MBEDTLS_ERR_SSL_BAD_HS_CLIENT_KEY_EXCHANGE_CS,
    MBEDTLS_ERR_SSL_BAD_HS_CERTIFICATE_VERIFY,     MBEDTLS_ERR_SSL_BAD_HS_CHANGE_CIPHER_SPEC,
    MBEDTLS_ERR_SSL_BAD_HS_NEW_SESSION_TICKET};
#else
inline constexpr int error_version = MBEDTLS_ERR_SSL_BAD_PROTOCOL_VERSION;
inline constexpr int error_certificate = MBEDTLS_ERR_SSL_BAD_CERTIFICATE;
inline constexpr int error_no_cipher = MBEDTLS_ERR_SSL_HANDSHAKE_FAILURE;
inline constexpr int error_no_suite = 0;
inline constexpr int error_finished = 0;
inline constexpr int error_alpn = MBEDTLS_ERR_SSL_NO_APPLICATION_PROTOCOL;
inline constexpr int error_ticket = MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET;
inline constexpr int error_no_room = MBEDTLS_ERR_SSL_BAD_INPUT_DATA;  // library/ssl_msg.c, mbedtls_ssl_fetch_input
inline constexpr int error_syntax[] = {MBEDTLS_ERR_SSL_DECODE_ERROR, MBEDTLS_ERR_SSL_ILLEGAL_PARAMETER,
                                       MBEDTLS_ERR_SSL_UNSUPPORTED_EXTENSION};
#endif

#if MBEDTLS_VERSION_NUMBER < 0x04000000
inline constexpr int error_memory[] = {MBEDTLS_ERR_SSL_ALLOC_FAILED, MBEDTLS_ERR_X509_ALLOC_FAILED,
                                       MBEDTLS_ERR_PK_ALLOC_FAILED, MBEDTLS_ERR_PEM_ALLOC_FAILED,
                                       MBEDTLS_ERR_MD_ALLOC_FAILED};
inline constexpr int error_memory_low[] = {MBEDTLS_ERR_MPI_ALLOC_FAILED, MBEDTLS_ERR_ASN1_ALLOC_FAILED};
inline constexpr int error_point[] = {MBEDTLS_ERR_ECP_INVALID_KEY, MBEDTLS_ERR_PK_INVALID_PUBKEY};
inline constexpr int error_signature[] = {MBEDTLS_ERR_RSA_VERIFY_FAILED, MBEDTLS_ERR_ECP_VERIFY_FAILED};
inline constexpr int error_encryption[] = {MBEDTLS_ERR_PKCS5_FEATURE_UNAVAILABLE,
                                           MBEDTLS_ERR_PKCS12_FEATURE_UNAVAILABLE};
#else
inline constexpr int error_memory[] = {PSA_ERROR_INSUFFICIENT_MEMORY};
inline constexpr int error_memory_low[] = {0};
inline constexpr int error_point[] = {PSA_ERROR_INVALID_ARGUMENT, MBEDTLS_ERR_PK_INVALID_PUBKEY};
inline constexpr int error_signature[] = {PSA_ERROR_INVALID_SIGNATURE};
inline constexpr int error_encryption[] = {PSA_ERROR_NOT_SUPPORTED};
#endif

/// Fills in what no plan varies: the safe value of every switch that this version has.
inline void set_fixed_values(mbedtls_ssl_config* conf, role own, unsigned char fragment_code) noexcept {
#if MBEDTLS_VERSION_NUMBER < 0x04000000
  mbedtls_ssl_conf_rng(conf, random, nullptr);
#endif
#if defined(MBEDTLS_SSL_RENEGOTIATION)
  mbedtls_ssl_conf_renegotiation(conf, MBEDTLS_SSL_RENEGOTIATION_DISABLED);
#endif
  // As OpenSSL 3: a server without RFC 5746 is refused, a client without it cannot renegotiate with us anyway.
  mbedtls_ssl_conf_legacy_renegotiation(
      conf, own == role::client ? MBEDTLS_SSL_LEGACY_BREAK_HANDSHAKE : MBEDTLS_SSL_LEGACY_NO_RENEGOTIATION);
#if defined(MBEDTLS_SSL_EXTENDED_MASTER_SECRET)
  mbedtls_ssl_conf_extended_master_secret(conf, MBEDTLS_SSL_EXTENDED_MS_ENABLED);
#endif
#if defined(MBEDTLS_SSL_ENCRYPT_THEN_MAC)
  mbedtls_ssl_conf_encrypt_then_mac(conf, MBEDTLS_SSL_ETM_ENABLED);
#endif
#if defined(MBEDTLS_SSL_SESSION_TICKETS)
  if (own == role::client) mbedtls_ssl_conf_session_tickets(conf, MBEDTLS_SSL_SESSION_TICKETS_DISABLED);
#endif
  static_cast<void>(fragment_code);
#if defined(MBEDTLS_SSL_MAX_FRAGMENT_LENGTH)
  static_cast<void>(mbedtls_ssl_conf_max_frag_len(conf, fragment_code));
#endif
  mbedtls_ssl_conf_cert_req_ca_list(conf, MBEDTLS_SSL_CERT_REQ_CA_LIST_DISABLED);
#if defined(MBEDTLS_SSL_FALLBACK_SCSV)
  mbedtls_ssl_conf_fallback(conf, MBEDTLS_SSL_IS_NOT_FALLBACK);
#endif
#if defined(MBEDTLS_SSL_TRUNCATED_HMAC)
  mbedtls_ssl_conf_truncated_hmac(conf, MBEDTLS_SSL_TRUNC_HMAC_DISABLED);
#endif
#if MBEDTLS_VERSION_NUMBER >= 0x03000000
  mbedtls_ssl_conf_preference_order(conf, MBEDTLS_SSL_SRV_CIPHERSUITE_ORDER_SERVER);
#endif
#if defined(MBEDTLS_SSL_PROTO_TLS1_3)
  mbedtls_ssl_conf_tls13_key_exchange_modes(conf, MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_EPHEMERAL);
#endif
#if defined(MBEDTLS_SSL_TLS1_3_SIGNAL_NEW_SESSION_TICKETS_DISABLED)
  mbedtls_ssl_conf_tls13_enable_signal_new_session_tickets(conf,
                                                           MBEDTLS_SSL_TLS1_3_SIGNAL_NEW_SESSION_TICKETS_DISABLED);
#endif
}

/// Has a client ask for sessions and take them, or a server's callbacks called. In TLS 1.3 a session is resumed with a
/// new key exchange only.
inline void allow_sessions(mbedtls_ssl_config* conf, role own) noexcept {
  if (own == role::client) mbedtls_ssl_conf_session_tickets(conf, MBEDTLS_SSL_SESSION_TICKETS_ENABLED);
#if defined(MBEDTLS_SSL_PROTO_TLS1_3)
  mbedtls_ssl_conf_tls13_key_exchange_modes(
      conf, MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_EPHEMERAL | MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_PSK_EPHEMERAL);
  if (own == role::server) mbedtls_ssl_conf_new_session_tickets(conf, 1);
#endif
#if defined(MBEDTLS_SSL_TLS1_3_SIGNAL_NEW_SESSION_TICKETS_ENABLED)
  if (own == role::client)
    mbedtls_ssl_conf_tls13_enable_signal_new_session_tickets(conf,
                                                             MBEDTLS_SSL_TLS1_3_SIGNAL_NEW_SESSION_TICKETS_ENABLED);
#endif
}

/// Has a server's sessions found and kept by `find(self, id, session)` and `keep(self, session)`; 0 for success.
template <auto Find, auto Keep>
void remember_sessions(mbedtls_ssl_config* conf, void* self) noexcept {
#if MBEDTLS_VERSION_NUMBER < 0x03000000
  mbedtls_ssl_conf_session_cache(
      conf, self,
      [](void* own, mbedtls_ssl_session* session) {
        return Find(own, std::as_bytes(std::span(session->id, session->id_len)), session);
      },
      [](void* own, const mbedtls_ssl_session* session) { return Keep(own, session); });
#else
  mbedtls_ssl_conf_session_cache(
      conf, self,
      [](void* own, const unsigned char* id, std::size_t size, mbedtls_ssl_session* session) {
        return Find(own, std::as_bytes(std::span(id, size)), session);
      },
      [](void* own, const unsigned char*, std::size_t, const mbedtls_ssl_session* session) {
        return Keep(own, session);
      });
#endif
}

/// Tells the lifetime of a session's ticket in seconds, 0 where there is none.
inline std::uint32_t ticket_lifetime(const mbedtls_ssl_session& session) noexcept {
  return session.PLUGTLS_MBEDTLS_FIELD(ticket_lifetime);
}
/// Whether a session has something to resume it by.
inline bool is_resumable(const mbedtls_ssl_session& session) noexcept {
  return session.PLUGTLS_MBEDTLS_FIELD(ticket_len) != 0 || session.PLUGTLS_MBEDTLS_FIELD(id_len) != 0;
}

/// Switches psk_dhe_ke of TLS 1.3 on, and certificates off where nothing but a PSK will do.
inline void set_psk_modes(mbedtls_ssl_config* conf, bool is_only) noexcept {
#if defined(MBEDTLS_SSL_PROTO_TLS1_3)
  mbedtls_ssl_conf_tls13_key_exchange_modes(conf, MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_PSK_EPHEMERAL |
                                                      (is_only ? 0 : MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_EPHEMERAL));
#else
  static_cast<void>(conf);
  static_cast<void>(is_only);
#endif
}

// Groups and signature schemes: the value for mbedTLS's list, 0 for what it lacks.
#if MBEDTLS_VERSION_NUMBER < 0x03000000
using group_value = mbedtls_ecp_group_id;
using scheme_value = int;

inline group_value native(named_group g) noexcept {
  const auto* known = mbedtls_ecp_curve_info_from_tls_id(static_cast<std::uint16_t>(g));
  return g == named_group::none || known == nullptr ? MBEDTLS_ECP_DP_NONE : known->grp_id;
}
// TLS 1.2 alone: no RSA-PSS there, and hashes are set for RSA and ECDSA together.
inline scheme_value native(signature_scheme s) noexcept {
  switch (s) {
    case signature_scheme::rsa_pkcs1_sha256:
    case signature_scheme::ecdsa_secp256r1_sha256: return MBEDTLS_MD_SHA256;
    case signature_scheme::rsa_pkcs1_sha384:
    case signature_scheme::ecdsa_secp384r1_sha384: return MBEDTLS_MD_SHA384;
    case signature_scheme::rsa_pkcs1_sha512:
    case signature_scheme::ecdsa_secp521r1_sha512: return MBEDTLS_MD_SHA512;
    default: return MBEDTLS_MD_NONE;
  }
}
inline void set_groups(mbedtls_ssl_config* conf, const group_value* list) noexcept {
  mbedtls_ssl_conf_curves(conf, list);
}
inline void set_schemes(mbedtls_ssl_config* conf, const scheme_value* list) noexcept {
  mbedtls_ssl_conf_sig_hashes(conf, list);
}
inline void set_versions(mbedtls_ssl_config* conf, tls_version, tls_version) noexcept {
  mbedtls_ssl_conf_min_version(conf, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);
  mbedtls_ssl_conf_max_version(conf, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);
}
inline tls_version min_version(const mbedtls_ssl_config& conf) noexcept {
  return static_cast<tls_version>(conf.min_major_ver << 8 | conf.min_minor_ver);
}
inline tls_version max_version(const mbedtls_ssl_config& conf) noexcept {
  return static_cast<tls_version>(conf.max_major_ver << 8 | conf.max_minor_ver);
}
inline const int* suites(const mbedtls_ssl_config& conf) noexcept {
  return conf.ciphersuite_list[MBEDTLS_SSL_MINOR_VERSION_3];
}
inline tls_version version(const mbedtls_ssl_context& ssl) noexcept {
  return static_cast<tls_version>(ssl.major_ver << 8 | ssl.minor_ver);
}
inline int suite(const mbedtls_ssl_context& ssl) noexcept {
  return ssl.session == nullptr ? 0 : ssl.session->ciphersuite;
}
#else
using group_value = std::uint16_t;
using scheme_value = std::uint16_t;

inline group_value native(named_group g) noexcept {
  bool known = false;
  switch (g) {
#if defined(PSA_WANT_ECC_SECP_R1_256)
    case named_group::secp256r1: known = true; break;
#endif
#if defined(PSA_WANT_ECC_SECP_R1_384)
    case named_group::secp384r1: known = true; break;
#endif
#if defined(PSA_WANT_ECC_SECP_R1_521)
    case named_group::secp521r1: known = true; break;
#endif
#if defined(PSA_WANT_ECC_MONTGOMERY_255)
    case named_group::x25519: known = true; break;
#endif
#if defined(PSA_WANT_ECC_MONTGOMERY_448) && defined(MBEDTLS_SSL_PROTO_TLS1_3)
    case named_group::x448: known = true; break;
#endif
    default: break;
  }
  return known ? static_cast<group_value>(g) : group_value{0};
}
inline scheme_value native(signature_scheme s) noexcept {
  switch (s) {
    case signature_scheme::rsa_pkcs1_sha256:
    case signature_scheme::rsa_pkcs1_sha384:
    case signature_scheme::rsa_pkcs1_sha512:
    case signature_scheme::ecdsa_secp256r1_sha256:
    case signature_scheme::ecdsa_secp384r1_sha384:
    case signature_scheme::ecdsa_secp521r1_sha512:
#if defined(MBEDTLS_X509_RSASSA_PSS_SUPPORT)
    case signature_scheme::rsa_pss_rsae_sha256:
    case signature_scheme::rsa_pss_rsae_sha384:
    case signature_scheme::rsa_pss_rsae_sha512:
#endif
      return static_cast<scheme_value>(s);
    default: return 0;
  }
}
inline void set_groups(mbedtls_ssl_config* conf, const group_value* list) noexcept {
  mbedtls_ssl_conf_groups(conf, list);
}
inline void set_schemes(mbedtls_ssl_config* conf, const scheme_value* list) noexcept {
  mbedtls_ssl_conf_sig_algs(conf, list);
}
inline void set_versions(mbedtls_ssl_config* conf, tls_version min, tls_version max) noexcept {
  mbedtls_ssl_conf_min_tls_version(conf, static_cast<mbedtls_ssl_protocol_version>(min));
  mbedtls_ssl_conf_max_tls_version(conf, static_cast<mbedtls_ssl_protocol_version>(max));
}
inline tls_version min_version(const mbedtls_ssl_config& conf) noexcept {
  return static_cast<tls_version>(conf.PLUGTLS_MBEDTLS_FIELD(min_tls_version));
}
inline tls_version max_version(const mbedtls_ssl_config& conf) noexcept {
  return static_cast<tls_version>(conf.PLUGTLS_MBEDTLS_FIELD(max_tls_version));
}
inline const int* suites(const mbedtls_ssl_config& conf) noexcept {
  return conf.PLUGTLS_MBEDTLS_FIELD(ciphersuite_list);
}
inline tls_version version(const mbedtls_ssl_context& ssl) noexcept {
  return static_cast<tls_version>(mbedtls_ssl_get_version_number(&ssl));
}
inline int suite(const mbedtls_ssl_context& ssl) noexcept { return mbedtls_ssl_get_ciphersuite_id_from_ssl(&ssl); }
#endif

inline int state(const mbedtls_ssl_context& ssl) noexcept { return ssl.PLUGTLS_MBEDTLS_FIELD(state); }
/// Whether nothing of the handshake is left, tickets neither: their states have higher numbers in some versions.
inline bool is_over(const mbedtls_ssl_context& ssl) noexcept { return state(ssl) == MBEDTLS_SSL_HANDSHAKE_OVER; }

/// Views the handshake message that the library is working on, with its header; empty when it is at something else.
inline byte_view handshake_message(const mbedtls_ssl_context& ssl) noexcept {
  if (ssl.PLUGTLS_MBEDTLS_FIELD(in_msgtype) != MBEDTLS_SSL_MSG_HANDSHAKE) return {};
  const std::size_t size = ssl.PLUGTLS_MBEDTLS_FIELD(in_hslen);
  if (ssl.PLUGTLS_MBEDTLS_FIELD(in_msg) == nullptr || size > ssl.PLUGTLS_MBEDTLS_FIELD(in_msglen)) return {};
  return std::as_bytes(std::span(ssl.PLUGTLS_MBEDTLS_FIELD(in_msg), size));
}

/// Returns the number of the alert after MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE.
inline unsigned char received_alert(const mbedtls_ssl_context& ssl) noexcept {
  return ssl.PLUGTLS_MBEDTLS_FIELD(in_msg)[1];
}

/// Views the header of the record that was read last.
inline byte_view record_header(const mbedtls_ssl_context& ssl) noexcept {
  return std::as_bytes(std::span(ssl.PLUGTLS_MBEDTLS_FIELD(in_hdr), 5));
}

/// Returns the number of the fatal alert that the library sends where it fails with this error, 0 where it does not
/// tell.
inline unsigned char own_alert(const mbedtls_ssl_context& ssl, int error) noexcept {
#if defined(MBEDTLS_SSL_ALL_ALERT_MESSAGES)
  if (error == MBEDTLS_ERR_SSL_INVALID_MAC) return MBEDTLS_SSL_ALERT_MSG_BAD_RECORD_MAC;
#endif
#if MBEDTLS_VERSION_NUMBER >= 0x03000000
  return ssl.PLUGTLS_MBEDTLS_FIELD(alert_type);
#else
  static_cast<void>(ssl);
  static_cast<void>(error);
  return 0;
#endif
}

/// Makes the alert that is sent next, our last word, readable to the peer.
inline void prepare_alert(mbedtls_ssl_context& ssl) noexcept {
#if MBEDTLS_VERSION_NUMBER < 0x03000000
  // Before a version is agreed on, the record would carry version 0.0.
  if (ssl.major_ver == MBEDTLS_SSL_MAJOR_VERSION_3) return;
  ssl.major_ver = MBEDTLS_SSL_MAJOR_VERSION_3;
  ssl.minor_ver = MBEDTLS_SSL_MINOR_VERSION_3;
#elif defined(MBEDTLS_SSL_PROTO_TLS1_3)
  // A server goes on with its handshake keys until it has the client's Finished, while the client expects application
  // keys since the server's (RFC 8446 §4.4.4; 3.6.6 library/ssl_tls13_server.c, ssl_tls13_handshake_wrapup). The keys
  // are there since then, and nothing was sent with them.
  mbedtls_ssl_transform* application = ssl.PLUGTLS_MBEDTLS_FIELD(transform_application);
  if (mbedtls_ssl_conf_get_endpoint(mbedtls_ssl_context_get_config(&ssl)) != MBEDTLS_SSL_IS_SERVER ||
      mbedtls_ssl_is_handshake_over(&ssl) != 0 || application == nullptr)
    return;
  ssl.PLUGTLS_MBEDTLS_FIELD(transform_out) = application;
  for (unsigned char& digit : ssl.PLUGTLS_MBEDTLS_FIELD(cur_out_ctr)) digit = 0;
#else
  static_cast<void>(ssl);
#endif
}

#undef PLUGTLS_MBEDTLS_FIELD

}  // namespace plugtls::mbedtls::compat
