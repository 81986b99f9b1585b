// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstdlib>
#include <string>
#include <string_view>

#include "plugtls/openssl/compat.hpp"
#include "plugtls/protocol.hpp"
#include "plugtls/signer.hpp"

namespace plugtls::openssl {

/// Returns OpenSSL's name of a suite, empty for one that it lacks.
constexpr const char* native_name(cipher_suite s) noexcept {
  switch (s) {
    case cipher_suite::aes_128_gcm_sha256: return has_tls1_3 ? "TLS_AES_128_GCM_SHA256" : "";
    case cipher_suite::aes_256_gcm_sha384: return has_tls1_3 ? "TLS_AES_256_GCM_SHA384" : "";
    case cipher_suite::chacha20_poly1305_sha256: return has_tls1_3 ? "TLS_CHACHA20_POLY1305_SHA256" : "";
    case cipher_suite::ecdhe_ecdsa_with_aes_128_gcm_sha256: return "ECDHE-ECDSA-AES128-GCM-SHA256";
    case cipher_suite::ecdhe_ecdsa_with_aes_256_gcm_sha384: return "ECDHE-ECDSA-AES256-GCM-SHA384";
    case cipher_suite::ecdhe_rsa_with_aes_128_gcm_sha256: return "ECDHE-RSA-AES128-GCM-SHA256";
    case cipher_suite::ecdhe_rsa_with_aes_256_gcm_sha384: return "ECDHE-RSA-AES256-GCM-SHA384";
    case cipher_suite::ecdhe_rsa_with_chacha20_poly1305_sha256: return "ECDHE-RSA-CHACHA20-POLY1305";
    case cipher_suite::ecdhe_ecdsa_with_chacha20_poly1305_sha256: return "ECDHE-ECDSA-CHACHA20-POLY1305";
    case cipher_suite::ecdhe_psk_with_chacha20_poly1305_sha256: return has_psk ? "ECDHE-PSK-CHACHA20-POLY1305" : "";
    default: return "";
  }
}

constexpr const char* native_name(named_group g) noexcept {
  switch (g) {
    case named_group::secp256r1: return "P-256";
    case named_group::secp384r1: return "P-384";
    case named_group::secp521r1: return "P-521";
    case named_group::x25519: return "X25519";
    case named_group::x448: return "X448";
    case named_group::x25519mlkem768: return has_mlkem ? "X25519MLKEM768" : "";
    case named_group::secp256r1mlkem768: return has_mlkem ? "SecP256r1MLKEM768" : "";
    case named_group::secp384r1mlkem1024: return has_mlkem ? "SecP384r1MLKEM1024" : "";
    default: return "";
  }
}

// OpenSSL takes the IANA names of signature schemes.
constexpr const char* native_name(signature_scheme s) noexcept {
  const std::string_view known = name(s);
  return known.data() == nullptr ? "" : known.data();
}

/// Whether a processor of those settings (`OPENSSL_info`) does AES-GCM by instructions of its own. Null: OpenSSL was
/// built without assembly, or tells nothing of this architecture.
inline bool has_fast_aes(const char* settings) noexcept {
  if (!tells_cpu) return true;
  const std::string_view text(settings == nullptr ? "" : settings);
  const std::size_t at = text.find(cpu_key);
  if (at == std::string_view::npos) return false;
  const auto bits = std::strtoull(text.data() + at + sizeof cpu_key - 1, nullptr, 0);
  return (bits & cpu_aes_bits) == cpu_aes_bits;
}

/// Joins the names of a list by colons, skipping what `keep` refuses.
template <class List, class Keep>
std::string join(const List& list, Keep keep) {
  std::string text;
  for (const auto item : list) {
    if (!keep(item)) continue;
    if (!text.empty()) text += ':';
    text += native_name(item);
  }
  return text;
}

/// Names the scheme that a signature in the handshake was made with, from the hash and key type that OpenSSL tells.
constexpr signature_scheme scheme_of(int hash_nid, int type_nid) noexcept {
  using enum detail::scheme_family;
  const std::size_t digest = hash_nid == NID_sha256   ? 32
                             : hash_nid == NID_sha384 ? 48
                             : hash_nid == NID_sha512 ? 64
                                                      : 0;
  switch (type_nid) {
    case EVP_PKEY_EC: return detail::scheme_of(ecdsa, digest);
    case EVP_PKEY_RSA: return detail::scheme_of(rsa_pkcs1, digest);
    case EVP_PKEY_RSA_PSS: return detail::scheme_of(rsa_pss, digest);
    case EVP_PKEY_ED25519: return signature_scheme::ed25519;
    case EVP_PKEY_ED448: return signature_scheme::ed448;
    default: return signature_scheme::none;
  }
}

}  // namespace plugtls::openssl
