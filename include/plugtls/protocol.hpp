// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace plugtls {

/// Which end of a connection this is.
enum class role : std::uint8_t { client, server };

/// Protocol versions as they stand on the wire. `automatic` in settings means: the widest safe window that the backend
/// has (from TLS 1.2 to its newest).
enum class tls_version : std::uint16_t {
  automatic = 0,
  tls1_0 = 0x0301,
  tls1_1 = 0x0302,
  tls1_2 = 0x0303,
  tls1_3 = 0x0304
};

/// Returns "TLSv1.2", "TLSv1.3" and so on; "" for a number that is no version.
constexpr std::string_view name(tls_version v) noexcept {
  switch (v) {
    case tls_version::automatic: return "automatic";
    case tls_version::tls1_0: return "TLSv1.0";
    case tls_version::tls1_1: return "TLSv1.1";
    case tls_version::tls1_2: return "TLSv1.2";
    case tls_version::tls1_3: return "TLSv1.3";
  }
  return "";
}

/// Cipher suites by IANA number. Any number may be asked for; those named here are the ones that plugtls knows to be
/// AEAD with forward secrecy, the only kind that it offers (RFC 9325 §4.2).
enum class cipher_suite : std::uint16_t {
  none = 0,
  aes_128_gcm_sha256 = 0x1301,
  aes_256_gcm_sha384 = 0x1302,
  chacha20_poly1305_sha256 = 0x1303,
  ecdhe_ecdsa_with_aes_128_gcm_sha256 = 0xc02b,
  ecdhe_ecdsa_with_aes_256_gcm_sha384 = 0xc02c,
  ecdhe_rsa_with_aes_128_gcm_sha256 = 0xc02f,
  ecdhe_rsa_with_aes_256_gcm_sha384 = 0xc030,
  ecdhe_rsa_with_chacha20_poly1305_sha256 = 0xcca8,
  ecdhe_ecdsa_with_chacha20_poly1305_sha256 = 0xcca9,
  ecdhe_psk_with_chacha20_poly1305_sha256 =
      0xccac  ///< with an external PSK (RFC 7905); the one that all libraries have
};

/// Key exchange groups by IANA number (RFC 8446 §4.2.7).
enum class named_group : std::uint16_t {
  none = 0,
  secp256r1 = 0x0017,
  secp384r1 = 0x0018,
  secp521r1 = 0x0019,
  x25519 = 0x001d,
  x448 = 0x001e,
  ffdhe2048 = 0x0100,
  ffdhe3072 = 0x0101,
  secp256r1mlkem768 = 0x11eb,
  x25519mlkem768 = 0x11ec,
  secp384r1mlkem1024 = 0x11ed
};

/// Signature schemes by IANA number (RFC 8446 §4.2.3).
enum class signature_scheme : std::uint16_t {
  none = 0,
  rsa_pkcs1_sha256 = 0x0401,
  rsa_pkcs1_sha384 = 0x0501,
  rsa_pkcs1_sha512 = 0x0601,
  ecdsa_secp256r1_sha256 = 0x0403,
  ecdsa_secp384r1_sha384 = 0x0503,
  ecdsa_secp521r1_sha512 = 0x0603,
  rsa_pss_rsae_sha256 = 0x0804,
  rsa_pss_rsae_sha384 = 0x0805,
  rsa_pss_rsae_sha512 = 0x0806,
  ed25519 = 0x0807,
  ed448 = 0x0808,
  rsa_pss_pss_sha256 = 0x0809,
  rsa_pss_pss_sha384 = 0x080a,
  rsa_pss_pss_sha512 = 0x080b
};

