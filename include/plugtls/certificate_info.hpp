// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>
#include <vector>

#include "plugtls/certificate.hpp"
#include "plugtls/unix_time.hpp"

namespace plugtls {

/// A certificate's fields as text, owned: what Python's getpeercert() gives, and the key. For showing and storing;
/// decisions are made by verification. All of it comes from the peer, and only `oneline` is escaped for a log.
struct certificate_info {
  certificate_info() = default;
  explicit certificate_info(const certificate& c);

  int version = 0;                      ///< 1 to 3
  std::string serial_number;            ///< hexadecimal, whole bytes
  std::vector<name_component> subject;  ///< in the order of the certificate; types as `CN`, or dotted
  std::vector<name_component> issuer;
  std::string not_before;                            ///< RFC 3339, UTC: 2026-11-22T12:00:00Z
  std::string not_after;                             ///< the last second of validity
  std::vector<std::string> subject_alt_names;        ///< `DNS:a.example`, `IP:::1`, `email:a@b.example`, `URI:...`
  std::vector<std::string> ocsp;                     ///< URIs of OCSP responders (RFC 5280 §4.2.2.1)
  std::vector<std::string> ca_issuers;               ///< URIs of the issuer's certificate (there, too)
  std::vector<std::string> crl_distribution_points;  ///< URIs of CRLs (§4.2.1.13)
  bool is_ca = false;
  std::string key;                  ///< `EC P-256`, `RSA 2048`
  std::string signature_algorithm;  ///< `ecdsa-with-SHA256`
  std::string sha256;               ///< the fingerprint, hexadecimal

  bool operator==(const certificate_info&) const = default;
};

namespace detail {

inline void add_uri(const der::element& e, std::vector<std::string>& out) {
  general_name name;
  if (general_names::read(e, name) && name.form == name_form::uri) out.emplace_back(as_text(name.value));
}

/// Lists the URIs of one access method in authorityInfoAccess.
inline std::vector<std::string> access_locations(const certificate_view& c, std::string_view method) {
  std::vector<std::string> out;
  byte_view list;
  const auto value = c.extension(oid::authority_info_access);
  if (!value || !der::read_single(*value, der::tag::sequence, list)) return out;
  der::reader in(list);
  for (byte_view description; in.next(der::tag::sequence, description);) {
    der::reader fields(description);
    byte_view id;
    der::element location;
    if (fields.next(der::tag::oid, id) && fields.next(location) && oid::is(id, method)) add_uri(location, out);
  }
  return out;
}

/// Lists the URIs of full names in cRLDistributionPoints.
inline std::vector<std::string> crl_locations(const certificate_view& c) {
  std::vector<std::string> out;
  byte_view points;
  const auto value = c.extension(oid::crl_distribution_points);
  if (!value || !der::read_single(*value, der::tag::sequence, points)) return out;
  der::reader in(points);
  for (byte_view point; in.next(der::tag::sequence, point);) {
    byte_view choice;
    byte_view full;
    if (!der::reader(point).next(der::tag::constructed(0), choice)) continue;
    if (!der::reader(choice).next(der::tag::constructed(0), full)) continue;
    der::reader names(full);
    for (der::element e; names.next(e);) add_uri(e, out);
  }
  return out;
}

}  // namespace detail

inline certificate_info::certificate_info(const certificate& c)
    : version(c.view().version()),
      serial_number(c.serial_hex()),
      subject(c.subject().components()),
      issuer(c.issuer().components()),
      not_before(to_rfc3339(c.not_before())),
      not_after(to_rfc3339(c.not_after())),
      subject_alt_names(c.subject_alt_names()),
      ocsp(detail::access_locations(c.view(), detail::oid::ocsp_access)),
      ca_issuers(detail::access_locations(c.view(), detail::oid::ca_issuers_access)),
      crl_distribution_points(detail::crl_locations(c.view())),
      is_ca(c.is_ca()),
      key(c.key_description()),
      signature_algorithm(c.signature_algorithm()),
      sha256(c.sha256_hex()) {}

}  // namespace plugtls
