// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "plugtls/bytes.hpp"

namespace plugtls::detail {

/// What SHA-1 and SHA-256 share (FIPS 180-4 §5): bytes in blocks of 16 words, the last one padded with the length in
/// bits, and a digest that is the state. `Mix(state, words)` takes one block in.
template <std::size_t Words, auto Mix>
class block_hash {
 public:
  using state = std::array<std::uint32_t, Words>;
  using digest = std::array<std::byte, 4 * Words>;

  explicit block_hash(const state& first) noexcept : state_(first) {}

  void update(byte_view data) noexcept {
    total_ += data.size();
    for (const std::byte b : data) put(std::to_integer<std::uint8_t>(b));
  }

  /// Returns the digest of all bytes so far. The object is used up.
  digest finish() noexcept {
    const std::uint64_t bits = total_ * 8;
    put(0x80);
    while (used_ != 56) put(0);
    for (int shift = 56; shift >= 0; shift -= 8) put(static_cast<std::uint8_t>(bits >> shift));
    digest out{};
    for (std::size_t i = 0; i < out.size(); ++i)
      out[i] = static_cast<std::byte>((state_[i / 4] >> (24 - 8 * (i % 4))) & 0xff);
    return out;
  }

 private:
  void put(std::uint8_t byte) noexcept {
    block_[used_++] = byte;
    if (used_ != block_.size()) return;
    std::array<std::uint32_t, 16> words;
    for (std::size_t i = 0; i < words.size(); ++i)
      words[i] = static_cast<std::uint32_t>(block_[4 * i]) << 24 | static_cast<std::uint32_t>(block_[4 * i + 1]) << 16 |
                 static_cast<std::uint32_t>(block_[4 * i + 2]) << 8 | static_cast<std::uint32_t>(block_[4 * i + 3]);
    Mix(state_, words);
    used_ = 0;
  }

  state state_;
  std::array<std::uint8_t, 64> block_{};
  std::size_t used_ = 0;
  std::uint64_t total_ = 0;
};

}  // namespace plugtls::detail
