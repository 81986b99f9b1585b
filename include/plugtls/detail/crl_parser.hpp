// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "plugtls/crl_view.hpp"

namespace plugtls {
namespace detail {

/// Reads a ReasonFlags or another short BIT STRING: bit n of the result is its bit n.
inline bool read_flags(byte_view value, std::uint16_t& out) noexcept {
  byte_view bits;
  unsigned unused = 0;
  if (!der::read_bit_string(value, bits, unused)) return false;
  out = 0;
  for (std::size_t i = 0; i < 16 && i / 8 < bits.size(); ++i)
    if ((std::to_integer<unsigned>(bits[i / 8]) & (0x80U >> (i % 8))) != 0)
      out = static_cast<std::uint16_t>(out | 1U << i);
  return true;
}

/// What the extensions of an entry say (RFC 5280 §5.3).
struct crl_entry_extensions {
  crl_reason reason = crl_reason::unspecified;
  bool names_issuer = false;
  bool has_unknown_critical = false;
};

inline bool read_entry_extensions(byte_view content, crl_entry_extensions& out) noexcept {
  constexpr int most = 10;  // the standard knows four
  return !content.empty() && read_extensions(content, most, [&out](const extension_item& item) {
    byte_view value;
    if (oid::is(item.oid, oid::crl_reason)) {
      if (!der::read_single(item.value, der::tag::enumerated, value) || value.size() != 1) return false;
      const auto number = std::to_integer<std::uint8_t>(value[0]);
      out.reason = static_cast<crl_reason>(number);
      return number <= 10 && number != 7;
    }
    if (oid::is(item.oid, oid::invalidity_date)) {
      unix_time ignored = 0;
      return der::read_single(item.value, der::tag::generalized_time, value) &&
             der::read_time(der::tag::generalized_time, value, ignored);
    }
    if (oid::is(item.oid, oid::certificate_issuer))
      out.names_issuer = true;
    else if (item.critical)
      out.has_unknown_critical = true;
    return true;
  });
}

inline bool read_entry(der::reader& in, crl_entry& out, bool& has_extensions,
                       crl_entry_extensions& extensions) noexcept {
  byte_view content;
  byte_view list;
  der::element date;
  if (!in.next(der::tag::sequence, content)) return false;
  der::reader fields(content);
  // A negative number is against RFC 5280 §4.1.2.2 and matches nothing; it must not keep the other entries from use.
  if (!fields.next(der::tag::integer, out.serial) || !der::is_integer(out.serial) || !fields.next(date) ||
      !der::read_time(date.tag, date.value, out.revoked_at))
    return false;
  extensions = {};
  has_extensions = !fields.at_end();
  if (has_extensions && (!fields.next(der::tag::sequence, list) || !read_entry_extensions(list, extensions)))
    return false;
  out.reason = extensions.reason;
  return fields.at_end();
}

}  // namespace detail

inline std::optional<crl_view> crl_view::parse(byte_view der, errc& e) noexcept {
  crl_view view;
  e = view.read_crl(der) ? errc::success : errc::bad_der;
  if (e != errc::success) return std::nullopt;
  return view;
}

inline bool crl_view::read_crl(byte_view bytes) noexcept {
  byte_view content;
  detail::der::reader rest;
  der_ = bytes;
  return bytes.size() <= UINT32_MAX && read_signed(bytes, content, rest) && rest.at_end() && read_tbs(content);
}

inline bool crl_view::read_tbs(byte_view content) noexcept {
  namespace der = detail::der;
  der::reader in(content);
  if (in.next_is(der::tag::integer)) {
    byte_view number;
    if (!in.next(der::tag::integer, number) || number.size() != 1 || number[0] != std::byte{1}) return false;
    version_ = 2;
  }
  detail::algorithm_identifier inner;
  der::element issuer;
  der::element date;
  if (!detail::read_algorithm(in, inner) || !der::equal(inner.raw, algorithm_.raw) ||
      !in.next(der::tag::sequence, issuer) || !in.next(date) || !der::read_time(date.tag, date.value, this_update_))
    return false;
  const auto name = distinguished_name::parse(issuer.raw);
  if (!name || name->empty()) return false;
  issuer_ = *name;
  if (in.next_is(der::tag::utc_time) || in.next_is(der::tag::generalized_time)) {
    unix_time next = 0;
    if (!in.next(date) || !der::read_time(date.tag, date.value, next)) return false;
    next_update_ = next;
  }
  if (in.next_is(der::tag::sequence) && (!in.next(der::tag::sequence, entries_) || !read_entries())) return false;
  if (in.next_is(der::tag::constructed(0))) {
    constexpr int most = 100;
    byte_view wrapped;
    byte_view list;
    if (version_ != 2 || !in.next(der::tag::constructed(0), wrapped) ||
        !der::read_single(wrapped, der::tag::sequence, list) || list.empty() ||
        !detail::read_extensions(list, most,
                                 [this](const detail::extension_item& item) { return read_extension(item); }))
      return false;
  }
  return in.at_end();
}

inline bool crl_view::read_entries() noexcept {
  detail::der::reader in(entries_);
  while (!in.at_end()) {
    crl_entry entry;
    detail::crl_entry_extensions extensions;
    bool has_extensions = false;
    if (!detail::read_entry(in, entry, has_extensions, extensions) || (has_extensions && version_ != 2)) return false;
    is_delta_ = is_delta_ || extensions.reason == crl_reason::remove_from_crl;
    is_indirect_ = is_indirect_ || extensions.names_issuer;
    has_unknown_critical_ = has_unknown_critical_ || extensions.has_unknown_critical;
  }
  return true;
}

inline bool crl_view::read_entry(detail::der::reader& in, crl_entry& out) noexcept {
  detail::crl_entry_extensions extensions;
  bool has_extensions = false;
  return detail::read_entry(in, out, has_extensions, extensions);
}

inline bool crl_view::read_extension(const detail::extension_item& item) noexcept {
  namespace der = detail::der;
  namespace oid = detail::oid;
  if (oid::is(item.oid, oid::authority_key_identifier)) {
    general_names issuer;
    byte_view serial;
    return detail::read_authority_key_id(item.value, authority_key_id_, issuer, serial);
  }
  if (oid::is(item.oid, oid::crl_number))
    return der::read_single(item.value, der::tag::integer, number_) && der::is_integer(number_) &&
           !der::is_negative(number_);
  if (oid::is(item.oid, oid::issuing_distribution_point)) return read_distribution_point(item.value);
  if (oid::is(item.oid, oid::delta_crl_indicator))
    is_delta_ = true;
  else if (item.critical)
    has_unknown_critical_ = true;
  return true;
}

inline bool crl_view::read_distribution_point(byte_view value) noexcept {
  namespace der = detail::der;
  byte_view content;
  byte_view field;
  if (!der::read_single(value, der::tag::sequence, content)) return false;
  der::reader in(content);
  if (in.next_is(der::tag::constructed(0))) {
    der::element choice;
    if (!in.next(der::tag::constructed(0), field)) return false;
    der::reader inner(field);
    general_names names;
    if (!inner.next(choice) || !inner.at_end()) return false;
    if (choice.tag == der::tag::constructed(0) ? !general_names::parse(choice.value, names)
                                               : choice.tag != der::tag::constructed(1))
      return false;
    scope_.distribution_point = choice.raw;
  }
  const auto read_flag = [&in, &field](unsigned number, bool& out) {
    return !in.next_is(der::tag::context(number)) ||
           (in.next(der::tag::context(number), field) && der::read_boolean(field, out));
  };
  if (!read_flag(1, scope_.only_user_certificates) || !read_flag(2, scope_.only_ca_certificates)) return false;
  if (in.next_is(der::tag::context(3)) &&
      (!in.next(der::tag::context(3), field) || !detail::read_flags(field, scope_.reasons)))
    return false;
  scope_.reasons &= crl_scope::all_reasons;
  bool is_indirect = false;
  if (!read_flag(4, is_indirect) || !read_flag(5, scope_.only_attribute_certificates)) return false;
  is_indirect_ = is_indirect_ || is_indirect;
  return in.at_end();
}

}  // namespace plugtls
