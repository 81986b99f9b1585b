// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "plugtls/chain_policy.hpp"
#include "plugtls/detail/reason_text.hpp"
#include "plugtls/key_pin.hpp"
#include "plugtls/reason.hpp"

namespace plugtls::detail {

/// Writes the sentence for one problem.
class reason_writer {
 public:
  reason_writer(const problem& what, const verify_context& seen)
      : what_(what.what), depth_(what.depth < 0 ? 0 : static_cast<std::size_t>(what.depth)), seen_(seen) {
    const auto& list = depth_ < seen.path.size() ? seen.path : seen.chain;
    if (depth_ < list.size()) it_ = &list[depth_];
  }

  [[gnu::cold]] std::string write() const {
    if (what_ == errc::malformed_certificate) return malformed();
    std::string text = it_ == nullptr ? std::string() : sentence();
    return text.empty() ? std::string(describe(what_)) : text;
  }

 private:
  const certificate_view& view() const noexcept { return it_->view(); }
  [[gnu::cold]] std::string peer() const { return seen_.own == role::client ? "server" : "client"; }
  [[gnu::cold]] std::string which() const {
    return depth_ == 0 ? "the certificate" : "the certificate at depth " + std::to_string(depth_);
  }

  /// The issuer, where the path goes on.
  const certificate* issuer() const { return depth_ + 1 < seen_.path.size() ? &seen_.path[depth_ + 1] : nullptr; }

  static std::string spell(const distinguished_name& name) { return safe_text(name.oneline()); }
  [[gnu::cold]] std::string subject() const {
    if (!view().subject().empty()) return ": " + spell(view().subject());
    for (const general_name& name : view().subject_alt_names()) return ": " + safe_text(to_string(name));
    return ": serial " + safe_text(it_->serial_hex());
  }

  [[gnu::cold]] std::string sentence() const {
    switch (what_) {
      case errc::bad_signature:
        return which() + " was not signed by the key of its issuer, " + spell(view().issuer()) +
               ": it was changed or forged, or another authority has that name" + subject();
      case errc::self_signed:
        return "the certificate is self-signed and not among the trust anchors (SHA-256 " + it_->sha256_hex() + ")" +
               subject();
      case errc::unknown_issuer: return unknown_issuer();
      case errc::not_a_ca:
        if (depth_ == 0) return {};  // by a library, which did not tell which one
        return which() + " issued the one below and is not a CA (" +
               (!view().has_basic_constraints() ? "it has no basicConstraints"
                : !view().is_ca()               ? "basicConstraints does not say so"
                                                : "keyUsage lacks keyCertSign") +
               ")" + subject();
      case errc::path_length_exceeded: return path_length();
      case errc::name_constraint_violated: return name_constraint();
      case errc::unsupported_critical_extension:
        if (!view().has_unknown_critical_extension()) return critical_extension();
        return which() + " has a critical extension that is not understood, " +
               safe_text(der::oid_text(view().unknown_critical_extension())) + subject();
      case errc::revoked: return which() + " is revoked, serial " + safe_text(it_->serial_hex()) + subject();
      case errc::revocation_unknown:
        return "no valid source of " + spell(view().issuer()) + " tells whether " + which() +
               " is revoked; give one that is in force" + subject();
      case errc::certificate_expired:
        return which() + " expired " + date_of(it_->not_after()) + ", " + days_of(seen_.now - it_->not_after()) +
               " ago" + subject();
      case errc::certificate_not_yet_valid:
        return which() + " is valid from " + date_of(it_->not_before()) + ", in " +
               days_of(it_->not_before() - seen_.now) + " (is the clock right?)" + subject();
      case errc::invalid_purpose: return invalid_purpose();
      case errc::weak_algorithm: return weak_algorithm();
      case errc::hostname_mismatch: return hostname();
      case errc::pin_mismatch:
        return "no key of the path is pinned; the certificate's is " + key_pin(*it_).text() + subject();
      default: return {};
    }
  }

  // Of what could not be read, nothing can be told but its place; what could be read is part of a path.
  [[gnu::cold]] std::string malformed() const {
    if (depth_ < seen_.path.size())
      if (const breach found = breach_of_profile(view(), depth_ + 1 == seen_.path.size()); !found.empty())
        return which() + " breaks a rule for certificates, and must be issued anew: " + std::string(found) + subject();
    return "certificate " + std::to_string(depth_ + 1) + " of those that the " + peer() +
           " presented is not valid DER, or breaks the structure of RFC 5280; it must be issued anew";
  }

