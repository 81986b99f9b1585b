// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>
#include <string_view>

#include "plugtls/bytes.hpp"
#include "plugtls/detail/ascii.hpp"
#include "plugtls/detail/der.hpp"
#include "plugtls/detail/hex.hpp"
#include "plugtls/detail/oid.hpp"

namespace plugtls::detail {

/// An AttributeTypeAndValue: the contents of its type, and its value.
struct name_attribute {
  byte_view type;
  der::element value;
  bool first_of_rdn = false;
};

/// Walks over all attributes of a Name's contents (RDNSequence).
class name_reader {
 public:
  explicit name_reader(byte_view content) noexcept : rdns_(content) {}

  bool failed() const noexcept { return failed_; }

  /// Takes the next attribute; false at the end, and where the structure is broken (`failed()`).
  [[gnu::cold]] bool next(name_attribute& out) noexcept {
    if (failed_ || (rdn_.at_end() && rdns_.at_end())) return false;
    out.first_of_rdn = rdn_.at_end();
    byte_view content;
    if (out.first_of_rdn) {
      if (!rdns_.next(der::tag::set, content) || content.empty()) return fail();
      rdn_ = der::reader(content);
    }
    if (!rdn_.next(der::tag::sequence, content)) return fail();
    der::reader pair(content);
    if (!pair.next(der::tag::oid, out.type) || !der::is_oid(out.type) || !pair.next(out.value) || !pair.at_end())
      return fail();
    return true;
  }

 private:
  bool fail() noexcept {
    failed_ = true;
    return false;
  }

  der::reader rdns_;
  der::reader rdn_;
  bool failed_ = false;
};

/// Returns the short name of an attribute type (RFC 4514 §3 and RFC 4519), or its dotted form.
[[gnu::cold]] inline std::string attribute_name(byte_view type) {
  struct known {
    std::string_view oid, name;
  };
  static constexpr known names[] = {
      {"\x55\x04\x03", "CN"},
      {"\x55\x04\x04", "SN"},
      {"\x55\x04\x05", "serialNumber"},
      {"\x55\x04\x06", "C"},
      {"\x55\x04\x07", "L"},
      {"\x55\x04\x08", "ST"},
      {"\x55\x04\x09", "STREET"},
      {"\x55\x04\x0a", "O"},
      {"\x55\x04\x0b", "OU"},
      {"\x55\x04\x0c", "title"},
      {"\x55\x04\x0d", "description"},
      {"\x55\x04\x0f", "businessCategory"},
      {"\x55\x04\x11", "postalCode"},
      {"\x55\x04\x14", "telephoneNumber"},
      {"\x55\x04\x29", "name"},
      {"\x55\x04\x2a", "GN"},
      {"\x55\x04\x2b", "initials"},
      {"\x55\x04\x2c", "generationQualifier"},
      {"\x55\x04\x2e", "dnQualifier"},
      {"\x55\x04\x41", "pseudonym"},
      {"\x55\x04\x61", "organizationIdentifier"},
      {"\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x19", "DC"},
      {"\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x01", "UID"},
      {oid::email_address, "emailAddress"},
      {"\x2b\x06\x01\x04\x01\x82\x37\x3c\x02\x01\x01", "jurisdictionL"},
      {"\x2b\x06\x01\x04\x01\x82\x37\x3c\x02\x01\x02", "jurisdictionST"},
      {"\x2b\x06\x01\x04\x01\x82\x37\x3c\x02\x01\x03", "jurisdictionC"},
  };
  for (const known& k : names)
    if (oid::is(type, k.oid)) return std::string(k.name);
  std::string dotted = der::oid_text(type);
  return dotted.empty() ? "#" + to_hex(type) : dotted;
}

/// Appends a character as UTF-8; what is no character becomes U+FFFD.
[[gnu::cold]] inline void append_utf8(std::string& out, std::uint32_t c) {
  if (c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff)) c = 0xfffd;
  const auto put = [&out](std::uint32_t v) { out += static_cast<char>(static_cast<unsigned char>(v)); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xc0 | c >> 6);
    put(0x80 | (c & 0x3f));
  } else if (c < 0x10000) {
    put(0xe0 | c >> 12);
    put(0x80 | (c >> 6 & 0x3f));
    put(0x80 | (c & 0x3f));
  } else {
    put(0xf0 | c >> 18);
    put(0x80 | (c >> 12 & 0x3f));
    put(0x80 | (c >> 6 & 0x3f));
    put(0x80 | (c & 0x3f));
  }
}

/// Reads the first character of a text in UTF-8 and returns its length in bytes; 0 where it is not well-formed
/// (RFC 3629 §4).
inline std::size_t read_utf8(std::string_view text, std::uint32_t& c) noexcept {
  const auto byte_at = [&](std::size_t k) { return static_cast<std::uint32_t>(static_cast<unsigned char>(text[k])); };
  const std::uint32_t lead = byte_at(0);
  const std::size_t length = lead < 0x80 ? 1 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc2 ? 2 : 0;
  if (length == 0 || lead >= 0xf5 || text.size() < length) return 0;
  c = length == 1 ? lead : lead & (0x7fU >> length);
  for (std::size_t k = 1; k < length; ++k) {
    if ((byte_at(k) & 0xc0) != 0x80) return 0;
    c = c << 6 | (byte_at(k) & 0x3f);
  }
  const std::uint32_t least = length == 4 ? 0x10000 : length == 3 ? 0x800 : 0;
  return c >= least && c <= 0x10ffff && (c < 0xd800 || c > 0xdfff) ? length : 0;
}

inline bool is_text_tag(der::tag_type tag) noexcept {
  return tag == der::tag::utf8_string || tag == der::tag::printable_string || tag == der::tag::teletex_string ||
         tag == der::tag::ia5_string || tag == der::tag::visible_string || tag == der::tag::numeric_string ||
         tag == der::tag::bmp_string || tag == der::tag::universal_string;
}

