// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>
#include <string_view>

#include "plugtls/bytes.hpp"

namespace plugtls::detail {

constexpr int base64_digit(char c) noexcept {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+') return 62;
  if (c == '/') return 63;
  return -1;
}

/// Decodes base64 (RFC 4648 §4) in which white space may stand anywhere. Strict in all else: padding is required, and
/// the bits that it drops are zero. The buffer is reserved once: what it holds may be a private key, and growing
/// would leave copies behind.
inline bool decode_base64(std::string_view text, byte_vector& out) {
  out.clear();
  out.reserve(text.size() / 4 * 3 + 3);
  unsigned bits = 0;
  unsigned digits = 0;
  unsigned padding = 0;
  for (const char c : text) {
    if (c == ' ' || c == '\t' || c == '\r' || c == '\n') continue;
    if (c == '=') {
      if (++padding > 2) return false;
      continue;
    }
    const int value = base64_digit(c);
    if (value < 0 || padding != 0) return false;
    bits = bits << 6 | static_cast<unsigned>(value);
    if (++digits == 4) {
      out.push_back(static_cast<std::byte>(bits >> 16 & 0xff));
      out.push_back(static_cast<std::byte>(bits >> 8 & 0xff));
      out.push_back(static_cast<std::byte>(bits & 0xff));
      digits = 0;
      bits = 0;
    }
  }
  if (digits == 0) return padding == 0;
  if (digits == 2) {
    out.push_back(static_cast<std::byte>(bits >> 4 & 0xff));
    return padding == 2 && (bits & 15U) == 0;
  }
  if (digits == 3) {
    out.push_back(static_cast<std::byte>(bits >> 10 & 0xff));
    out.push_back(static_cast<std::byte>(bits >> 2 & 0xff));
    return padding == 1 && (bits & 3U) == 0;
  }
  return false;
}

/// Encodes as base64, with a line feed after every `line` characters (a multiple of 4; 0: none) and at the end.
[[gnu::cold]] inline std::string encode_base64(byte_view bytes, std::size_t line = 0) {
  constexpr char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  const std::size_t length = (bytes.size() + 2) / 3 * 4;
  out.reserve(length + (line != 0 ? length / line + 1 : 0));
  std::size_t column = 0;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto at = [&](std::size_t k) { return i + k < bytes.size() ? std::to_integer<unsigned>(bytes[i + k]) : 0U; };
    const unsigned group = at(0) << 16 | at(1) << 8 | at(2);
    out += alphabet[group >> 18];
    out += alphabet[group >> 12 & 63U];
    out += i + 1 < bytes.size() ? alphabet[group >> 6 & 63U] : '=';
    out += i + 2 < bytes.size() ? alphabet[group & 63U] : '=';
    column += 4;
    if (line != 0 && column >= line) {
      out += '\n';
      column = 0;
    }
  }
  if (line != 0 && column != 0) out += '\n';
  return out;
}

}  // namespace plugtls::detail