  [[gnu::cold]] std::string unknown_issuer() const {
    if (const certificate* next = issuer(); next != nullptr && names_another_issuer(view(), next->view()))
      return which() + " was issued by another key or certificate of " + spell(view().issuer()) +
             " than the one at depth " + std::to_string(depth_ + 1) + " (authorityKeyIdentifier): have the " + peer() +
             " send that one" + subject();
    if (view().is_self_issued())
      return "the chain ends at a certificate that is not among the trust anchors" + subject() +
             "; add it to them if you trust it";
    return "no issuer was found for " + which() + ", issued by " + spell(view().issuer()) +
           ": add it to the trust anchors, or have the " + peer() + " send its intermediates";
  }

  // The core understands it, and the library does not; it does not tell in which certificate.
  [[gnu::cold]] std::string critical_extension() const {
    struct known {
      std::string_view oid;
      const char* name;
    };
    static constexpr known table[] = {{oid::name_constraints, "nameConstraints"},
                                      {oid::certificate_policies, "certificatePolicies"},
                                      {oid::policy_mappings, "policyMappings"},
                                      {oid::inhibit_any_policy, "inhibitAnyPolicy"},
                                      {oid::crl_distribution_points, "cRLDistributionPoints"}};
    for (const auto* list : {&seen_.path, &seen_.chain})
      for (const certificate& c : *list)
        for (const known& k : table)
          if (c.view().has_critical_extension(k.oid))
            return std::string("this TLS library does not understand ") + k.name +
                   " where it is critical: " + spell(c.subject());
    return {};
  }

  [[gnu::cold]] std::string path_length() const {
    std::uint64_t below = 0;
    for (std::size_t i = 1; i < depth_ && i < seen_.path.size(); ++i) below += !seen_.path[i].view().is_self_issued();
    const auto limit = view().path_length();
    if (limit && below > *limit)
      return which() + " allows " + count_of(*limit, "intermediate") + " below it, and there " +
             (below == 1 ? "is " : "are ") + std::to_string(below) + subject();
    return "the path has more intermediates than limit.max_intermediates allows; the first too many is at depth " +
           std::to_string(depth_) + subject();
  }

  [[gnu::cold]] std::string name_constraint() const {
    int budget = 10000;
    for (std::size_t i = depth_ + 1; i < seen_.path.size(); ++i) {
      const certificate_view& issuer = seen_.path[i].view();
      if (issuer.name_constraints().empty()) continue;
      name_constraints constraints(issuer.name_constraints(), budget);
      std::string bad;
      for (const general_name& name : view().subject_alt_names())
        if (bad.empty() && !constraints.allow(name)) bad = safe_text(to_string(name));
      if (bad.empty() && !constraints.allow(view())) bad = "its subject";
      if (!bad.empty())
        return which() + " has a name that its issuer at depth " + std::to_string(i) + " may not certify, " + bad +
               " (constraints of " + spell(issuer.subject()) + ":" + subtrees(issuer.name_constraints()) + ")" +
               subject();
    }
    return {};
  }

  static std::string subnet(byte_view value) {
    const auto base = ip_address::from_bytes(value.first(value.size() / 2));
    const auto mask = ip_address::from_bytes(value.last(value.size() / 2));
    return base && mask ? "IP:" + base->to_string() + "/" + mask->to_string() : "IP:" + to_hex(value);
  }

  static std::string subtrees(byte_view content) {
    std::string text;
    der::reader lists(content);
    for (const unsigned list : {0U, 1U}) {
      byte_view trees, tree;
      if (!lists.next(der::tag::constructed(list), trees)) continue;
      der::reader in(trees);
      std::string names;
      while (names.size() < 160 && in.next(der::tag::sequence, tree)) {
        der::reader fields(tree);
        der::element base;
        general_name name;
        if (!fields.next(base) || !general_names::read(base, name)) break;
        names += (names.empty() ? " " : ", ") +
                 (name.form == name_form::ip ? subnet(name.value) : safe_text(to_string(name), 80));
      }
      text += (text.empty() ? "" : ";") + std::string(list == 0 ? " permitted" : " excluded") + names +
              (in.at_end() ? "" : ", ...");
    }
    return text;
  }

