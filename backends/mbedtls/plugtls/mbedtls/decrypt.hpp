// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "plugtls/detail/algorithm.hpp"
#include "plugtls/mbedtls/error.hpp"
#include "plugtls/mbedtls/handle.hpp"
#include "plugtls/secret.hpp"

namespace plugtls::mbedtls {

/// Opens what a password closes; see the contract.
inline errc decrypt_pbe(byte_view algorithm, const secret& password, byte_view ciphertext, secret& opened) {
  detail::der::reader in(algorithm);
  detail::algorithm_identifier identifier;
  if (!detail::read_algorithm(in, identifier)) return errc::unsupported;
  byte_vector out(ciphertext.size() + 32);
  const int e = compat::decrypt_pbe(identifier, password.bytes(), ciphertext, out);
  // Padding may be left behind it.
  detail::der::reader content(out);
  detail::der::element whole;
  const bool good = e == 0 && content.next(detail::der::tag::sequence, whole);
  if (good) opened = secret(whole.raw);
  detail::wipe(out.data(), out.size());
  if (good) return errc::success;
  return e != 0 && translate(e, errc::bad_password) == errc::unsupported ? errc::unsupported : errc::bad_password;
}

}  // namespace plugtls::mbedtls
