// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>
#include <string_view>

#include "plugtls/protocol.hpp"
#include "plugtls/wolfssl/compat.hpp"

namespace plugtls::wolfssl {

inline bool supports(tls_version v) noexcept {
  return v == tls_version::tls1_2 || (v == tls_version::tls1_3 && compat::has_tls1_3);
}

/// Returns wolfSSL's name of a suite, empty for one without.
constexpr std::string_view native_name(cipher_suite s) noexcept {
  switch (s) {
    case cipher_suite::aes_128_gcm_sha256: return "TLS13-AES128-GCM-SHA256";
    case cipher_suite::aes_256_gcm_sha384: return "TLS13-AES256-GCM-SHA384";
    case cipher_suite::chacha20_poly1305_sha256: return "TLS13-CHACHA20-POLY1305-SHA256";
    case cipher_suite::ecdhe_ecdsa_with_aes_128_gcm_sha256: return "ECDHE-ECDSA-AES128-GCM-SHA256";
    case cipher_suite::ecdhe_ecdsa_with_aes_256_gcm_sha384: return "ECDHE-ECDSA-AES256-GCM-SHA384";
    case cipher_suite::ecdhe_rsa_with_aes_128_gcm_sha256: return "ECDHE-RSA-AES128-GCM-SHA256";
    case cipher_suite::ecdhe_rsa_with_aes_256_gcm_sha384: return "ECDHE-RSA-AES256-GCM-SHA384";
    case cipher_suite::ecdhe_rsa_with_chacha20_poly1305_sha256: return "ECDHE-RSA-CHACHA20-POLY1305";
    case cipher_suite::ecdhe_ecdsa_with_chacha20_poly1305_sha256: return "ECDHE-ECDSA-CHACHA20-POLY1305";
    case cipher_suite::ecdhe_psk_with_chacha20_poly1305_sha256: return "ECDHE-PSK-CHACHA20-POLY1305";
    default: return "";
  }
}
// An unknown name in a list is dropped without a word, so it is looked up before.
inline bool supports(cipher_suite s) noexcept {
  unsigned char high = 0, low = 0;
  int flags = 0;
  const std::string_view known = native_name(s);
  return !known.empty() && wolfSSL_get_cipher_suite_from_name(known.data(), &high, &low, &flags) == 0 &&
         (high << 8 | low) == static_cast<int>(s);
}

// wolfSSL takes IANA's numbers of groups.
inline bool supports(named_group g) noexcept {
  switch (g) {
    case named_group::secp256r1: return wc_ecc_get_curve_size_from_id(ECC_SECP256R1) > 0;
    case named_group::secp384r1: return wc_ecc_get_curve_size_from_id(ECC_SECP384R1) > 0;
    case named_group::secp521r1: return wc_ecc_get_curve_size_from_id(ECC_SECP521R1) > 0;
    case named_group::x25519: return compat::has_x25519;
    case named_group::x448: return compat::has_x448;
    case named_group::x25519mlkem768: return compat::has_mlkem;
    case named_group::secp256r1mlkem768:
    case named_group::secp384r1mlkem1024: return compat::has_mlkem_with_p;
    default: return false;
  }
}

/// Returns wolfSSL's name of a group that a server of TLS 1.2 may choose, empty for others.
constexpr std::string_view curve_name(named_group g) noexcept {
  switch (g) {
    case named_group::secp256r1: return "P-256";
    case named_group::secp384r1: return "P-384";
    case named_group::secp521r1: return "P-521";
    case named_group::x25519: return "X25519";
    case named_group::x448: return "X448";
    default: return "";
  }
}

/// Returns wolfSSL's name of a signature scheme, empty for one that it lacks.
constexpr std::string_view native_name(signature_scheme s) noexcept {
  switch (s) {
    case signature_scheme::rsa_pkcs1_sha256: return "RSA+SHA256";
    case signature_scheme::rsa_pkcs1_sha384: return "RSA+SHA384";
    case signature_scheme::rsa_pkcs1_sha512: return "RSA+SHA512";
    case signature_scheme::ecdsa_secp256r1_sha256: return "ECDSA+SHA256";
    case signature_scheme::ecdsa_secp384r1_sha384: return "ECDSA+SHA384";
    case signature_scheme::ecdsa_secp521r1_sha512: return "ECDSA+SHA512";
    case signature_scheme::rsa_pss_rsae_sha256: return compat::has_pss ? "RSA-PSS+SHA256" : "";
    case signature_scheme::rsa_pss_rsae_sha384: return compat::has_pss ? "RSA-PSS+SHA384" : "";
    case signature_scheme::rsa_pss_rsae_sha512: return compat::has_pss ? "RSA-PSS+SHA512" : "";
    case signature_scheme::ed25519: return compat::has_ed25519 ? "ED25519" : "";
    default: return "";
  }
}
inline bool supports(signature_scheme s) noexcept { return !native_name(s).empty(); }

/// Returns what wolfSSL lists along with a scheme of RSA-PSS.
constexpr signature_scheme pss_twin(signature_scheme s) noexcept {
  switch (s) {
    case signature_scheme::rsa_pss_rsae_sha256: return signature_scheme::rsa_pss_pss_sha256;
    case signature_scheme::rsa_pss_rsae_sha384: return signature_scheme::rsa_pss_pss_sha384;
    case signature_scheme::rsa_pss_rsae_sha512: return signature_scheme::rsa_pss_pss_sha512;
    default: return signature_scheme::none;
  }
}

/// Joins the names of a list by colons.
template <class List>
std::string join(const List& list) {
  std::string text;
  for (const auto item : list) {
    if (!text.empty()) text += ':';
    text += native_name(item);
  }
  return text;
}

}  // namespace plugtls::wolfssl