namespace detail {
struct iana_name {
  std::uint16_t number;
  std::string_view text;
};

inline constexpr iana_name suite_names[] = {
    {0x1301, "TLS_AES_128_GCM_SHA256"},
    {0x1302, "TLS_AES_256_GCM_SHA384"},
    {0x1303, "TLS_CHACHA20_POLY1305_SHA256"},
    {0xc02b, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"},
    {0xc02c, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"},
    {0xc02f, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"},
    {0xc030, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"},
    {0xcca8, "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"},
    {0xcca9, "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"},
    {0xccac, "TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256"},
};

inline constexpr iana_name group_names[] = {
    {0x0017, "secp256r1"},      {0x0018, "secp384r1"},          {0x0019, "secp521r1"}, {0x001d, "x25519"},
    {0x001e, "x448"},           {0x0100, "ffdhe2048"},          {0x0101, "ffdhe3072"}, {0x11eb, "SecP256r1MLKEM768"},
    {0x11ec, "X25519MLKEM768"}, {0x11ed, "SecP384r1MLKEM1024"},
};

inline constexpr iana_name scheme_names[] = {
    {0x0401, "rsa_pkcs1_sha256"},
    {0x0501, "rsa_pkcs1_sha384"},
    {0x0601, "rsa_pkcs1_sha512"},
    {0x0403, "ecdsa_secp256r1_sha256"},
    {0x0503, "ecdsa_secp384r1_sha384"},
    {0x0603, "ecdsa_secp521r1_sha512"},
    {0x0804, "rsa_pss_rsae_sha256"},
    {0x0805, "rsa_pss_rsae_sha384"},
    {0x0806, "rsa_pss_rsae_sha512"},
    {0x0807, "ed25519"},
    {0x0808, "ed448"},
    {0x0809, "rsa_pss_pss_sha256"},
    {0x080a, "rsa_pss_pss_sha384"},
    {0x080b, "rsa_pss_pss_sha512"},
};

constexpr std::string_view iana_lookup(std::span<const iana_name> table, std::uint16_t number) noexcept {
  for (const iana_name& entry : table)
    if (entry.number == number) return entry.text;
  return "";
}

constexpr std::uint16_t iana_lookup(std::span<const iana_name> table, std::string_view text) noexcept {
  for (const iana_name& entry : table) {
    if (entry.text.size() != text.size()) continue;
    bool same = true;
    for (std::size_t i = 0; i < text.size() && same; ++i) {
      const auto fold = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
      same = fold(entry.text[i]) == fold(text[i]);
    }
    if (same) return entry.number;
  }
  return 0;
}
}  // namespace detail

/// Returns the IANA name, "" for a number that plugtls does not know.
constexpr std::string_view name(cipher_suite s) noexcept {
  return detail::iana_lookup(detail::suite_names, static_cast<std::uint16_t>(s));
}
constexpr std::string_view name(named_group g) noexcept {
  return detail::iana_lookup(detail::group_names, static_cast<std::uint16_t>(g));
}
constexpr std::string_view name(signature_scheme s) noexcept {
  return detail::iana_lookup(detail::scheme_names, static_cast<std::uint16_t>(s));
}

/// Returns the number that belongs to an IANA name (letter case does not matter), `none` for an unknown name.
constexpr cipher_suite cipher_suite_from_name(std::string_view text) noexcept {
  return static_cast<cipher_suite>(detail::iana_lookup(detail::suite_names, text));
}
constexpr named_group named_group_from_name(std::string_view text) noexcept {
  return static_cast<named_group>(detail::iana_lookup(detail::group_names, text));
}

/// Tells whether a suite belongs to TLS 1.3 (RFC 8446 §B.4); all others belong to TLS 1.2.
constexpr bool is_tls1_3(cipher_suite s) noexcept { return (static_cast<unsigned>(s) >> 8) == 0x13; }

/// Tells whether a suite of TLS 1.2 authenticates by an external PSK and not by certificates. In TLS 1.3 suites say
/// nothing about that.
constexpr bool is_psk(cipher_suite s) noexcept { return s == cipher_suite::ecdhe_psk_with_chacha20_poly1305_sha256; }

}  // namespace plugtls
