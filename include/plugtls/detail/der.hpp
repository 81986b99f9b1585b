// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "plugtls/bytes.hpp"
#include "plugtls/unix_time.hpp"

/// Reads DER (X.690 §10) without copying: definite, minimal lengths, single-byte tags. Every function returns false for
/// what is not DER and never reads outside the view it was given.
namespace plugtls::detail::der {

using tag_type = std::uint8_t;

namespace tag {
inline constexpr tag_type boolean = 0x01, integer = 0x02, bit_string = 0x03, octet_string = 0x04, null = 0x05,
                          oid = 0x06, enumerated = 0x0a, utf8_string = 0x0c, numeric_string = 0x12,
                          printable_string = 0x13, teletex_string = 0x14, ia5_string = 0x16, utc_time = 0x17,
                          generalized_time = 0x18, visible_string = 0x1a, universal_string = 0x1c, bmp_string = 0x1e,
                          sequence = 0x30, set = 0x31;
/// Implicitly tagged primitive [n], and constructed (or explicit) [n].
constexpr tag_type context(unsigned n) noexcept { return static_cast<tag_type>(0x80U | n); }
constexpr tag_type constructed(unsigned n) noexcept { return static_cast<tag_type>(0xa0U | n); }
}  // namespace tag

/// One tag-length-value: `value` are its contents, `raw` the whole of it.
struct element {
  tag_type tag = 0;
  byte_view value;
  byte_view raw;
};

inline bool equal(byte_view a, byte_view b) noexcept { return as_text(a) == as_text(b); }

/// Walks over the elements of a constructed value.
class reader {
 public:
  reader() = default;
  explicit reader(byte_view bytes) noexcept : rest_(bytes) {}

  bool at_end() const noexcept { return rest_.empty(); }
  byte_view rest() const noexcept { return rest_; }
  bool next_is(tag_type expected) const noexcept {
    return !rest_.empty() && std::to_integer<tag_type>(rest_[0]) == expected;
  }

  /// Takes the next element, whatever its tag.
  bool next(element& out) noexcept {
    if (rest_.size() < 2) return false;
    const auto tag = std::to_integer<tag_type>(rest_[0]);
    if ((tag & 0x1f) == 0x1f) return false;  // tag numbers above 30 occur nowhere in X.509
    std::size_t length = std::to_integer<std::size_t>(rest_[1]);
    std::size_t header = 2;
    if (length >= 0x80) {
      const std::size_t count = length & 0x7f;
      if (count == 0 || count > 4 || rest_.size() - 2 < count) return false;
      length = 0;
      for (std::size_t i = 0; i < count; ++i) length = length << 8 | std::to_integer<std::size_t>(rest_[2 + i]);
      if (length < 0x80 || (count > 1 && length >> (8 * (count - 1)) == 0)) return false;
      header += count;
    }
    if (rest_.size() - header < length) return false;
    out = {tag, rest_.subspan(header, length), rest_.first(header + length)};
    rest_ = rest_.subspan(header + length);
    return true;
  }

  /// Takes the next element if it has this tag.
  bool next(tag_type expected, element& out) noexcept { return next_is(expected) && next(out); }

  bool next(tag_type expected, byte_view& value) noexcept {
    element e;
    if (!next(expected, e)) return false;
    value = e.value;
    return true;
  }

