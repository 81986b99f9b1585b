// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "plugtls/certificate_view.hpp"
#include "plugtls/general_names.hpp"

namespace plugtls::detail {

inline bool same_name(const general_name& a, const general_name& b) noexcept {
  if (a.form != b.form) return false;
  if (a.form != name_form::directory) return der::equal(a.value, b.value);
  const auto left = distinguished_name::parse(a.value);
  const auto right = distinguished_name::parse(b.value);
  return left && right && *left == *right;
}

/// Compares two DistributionPointNames, DER of the choice: full names share one, names relative to the issuer (the same
/// for both) are equal.
inline bool same_distribution_point(byte_view a, byte_view b) noexcept {
  der::reader left(a);
  der::reader right(b);
  der::element l;
  der::element r;
  if (!left.next(l) || !right.next(r) || l.tag != r.tag) return false;
  if (l.tag != der::tag::constructed(0)) return der::equal(l.raw, r.raw);
  general_names names;
  general_names others;
  if (!general_names::parse(l.value, names) || !general_names::parse(r.value, others)) return false;
  for (const general_name& name : names)
    for (const general_name& other : others)
      if (same_name(name, other)) return true;
  return false;
}

/// RFC 5280 §6.3.3 (b) (2) (i): tells whether a CRL's distribution point is one of the certificate's. One that has none
/// is taken to name its issuer. Points with a cRLIssuer of their own lead to indirect CRLs.
inline bool shares_distribution_point(byte_view list_point, const certificate_view& certificate) noexcept {
  const auto extension = certificate.extension(oid::crl_distribution_points);
  if (!extension) {
    der::reader in(list_point);
    der::element full;
    general_names names;
    if (!in.next(der::tag::constructed(0), full) || !general_names::parse(full.value, names)) return false;
    for (const general_name& name : names)
      if (same_name(name, {name_form::directory, certificate.issuer().raw()})) return true;
    return false;
  }
  byte_view points;
  if (!der::read_single(*extension, der::tag::sequence, points)) return false;
  der::reader in(points);
  for (byte_view point; in.next(der::tag::sequence, point);) {
    byte_view name;
    byte_view reasons;
    der::reader fields(point);
    if (!fields.next(der::tag::constructed(0), name)) continue;
    if (fields.next_is(der::tag::context(1)) && !fields.next(der::tag::context(1), reasons)) return false;
    if (fields.at_end() && same_distribution_point(list_point, name)) return true;
  }
  return false;
}

}  // namespace plugtls::detail
