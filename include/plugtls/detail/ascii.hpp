// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string_view>

namespace plugtls::detail {

// The C functions of <cctype> depend on the locale; protocols do not.
constexpr char ascii_lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
constexpr bool is_ascii_digit(char c) noexcept { return c >= '0' && c <= '9'; }
constexpr bool is_ascii_alnum(char c) noexcept {
  const char lower = ascii_lower(c);
  return is_ascii_digit(c) || (lower >= 'a' && lower <= 'z');
}

constexpr bool equals_ignoring_case(std::string_view a, std::string_view b) noexcept {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (ascii_lower(a[i]) != ascii_lower(b[i])) return false;
  return true;
}

}  // namespace plugtls::detail
