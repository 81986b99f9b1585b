// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "plugtls/bytes.hpp"
#include "plugtls/detail/block_hash.hpp"

namespace plugtls::detail {

using sha1_digest = std::array<std::byte, 20>;

inline void mix_sha1(std::array<std::uint32_t, 5>& state, const std::array<std::uint32_t, 16>& words) noexcept {
  const auto rotate = [](std::uint32_t v, int by) noexcept { return v << by | v >> (32 - by); };
  std::uint32_t w[80];
  for (std::size_t i = 0; i < 16; ++i) w[i] = words[i];
  for (std::size_t i = 16; i < 80; ++i) w[i] = rotate(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
  auto [a, b, c, d, e] = state;
  for (std::size_t i = 0; i < 80; ++i) {
    std::uint32_t mix = b ^ c ^ d;
    std::uint32_t k = i < 40 ? 0x6ed9eba1 : 0xca62c1d6;
    if (i < 20) {
      mix = (b & c) | (~b & d);
      k = 0x5a827999;
    } else if (i >= 40 && i < 60) {
      mix = (b & c) | (b & d) | (c & d);
      k = 0x8f1bbcdc;
    }
    const std::uint32_t next = rotate(a, 5) + mix + e + k + w[i];
    e = d;
    d = c;
    c = rotate(b, 30);
    b = a;
    a = next;
  }
  const std::array<std::uint32_t, 5> v{a, b, c, d, e};
  for (std::size_t i = 0; i < v.size(); ++i) state[i] += v[i];
}

/// Computes SHA-1 (FIPS 180-4) to find what OCSP names by it (RFC 6960 §4.1.1, §4.2.1): an issuer, a responder. It
/// protects nothing there, and must protect nothing anywhere else.
class sha1_hash : public block_hash<5, mix_sha1> {
 public:
  sha1_hash() noexcept : block_hash({0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0}) {}
};

/// Returns the SHA-1 digest of the bytes.
inline sha1_digest sha1(byte_view data) noexcept {
  sha1_hash hash;
  hash.update(data);
  return hash.finish();
}

}  // namespace plugtls::detail
