// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <climits>
#include <cstring>
#include <memory>

#include "plugtls/concepts.hpp"
#include "plugtls/detail/der.hpp"
#include "plugtls/detail/light_lock.hpp"
#include "plugtls/detail/search.hpp"
#include "plugtls/openssl/handle.hpp"

namespace plugtls::openssl {

/// Reads what `write_session` wrote; null where it is nothing of the kind.
[[gnu::cold]] inline session_handle read_session(byte_view bytes) noexcept {
  if (bytes.size() > LONG_MAX) return {};
  const auto* begin = data(bytes);
  const auto* p = begin;
  session_handle made(d2i_SSL_SESSION(nullptr, &p, static_cast<long>(bytes.size())));
  const bool is_whole = made && p == begin + bytes.size() && SSL_SESSION_is_resumable(made.get()) == 1;
  if (!is_whole) ERR_clear_error();
  return is_whole ? std::move(made) : session_handle();
}

/// Takes the peer's certificate out of an encoded session, in place: OpenSSL would parse it anew whenever the session
/// is offered, and nobody asks it for that one. Returns what is left; all of it where there is none (ssl/ssl_asn1.c,
/// SSL_SESSION_ASN1).
[[gnu::cold]] inline byte_view without_peer(std::span<std::byte> encoded) noexcept {
  namespace der = plugtls::detail::der;
  byte_view fields;
  der::element each;
  if (!der::read_single(encoded, der::tag::sequence, fields)) return encoded;
  for (der::reader in(fields); in.next(each);) {
    if (each.tag != der::tag::constructed(3)) continue;
    const byte_view rest = in.rest();
    std::memmove(encoded.data() + (each.raw.data() - encoded.data()), rest.data(), rest.size());
    const std::size_t size = fields.size() - each.raw.size();
    std::byte* begin = encoded.data() + (fields.data() - encoded.data());
    int bytes = 0;
    for (std::size_t n = size; n != 0 && size >= 0x80; n >>= 8, ++bytes) *--begin = static_cast<std::byte>(n & 0xff);
    *--begin = static_cast<std::byte>(size < 0x80 ? size : static_cast<std::size_t>(0x80 + bytes));
    *--begin = std::byte{der::tag::sequence};
    return {begin, static_cast<std::size_t>(encoded.data() + (fields.data() - encoded.data()) - begin) + size};
  }
  return encoded;
}

/// Nothing where OpenSSL has no memory; throws where we have none.
[[gnu::cold]] inline secret write_session(const SSL_SESSION* session) {
  const int size = i2d_SSL_SESSION(session, nullptr);
  byte_vector bytes(size > 0 ? static_cast<std::size_t>(size) : 0);
  auto* p = reinterpret_cast<unsigned char*>(bytes.data());
  const bool ok = size > 0 && i2d_SSL_SESSION(session, &p) == size;
  secret written = ok ? secret(without_peer(bytes)) : secret();
  detail::wipe(bytes.data(), bytes.size());
  return written;
}

/// A client's session. OpenSSL marks that of a connection which fails: none has this one, each has a copy. That of a
/// full handshake has the peer's certificates, which take ten times the room of the rest: it is written, which leaves
/// them out, and read when it is offered first.
class kept_session final : public library_session {
 public:
  [[gnu::cold]] explicit kept_session(SSL_SESSION* session)
      : own_(SSL_SESSION_get0_peer(session) == nullptr ? SSL_SESSION_dup(session) : nullptr),
        written_(own_ ? secret() : write_session(session)) {}
  /// Where memory was out.
  bool empty() const noexcept { return !own_ && written_.empty(); }
  /// Null where memory is out.
  session_handle copy() const noexcept {
    const plugtls::detail::light_lock lock(changing_);
    if (!own_) own_ = read_session(written_.bytes());
    if (!own_) return {};
    written_ = {};
    return session_handle(SSL_SESSION_dup(own_.get()));
  }
  [[gnu::cold]] secret write() const override {
    const plugtls::detail::light_lock lock(changing_);
    return own_ ? write_session(own_.get()) : written_;
  }

 private:
  mutable plugtls::detail::light_mutex changing_;
  mutable session_handle own_;
  mutable secret written_;  // where there is no other
};

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
