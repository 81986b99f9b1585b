// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "plugtls/certificate_view.hpp"

/// What RFC 5280 asks of the certificates that a CA issues (§4), beyond what path validation (§6) cannot do without.
/// Python refuses about the same since 3.13, as OpenSSL does with X509_V_FLAG_X509_STRICT; three rules are milder than
/// there, for certificates that are in use: see `has_half_key_identifiers` and `follows_ca_profile`.
namespace plugtls::detail {

/// §4.1.2.4, §4.1.2.6: who issued a certificate always has a name; its subject has one, or only alternative names,
/// which are critical then.
inline bool has_names(const certificate_view& c) noexcept {
  if (c.issuer().empty()) return false;
  return !c.subject().empty() || (!c.is_ca() && c.has_critical_extension(oid::subject_alt_name));
}

/// §4.1.2.2, §4.1.2.8: a serial number has at most 20 octets, not counting the one that only keeps it positive, which
/// several CAs do not count either; unique identifiers are not used.
inline bool has_plain_identity(const certificate_view& c) noexcept {
  byte_view magnitude;
  return der::read_unsigned(c.serial(), magnitude) && magnitude.size() <= 20 && !c.has_unique_ids();
}

/// §4.2.1.5, §6.1.4 (a): no policy is mapped to anyPolicy, nor anyPolicy to one.
inline bool maps_any_policy(const certificate_view& c) noexcept {
  const auto mappings = c.extension(oid::policy_mappings);
  byte_view content, pair, id;
  if (!mappings || !der::read_single(*mappings, der::tag::sequence, content)) return false;
  for (der::reader in(content); in.next(der::tag::sequence, pair);)
    for (der::reader policies(pair); policies.next(der::tag::oid, id);)
      if (oid::is(id, oid::any_policy)) return true;
  return false;
}

/// §4.2.1.9, §4.2.1.10: only a CA signs certificates, limits their paths and constrains their names. What is critical
/// must be marked so where the certificate follows the profile at all: roots of 2004, still in use, know no keyUsage.
inline bool follows_ca_profile(const certificate_view& c) noexcept {
  const bool may_sign = c.has_key_usage() && c.allows(key_usage::key_cert_sign);
  if (!c.is_ca()) return !may_sign && !c.path_length() && c.name_constraints().empty();
  if (!c.has_key_usage()) return true;
  return c.has_critical_extension(oid::basic_constraints) && (may_sign || !c.path_length());
}

/// §4.2.1.1, §4.2.1.2, §4.2.1.11, §4.2.1.14: what must be marked as critical, and what must not.
inline bool marks_extensions(const certificate_view& c) noexcept {
  for (const std::string_view id : {oid::authority_key_identifier, oid::subject_key_identifier})
    if (c.has_critical_extension(id)) return false;
  for (const std::string_view id : {oid::policy_constraints, oid::inhibit_any_policy})
    if (c.has_extension(id) && !c.has_critical_extension(id)) return false;
  return true;
}

/// §4.2.1.1, §4.2.1.2: a certificate names the key of its issuer, and that of a CA its own. Private CAs often write
/// neither, and nothing depends on them: so only who writes the one without the other is refused. Trust anchors and
/// self-signed certificates are exempt: several roots in use lack theirs.
inline bool has_half_key_identifiers(const certificate_view& c) noexcept {
  const bool names_issuer = !c.authority_key_id().empty() || !c.authority_cert_serial().empty();
  const bool names_itself = !c.subject_key_id().empty();
  return names_itself ? !names_issuer : names_issuer && c.is_ca();
}

/// Tells whether authorityKeyIdentifier (§4.2.1.1) means another certificate than this issuer. It is there to find the
/// issuer, not to judge it, but OpenSSL takes no other.
inline bool names_another_issuer(const certificate_view& c, const certificate_view& issuer) noexcept {
  const byte_view wanted = c.authority_key_id();
  const byte_view have = issuer.subject_key_id();
  if (!wanted.empty() && !have.empty() && !der::equal(wanted, have)) return true;
  if (c.authority_cert_serial().empty()) return false;
  if (!der::equal(c.authority_cert_serial(), issuer.serial())) return true;
  for (const general_name& name : c.authority_cert_issuer())
    if (name.form == name_form::directory) return distinguished_name::parse(name.value) != issuer.issuer();
  return false;
}

/// A certificate that by its key identifiers signed itself cannot have been issued by another one.
inline bool contradicts_itself(const certificate_view& c) noexcept {
  const bool is_own = !c.authority_key_id().empty() && der::equal(c.authority_key_id(), c.subject_key_id());
  return is_own && c.is_self_issued() && names_another_issuer(c, c);
}

inline bool follows_profile(const certificate_view& c, bool is_anchor) noexcept {
  const bool names_nothing = c.has_extension(oid::authority_key_identifier) && c.authority_key_id().empty() &&
                             c.authority_cert_serial().empty();
  return has_plain_identity(c) && has_names(c) && follows_ca_profile(c) && marks_extensions(c) &&
         !maps_any_policy(c) && !names_nothing && !contradicts_itself(c) &&
         (is_anchor || c.is_self_issued() || !has_half_key_identifiers(c));
}

}  // namespace plugtls::detail
