// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string_view>

#include "plugtls/certificate_view.hpp"

/// What RFC 5280 asks of the certificates that a CA issues (§4), beyond what path validation (§6) cannot do without.
/// Python refuses about the same since 3.13, as OpenSSL does with X509_V_FLAG_X509_STRICT; three rules are milder than
/// there, for certificates that are in use: see `has_half_key_identifiers` and `breach_of_ca_profile`.
namespace plugtls::detail {

// Each rule gives the words for a breach, as the end of a sentence about the certificate, and none where it holds.
using breach = std::string_view;

/// §4.1.2.4, §4.1.2.6: who issued a certificate always has a name; its subject has one, or only alternative names,
/// which are critical then.
inline breach breach_of_names(const certificate_view& c) noexcept {
  if (c.issuer().empty()) return "its issuer is empty (RFC 5280 §4.1.2.4)";
  if (!c.subject().empty()) return {};
  if (c.is_ca()) return "it is a CA's and its subject is empty (RFC 5280 §4.1.2.6)";
  if (c.has_critical_extension(oid::subject_alt_name)) return {};
  return "its subject is empty and it has no critical subjectAltName (RFC 5280 §4.1.2.6)";
}

/// §4.1.2.2, §4.1.2.8: a serial number has at most 20 octets, not counting the one that only keeps it positive, which
/// several CAs do not count either; unique identifiers are not used.
inline breach breach_of_identity(const certificate_view& c) noexcept {
  byte_view magnitude;
  if (!der::read_unsigned(c.serial(), magnitude) || magnitude.size() > 20)
    return "its serial number has more than 20 octets (RFC 5280 §4.1.2.2)";
  return c.has_unique_ids() ? "it has a unique identifier (RFC 5280 §4.1.2.8)" : breach();
}

/// §4.2.1.5, §6.1.4 (a): no policy is mapped to anyPolicy, nor anyPolicy to one.
[[gnu::cold]] inline breach breach_of_mappings(const certificate_view& c) noexcept {
  const auto mappings = c.extension(oid::policy_mappings);
  byte_view content, pair, id;
  if (!mappings || !der::read_single(*mappings, der::tag::sequence, content)) return {};
  for (der::reader in(content); in.next(der::tag::sequence, pair);)
    for (der::reader policies(pair); policies.next(der::tag::oid, id);)
      if (oid::is(id, oid::any_policy)) return "its policyMappings map anyPolicy (RFC 5280 §4.2.1.5)";
  return {};
}

/// §4.2.1.9, §4.2.1.10: only a CA signs certificates, limits their paths and constrains their names. What is critical
/// must be marked so where the certificate follows the profile at all: roots of 2004, still in use, know no keyUsage.
[[gnu::cold]] inline breach breach_of_ca_profile(const certificate_view& c) noexcept {
  const bool may_sign = c.has_key_usage() && c.allows(key_usage::key_cert_sign);
  if (!c.is_ca()) {
    if (may_sign) return "its keyUsage has keyCertSign and it is no CA's (RFC 5280 §4.2.1.3)";
    if (c.path_length()) return "it has a pathLenConstraint and is no CA's (RFC 5280 §4.2.1.9)";
    return c.name_constraints().empty() ? breach() : "it has nameConstraints and is no CA's (RFC 5280 §4.2.1.10)";
  }
  if (!c.has_key_usage()) return {};
  if (!c.has_critical_extension(oid::basic_constraints))
    return "it is a CA's and its basicConstraints are not critical (RFC 5280 §4.2.1.9)";
  if (may_sign || !c.path_length()) return {};
  return "it has a pathLenConstraint and its keyUsage lacks keyCertSign (RFC 5280 §4.2.1.9)";
}

/// §4.2.1.1, §4.2.1.2, §4.2.1.11, §4.2.1.14: what must be marked as critical, and what must not.
[[gnu::cold]] inline breach breach_of_marks(const certificate_view& c) noexcept {
  for (const std::string_view id : {oid::authority_key_identifier, oid::subject_key_identifier})
    if (c.has_critical_extension(id)) return "a key identifier of it is critical (RFC 5280 §4.2.1.1)";
  for (const std::string_view id : {oid::policy_constraints, oid::inhibit_any_policy})
    if (c.has_extension(id) && !c.has_critical_extension(id))
      return "its policyConstraints or inhibitAnyPolicy are not critical (RFC 5280 §4.2.1.11)";
  return {};
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
[[gnu::cold]] inline bool names_another_issuer(const certificate_view& c, const certificate_view& issuer) noexcept {
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

/// §4.2.1.1, §4.2.1.2: key identifiers are there whole or not at all, and fit together.
[[gnu::cold]] inline breach breach_of_key_identifiers(const certificate_view& c, bool is_anchor) noexcept {
  if (c.has_extension(oid::authority_key_identifier) && c.authority_key_id().empty() &&
      c.authority_cert_serial().empty())
    return "its authorityKeyIdentifier is empty (RFC 5280 §4.2.1.1)";
  if (contradicts_itself(c)) return "its key identifiers contradict each other (RFC 5280 §4.2.1.1)";
  if (is_anchor || c.is_self_issued() || !has_half_key_identifiers(c)) return {};
  return "it has only one of authorityKeyIdentifier and subjectKeyIdentifier (RFC 5280 §4.2.1.1)";
}

/// Says which rule a certificate breaks; nothing for one that follows the profile. `may_issue`: it is no issuer, or a
/// good one; that one is no CA is `errc::not_a_ca`, and not told again by another name.
[[gnu::cold]] inline breach breach_of_profile(const certificate_view& c, bool is_anchor,
                                              bool may_issue = true) noexcept {
  breach found = breach_of_identity(c);
  for (const auto& rule : {breach_of_names, breach_of_marks, breach_of_mappings})
    if (found.empty()) found = rule(c);
  if (found.empty() && may_issue) found = breach_of_ca_profile(c);
  return found.empty() ? breach_of_key_identifiers(c, is_anchor) : found;
}

}  // namespace plugtls::detail
