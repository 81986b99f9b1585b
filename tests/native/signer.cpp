// SPDX-License-Identifier: BSL-1.0
#include "native/signer.hpp"

#include <mbedtls/md.h>
#include <mbedtls/pk.h>
#include <mbedtls/version.h>
#include <psa/crypto.h>

namespace plugtls_test {

namespace {

#if MBEDTLS_VERSION_NUMBER < 0x04000000
int random_bytes(void*, unsigned char* out, std::size_t n) {
  return psa_generate_random(out, n) == PSA_SUCCESS ? 0 : -1;
}
#endif

bool read_key(mbedtls_pk_context& key, std::string_view pem) {
  const std::string text(pem);
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.c_str());
#if MBEDTLS_VERSION_NUMBER >= 0x03000000 && MBEDTLS_VERSION_NUMBER < 0x04000000
  return mbedtls_pk_parse_key(&key, bytes, text.size() + 1, nullptr, 0, random_bytes, nullptr) == 0;
#else
  return mbedtls_pk_parse_key(&key, bytes, text.size() + 1, nullptr, 0) == 0;
#endif
}

}  // namespace

std::string sign_ecdsa(std::string_view key_pem, std::string_view bytes) {
  mbedtls_pk_context key;
  mbedtls_pk_init(&key);
  unsigned char digest[32], signature[256];
  std::size_t size = 0;
  bool good = psa_crypto_init() == PSA_SUCCESS && read_key(key, key_pem) &&
              mbedtls_md(mbedtls_md_info_from_type(MBEDTLS_MD_SHA256),
                         reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest) == 0;
#if MBEDTLS_VERSION_NUMBER >= 0x04000000
  good =
      good && mbedtls_pk_sign(&key, MBEDTLS_MD_SHA256, digest, sizeof digest, signature, sizeof signature, &size) == 0;
#elif MBEDTLS_VERSION_NUMBER >= 0x03000000
  good = good && mbedtls_pk_sign(&key, MBEDTLS_MD_SHA256, digest, sizeof digest, signature, sizeof signature, &size,
                                 random_bytes, nullptr) == 0;
#else
  good = good &&
         mbedtls_pk_sign(&key, MBEDTLS_MD_SHA256, digest, sizeof digest, signature, &size, random_bytes, nullptr) == 0;
#endif
  mbedtls_pk_free(&key);
  return good ? std::string(reinterpret_cast<const char*>(signature), size) : std::string();
}

}  // namespace plugtls_test
