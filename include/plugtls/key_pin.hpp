// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "plugtls/certificate.hpp"
#include "plugtls/detail/base64.hpp"
#include "plugtls/detail/hex.hpp"

namespace plugtls {

/// The SHA-256 of a public key (SubjectPublicKeyInfo, DER), by which settings pin it (RFC 7469 §2.4). A value. Converts
/// from text: 64 hexadecimal digits, or `sha256//` and base64. A text that is neither is kept, so that the context that
/// is to use it can say what is wrong.
class key_pin {
 public:
  key_pin(const sha256_digest& digest) noexcept : digest_(digest), is_valid_(true) {}
  key_pin(std::string_view text) { read(text); }
  key_pin(const std::string& text) : key_pin(std::string_view(text)) {}
  key_pin(const char* text) : key_pin(std::string_view(text)) {}
  /// Pins the key of a certificate.
  explicit key_pin(const certificate& holder) noexcept : key_pin(holder.spki_sha256()) {}

  /// Whether the text was a pin.
  bool is_valid() const noexcept { return is_valid_; }
  /// Returns the digest; all zero for a text that was none.
  const sha256_digest& digest() const noexcept { return digest_; }
  /// Returns the pin as `sha256//` and base64, or the text that was none.
  std::string text() const { return is_valid_ ? std::string(prefix) + detail::encode_base64(digest_) : text_; }

  friend bool operator==(const key_pin&, const key_pin&) = default;

 private:
  static constexpr std::string_view prefix = "sha256//";

  void read(std::string_view text) {
    byte_vector bytes;
    if (text.starts_with(prefix)) {
      const std::string_view digits = text.substr(prefix.size());
      if (digits.size() == 44 && !detail::decode_base64(digits, bytes)) bytes.clear();
    } else if (text.size() == 2 * digest_.size()) {
      for (std::size_t i = 0; i < text.size(); i += 2) {
        const int high = detail::hex_digit(text[i]), low = detail::hex_digit(text[i + 1]);
        if (high < 0 || low < 0) break;
        bytes.push_back(static_cast<std::byte>(high * 16 + low));
      }
    }
    is_valid_ = bytes.size() == digest_.size();
    if (!is_valid_) text_ = text;
    for (std::size_t i = 0; is_valid_ && i < bytes.size(); ++i) digest_[i] = bytes[i];
  }

  sha256_digest digest_{};
  std::string text_;
  bool is_valid_ = false;
};

namespace detail {

/// Tells whether one of the certificates has one of the keys (RFC 7469 §2.6).
inline bool holds_pinned_key(std::span<const certificate_view> path, std::span<const key_pin> pins) noexcept {
  for (const certificate_view& c : path) {
    const sha256_digest key = sha256(c.spki_der());
    for (const key_pin& pin : pins)
      if (pin.digest() == key) return true;
  }
  return false;
}

}  // namespace detail
}  // namespace plugtls
