// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "plugtls/bytes.hpp"

namespace plugtls::detail {

/// What the hashes of FIPS 180-4 share (§5): bytes in blocks of 16 words, the last one padded with the length in bits,
/// and a digest that is the state. `Mix(state, words)` takes one block in.
template <std::size_t Words, auto Mix, class Word = std::uint32_t>
class block_hash {
 public:
  using state = std::array<Word, Words>;
  using digest = std::array<std::byte, sizeof(Word) * Words>;

  explicit block_hash(const state& first) noexcept : state_(first) {}

  void update(byte_view data) noexcept {
    total_ += data.size();
    for (const std::byte b : data) put(std::to_integer<std::uint8_t>(b));
  }

  /// Returns the digest of all bytes so far. The object is used up.
  digest finish() noexcept {
    const std::uint64_t bits = total_ * 8;
    put(0x80);
    while (used_ != block_.size() - 2 * sizeof(Word)) put(0);
    for (std::size_t i = sizeof bits; i < 2 * sizeof(Word); ++i) put(0);
    for (int shift = 56; shift >= 0; shift -= 8) put(static_cast<std::uint8_t>(bits >> shift));
    digest out{};
    for (std::size_t i = 0; i < out.size(); ++i)
      out[i] = static_cast<std::byte>(state_[i / sizeof(Word)] >> 8 * (sizeof(Word) - 1 - i % sizeof(Word)) & 0xff);
    return out;
  }

 private:
  void put(std::uint8_t byte) noexcept {
    block_[used_++] = byte;
    if (used_ != block_.size()) return;
    std::array<Word, 16> words{};
    for (std::size_t i = 0; i < block_.size(); ++i) words[i / sizeof(Word)] = words[i / sizeof(Word)] << 8 | block_[i];
    Mix(state_, words);
    used_ = 0;
  }

  state state_;
  std::array<std::uint8_t, 16 * sizeof(Word)> block_{};
  std::size_t used_ = 0;
  std::uint64_t total_ = 0;
};

}  // namespace plugtls::detail
