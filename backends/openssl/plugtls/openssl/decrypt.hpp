// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <climits>
#include <span>
#include <vector>

#include "plugtls/openssl/error.hpp"
#include "plugtls/openssl/handle.hpp"
#include "plugtls/secret.hpp"

namespace plugtls::openssl {

/// Opens what a password closes; see the contract.
inline errc decrypt_pbe(byte_view algorithm, const secret& password, byte_view ciphertext, secret& opened) {
  const auto algor = read_der<algor_handle>(d2i_X509_ALGOR, algorithm);
  const std::size_t room = ciphertext.size() + EVP_MAX_BLOCK_LENGTH;
  if (!algor || room > INT_MAX || password.size() > INT_MAX) return errc::unsupported;
  ERR_clear_error();
  // What PKCS12_pbe_crypt does, without its header.
  const cipher_ctx_handle cipher(EVP_CIPHER_CTX_new());
  struct wiped_bytes : std::vector<unsigned char> {
    using vector::vector;
    ~wiped_bytes() { OPENSSL_cleanse(data(), size()); }
  } out(room);
  int size = 0, rest = 0;
  const bool is_open =
      cipher &&
      EVP_PBE_CipherInit(algor->algorithm, password.c_str(), static_cast<int>(password.size()), algor->parameter,
                         cipher.get(), 0) == 1 &&
      EVP_CipherUpdate(cipher.get(), out.data(), &size, data(ciphertext), static_cast<int>(ciphertext.size())) == 1 &&
      EVP_CipherFinal_ex(cipher.get(), out.data() + size, &rest) == 1;
  error_info unused;
  const errc refused = is_open ? errc::success : lacks_algorithm(unused) ? errc::unsupported : errc::bad_password;
  if (is_open) opened = secret(std::as_bytes(std::span(out)).first(static_cast<std::size_t>(size + rest)));
  return refused;
}

}  // namespace plugtls::openssl
