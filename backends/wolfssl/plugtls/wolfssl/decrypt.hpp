// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <climits>

#include "plugtls/wolfssl/private_key.hpp"

namespace plugtls::wolfssl {

/// Opens what a password closes; see the contract. wolfSSL's own reader of PKCS#12 is not used: it takes one key of
/// several, and tells most errors by one number. Its decryption wants the form of an encrypted private key, and does
/// not look at what comes out but for the length.
[[gnu::cold]] inline errc decrypt_pbe(byte_view algorithm, const secret& password, byte_view ciphertext,
                                      secret& opened) {
  detail::der::reader in(algorithm);
  detail::algorithm_identifier identifier;
  if (!detail::read_algorithm(in, identifier) || !private_key::can_decrypt(identifier) ||
      ciphertext.size() > INT_MAX / 2)
    return errc::unsupported;
  byte_vector fields(algorithm.begin(), algorithm.end());
  const byte_vector wrapped = external::wrap(detail::der::tag::octet_string, ciphertext);
  fields.insert(fields.end(), wrapped.begin(), wrapped.end());
  byte_vector whole = external::wrap(detail::der::tag::sequence, fields);
  const int n = wc_DecryptPKCS8Key(reinterpret_cast<unsigned char*>(whole.data()), size(byte_view(whole)),
                                   password.c_str(), static_cast<int>(password.size()));
  if (n > 0) opened = secret(byte_view(whole).first(static_cast<std::size_t>(n)));
  detail::wipe(whole.data(), whole.size());
  return n > 0 ? errc::success : errc::bad_password;
}

}  // namespace plugtls::wolfssl
