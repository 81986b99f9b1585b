// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <cstring>

#include "plugtls/concepts.hpp"
#include "plugtls/detail/search.hpp"
#include "plugtls/wolfssl/handle.hpp"

namespace plugtls::wolfssl {

inline bool fill_random(std::span<std::byte> out) noexcept {
  const rng_handle generator(wc_rng_new(nullptr, 0, nullptr));
  return generator && wc_RNG_GenerateBlock(generator.get(), reinterpret_cast<unsigned char*>(out.data()),
                                           static_cast<word32>(out.size())) == 0;
}

/// Reads what `write_session` wrote; null where it is nothing of the kind.
inline session_handle read_session(byte_view bytes) noexcept {
  const unsigned char* p = data(bytes);
  session_handle made(wolfSSL_d2i_SSL_SESSION(nullptr, &p, static_cast<long>(bytes.size())));
  return made && wolfSSL_SESSION_is_resumable(made.get()) == 1 ? std::move(made) : session_handle();
}

[[gnu::cold]] inline bool write_session(WOLFSSL_SESSION* session, native_session& out) {
  const int size = wolfSSL_i2d_SSL_SESSION(session, nullptr);
  if (size <= 0) return false;
  byte_vector bytes(static_cast<std::size_t>(size));
  auto* p = reinterpret_cast<unsigned char*>(bytes.data());
  const bool ok = wolfSSL_i2d_SSL_SESSION(session, &p) == size;
  if (ok) out.bytes = secret(byte_view(bytes));
  detail::wipe(bytes.data(), bytes.size());
  out.lifetime = plugtls::detail::capped(wolfSSL_SESSION_get_ticket_lifetime_hint(session));
  return ok;
}

/// A server's ticket callback, which seals and opens in place by AES-256-GCM. Of the 16 bytes that wolfSSL has for an
/// initial value 12 are the nonce, and 4 the moment of the full handshake, in seconds; of the 32 for an authenticator
/// 16 are the tag, and 16 are zero.
class ticket {
 public:
  [[gnu::cold]] static int seal(const detail::ticket_rules& rules, std::string_view server_name, unix_time made,
                                unsigned char* name, unsigned char* iv, unsigned char* tag, unsigned char* bytes,
                                int size, int* out_size) {
    detail::ticket_key key;
    const std::span<std::byte> nonce = std::as_writable_bytes(std::span(iv, nonce_size));
    if (!rules.seal(server_name, key) || !fill_random(nonce)) return WOLFSSL_TICKET_RET_REJECT;
    const auto moment = static_cast<std::uint32_t>(made);
    for (int i = 0; i < 4; ++i) iv[nonce_size + i] = static_cast<unsigned char>(moment >> (24 - 8 * i) & 0xff);
    std::memcpy(name, key.name.data(), key.name.size());
    std::memset(tag, 0, WOLFSSL_TICKET_MAC_SZ);
    *out_size = size;
    return run(true, key, name, iv, tag, bytes, size) ? WOLFSSL_TICKET_RET_OK : WOLFSSL_TICKET_RET_REJECT;
  }

  /// `WOLFSSL_TICKET_RET_CREATE`: good, and a new one is due.
  [[gnu::cold]] static int open(const detail::ticket_rules& rules, std::string_view server_name,
                                detail::resumable_peer& client, unsigned char* name, unsigned char* iv,
                                unsigned char* tag, unsigned char* bytes, int size, int* out_size) {
    detail::ticket_key key;
    const auto found = rules.open(server_name, std::as_bytes(std::span(name, WOLFSSL_TICKET_NAME_SZ)), key);
    if (found == detail::ticket_find::unknown || !run(false, key, name, iv, tag, bytes, size))
      return WOLFSSL_TICKET_RET_REJECT;
    for (int i = tag_size; i < WOLFSSL_TICKET_MAC_SZ; ++i)
      if (tag[i] != 0) return WOLFSSL_TICKET_RET_REJECT;
    std::uint32_t moment = 0;
    for (int i = 0; i < 4; ++i) moment = moment << 8 | iv[nonce_size + i];
    // Modulo 2^32: a ticket from the future is very old.
    const unix_time now = rules.keys->time();
    const std::uint32_t age = static_cast<std::uint32_t>(now) - moment;
    if (age > static_cast<std::uint32_t>(rules.keys->lifetime_seconds())) return WOLFSSL_TICKET_RET_REJECT;
    client.moment = now - age;
    *out_size = size;
    return found == detail::ticket_find::newest ? WOLFSSL_TICKET_RET_OK : WOLFSSL_TICKET_RET_CREATE;
  }

 private:
  static constexpr int nonce_size = 12, tag_size = 16;

  [[gnu::cold]] static bool run(bool seals, const detail::ticket_key& key, const unsigned char* name,
                                const unsigned char* iv, unsigned char* tag, unsigned char* bytes, int size) noexcept {
    unsigned char also[WOLFSSL_TICKET_NAME_SZ + WOLFSSL_TICKET_IV_SZ];
    std::memcpy(also, name, WOLFSSL_TICKET_NAME_SZ);
    std::memcpy(also + WOLFSSL_TICKET_NAME_SZ, iv, WOLFSSL_TICKET_IV_SZ);
    aes_handle aes;
    const auto n = static_cast<word32>(size);
    if (!aes || size < 0 || wc_AesGcmSetKey(aes.get(), data(byte_view(key.encryption)), 32) != 0) return false;
    return (seals
                ? wc_AesGcmEncrypt(aes.get(), bytes, bytes, n, iv, nonce_size, tag, tag_size, also, sizeof also)
                : wc_AesGcmDecrypt(aes.get(), bytes, bytes, n, iv, nonce_size, tag, tag_size, also, sizeof also)) == 0;
  }
};

}  // namespace plugtls::wolfssl
