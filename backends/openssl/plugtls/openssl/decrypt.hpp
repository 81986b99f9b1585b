// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <climits>

#include "plugtls/openssl/error.hpp"
#include "plugtls/openssl/handle.hpp"
#include "plugtls/secret.hpp"

namespace plugtls::openssl {

/// Opens what a password closes; see the contract.
inline errc decrypt_pbe(byte_view algorithm, const secret& password, byte_view ciphertext, secret& opened) {
  const auto* p = reinterpret_cast<const unsigned char*>(algorithm.data());
  const algor_handle algor(d2i_X509_ALGOR(nullptr, &p, static_cast<long>(algorithm.size())));
  if (!algor || ciphertext.size() > INT_MAX || password.size() > INT_MAX) return errc::unsupported;
  ERR_clear_error();
  unsigned char* out = nullptr;
  int size = 0;
  // The parameter of 3.0 to 4.0 for what goes in is const, that for the password too.
  PKCS12_pbe_crypt(algor.get(), password.c_str(), static_cast<int>(password.size()),
                   reinterpret_cast<const unsigned char*>(ciphertext.data()), static_cast<int>(ciphertext.size()), &out,
                   &size, 0);
  const bytes_handle owner(out);
  error_info unused;
  if (out == nullptr || size < 0) return lacks_algorithm(unused) ? errc::unsupported : errc::bad_password;
  opened = secret(std::as_bytes(std::span(out, static_cast<std::size_t>(size))));
  OPENSSL_cleanse(out, static_cast<std::size_t>(size));
  return errc::success;
}

}  // namespace plugtls::openssl
