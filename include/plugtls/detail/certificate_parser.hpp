// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "plugtls/certificate_view.hpp"
#include "plugtls/detail/extension_syntax.hpp"

namespace plugtls {

[[gnu::cold]] inline std::optional<certificate_view> certificate_view::parse(byte_view der, errc& e) noexcept {
  certificate_view view;
  e = view.read_certificate(der) ? errc::success : errc::malformed_certificate;
  if (e != errc::success) return std::nullopt;
  return view;
}

inline bool certificate_view::read_certificate(byte_view bytes) noexcept {
  byte_view content;
  detail::der::reader rest;
  der_ = bytes;
  return read_signed(bytes, content, rest) && rest.at_end() &&
         detail::is_well_formed_signature(algorithm_, signature_) && read_tbs(content);
}

[[gnu::cold]] inline bool certificate_view::read_tbs(byte_view content) noexcept {
  namespace der = detail::der;
  der::reader in(content);
  if (in.next_is(der::tag::constructed(0))) {
    byte_view wrapped;
    byte_view value;
    std::uint32_t number = 0;
    // Version 1 is the default, which DER does not write.
    if (!in.next(der::tag::constructed(0), wrapped) || !der::read_single(wrapped, der::tag::integer, value) ||
        !der::read_unsigned(value, number) || number < 1 || number > 2)
      return false;
    version_ = static_cast<int>(number) + 1;
  }
  detail::algorithm_identifier inner;
  byte_view validity;
  der::element issuer;
  der::element subject;
  der::element key;
  if (!in.next(der::tag::integer, serial_) || !der::is_integer(serial_) || der::is_negative(serial_) ||
      !detail::read_algorithm(in, inner) || !der::equal(inner.raw, algorithm_.raw) ||
      !detail::has_proper_parameters(algorithm_) || !in.next(der::tag::sequence, issuer) ||
      !in.next(der::tag::sequence, validity) || !read_validity(validity) || !in.next(der::tag::sequence, subject) ||
      !in.next(der::tag::sequence, key) || !public_key_view::parse(key.raw, key_))
    return false;
  const auto issuer_name = distinguished_name::parse(issuer.raw);
  const auto subject_name = distinguished_name::parse(subject.raw);
  if (!issuer_name || !subject_name) return false;
  issuer_ = *issuer_name;
  subject_ = *subject_name;

  for (const unsigned unique_id : {1U, 2U}) {
    byte_view bits;
    unsigned unused = 0;
    if (!in.next_is(der::tag::context(unique_id))) continue;
    if (version_ < 2 || !in.next(der::tag::context(unique_id), bits) || !der::read_bit_string(bits, bits, unused))
      return false;
    has_unique_ids_ = true;
  }
  if (in.next_is(der::tag::constructed(3))) {
    byte_view wrapped;
    if (version_ != 3 || !in.next(der::tag::constructed(3), wrapped) ||
        !der::read_single(wrapped, der::tag::sequence, extensions_) || extensions_.empty() ||
        !read_extensions(extensions_))
      return false;
  }
  return in.at_end();
}

[[gnu::cold]] inline bool certificate_view::read_validity(byte_view content) noexcept {
  namespace der = detail::der;
  der::reader in(content);
  der::element begin;
  der::element end;
  return in.next(begin) && in.next(end) && in.at_end() && der::read_time(begin.tag, begin.value, not_before_) &&
         der::read_time(end.tag, end.value, not_after_);
}

inline bool certificate_view::read_extensions(byte_view content) noexcept {
  constexpr int most = 100;  // real certificates have about ten
  return detail::read_extensions(content, most, [this](const detail::extension_item& item) {
    bool known = false;
    if (!read_known_extension(item, known)) return false;
    if (item.critical && !known && unknown_critical_.empty()) unknown_critical_ = item.oid;
    return true;
  });
}

[[gnu::cold]] inline bool certificate_view::read_known_extension(const detail::extension_item& item,
                                                                 bool& known) noexcept {
  namespace der = detail::der;
  namespace oid = detail::oid;
  known = true;
  byte_view content;
  if (oid::is(item.oid, oid::basic_constraints)) return read_basic_constraints(item.value);
  if (oid::is(item.oid, oid::key_usage)) return read_key_usage(item.value);
  if (oid::is(item.oid, oid::ext_key_usage)) return read_extended_key_usage(item.value);
  if (oid::is(item.oid, oid::subject_alt_name))
    return der::read_single(item.value, der::tag::sequence, content) &&
           general_names::parse(content, subject_alt_names_);
  if (oid::is(item.oid, oid::subject_key_identifier))
    return der::read_single(item.value, der::tag::octet_string, subject_key_id_);
  if (oid::is(item.oid, oid::authority_key_identifier))
    return detail::read_authority_key_id(item.value, authority_key_id_, authority_cert_issuer_, authority_cert_serial_);
  if (oid::is(item.oid, oid::name_constraints)) return read_name_constraints(item.value);
  // Understood without being looked at: nobody asks for a policy, so these cannot make a path invalid (RFC 5280
  // §6.1.1). policyConstraints can, and is therefore refused where it is critical. Distribution points only tell where
  // CRLs are.
  known = oid::is(item.oid, oid::certificate_policies) || oid::is(item.oid, oid::policy_mappings) ||
          oid::is(item.oid, oid::inhibit_any_policy) || oid::is(item.oid, oid::crl_distribution_points);
  return detail::is_well_formed_extension(item.oid, item.value);
}

[[gnu::cold]] inline bool certificate_view::read_basic_constraints(byte_view value) noexcept {
  namespace der = detail::der;
  byte_view content;
  if (!der::read_single(value, der::tag::sequence, content)) return false;
  der::reader in(content);
  byte_view field;
  if (in.next_is(der::tag::boolean) && (!in.next(der::tag::boolean, field) || !der::read_boolean(field, is_ca_)))
    return false;
  if (!in.at_end()) {
    std::uint32_t length = 0;
    if (!in.next(der::tag::integer, field) || !der::read_unsigned(field, length)) return false;
    path_length_ = length;
  }
  has_basic_constraints_ = true;
  return in.at_end();
}

inline bool certificate_view::read_key_usage(byte_view value) noexcept {
  namespace der = detail::der;
  byte_view content;
  byte_view bits;
  unsigned unused = 0;
  if (!der::read_single(value, der::tag::bit_string, content) || !der::read_bit_string(content, bits, unused))
    return false;
  std::uint16_t mask = 0;
  for (std::size_t i = 0; i < 9 && i / 8 < bits.size(); ++i)
    if ((std::to_integer<unsigned>(bits[i / 8]) & (0x80U >> (i % 8))) != 0)
      mask = static_cast<std::uint16_t>(mask | 1U << i);
  key_usage_ = mask;
  return true;
}

inline bool certificate_view::read_extended_key_usage(byte_view value) noexcept {
  namespace der = detail::der;
  if (!der::read_single(value, der::tag::sequence, extended_key_usage_) || extended_key_usage_.empty()) return false;
  der::reader in(extended_key_usage_);
  while (!in.at_end()) {
    byte_view id;
    if (!in.next(der::tag::oid, id) || !der::is_oid(id)) return false;
  }
  return true;
}

[[gnu::cold]] inline bool certificate_view::read_name_constraints(byte_view value) noexcept {
  namespace der = detail::der;
  if (!der::read_single(value, der::tag::sequence, name_constraints_)) return false;
  der::reader in(name_constraints_);
  if (in.at_end()) return false;
  for (const unsigned list : {0U, 1U}) {
    if (!in.next_is(der::tag::constructed(list))) continue;
    byte_view subtrees;
    if (!in.next(der::tag::constructed(list), subtrees) || subtrees.empty()) return false;
    der::reader trees(subtrees);
    while (!trees.at_end()) {
      byte_view subtree;
      der::element base;
      general_name name;
      if (!trees.next(der::tag::sequence, subtree)) return false;
      der::reader fields(subtree);
      if (!fields.next(base) || !general_names::read(base, name)) return false;
      if (name.form == name_form::ip && !detail::is_address_range(name.value)) return false;
      // RFC 5280 §4.2.1.10: minimum is 0, which DER does not write, and maximum is absent.
      if (!fields.at_end()) return false;
    }
  }
  return in.at_end();
}

[[gnu::cold]] inline bool certificate_view::allows_extended(std::string_view purpose_oid) const noexcept {
  if (extended_key_usage_.empty()) return true;
  detail::der::reader in(extended_key_usage_);
  byte_view id;
  while (in.next(detail::der::tag::oid, id))
    if (detail::oid::is(id, purpose_oid) || detail::oid::is(id, detail::oid::any_extended_key_usage)) return true;
  return false;
}

[[gnu::cold]] inline std::optional<byte_view> certificate_view::extension(std::string_view oid) const noexcept {
  detail::der::reader in(extensions_);
  detail::extension_item item;
  while (!in.at_end() && detail::next_extension(in, item))
    if (detail::oid::is(item.oid, oid)) return item.value;
  return std::nullopt;
}

[[gnu::cold]] inline bool certificate_view::has_critical_extension(std::string_view oid) const noexcept {
  detail::der::reader in(extensions_);
  detail::extension_item item;
  while (!in.at_end() && detail::next_extension(in, item))
    if (detail::oid::is(item.oid, oid)) return item.critical;
  return false;
}

}  // namespace plugtls
