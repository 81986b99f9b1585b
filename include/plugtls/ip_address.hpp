// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "plugtls/bytes.hpp"
#include "plugtls/detail/ascii.hpp"
#include "plugtls/detail/hex.hpp"

namespace plugtls {

/// An IPv4 or IPv6 address: a value of 4 or 16 bytes in network order.
class ip_address {
 public:
  /// Reads a dotted quad (four decimal numbers, no leading zeros) or IPv6 text (RFC 4291 §2.2). Neither brackets nor a
  /// zone, a port or a prefix length are taken.
  static std::optional<ip_address> parse(std::string_view text) noexcept;

  /// Takes 4 or 16 bytes; any other number is no address.
  [[gnu::cold]] static std::optional<ip_address> from_bytes(byte_view bytes) noexcept {
    if (bytes.size() != 4 && bytes.size() != 16) return std::nullopt;
    ip_address out;
    out.size_ = bytes.size();
    for (std::size_t i = 0; i < bytes.size(); ++i) out.bytes_[i] = bytes[i];
    return out;
  }

  byte_view bytes() const noexcept { return {bytes_.data(), size_}; }
  bool is_v4() const noexcept { return size_ == 4; }
  bool is_v6() const noexcept { return size_ == 16; }

  /// Writes the one spelling of RFC 5952.
  std::string to_string() const;

  friend bool operator==(const ip_address& a, const ip_address& b) noexcept {
    return as_text(a.bytes()) == as_text(b.bytes());
  }

 private:
  ip_address() = default;
  static bool parse_v4(std::string_view text, std::byte* out) noexcept;
  static bool parse_v6(std::string_view text, std::byte* out) noexcept;

  std::array<std::byte, 16> bytes_{};
  std::size_t size_ = 0;
};

[[gnu::cold]] inline std::optional<ip_address> ip_address::parse(std::string_view text) noexcept {
  ip_address out;
  const bool v6 = text.find(':') != std::string_view::npos;
  out.size_ = v6 ? 16 : 4;
  if (!(v6 ? parse_v6(text, out.bytes_.data()) : parse_v4(text, out.bytes_.data()))) return std::nullopt;
  return out;
}

[[gnu::cold]] inline bool ip_address::parse_v4(std::string_view text, std::byte* out) noexcept {
  std::size_t at = 0;
  for (int part = 0; part < 4; ++part) {
    if (part != 0 && (at >= text.size() || text[at++] != '.')) return false;
    const std::size_t first = at;
    unsigned value = 0;
    for (; at < text.size() && at - first < 3 && detail::is_ascii_digit(text[at]); ++at)
      value = value * 10 + static_cast<unsigned>(text[at] - '0');
    // A leading zero means octal to some and decimal to others.
    if (at == first || value > 255 || (at - first > 1 && text[first] == '0')) return false;
    out[part] = static_cast<std::byte>(value);
  }
  return at == text.size();
}

[[gnu::cold]] inline bool ip_address::parse_v6(std::string_view text, std::byte* out) noexcept {
  std::array<std::byte, 16> bytes{};
  std::size_t count = 0;
  std::size_t gap = 17;  // where :: stands, 17 for nowhere
  std::size_t at = 0;
  if (text.starts_with("::")) {
    gap = 0;
    at = 2;
  }
  while (at < text.size()) {
    if (count == 16) return false;
    if (text.find(':', at) == std::string_view::npos && text.find('.', at) != std::string_view::npos) {
      if (count > 12 || !parse_v4(text.substr(at), bytes.data() + count)) return false;
      count += 4;
      at = text.size();
      break;
    }
    unsigned value = 0;
    const std::size_t first = at;
    for (; at < text.size() && at - first < 4; ++at) {
      const int digit = detail::hex_digit(text[at]);
      if (digit < 0) break;
      value = value << 4 | static_cast<unsigned>(digit);
    }
    if (at == first) return false;
    bytes[count++] = static_cast<std::byte>(value >> 8);
    bytes[count++] = static_cast<std::byte>(value & 0xff);
    if (at == text.size()) break;
    if (text[at++] != ':' || at == text.size()) return false;
    if (text[at] == ':') {
      if (gap != 17) return false;
      gap = count;
      ++at;
    }
  }
  if (gap == 17 ? count != 16 : count > 14) return false;
  if (gap == 17) gap = 16;
  for (std::size_t i = 0; i < 16; ++i) out[i] = std::byte{0};
  for (std::size_t i = 0; i < count; ++i) out[i < gap ? i : 16 - count + i] = bytes[i];
  return true;
}

[[gnu::cold]] inline std::string ip_address::to_string() const {
  std::string text;
  const auto put_v4 = [&](std::size_t first) {
    for (std::size_t i = first; i < first + 4; ++i) {
      if (i != first) text += '.';
      text += std::to_string(std::to_integer<unsigned>(bytes_[i]));
    }
  };
  if (is_v4()) {
    put_v4(0);
    return text;
  }
  unsigned groups[8] = {};
  for (std::size_t i = 0; i < 8; ++i)
    groups[i] = std::to_integer<unsigned>(bytes_[2 * i]) << 8 | std::to_integer<unsigned>(bytes_[2 * i + 1]);
  bool mapped = groups[5] == 0xffff;
  for (std::size_t i = 0; i < 5; ++i) mapped = mapped && groups[i] == 0;
  if (mapped) {  // RFC 5952 §5: the well-known prefix of IPv4-mapped addresses shows its last part as a dotted quad
    text = "::ffff:";
    put_v4(12);
    return text;
  }
  // RFC 5952 §4.2: the longest run of at least two zero groups is shortened, the first of equal ones.
  std::size_t best = 8;
  std::size_t best_length = 1;
  for (std::size_t i = 0; i < 8; ++i) {
    std::size_t length = 0;
    while (i + length < 8 && groups[i + length] == 0) ++length;
    if (length > best_length) {
      best = i;
      best_length = length;
    }
  }
  constexpr char digits[] = "0123456789abcdef";
  for (std::size_t i = 0; i < 8; ++i) {
    if (i == best) {
      text += "::";
      i += best_length - 1;
      continue;
    }
    if (!text.empty() && text.back() != ':') text += ':';
    bool started = false;
    for (unsigned shift = 16; shift != 0;) {
      shift -= 4;
      const unsigned digit = groups[i] >> shift & 15U;
      started = started || digit != 0 || shift == 0;
      if (started) text += digits[digit];
    }
  }
  return text;
}

}  // namespace plugtls
