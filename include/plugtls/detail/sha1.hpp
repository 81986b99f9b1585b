// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "plugtls/bytes.hpp"

namespace plugtls::detail {

using sha1_digest = std::array<std::byte, 20>;

/// Computes SHA-1 (FIPS 180-4) to find what OCSP names by it (RFC 6960 §4.1.1, §4.2.1): an issuer, a responder. It
/// protects nothing there, and must protect nothing anywhere else.
class sha1_hash {
 public:
  void update(byte_view data) noexcept {
    total_ += data.size();
    for (const std::byte b : data) {
      block_[used_++] = std::to_integer<std::uint8_t>(b);
      if (used_ == block_.size()) compress();
    }
  }

  /// Returns the digest of all bytes so far. The object is used up.
  sha1_digest finish() noexcept {
    const std::uint64_t bits = total_ * 8;
    block_[used_++] = 0x80;
    if (used_ == block_.size()) compress();
    while (used_ != 56) {
      block_[used_++] = 0;
      if (used_ == block_.size()) compress();
    }
    for (int shift = 56; shift >= 0; shift -= 8) block_[used_++] = static_cast<std::uint8_t>(bits >> shift);
    compress();
    sha1_digest out{};
    for (std::size_t i = 0; i < out.size(); ++i)
      out[i] = static_cast<std::byte>((state_[i / 4] >> (24 - 8 * (i % 4))) & 0xff);
    return out;
  }

 private:
  static constexpr std::uint32_t rotate(std::uint32_t v, int by) noexcept { return v << by | v >> (32 - by); }

  void compress() noexcept {
    std::uint32_t w[80];
    for (std::size_t i = 0; i < 16; ++i)
      w[i] = static_cast<std::uint32_t>(block_[4 * i]) << 24 | static_cast<std::uint32_t>(block_[4 * i + 1]) << 16 |
             static_cast<std::uint32_t>(block_[4 * i + 2]) << 8 | static_cast<std::uint32_t>(block_[4 * i + 3]);
    for (std::size_t i = 16; i < 80; ++i) w[i] = rotate(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
    auto [a, b, c, d, e] = state_;
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
    for (std::size_t i = 0; i < v.size(); ++i) state_[i] += v[i];
    used_ = 0;
  }

  std::array<std::uint32_t, 5> state_{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
  std::array<std::uint8_t, 64> block_{};
  std::size_t used_ = 0;
  std::uint64_t total_ = 0;
};

/// Returns the SHA-1 digest of the bytes.
inline sha1_digest sha1(byte_view data) noexcept {
  sha1_hash hash;
  hash.update(data);
  return hash.finish();
}

}  // namespace plugtls::detail
