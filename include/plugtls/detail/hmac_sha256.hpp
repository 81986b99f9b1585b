// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <cstddef>
#include <initializer_list>

#include "plugtls/bytes.hpp"
#include "plugtls/detail/sha256.hpp"
#include "plugtls/secret.hpp"

namespace plugtls::detail {

/// Returns the HMAC-SHA256 (RFC 2104) of the parts, one after the other, by a key of at most 64 bytes. SHA-256 has
/// neither tables nor branches that depend on what it hashes, so that it may be given secrets.
inline sha256_digest hmac_sha256(byte_view key, std::initializer_list<byte_view> parts) noexcept {
  std::array<std::byte, 64> pad{};
  for (std::size_t i = 0; i < key.size() && i < pad.size(); ++i) pad[i] = key[i];
  for (std::byte& b : pad) b ^= std::byte{0x36};
  sha256_hash inner, outer;
  inner.update(pad);
  for (const byte_view part : parts) inner.update(part);
  for (std::byte& b : pad) b ^= std::byte{0x36 ^ 0x5c};
  outer.update(pad);
  outer.update(inner.finish());
  const sha256_digest digest = outer.finish();
  wipe(pad.data(), pad.size());
  wipe(&inner, sizeof inner);
  wipe(&outer, sizeof outer);
  return digest;
}

/// Tells whether two runs of bytes are equal, in a time that tells nothing but their lengths.
inline bool equal_secretly(byte_view a, byte_view b) noexcept {
  if (a.size() != b.size()) return false;
  std::byte difference{0};
  for (std::size_t i = 0; i < a.size(); ++i) difference |= a[i] ^ b[i];
  return difference == std::byte{0};
}

}  // namespace plugtls::detail
