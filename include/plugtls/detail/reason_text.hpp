// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "plugtls/detail/hex.hpp"
#include "plugtls/unix_time.hpp"

/// Small pieces of the sentences that tell what is wrong with a certificate.
namespace plugtls::detail {

/// Tells the length of a character in UTF-8 that is no good in a line of text: ASCII and C1 controls, line and
/// paragraph separators, what changes the direction of writing. 0: the character is good.
inline std::size_t unsafe_length(std::string_view text) noexcept {
  const auto at = [text](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  if (at(0) < 0x20 || at(0) == 0x7f) return 1;
  if (at(0) == 0xc2 && at(1) >= 0x80 && at(1) < 0xa0) return 2;
  if (at(0) != 0xe2) return 0;
  const bool separates = at(1) == 0x80 && ((at(2) >= 0xa8 && at(2) <= 0xae) || at(2) == 0x8e || at(2) == 0x8f);
  return separates || (at(1) == 0x81 && at(2) >= 0xa6 && at(2) <= 0xa9) ? 3 : 0;
}

/// Makes text of a peer's fit for a sentence: unsafe characters as `\xx`, and no more than `most` bytes of it.
[[gnu::cold]] inline std::string safe_text(std::string_view text, std::size_t most = 160) {
  std::string out;
  while (!text.empty()) {
    std::size_t size = unsafe_length(text);
    const bool is_unsafe = size != 0;
    if (!is_unsafe) {
      size = 1;
      while (size < text.size() && (static_cast<unsigned char>(text[size]) & 0xc0U) == 0x80) ++size;
    }
    if (out.size() + (is_unsafe ? 3 * size : size) > most) return out + "...";
    for (const char c : text.substr(0, size)) {
      const auto b = static_cast<std::byte>(c);
      if (is_unsafe) out += '\\';
      is_unsafe ? append_hex(out, byte_view(&b, 1)) : out.push_back(c);
    }
    text.remove_prefix(size);
  }
  return out;
}

inline std::string count_of(std::uint64_t n, const char* one) {
  return std::to_string(n) + " " + one + (n == 1 ? "" : "s");
}

inline std::string date_of(unix_time t) { return to_rfc3339(t).substr(0, 10); }

/// Writes a span of time in whole days.
inline std::string days_of(unix_time seconds) {
  return seconds < 86400 ? "less than a day" : count_of(static_cast<std::uint64_t>(seconds / 86400), "day");
}

}  // namespace plugtls::detail
