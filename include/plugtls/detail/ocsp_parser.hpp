// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "plugtls/ocsp_view.hpp"

namespace plugtls {
namespace detail {

/// Reads a date in an explicit tag, or without one: always GeneralizedTime (RFC 6960 §4.2.2.1).
inline bool read_ocsp_time(der::reader& in, unix_time& out) noexcept {
  byte_view date;
  return in.next(der::tag::generalized_time, date) && der::read_time(der::tag::generalized_time, date, out);
}

/// Reads extensions in the explicit tag [1], if they are there. This library needs none of those that there are; a
/// critical one may change what the response means.
inline bool read_ocsp_extensions(der::reader& in, bool& has_critical) noexcept {
  constexpr int most = 20;  // the standard knows eight
  byte_view wrapped;
  byte_view list;
  if (!in.next_is(der::tag::constructed(1))) return true;
  return in.next(der::tag::constructed(1), wrapped) && der::read_single(wrapped, der::tag::sequence, list) &&
         read_extensions(list, most, [&has_critical](const extension_item& item) {
           has_critical = has_critical || item.critical;
           return true;
         });
}

inline bool read_ocsp_certificate_id(byte_view content, ocsp_entry& out) noexcept {
  der::reader in(content);
  return read_algorithm(in, out.hash) && in.next(der::tag::octet_string, out.issuer_name_hash) &&
         in.next(der::tag::octet_string, out.issuer_key_hash) && in.next(der::tag::integer, out.serial) &&
         der::is_integer(out.serial) && in.at_end();
}

inline bool read_revoked_info(byte_view content, ocsp_entry& out) noexcept {
  der::reader in(content);
  if (!read_ocsp_time(in, out.revoked_at)) return false;
  byte_view wrapped;
  byte_view value;
  if (in.next_is(der::tag::constructed(0))) {
    if (!in.next(der::tag::constructed(0), wrapped) || !der::read_single(wrapped, der::tag::enumerated, value) ||
        value.size() != 1)
      return false;
    const auto number = std::to_integer<std::uint8_t>(value[0]);
    out.reason = static_cast<crl_reason>(number);
    if (number > 10 || number == 7) return false;
  }
  return in.at_end();
}

inline bool read_certificate_status(der::reader& in, ocsp_entry& out) noexcept {
  der::element choice;
  if (!in.next(choice)) return false;
  switch (choice.tag) {
    case der::tag::context(0): out.status = ocsp_certificate_status::good; return choice.value.empty();
    case der::tag::constructed(1):
      out.status = ocsp_certificate_status::revoked;
      return read_revoked_info(choice.value, out);
    case der::tag::context(2): out.status = ocsp_certificate_status::unknown; return choice.value.empty();
    default: return false;
  }
}

}  // namespace detail

inline std::optional<ocsp_view> ocsp_view::parse(byte_view der, errc& e) noexcept {
  ocsp_view view;
  e = view.read_response(der) ? errc::success : errc::bad_der;
  if (e != errc::success) return std::nullopt;
  return view;
}

inline bool ocsp_view::read_response(byte_view bytes) noexcept {
  namespace der = detail::der;
  byte_view content;
  byte_view status;
  if (!der::read_single(bytes, der::tag::sequence, content)) return false;
  der_ = bytes;
  der::reader in(content);
  if (!in.next(der::tag::enumerated, status) || status.size() != 1) return false;
  const auto number = std::to_integer<std::uint8_t>(status[0]);
  if (number > 6 || number == 4) return false;
  status_ = static_cast<ocsp_response_status>(number);
  if (status_ != ocsp_response_status::successful) return in.at_end();

  byte_view wrapped;
  byte_view type;
  byte_view response;
  if (!in.next(der::tag::constructed(0), wrapped) || !in.at_end() ||
      !der::read_single(wrapped, der::tag::sequence, content))
    return false;
  der::reader fields(content);
  return fields.next(der::tag::oid, type) && detail::oid::is(type, detail::oid::ocsp_basic) &&
         fields.next(der::tag::octet_string, response) && fields.at_end() && read_basic(response);
}

inline bool ocsp_view::read_basic(byte_view bytes) noexcept {
  namespace der = detail::der;
  byte_view content;
  byte_view wrapped;
  der::reader in;
  if (!read_signed(bytes, content, in)) return false;
  if (in.next_is(der::tag::constructed(0)) &&
      (!in.next(der::tag::constructed(0), wrapped) || !der::read_single(wrapped, der::tag::sequence, certificates_)))
    return false;
  der::reader list(certificates_);
  while (!list.at_end())
    if (!list.next(der::tag::sequence, wrapped)) return false;
  return in.at_end() && read_tbs(content);
}

inline bool ocsp_view::read_tbs(byte_view content) noexcept {
  namespace der = detail::der;
  byte_view wrapped;
  byte_view value;
  der::reader in(content);
  // Version 1 is the default and should not be written; responders that write it do no harm.
  if (in.next_is(der::tag::constructed(0)) &&
      (!in.next(der::tag::constructed(0), wrapped) || !der::read_single(wrapped, der::tag::integer, value) ||
       value.size() != 1 || value[0] != std::byte{0}))
    return false;
  if (in.next_is(der::tag::constructed(1))) {
    if (!in.next(der::tag::constructed(1), wrapped)) return false;
    responder_name_ = distinguished_name::parse(wrapped);
    if (!responder_name_ || responder_name_->empty()) return false;
  } else if (!in.next(der::tag::constructed(2), wrapped) ||
             !der::read_single(wrapped, der::tag::octet_string, responder_key_hash_) ||
             responder_key_hash_.size() != 20) {
    return false;
  }
  if (!detail::read_ocsp_time(in, produced_at_) || !in.next(der::tag::sequence, entries_) || entries_.empty())
    return false;
  der::reader list(entries_);
  ocsp_entry entry;
  while (!list.at_end())
    if (!read_entry(list, entry)) return false;
  return detail::read_ocsp_extensions(in, has_unknown_critical_) && in.at_end();
}

inline bool ocsp_view::read_entry(detail::der::reader& in, ocsp_entry& out) noexcept {
  namespace der = detail::der;
  byte_view content;
  byte_view id;
  byte_view wrapped;
  out = {};
  if (!in.next(der::tag::sequence, content)) return false;
  der::reader fields(content);
  if (!fields.next(der::tag::sequence, id) || !detail::read_ocsp_certificate_id(id, out) ||
      !detail::read_certificate_status(fields, out) || !detail::read_ocsp_time(fields, out.this_update))
    return false;
  if (fields.next_is(der::tag::constructed(0))) {
    unix_time next = 0;
    if (!fields.next(der::tag::constructed(0), wrapped)) return false;
    der::reader inner(wrapped);
    if (!detail::read_ocsp_time(inner, next) || !inner.at_end()) return false;
    out.next_update = next;
  }
  return detail::read_ocsp_extensions(fields, out.has_unknown_critical_extension) && fields.at_end();
}

}  // namespace plugtls
