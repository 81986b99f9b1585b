// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>

#include "plugtls/bytes.hpp"

namespace plugtls::detail {

[[gnu::cold]] inline void append_hex(std::string& out, byte_view bytes) {
  constexpr char digits[] = "0123456789abcdef";
  for (const std::byte b : bytes) {
    out += digits[std::to_integer<unsigned>(b) >> 4];
    out += digits[std::to_integer<unsigned>(b) & 15U];
  }
}

/// Writes bytes as lower-case hexadecimal without separators.
[[gnu::cold]] inline std::string to_hex(byte_view bytes) {
  std::string out;
  out.reserve(bytes.size() * 2);
  append_hex(out, bytes);
  return out;
}

/// Returns the value of a hexadecimal digit of either case, -1 for another character.
constexpr int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace plugtls::detail
