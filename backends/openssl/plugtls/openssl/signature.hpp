// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <climits>

#include "plugtls/bytes.hpp"
#include "plugtls/openssl/error.hpp"
#include "plugtls/openssl/handle.hpp"
#include "plugtls/public_key_view.hpp"
#include "plugtls/signer.hpp"

namespace plugtls::openssl {

inline bool has_usual_key(byte_view spki) noexcept {
  public_key_view key;
  return public_key_view::parse(spki, key) && (key.kind() == key_kind::ec || key.kind() == key_kind::rsa);
}

/// Verifies one signature of X.509; see the contract.
inline errc verify_signature(byte_view spki, byte_view algorithm, byte_view signed_bytes, byte_view signature) {
  if (signature.size() > INT_MAX) return errc::malformed_certificate;
  const auto key = read_der<pkey_handle>(d2i_PUBKEY, spki);
  const auto algor = read_der<algor_handle>(d2i_X509_ALGOR, algorithm);
  const auto tbs = read_der<asn1_type_handle>(d2i_ASN1_TYPE, signed_bytes);
  const bit_string_handle bits(ASN1_BIT_STRING_new());
  errc result = errc::malformed_certificate;
  if (!key) {
    // The core has read the key: only its numbers can be wrong, a point beside the curve for example.
    result = has_usual_key(spki) ? errc::bad_signature : errc::unsupported;
  } else if (algor && tbs && bits &&
             ASN1_BIT_STRING_set(bits.get(), const_cast<unsigned char*>(data(signature)),
                                 static_cast<int>(signature.size())) == 1) {
    // ASN1_ANY writes a SEQUENCE back byte for byte.
    const int verdict = ASN1_item_verify(ASN1_ITEM_rptr(ASN1_ANY), algor.get(), bits.get(), tbs.get(), key.get());
    result = verdict == 1 ? errc::success : errc::bad_signature;
    if (verdict < 0 && ERR_GET_REASON(ERR_peek_error()) == ASN1_R_UNKNOWN_SIGNATURE_ALGORITHM)
      result = errc::unsupported;
  }
  ERR_clear_error();
  return result;
}

/// Verifies one signature of a digest, as handshakes carry them; see the contract.
inline errc verify_digest(byte_view spki, signature_scheme scheme, byte_view digest, byte_view signature) {
  const auto is_good = [&] {
    const auto key = read_der<pkey_handle>(d2i_PUBKEY, spki);
    const pkey_ctx_handle context(key ? EVP_PKEY_CTX_new(key.get(), nullptr) : nullptr);
    const EVP_MD* hash = digest.size() == 32 ? EVP_sha256() : digest.size() == 48 ? EVP_sha384() : EVP_sha512();
    if (!context || EVP_PKEY_verify_init(context.get()) != 1 || EVP_PKEY_CTX_set_signature_md(context.get(), hash) != 1)
      return false;
    if (!detail::is_ecdsa(scheme)) {
      const int padding = detail::is_pss(scheme) ? RSA_PKCS1_PSS_PADDING : RSA_PKCS1_PADDING;
      if (EVP_PKEY_CTX_set_rsa_padding(context.get(), padding) != 1) return false;
      if (detail::is_pss(scheme) && EVP_PKEY_CTX_set_rsa_pss_saltlen(context.get(), RSA_PSS_SALTLEN_DIGEST) != 1)
        return false;
    }
    return EVP_PKEY_verify(context.get(), data(signature), signature.size(), data(digest), digest.size()) == 1;
  };
  const bool good = is_good();
  ERR_clear_error();
  return good ? errc::success : errc::bad_signature;
}

}  // namespace plugtls::openssl
