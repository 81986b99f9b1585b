// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <string_view>

#include "plugtls/unix_time.hpp"

namespace plugtls {

/// Reads RFC 3339 text: offsets are allowed, fractions of a second are dropped, a leap second is the second after it.
/// Returns false, and leaves `out` alone, for anything else.
constexpr bool from_rfc3339(std::string_view text, unix_time& out) noexcept {
  const auto is_at = [text](std::size_t i, char c) { return i < text.size() && text[i] == c; };
  civil_time t;
  t.year = detail::read_digits(text, 0, 4);
  t.month = detail::read_digits(text, 5, 2);
  t.day = detail::read_digits(text, 8, 2);
  t.hour = detail::read_digits(text, 11, 2);
  t.minute = detail::read_digits(text, 14, 2);
  t.second = detail::read_digits(text, 17, 2);
  if (!is_at(4, '-') || !is_at(7, '-') || !(is_at(10, 'T') || is_at(10, 't') || is_at(10, ' ')) || !is_at(13, ':') ||
      !is_at(16, ':'))
    return false;
  const int leap_second = t.second == 60 && t.minute == 59 ? 1 : 0;
  t.second -= leap_second;
  if (!is_valid(t)) return false;

  std::size_t at = 19;
  if (is_at(at, '.')) {
    const std::size_t first = ++at;
    while (detail::read_digits(text, at, 1) >= 0) ++at;
    if (at == first) return false;
  }
  int offset = 0;
  if (is_at(at, 'Z') || is_at(at, 'z')) {
    ++at;
  } else if (is_at(at, '+') || is_at(at, '-')) {
    const int hours = detail::read_digits(text, at + 1, 2);
    const int minutes = detail::read_digits(text, at + 4, 2);
    if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59 || !is_at(at + 3, ':')) return false;
    offset = (hours * 60 + minutes) * (text[at] == '-' ? -60 : 60);
    at += 6;
  } else {
    return false;
  }
  if (at != text.size()) return false;
  out = to_unix_time(t) + leap_second - offset;
  return true;
}

}  // namespace plugtls