  [[gnu::cold]] std::string invalid_purpose() const {
    const bool is_server = seen_.own == role::client;
    const std::string wanted = is_server ? "serverAuth" : "clientAuth";
    if (!view().allows_extended(is_server ? oid::server_auth : oid::client_auth))
      return which() + (depth_ == 0 ? " is not one for " : " may not issue for ") + peer() +
             "s (extendedKeyUsage lacks " + wanted + ")" + subject();
    if (!view().allows(key_usage::digital_signature))
      return which() + " may not sign handshakes (keyUsage lacks digitalSignature)" + subject();
    if (view().is_ca())
      return which() + " is a CA's own and not one of a " + peer() + " (basicConstraints says CA)" + subject();
    return {};
  }

  [[gnu::cold]] std::string weak_algorithm() const {
    std::string text;
    if (key_is_weak(view().public_key(), seen_.floors)) text = weak_key();
    const bool is_anchor = depth_ + 1 == seen_.path.size() && view().is_self_issued();
    if (signature_is_weak(view().signature_algorithm(), seen_.floors) && (text.empty() || !is_anchor))
      text += (text.empty() ? "" : ", and ") +
              std::string("is signed with an algorithm that is too weak or not known, ") +
              safe_text(it_->signature_algorithm()) + " (have it issued anew, with a hash of at least " +
              std::to_string(seen_.floors.hash_bits > 256 ? seen_.floors.hash_bits : 256) + " bits)";
    if (text.empty())  // by a library, which did not tell why
      text = "has a key, " + safe_text(view().public_key().description()) +
             ", or a signature that no TLS library should take (a point that is not on its curve, for example)";
    return which() + " " + text + subject();
  }

  [[gnu::cold]] std::string weak_key() const {
    const public_key_view& key = view().public_key();
    const std::string name = safe_text(key.description());
    const bool is_rsa = key.kind() == key_kind::rsa || key.kind() == key_kind::rsa_pss;
    if (!key.is_sound())
      return is_rsa ? "has a key that protects nothing, " + name + " with such a modulus or exponent"
                    : "has a key whose point is not written whole, " + name;
    const unsigned least = is_rsa ? seen_.floors.rsa_bits : key.bits() != 0 ? seen_.floors.ec_bits : 0;
    return "has a key that is too weak or not known, " + name +
           (least != 0 ? " (at least " + std::to_string(least) + " bits)" : "");
  }

  // Whether somebody might think that a wildcard holds the expected name, or did not know how one is written.
  bool seems_to_match(std::string_view pattern) const {
    const std::size_t star = pattern.find('*');
    if (star == std::string_view::npos) return false;
    const std::string_view below = pattern.substr(star + 1);
    return star != 0 || !below.starts_with('.') || below.find('*') != std::string_view::npos ||
           ("." + std::string(seen_.peer_name)).ends_with(below);
  }

  [[gnu::cold]] std::string hostname() const {
    constexpr int most = 5;
    std::string names, hint;
    std::uint64_t count = 0;
    for (const general_name& name : view().subject_alt_names()) {
      if ((name.form != name_form::dns && name.form != name_form::ip) || ++count > most) continue;
      const std::string text = to_string(name), value = text.substr(text.find(':') + 1);
      const bool is_disguised = name.form == name_form::dns && ip_address::parse(value);
      if (is_disguised) hint = " (an address counts as iPAddress only)";
      if (seems_to_match(value)) hint = " (a wildcard stands for one whole label, the first of three)";
      names += (names.empty() ? "" : ", ") + std::string(is_disguised ? "DNS name " : "") + safe_text(value, 80);
    }
    if (count > most) names += " and " + std::to_string(count - most) + " more";
    if (count == 0) names = "no host name and no address in subjectAltName (a common name does not count)";
    return (count == 0 ? "the certificate has " : "the certificate is for ") + names + "; expected " +
           safe_text(seen_.peer_name) + hint;
  }

  errc what_;
  std::size_t depth_;
  const verify_context& seen_;
  const certificate* it_ = nullptr;
};

}  // namespace plugtls::detail

namespace plugtls {

inline std::string explain(const problem& what, const verify_context& seen) {
  return detail::reason_writer(what, seen).write();
}

}  // namespace plugtls
