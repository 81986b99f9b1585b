// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstring>

#include "plugtls/detail/external_key.hpp"
#include "plugtls/mbedtls/handle.hpp"
#include "plugtls/mbedtls/signature.hpp"

// Keys that are elsewhere, by mbedTLS's RSA keys made of functions (MBEDTLS_PK_RSA_ALT): PKCS#1 v1.5 alone, which is
// what it signs with in TLS 1.2. Nothing is decrypted: suites for that are never offered.
namespace plugtls::mbedtls::external {

inline const detail::external_key& to_key(void* pointer) noexcept {
  return *static_cast<const detail::external_key*>(pointer);
}

inline std::size_t size(void* key) noexcept { return (to_key(key).view.bits() + 7) / 8; }

// `out` has room for a signature as long as the modulus, which this is.
inline int sign(void* key, mbedtls_md_type_t hash, const unsigned char* digest, unsigned char* out) noexcept {
  const std::size_t n = mbedtls_md_get_size(mbedtls_md_info_from_type(hash));
  byte_vector signature;
  if (!detail::make_signature(to_key(key), detail::scheme_of(detail::scheme_family::rsa_pkcs1, n),
                              std::as_bytes(std::span(digest, n)), verify_digest, signature))
    return MBEDTLS_ERR_PK_FEATURE_UNAVAILABLE;
  std::memcpy(out, signature.data(), signature.size());
  return 0;
}

}  // namespace plugtls::mbedtls::external