 private:
  byte_view rest_;
};

/// Takes the one element that the bytes must consist of.
inline bool read_single(byte_view bytes, tag_type expected, byte_view& value) noexcept {
  reader r(bytes);
  return r.next(expected, value) && r.at_end();
}

inline bool read_boolean(byte_view value, bool& out) noexcept {
  if (value.size() != 1 || (value[0] != std::byte{0} && value[0] != std::byte{0xff})) return false;
  out = value[0] != std::byte{0};
  return true;
}

/// Tells whether the contents are an INTEGER in its shortest form.
inline bool is_integer(byte_view value) noexcept {
  if (value.empty()) return false;
  if (value.size() == 1) return true;
  const auto first = std::to_integer<unsigned>(value[0]);
  const bool second_negative = (std::to_integer<unsigned>(value[1]) & 0x80U) != 0;
  return !(first == 0 && !second_negative) && !(first == 0xff && second_negative);
}

inline bool is_negative(byte_view integer) noexcept { return (std::to_integer<unsigned>(integer[0]) & 0x80U) != 0; }

/// Gives the big-endian bytes of a non-negative INTEGER without its sign byte (zero is one byte 00).
inline bool read_unsigned(byte_view value, byte_view& magnitude) noexcept {
  if (!is_integer(value) || is_negative(value)) return false;
  magnitude = value.size() > 1 && value[0] == std::byte{0} ? value.subspan(1) : value;
  return true;
}

/// Reads a non-negative INTEGER; one that does not fit becomes the largest value.
[[gnu::cold]] inline bool read_unsigned(byte_view value, std::uint32_t& out) noexcept {
  byte_view magnitude;
  if (!read_unsigned(value, magnitude)) return false;
  out = UINT32_MAX;
  if (magnitude.size() > 4) return true;
  out = 0;
  for (const std::byte b : magnitude) out = out << 8 | std::to_integer<std::uint32_t>(b);
  return true;
}

/// Splits the contents of a BIT STRING; the unused bits must be zero.
inline bool read_bit_string(byte_view value, byte_view& bits, unsigned& unused) noexcept {
  if (value.empty()) return false;
  unused = std::to_integer<unsigned>(value[0]);
  bits = value.subspan(1);
  if (unused > 7 || (bits.empty() && unused != 0)) return false;
  return unused == 0 || (std::to_integer<unsigned>(bits.back()) & ((1U << unused) - 1)) == 0;
}

/// Reads a BIT STRING of whole bytes.
inline bool read_bit_string(byte_view value, byte_view& bits) noexcept {
  unsigned unused = 0;
  return read_bit_string(value, bits, unused) && unused == 0;
}

/// Tells whether the contents are an OBJECT IDENTIFIER: whole arcs, each in its shortest form.
inline bool is_oid(byte_view value) noexcept {
  bool arc_begins = true;
  for (const std::byte b : value) {
    const auto v = std::to_integer<unsigned>(b);
    if (arc_begins && v == 0x80) return false;
    arc_begins = (v & 0x80U) == 0;
  }
  return !value.empty() && arc_begins;
}

/// Writes an OBJECT IDENTIFIER in dotted form; empty for what is none, or has an arc above 2^63.
[[gnu::cold]] inline std::string oid_text(byte_view value) {
  if (!is_oid(value)) return {};
  std::string text;
  std::uint64_t arc = 0;
  for (const std::byte b : value) {
    const auto v = std::to_integer<unsigned>(b);
    if (arc >> 56 != 0) return {};
    arc = arc << 7 | (v & 0x7fU);
    if ((v & 0x80U) != 0) continue;
    if (text.empty()) {
      const std::uint64_t top = arc < 80 ? arc / 40 : 2;
      text = std::to_string(top);
      arc -= top * 40;
    }
    text += '.';
    text += std::to_string(arc);
    arc = 0;
  }
  return text;
}

/// Reads UTCTime or GeneralizedTime in the one form of RFC 5280 §4.1.2.5: whole seconds, ending in Z.
[[gnu::cold]] inline bool read_time(tag_type kind, byte_view value, unix_time& out) noexcept {
  const std::string_view text = as_text(value);
  const std::size_t year_digits = kind == tag::utc_time ? 2 : 4;
  if ((kind != tag::utc_time && kind != tag::generalized_time) || text.size() != year_digits + 11 || text.back() != 'Z')
    return false;
  civil_time t;
  t.year = read_digits(text, 0, year_digits);
  if (t.year < 0) return false;
  if (kind == tag::utc_time) t.year += t.year >= 50 ? 1900 : 2000;
  t.month = read_digits(text, year_digits, 2);
  t.day = read_digits(text, year_digits + 2, 2);
  t.hour = read_digits(text, year_digits + 4, 2);
  t.minute = read_digits(text, year_digits + 6, 2);
  t.second = read_digits(text, year_digits + 8, 2);
  if (!is_valid(t)) return false;
  out = to_unix_time(t);
  return true;
}

}  // namespace plugtls::detail::der
