// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <span>

#include "plugtls/certificate_floors.hpp"
#include "plugtls/certificate_view.hpp"
#include "plugtls/detail/certificate_profile.hpp"
#include "plugtls/detail/name_constraints.hpp"
#include "plugtls/errc.hpp"
#include "plugtls/problem.hpp"
#include "plugtls/unix_time.hpp"

namespace plugtls {

/// What a peer's certificate is used for.
enum class purpose : unsigned char {
  server_auth,  ///< a client checks a server
  client_auth   ///< a server checks a client
};

/// What `check_path` asks of a chain. The defaults are the library's.
struct policy_settings {
  purpose usage = purpose::server_auth;
  unix_time now = 0;  ///< the moment for which dates are checked
  certificate_floors floors;
  int max_depth = 10;  ///< most intermediates that are not self-issued
};

/// Adds everything that is wrong with a path, whose signatures somebody else has verified, to `out`.
///
/// The path is leaf first. When `anchored`, its last certificate is the trust anchor, exempt from what concerns how it
/// was issued: its own signature, its extended key usage; and a self-issued anchor of version 1 may issue.
/// Checked are dates, basicConstraints, key usages, path lengths, critical extensions, floors for keys and signatures,
/// name constraints, that key identifiers fit; not the peer's name, and not revocation (revocation.hpp), which needs
/// data beside the path. Every certificate of it must also follow the profile of RFC 5280 §4, whatever else is wrong,
/// or is `errc::malformed_certificate`.
void check_path(std::span<const certificate_view> path, bool anchored, const policy_settings& settings,
                problem_list& out);

namespace detail {

/// Keys whose signatures mean nothing here: broken ones, those on curves that are not known or too small, and DSA, for
/// which TLS has no use since RFC 8446. The strength of a key that nobody knows is not known.
inline bool key_is_useless(const public_key_view& key) noexcept {
  const bool is_curve_weak = key.kind() == key_kind::ec && key.bits() < certificate_floors().ec_bits;
  return !key.is_sound() || is_curve_weak || key.kind() == key_kind::dsa || key.kind() == key_kind::other;
}

[[gnu::cold]] inline bool key_is_weak(const public_key_view& key, const certificate_floors& floors) noexcept {
  if (key_is_useless(key)) return true;
  switch (key.kind()) {
    case key_kind::rsa:
    case key_kind::rsa_pss: return key.bits() < floors.rsa_bits;
    case key_kind::ec: return key.bits() < floors.ec_bits;
    case key_kind::ed25519: return floors.ec_bits > 256;
    case key_kind::ed448: return floors.ec_bits > 448;
    case key_kind::ml_dsa: return false;
    case key_kind::dsa:
    case key_kind::other: break;
  }
  return true;
}

[[gnu::cold]] inline bool signature_is_weak(const algorithm_identifier& algorithm,
                                            const certificate_floors& floors) noexcept {
  const unsigned bits = describe_signature(algorithm).hash_bits;
  return bits == 0 || bits < floors.hash_bits;
}

inline void check_dates(const certificate_view& certificate, int depth, unix_time now, problem_list& out) {
  if (now > certificate.not_after()) add_problem(out, errc::certificate_expired, depth);
  if (now < certificate.not_before()) add_problem(out, errc::certificate_not_yet_valid, depth);
}

/// What holds for every certificate of a path alone.
[[gnu::cold]] inline void check_each(const certificate_view& certificate, int depth, bool is_anchor,
                                     const policy_settings& settings, problem_list& out) {
  check_dates(certificate, depth, settings.now, out);
  if (certificate.has_unknown_critical_extension()) add_problem(out, errc::unsupported_critical_extension, depth);
  const bool signature_counts = !is_anchor && signature_is_weak(certificate.signature_algorithm(), settings.floors);
  if (signature_counts || key_is_weak(certificate.public_key(), settings.floors))
    add_problem(out, errc::weak_algorithm, depth);
  const std::string_view wanted = settings.usage == purpose::server_auth ? oid::server_auth : oid::client_auth;
  if ((!is_anchor || depth == 0) && !certificate.allows_extended(wanted))
    add_problem(out, errc::invalid_purpose, depth);
}

inline void check_leaf(const certificate_view& leaf, bool is_alone, problem_list& out) {
  // RSA key transport is never offered, so that every handshake needs a signature by the leaf's key.
  if (!leaf.allows(key_usage::digital_signature)) add_problem(out, errc::invalid_purpose, 0);
  // What `openssl req -x509` makes is a CA by default; trusting that very certificate is a decision of its own.
  const bool trusted_by_itself = is_alone && leaf.is_self_issued();
  if (leaf.is_ca() && !trusted_by_itself) add_problem(out, errc::invalid_purpose, 0);
}

inline bool check_issuer(const certificate_view& issuer, int depth, bool is_anchor, problem_list& out) {
  // RFC 5280 §6.1.4 (k) speaks of version 3: a root of version 1 has no way to say what it is. That it signed itself is
  // what tells it from a leaf that somebody trusts by itself.
  const bool is_old_root = is_anchor && issuer.version() == 1 && issuer.is_self_issued();
  if ((issuer.is_ca() || is_old_root) && issuer.allows(key_usage::key_cert_sign)) return true;
  add_problem(out, errc::not_a_ca, depth);
  return false;
}

/// RFC 5280 §6.1.4 (l), (m): self-issued certificates do not count.
inline void check_path_lengths(std::span<const certificate_view> path, bool anchored, const policy_settings& settings,
                               problem_list& out) {
  std::uint32_t below = 0;  // intermediates between the leaf and this issuer
  for (std::size_t i = 1; i < path.size(); ++i) {
    const auto limit = path[i].is_ca() ? path[i].path_length() : std::nullopt;
    if (limit && below > *limit) add_problem(out, errc::path_length_exceeded, static_cast<int>(i));
    const bool is_anchor = anchored && i + 1 == path.size();
    if (is_anchor || path[i].is_self_issued()) continue;
    ++below;
    if (settings.max_depth < 0 || below > static_cast<std::uint32_t>(settings.max_depth))
      add_problem(out, errc::path_length_exceeded, static_cast<int>(i));
  }
}

/// The place for conditions that relate several certificates.
inline void check_path_constraints(std::span<const certificate_view> path, problem_list& out) {
  const int depth = find_name_constraint_violation(path);
  if (depth >= 0) add_problem(out, errc::name_constraint_violated, depth);
}

}  // namespace detail

[[gnu::cold]] inline void check_path(std::span<const certificate_view> path, bool anchored,
                                     const policy_settings& settings, problem_list& out) {
  if (path.empty()) return;
  for (std::size_t i = 0; i < path.size(); ++i) {
    const int depth = static_cast<int>(i);
    const bool is_anchor = anchored && i + 1 == path.size();
    detail::check_each(path[i], depth, is_anchor, settings, out);
    const bool may_issue = i == 0 || detail::check_issuer(path[i], depth, is_anchor, out);
    if (!detail::breach_of_profile(path[i], is_anchor, may_issue).empty())
      add_problem(out, errc::malformed_certificate, depth);
    if (i == 0) continue;
    // A library may fold names otherwise than RFC 5280 §7.1 does.
    if (path[i - 1].issuer() != path[i].subject()) add_problem(out, errc::unknown_issuer, depth - 1);
    if (detail::names_another_issuer(path[i - 1], path[i])) add_problem(out, errc::unknown_issuer, depth - 1);
  }
  detail::check_leaf(path[0], path.size() == 1, out);
  detail::check_path_lengths(path, anchored, settings, out);
  detail::check_path_constraints(path, out);
}

}  // namespace plugtls