/// Tells whether all characters are ASCII, which every string type of one byte per character but TeletexString is.
inline bool is_ascii(byte_view text) noexcept {
  for (const std::byte b : text)
    if (b >= std::byte{0x80}) return false;
  return true;
}

/// Tells whether a text is one of UCS-2 or UCS-4, of characters of that many bytes; halves of surrogate pairs are none.
[[gnu::cold]] inline bool is_ucs(byte_view text, std::size_t width) noexcept {
  if (text.size() % width != 0) return false;
  for (; !text.empty(); text = text.subspan(width)) {
    std::uint32_t c = 0;
    for (const std::byte b : text.first(width)) c = c << 8 | std::to_integer<std::uint32_t>(b);
    if (c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff)) return false;
  }
  return true;
}

/// Tells whether an attribute's value is of a type that stands in names (RFC 5280 appendix A.1, and BIT STRING for
/// unique identifiers), and holds characters of that type (X.680 §41). PrintableString may hold all of ASCII: `*`, `@`,
/// `_` and `&` stand in many certificates in use.
[[gnu::cold]] inline bool is_well_formed_text(const der::element& e) noexcept {
  switch (e.tag) {
    case der::tag::utf8_string: {
      std::uint32_t c = 0;
      for (std::string_view text = as_text(e.value); !text.empty();) {
        const std::size_t length = read_utf8(text, c);
        if (length == 0) return false;
        text.remove_prefix(length);
      }
      return true;
    }
    case der::tag::printable_string:
    case der::tag::ia5_string: return is_ascii(e.value);
    case der::tag::bmp_string: return is_ucs(e.value, 2);
    case der::tag::universal_string: return is_ucs(e.value, 4);
    case der::tag::teletex_string:
    case der::tag::bit_string: return true;
    default: return false;
  }
}

/// Returns the value of an attribute as UTF-8; a value that is no text is shown as `#` and the hexadecimal of its DER.
[[gnu::cold]] inline std::string attribute_text(const name_attribute& a) {
  const byte_view v = a.value.value;
  if (!is_text_tag(a.value.tag)) return "#" + to_hex(a.value.raw);
  if (a.value.tag == der::tag::utf8_string) return std::string(as_text(v));
  const std::size_t width = a.value.tag == der::tag::bmp_string ? 2 : a.value.tag == der::tag::universal_string ? 4 : 1;
  std::string out;
  // TeletexString is read as Latin-1, as all software does.
  for (std::size_t i = 0; i < v.size(); i += width) {
    std::uint32_t c = 0;
    for (std::size_t k = 0; k < width; ++k)
      c = c << 8 | (i + k < v.size() ? std::to_integer<std::uint32_t>(v[i + k]) : 0);
    append_utf8(out, i + width <= v.size() ? c : 0xfffd);
  }
  return out;
}

/// Escapes text for RFC 4514 §2.4.
[[gnu::cold]] inline std::string escape_rfc4514(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool outer_space = c == ' ' && (i == 0 || i + 1 == text.size());
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      out += '\\';
      const std::byte b = static_cast<std::byte>(c);
      append_hex(out, byte_view(&b, 1));
      continue;
    }
    if (outer_space || (c == '#' && i == 0) || std::string_view("\"+,;<>\\").find(c) != std::string_view::npos)
      out += '\\';
    out += c;
  }
  return out;
}

/// Returns the value of an attribute for RFC 4514; types without a short name carry their DER in hexadecimal.
[[gnu::cold]] inline std::string attribute_rfc4514(const name_attribute& a) {
  const bool has_name = !is_ascii_digit(attribute_name(a.type)[0]) && attribute_name(a.type)[0] != '#';
  return has_name && is_text_tag(a.value.tag) ? escape_rfc4514(attribute_text(a)) : "#" + to_hex(a.value.raw);
}

/// Gives the characters of a text one by one as name comparison sees them: lower case, white space outside dropped and
/// inside as one blank.
class folded_text {
 public:
  explicit folded_text(std::string_view text) noexcept : text_(text) { skip_blanks(); }

  /// Returns -1 at the end.
  [[gnu::cold]] int next() noexcept {
    if (at_ == text_.size()) return -1;
    if (text_[at_] != ' ') return static_cast<unsigned char>(ascii_lower(text_[at_++]));
    skip_blanks();
    return at_ == text_.size() ? -1 : ' ';
  }

 private:
  void skip_blanks() noexcept {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

[[gnu::cold]] inline bool values_match(const der::element& a, const der::element& b) noexcept {
  const auto folds = [](der::tag_type tag) {
    return tag == der::tag::printable_string || tag == der::tag::utf8_string || tag == der::tag::ia5_string;
  };
  if (!folds(a.tag) || !folds(b.tag)) return der::equal(a.raw, b.raw);
  folded_text left(as_text(a.value));
  folded_text right(as_text(b.value));
  for (;;) {
    const int l = left.next();
    if (l != right.next()) return false;
    if (l < 0) return true;
  }
}

/// Compares the contents of two Names attribute by attribute. Attributes of one RDN are compared in the order of their
/// DER, which sorts them.
[[gnu::cold]] inline bool names_match(byte_view a, byte_view b) noexcept {
  name_reader left(a);
  name_reader right(b);
  name_attribute l;
  name_attribute r;
  for (;;) {
    const bool more = left.next(l);
    if (more != right.next(r)) return false;
    if (!more) return !left.failed() && !right.failed();
    if (l.first_of_rdn != r.first_of_rdn || !der::equal(l.type, r.type) || !values_match(l.value, r.value))
      return false;
  }
}

}  // namespace plugtls::detail
