// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "plugtls/bytes.hpp"
#include "plugtls/detail/name_der.hpp"

namespace plugtls {

/// One attribute of a distinguished name: a short type name (`CN`, `O`, ...) or a dotted object identifier, and the
/// value as UTF-8.
struct name_component {
  std::string type;
  std::string value;
  friend bool operator==(const name_component&, const name_component&) = default;
};

/// A distinguished name (RFC 5280 §4.1.2.4): a view of its DER, valid as long as the certificate that holds it.
class distinguished_name {
 public:
  /// Makes the empty name.
  distinguished_name() = default;

  /// Checks the structure of a Name's DER and the characters of its texts; nothing for what is none.
  [[gnu::cold]] static std::optional<distinguished_name> parse(byte_view der) noexcept {
    detail::der::reader outer(der);
    detail::der::element name;
    if (!outer.next(detail::der::tag::sequence, name) || !outer.at_end()) return std::nullopt;
    detail::name_reader attributes(name.value);
    detail::name_attribute attribute;
    while (attributes.next(attribute))
      if (!detail::is_well_formed_text(attribute.value)) return std::nullopt;
    if (attributes.failed()) return std::nullopt;
    distinguished_name out;
    out.der_ = der;
    out.content_ = name.value;
    return out;
  }

  /// Returns the DER; empty for a default-constructed name.
  byte_view raw() const noexcept { return der_; }
  bool empty() const noexcept { return content_.empty(); }

  /// Lists the attributes in the order in which they are encoded.
  std::vector<name_component> components() const {
    std::vector<name_component> out;
    detail::name_reader attributes(content_);
    detail::name_attribute a;
    while (attributes.next(a)) out.push_back({detail::attribute_name(a.type), detail::attribute_text(a)});
    return out;
  }

  /// Returns the value of the first attribute of this type, for example `CN`; empty if there is none.
  std::string first(std::string_view type) const {
    detail::name_reader attributes(content_);
    detail::name_attribute a;
    while (attributes.next(a))
      if (detail::attribute_name(a.type) == type) return detail::attribute_text(a);
    return {};
  }

  /// Writes the name as RFC 4514 text: last attribute first, `CN=www.example.com,O=Example,C=GB`. Control characters
  /// are escaped too, so that the text is safe in a log.
  [[gnu::cold]] std::string oneline() const {
    std::string out;
    detail::name_reader attributes(content_);
    detail::name_attribute a;
    std::string rdn;
    const auto put_rdn = [&] {
      if (!out.empty() && !rdn.empty()) rdn += ',';
      out.insert(0, rdn);
      rdn.clear();
    };
    while (attributes.next(a)) {
      if (a.first_of_rdn) put_rdn();
      if (!rdn.empty()) rdn += '+';
      rdn += detail::attribute_name(a.type);
      rdn += '=';
      rdn += detail::attribute_rfc4514(a);
    }
    put_rdn();
    return out;
  }

  /// Compares as name chaining does (RFC 5280 §7.1): equal DER, or equal attributes, where texts compare without case
  /// (ASCII only) and with runs of white space as one.
  friend bool operator==(const distinguished_name& a, const distinguished_name& b) noexcept {
    return detail::der::equal(a.content_, b.content_) || detail::names_match(a.content_, b.content_);
  }

 private:
  byte_view der_;
  byte_view content_;
};

}  // namespace plugtls
