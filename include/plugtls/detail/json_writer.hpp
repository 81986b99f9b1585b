// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace plugtls::detail {

/// Returns how many bytes the UTF-8 character at the start of a text has (RFC 3629 §4), 0 where there is none.
inline std::size_t utf8_length(std::string_view text) noexcept {
  const auto at = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const auto follows = [&](std::size_t i, unsigned low = 0x80, unsigned high = 0xbf) {
    return at(i) >= low && at(i) <= high;
  };
  const unsigned first = at(0);
  if (text.empty() || first < 0x80) return text.empty() ? 0 : 1;
  if (first >= 0xc2 && first <= 0xdf) return follows(1) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef)
    return follows(1, first == 0xe0 ? 0xa0 : 0x80, first == 0xed ? 0x9f : 0xbf) && follows(2) ? 3 : 0;
  if (first >= 0xf0 && first <= 0xf4)
    return follows(1, first == 0xf0 ? 0x90 : 0x80, first == 0xf4 ? 0x8f : 0xbf) && follows(2) && follows(3) ? 4 : 0;
  return 0;
}

/// Writes JSON (RFC 8259), value by value. Commas are its business, matching brackets the caller's.
class json_writer {
 public:
  json_writer& open(char bracket) {
    separate();
    text_ += bracket;
    is_first_ = true;
    return *this;
  }
  json_writer& close(char bracket) {
    text_ += bracket;
    is_first_ = false;
    return *this;
  }
  json_writer& key(std::string_view name) {
    string(name);
    text_ += ':';
    is_first_ = true;
    return *this;
  }
  /// Bytes that are not UTF-8 become U+FFFD.
  json_writer& string(std::string_view text) {
    constexpr char digits[] = "0123456789abcdef";
    separate();
    text_ += '"';
    while (!text.empty()) {
      const std::size_t size = utf8_length(text);
      const auto c = static_cast<unsigned char>(text.front());
      if (size == 0) {
        text_ += "\xef\xbf\xbd";
      } else if (c == '"' || c == '\\') {
        text_ += '\\';
        text_ += text.front();
      } else if (c < 0x20 || c == 0x7f) {
        text_ += "\\u00";
        text_ += digits[c >> 4];
        text_ += digits[c & 15];
      } else {
        text_ += text.substr(0, size);
      }
      text.remove_prefix(size == 0 ? 1 : size);
    }
    text_ += '"';
    return *this;
  }
  template <std::integral Number>
  json_writer& number(Number value) {
    separate();
    text_ += std::to_string(value);
    return *this;
  }
  json_writer& boolean(bool value) {
    separate();
    text_ += value ? "true" : "false";
    return *this;
  }
  json_writer& null() {
    separate();
    text_ += "null";
    return *this;
  }
  json_writer& string_or_null(std::string_view text) { return text.empty() ? null() : string(text); }

  std::string take() { return std::move(text_); }

 private:
  void separate() {
    if (!is_first_) text_ += ',';
    is_first_ = false;
  }

  std::string text_;
  bool is_first_ = true;
};

}  // namespace plugtls::detail
