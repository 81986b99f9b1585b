// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>
#include <string_view>

#include "plugtls/bytes.hpp"
#include "plugtls/detail/der.hpp"
#include "plugtls/detail/name_der.hpp"
#include "plugtls/distinguished_name.hpp"
#include "plugtls/ip_address.hpp"

namespace plugtls {

/// The forms of a GeneralName (RFC 5280 §4.2.1.6), numbered by their tags.
enum class name_form {
  other = 0,
  email = 1,
  dns = 2,
  x400 = 3,
  directory = 4,
  edi = 5,
  uri = 6,
  ip = 7,
  registered_id = 8
};

/// One GeneralName in place. `value` are the contents: text, the bytes of an address, the DER of a directory name.
struct general_name {
  name_form form = name_form::other;
  byte_view value;
};

/// A sequence of GeneralNames in place, for use in a range-based `for`. Valid as long as its bytes.
class general_names {
 public:
  class iterator {
   public:
    iterator() = default;
    explicit iterator(byte_view content) noexcept : reader_(content) { ++*this; }
    const general_name& operator*() const noexcept { return name_; }
    const general_name* operator->() const noexcept { return &name_; }
    iterator& operator++() noexcept {
      detail::der::element e;
      done_ = !reader_.next(e) || !read(e, name_);
      return *this;
    }
    bool done() const noexcept { return done_; }

   private:
    detail::der::reader reader_;
    general_name name_;
    bool done_ = true;
  };
  struct sentinel {
    friend bool operator==(const iterator& i, sentinel) noexcept { return i.done(); }
  };

  general_names() = default;

  /// Reads the contents of a GeneralNames; false unless every one is well-formed and there is at least one.
  [[gnu::cold]] static bool parse(byte_view content, general_names& out) noexcept {
    detail::der::reader in(content);
    if (in.at_end()) return false;
    while (!in.at_end()) {
      detail::der::element e;
      general_name name;
      if (!in.next(e) || !read(e, name)) return false;
      if (name.form == name_form::ip && name.value.size() != 4 && name.value.size() != 16) return false;
    }
    out.content_ = content;
    return true;
  }

  /// Reads one GeneralName. An address may have any length here: in name constraints it comes with a mask.
  [[gnu::cold]] static bool read(const detail::der::element& e, general_name& out) noexcept {
    namespace der = detail::der;
    const unsigned number = e.tag & 0x1fU;
    if ((e.tag & 0xc0U) != 0x80 || number > 8) return false;
    const bool constructed = (e.tag & 0x20U) != 0;
    out = {static_cast<name_form>(number), e.value};
    if (constructed != (number == 0 || number == 3 || number == 4 || number == 5)) return false;
    switch (out.form) {
      case name_form::directory: return distinguished_name::parse(e.value).has_value();
      case name_form::registered_id: return der::is_oid(e.value);
      case name_form::email:
      case name_form::dns:
      case name_form::uri: return detail::is_ascii(e.value);  // IA5String
      case name_form::other: return is_other_name(e.value);
      case name_form::edi: return is_edi_party_name(e.value);
      case name_form::ip:
      case name_form::x400: break;
    }
    return true;
  }

  [[gnu::cold]] iterator begin() const noexcept { return content_.empty() ? iterator() : iterator(content_); }
  sentinel end() const noexcept { return {}; }
  bool empty() const noexcept { return content_.empty(); }

 private:
  static bool is_other_name(byte_view content) noexcept {
    namespace der = detail::der;
    der::reader in(content);
    byte_view type;
    byte_view value;
    return in.next(der::tag::oid, type) && der::is_oid(type) && in.next(der::tag::constructed(0), value) && in.at_end();
  }

  /// EDIPartyName: who assigned the name, perhaps, and the name. Each is a DirectoryString, a CHOICE, whose tag is
  /// therefore explicit (X.680 §31.2.7).
  static bool is_edi_party_name(byte_view content) noexcept {
    namespace der = detail::der;
    der::reader in(content);
    byte_view part;
    if (in.next_is(der::tag::constructed(0)) &&
        (!in.next(der::tag::constructed(0), part) || !is_directory_string(part)))
      return false;
    return in.next(der::tag::constructed(1), part) && is_directory_string(part) && in.at_end();
  }
  static bool is_directory_string(byte_view content) noexcept {
    namespace der = detail::der;
    der::reader in(content);
    der::element text;
    return in.next(text) && in.at_end() && text.tag != der::tag::ia5_string && text.tag != der::tag::bit_string &&
           !text.value.empty() && detail::is_well_formed_text(text);
  }

  byte_view content_;
};

/// Writes a general name with its kind in front: `DNS:a.example`, `IP:::1`, `email:`, `URI:`, `dirName:`, `RID:`. Bytes
/// that are not printable ASCII become `\xx`, so that no name can look like another.
[[gnu::cold]] inline std::string to_string(const general_name& name) {
  const auto text = [&name] {
    std::string out;
    for (const char c : as_text(name.value)) {
      if (c >= ' ' && c <= '~' && c != '\\') {
        out += c;
        continue;
      }
      const auto b = static_cast<std::byte>(c);
      out += '\\';
      detail::append_hex(out, byte_view(&b, 1));
    }
    return out;
  };
  switch (name.form) {
    case name_form::email: return "email:" + text();
    case name_form::dns: return "DNS:" + text();
    case name_form::uri: return "URI:" + text();
    case name_form::ip: {
      const auto address = ip_address::from_bytes(name.value);
      return "IP:" + (address ? address->to_string() : detail::to_hex(name.value));
    }
    case name_form::directory: {
      const auto directory = distinguished_name::parse(name.value);
      return "dirName:" + (directory ? directory->oneline() : std::string());
    }
    case name_form::registered_id: return "RID:" + detail::der::oid_text(name.value);
    case name_form::other:
    case name_form::x400:
    case name_form::edi: break;
  }
  return "other:" + detail::to_hex(name.value);
}

}  // namespace plugtls
