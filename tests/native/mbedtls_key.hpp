// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <mbedtls/pk.h>
#include <mbedtls/version.h>
#include <psa/crypto.h>

#include <string>
#include <string_view>

namespace plugtls_test {

/// mbedTLS's shape of a random source; nothing of it is called from 4.0 on.
inline int random_bytes(void*, unsigned char* out, std::size_t n) {
  return psa_generate_random(out, n) == PSA_SUCCESS ? 0 : -1;
}

/// Reads a private key by whatever version of mbedTLS is there.
inline bool read_key(mbedtls_pk_context& key, std::string_view pem) {
  const std::string text(pem);
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.c_str());
#if MBEDTLS_VERSION_NUMBER >= 0x03000000 && MBEDTLS_VERSION_NUMBER < 0x04000000
  return mbedtls_pk_parse_key(&key, bytes, text.size() + 1, nullptr, 0, random_bytes, nullptr) == 0;
#else
  return mbedtls_pk_parse_key(&key, bytes, text.size() + 1, nullptr, 0) == 0;
#endif
}

}  // namespace plugtls_test
