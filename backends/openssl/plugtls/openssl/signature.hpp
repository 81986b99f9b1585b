// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <openssl/asn1t.h>
#include <climits>

#include "plugtls/bytes.hpp"
#include "plugtls/openssl/error.hpp"
#include "plugtls/openssl/handle.hpp"
#include "plugtls/public_key_view.hpp"

namespace plugtls::openssl {

inline bool has_usual_key(byte_view spki) noexcept {
  public_key_view key;
  return public_key_view::parse(spki, key) && (key.kind() == key_kind::ec || key.kind() == key_kind::rsa);
}

/// Verifies one signature of X.509; see the contract.
inline errc verify_signature(byte_view spki, byte_view algorithm, byte_view signed_bytes, byte_view signature) {
  const auto data = [](byte_view b) { return reinterpret_cast<const unsigned char*>(b.data()); };
  const auto size = [](byte_view b) { return static_cast<long>(b.size()); };
  if (signature.size() > INT_MAX) return errc::malformed_certificate;
  const unsigned char* p = data(spki);
  const pkey_handle key(d2i_PUBKEY(nullptr, &p, size(spki)));
  p = data(algorithm);
  const algor_handle algor(d2i_X509_ALGOR(nullptr, &p, size(algorithm)));
  p = data(signed_bytes);
  const asn1_type_handle tbs(d2i_ASN1_TYPE(nullptr, &p, size(signed_bytes)));
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

}  // namespace plugtls::openssl
