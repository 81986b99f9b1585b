// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "plugtls/detail/der.hpp"
#include "plugtls/detail/oid.hpp"
#include "plugtls/general_names.hpp"

/// The syntax of extensions of RFC 5280 whose contents the core does not use, and which must be whole all the same: a
/// library may read them, and a certificate that only some can read would get different verdicts.
namespace plugtls::detail {

/// Calls `is_good` for the contents of each SEQUENCE in a SEQUENCE SIZE (1..MAX); false unless it holds for all.
template <class IsGood>
[[gnu::cold]] bool is_sequence_of_sequences(byte_view value, IsGood&& is_good) noexcept {
  byte_view content;
  if (!der::read_single(value, der::tag::sequence, content) || content.empty()) return false;
  der::reader in(content);
  while (!in.at_end()) {
    byte_view one;
    if (!in.next(der::tag::sequence, one) || !is_good(der::reader(one))) return false;
  }
  return true;
}

/// An address and a mask in the style of CIDR (§4.2.1.10), as name constraints hold them: the ones come first.
inline bool is_address_range(byte_view value) noexcept {
  if (value.size() != 8 && value.size() != 32) return false;
  bool ended = false;
  for (const std::byte b : value.subspan(value.size() / 2)) {
    const auto bits = std::to_integer<unsigned>(b);
    const unsigned zeros = ~bits & 0xffU;
    if ((zeros & (zeros + 1)) != 0 || (ended && bits != 0)) return false;
    ended = ended || zeros != 0;
  }
  return true;
}

[[gnu::cold]] inline bool next_oid(der::reader& in) noexcept {
  byte_view id;
  return in.next(der::tag::oid, id) && der::is_oid(id);
}

/// PolicyInformation (§4.2.1.4). Qualifiers are text for people.
[[gnu::cold]] inline bool is_policy(der::reader in) noexcept {
  byte_view qualifiers;
  return next_oid(in) && (in.at_end() || (in.next(der::tag::sequence, qualifiers) && in.at_end()));
}

/// A pair of policies (§4.2.1.5).
[[gnu::cold]] inline bool is_mapping(der::reader in) noexcept { return next_oid(in) && next_oid(in) && in.at_end(); }

/// AccessDescription (§4.2.2.1).
[[gnu::cold]] inline bool is_access_description(der::reader in) noexcept {
  der::element location;
  general_name name;
  return next_oid(in) && in.next(location) && general_names::read(location, name) && in.at_end();
}

/// DistributionPoint (§4.2.1.13): fields in order, each at most once.
[[gnu::cold]] inline bool is_distribution_point(der::reader in) noexcept {
  der::element field;
  general_names issuer;
  if (in.next(der::tag::constructed(0), field)) {
    der::reader point(field.value);
    der::element name;
    general_names full;
    if (!point.next(name) || !point.at_end()) return false;
    if (name.tag != der::tag::constructed(1) &&
        (name.tag != der::tag::constructed(0) || !general_names::parse(name.value, full)))
      return false;
  }
  if (in.next(der::tag::context(1), field)) {
    byte_view bits;
    unsigned unused = 0;
    if (!der::read_bit_string(field.value, bits, unused)) return false;
  }
  return (!in.next(der::tag::constructed(2), field) || general_names::parse(field.value, issuer)) && in.at_end();
}

/// Attribute (§4.2.1.8).
[[gnu::cold]] inline bool is_attribute(der::reader in) noexcept {
  byte_view values;
  return next_oid(in) && in.next(der::tag::set, values) && !values.empty() && in.at_end();
}

/// PolicyConstraints (§4.2.1.11), of which at least one field must be there.
[[gnu::cold]] inline bool is_policy_constraints(byte_view value) noexcept {
  byte_view content;
  std::uint32_t skip = 0;
  if (!der::read_single(value, der::tag::sequence, content) || content.empty()) return false;
  der::reader in(content);
  for (const unsigned field : {0U, 1U})
    if (in.next(der::tag::context(field), content) && !der::read_unsigned(content, skip)) return false;
  return in.at_end();
}

/// Tells whether an extension that is none of those that the core reads is what its object identifier says. True for
/// what is not known.
[[gnu::cold]] inline bool is_well_formed_extension(byte_view id, byte_view value) noexcept {
  byte_view content;
  std::uint32_t skip = 0;
  general_names names;
  if (oid::is(id, oid::certificate_policies)) return is_sequence_of_sequences(value, is_policy);
  if (oid::is(id, oid::policy_mappings)) return is_sequence_of_sequences(value, is_mapping);
  if (oid::is(id, oid::subject_directory_attributes)) return is_sequence_of_sequences(value, is_attribute);
  if (oid::is(id, oid::policy_constraints)) return is_policy_constraints(value);
  if (oid::is(id, oid::inhibit_any_policy))
    return der::read_single(value, der::tag::integer, content) && der::read_unsigned(content, skip);
  if (oid::is(id, oid::authority_info_access) || oid::is(id, oid::subject_info_access))
    return is_sequence_of_sequences(value, is_access_description);
  if (oid::is(id, oid::crl_distribution_points) || oid::is(id, oid::freshest_crl))
    return is_sequence_of_sequences(value, is_distribution_point);
  if (oid::is(id, oid::issuer_alt_name))
    return der::read_single(value, der::tag::sequence, content) && general_names::parse(content, names);
  return true;
}

}  // namespace plugtls::detail
