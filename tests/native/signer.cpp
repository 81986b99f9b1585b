// SPDX-License-Identifier: BSL-1.0
#include "native/signer.hpp"

#include <mbedtls/md.h>
#include "native/mbedtls_key.hpp"

namespace plugtls_test {

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
