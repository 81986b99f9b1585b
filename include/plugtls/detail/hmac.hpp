// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <cstddef>
#include <initializer_list>

#include "plugtls/bytes.hpp"
#include "plugtls/secret.hpp"

namespace plugtls::detail {

/// Returns the HMAC (RFC 2104) of the parts, one after the other, by a key of at most 64 bytes: one block. `Hash` is
/// `sha256_hash` or `sha1_hash`, which have neither tables nor branches that depend on what they hash, so that they may
/// be given secrets.
template <class Hash>
auto hmac(byte_view key, std::initializer_list<byte_view> parts) noexcept {
  std::array<std::byte, 64> pad{};
  for (std::size_t i = 0; i < key.size() && i < pad.size(); ++i) pad[i] = key[i];
  for (std::byte& b : pad) b ^= std::byte{0x36};
  Hash inner, outer;
  inner.update(pad);
  for (const byte_view part : parts) inner.update(part);
  for (std::byte& b : pad) b ^= std::byte{0x36 ^ 0x5c};
  outer.update(pad);
  outer.update(inner.finish());
  const auto digest = outer.finish();
  wipe(pad.data(), pad.size());
  wipe(&inner, sizeof inner);
  wipe(&outer, sizeof outer);
  return digest;
}

}  // namespace plugtls::detail
