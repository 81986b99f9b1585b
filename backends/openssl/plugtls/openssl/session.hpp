// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <climits>

#include "plugtls/concepts.hpp"
#include "plugtls/openssl/handle.hpp"

namespace plugtls::openssl {

/// Reads what `write_session` wrote; null where it is nothing of the kind.
inline session_handle read_session(byte_view bytes) noexcept {
  if (bytes.size() > LONG_MAX) return {};
  const auto* begin = reinterpret_cast<const unsigned char*>(bytes.data());
  const auto* p = begin;
  session_handle made(d2i_SSL_SESSION(nullptr, &p, static_cast<long>(bytes.size())));
  const bool is_whole = made && p == begin + bytes.size() && SSL_SESSION_is_resumable(made.get()) == 1;
  if (!is_whole) ERR_clear_error();
  return is_whole ? std::move(made) : session_handle();
}

inline bool write_session(SSL_SESSION* session, native_session& out) {
  const int size = i2d_SSL_SESSION(session, nullptr);
  if (size <= 0) return false;
  byte_vector bytes(static_cast<std::size_t>(size));
  auto* p = reinterpret_cast<unsigned char*>(bytes.data());
  const bool ok = i2d_SSL_SESSION(session, &p) == size;
  if (ok) out.bytes = secret(byte_view(bytes));
  detail::wipe(bytes.data(), bytes.size());
  out.lifetime = static_cast<std::uint32_t>(std::min(SSL_SESSION_get_ticket_lifetime_hint(session), 0xffffffffUL));
  return ok;
}

/// Makes what a server's lookup by id gives to OpenSSL of the bytes that the core has found; null of none.
inline SSL_SESSION* resumable_session(byte_view found) noexcept {
  session_handle read = found.empty() ? session_handle() : read_session(found);
  // Its age was judged by the core, by another clock maybe.
  if (read) SSL_SESSION_set_timeout(read.get(), 604800);
  return read.release();
}

/// Sets up AES-256-CBC and HMAC-SHA256 with the keys of a ticket (RFC 5077 §4), for OpenSSL's ticket key callback.
inline bool use_ticket_key(const detail::ticket_key& key, const unsigned char* iv, EVP_CIPHER_CTX* cipher,
                           EVP_MAC_CTX* mac, bool seals) noexcept {
  const auto* secret_key = reinterpret_cast<const unsigned char*>(key.encryption.data());
  char digest[] = "SHA256";
  const OSSL_PARAM params[] = {
      OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, const_cast<std::byte*>(key.authentication.data()),
                                        key.authentication.size()),
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0), OSSL_PARAM_construct_end()};
  return EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), nullptr, secret_key, iv, seals ? 1 : 0) == 1 &&
         EVP_MAC_CTX_set_params(mac, params) == 1;
}

}  // namespace plugtls::openssl
