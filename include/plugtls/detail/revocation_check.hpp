// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "plugtls/certificate.hpp"
#include "plugtls/chain_policy.hpp"
#include "plugtls/crl.hpp"
#include "plugtls/detail/distribution_point.hpp"
#include "plugtls/detail/light_lock.hpp"
#include "plugtls/detail/ocsp_check.hpp"
#include "plugtls/detail/sha2.hpp"
#include "plugtls/path_builder.hpp"
#include "plugtls/problem.hpp"
#include "plugtls/revocation.hpp"

namespace plugtls::detail {

/// Remembers which keys did, and did not, sign one CRL. Bounded: what finds no room is verified again.
class signature_memory {
 public:
  std::optional<bool> recall(const sha256_digest& key) const noexcept {
    const light_lock lock(busy_);
    for (const slot& s : std::span(slots_).first(used_))
      if (s.key == key) return s.good;
    return std::nullopt;
  }
  void keep(const sha256_digest& key, bool good) noexcept {
    const light_lock lock(busy_);
    if (used_ < std::size(slots_)) slots_[used_++] = {key, good};
  }

 private:
  struct slot {
    sha256_digest key;
    bool good;
  };
  mutable light_mutex busy_;
  slot slots_[4]{};
  std::size_t used_ = 0;
};

/// A CRL in a context: its bytes are hashed once for each key that might have signed it, not once for each handshake.
struct crl_source {
  crl list;
  std::shared_ptr<signature_memory> memory = std::make_shared<signature_memory>();
};

/// What a context looks certificates up in.
struct revocation_rules {
  revocation_policy policy{revocation_mode::none, false};  ///< its mode is never automatic
  std::vector<crl_source> lists;
};

/// Looks the certificates of one peer up, on each path that is tried. All references must outlive it.
class revocation_check {
 public:
  /// `presented` and `anchors` may hold other certificates of a CRL's issuer; `staple` is an OCSP response for the
  /// leaf, in DER, or empty.
  revocation_check(const revocation_rules& rules, signature_verifier verify, const policy_settings& policy,
                   std::span<const certificate> presented, std::span<const certificate> anchors, byte_view staple = {})
      : rules_(rules),
        verify_(verify),
        policy_(policy),
        presented_(presented),
        anchors_(anchors),
        ocsp_(staple, verify, policy) {}

  /// Adds what is wrong to `out`. The path must be anchored, its signatures verified.
  void run(std::span<const certificate_view> path, problem_list& out) {
    if (rules_.policy.mode == revocation_mode::none) return;
    path_ = path;
    for (std::size_t i = 0; i + 1 < path_.size(); ++i) {
      if (i != 0 && rules_.policy.mode == revocation_mode::leaf) break;
      errc found = look_up(path_[i], i);
      bool is_demanded = !rules_.policy.soft;
      if (i == 0) {
        const errc stapled = look_up_staple();
        // Who took the key of a certificate that promises a staple would leave it out, or send a bad one (RFC 7633).
        const bool breaks_promise = rules_.policy.staple && stapled != errc::success && must_staple(path_[0]);
        is_demanded = is_demanded || breaks_promise;
        if (stapled == errc::revoked || (found != errc::revoked && (stapled == errc::success || breaks_promise)))
          found = stapled;
      }
      if (found == errc::revoked || (found != errc::success && is_demanded))
        add_problem(out, found, static_cast<int>(i));
    }
  }

 private:
  errc look_up_staple() {
    return ocsp_.look_up(path_[0], path_[1],
                         [this](const certificate_view& responder) { return look_up(responder, 0) == errc::revoked; });
  }

  // RFC 5280 §6.3.3, for complete CRLs of the certificate's own issuer, which is above `depth`.
  errc look_up(const certificate_view& child, std::size_t depth) {
    unsigned reasons = 0;
    for (const crl_source& source : rules_.lists) {
      const crl_view& list = source.list.view();
      if (!(list.issuer() == child.issuer()) || !is_usable(list) || !covers(list.scope(), child) ||
          !is_signed(source, depth))
        continue;
      if (source.list.find(child.serial())) return errc::revoked;
      reasons |= list.scope().reasons;
    }
    return reasons == crl_scope::all_reasons ? errc::success : errc::revocation_unknown;
  }

  bool is_usable(const crl_view& list) const noexcept {
    return !list.is_delta() && !list.is_indirect() && !list.has_unknown_critical_extension() &&
           policy_.now >= list.this_update() && list.next_update() && policy_.now <= *list.next_update() &&
           !signature_is_weak(list.signature_algorithm(), policy_.floors);
  }

  static bool covers(const crl_scope& scope, const certificate_view& child) noexcept {
    if (scope.only_attribute_certificates || (scope.only_user_certificates && child.is_ca()) ||
        (scope.only_ca_certificates && !child.is_ca()))
      return false;
    return scope.distribution_point.empty() || shares_distribution_point(scope.distribution_point, child);
  }

  bool is_signed(const crl_source& source, std::size_t depth) {
    if (signs(path_[depth + 1], source)) return true;
    const crl_view& list = source.list.view();
    for (const bool is_anchor : {true, false}) {
      for (const certificate& each : is_anchor ? anchors_ : presented_) {
        const certificate_view& other = each.view();
        if (!(other.subject() == list.issuer()) || other == path_[depth + 1] || !may_have_key(other, list)) continue;
        const bool is_dated = policy_.now >= other.not_before() && policy_.now <= other.not_after();
        if (is_dated && (is_anchor || is_certified(other, depth)) && signs(other, source)) return true;
      }
    }
    return false;
  }

  // Issuers of CRLs must name their key (RFC 5280 §5.2.1). So what a peer presents under a CA's name costs little.
  static bool may_have_key(const certificate_view& signer, const crl_view& list) noexcept {
    return list.authority_key_id().empty() || signer.subject_key_id().empty() ||
           der::equal(list.authority_key_id(), signer.subject_key_id());
  }

  // Whether the CA that issued the certificate, or the one above it, vouches for a certificate of the CA's other key.
  bool is_certified(const certificate_view& other, std::size_t depth) {
    if (!other.is_ca() && !other.has_key_usage()) return false;
    if (other.has_unknown_critical_extension() || signature_is_weak(other.signature_algorithm(), policy_.floors))
      return false;
    for (std::size_t i = depth + 1; i <= depth + 2 && i < path_.size(); ++i) {
      const certificate_view& by = path_[i];
      if (!(by.subject() == other.issuer()) || !by.allows(key_usage::key_cert_sign) || links_left_ == 0) continue;
      --links_left_;
      if (verify_(by.spki_der(), other.signature_algorithm_der(), other.tbs(), other.signature()) == errc::success)
        return true;
    }
    return false;
  }

  bool signs(const certificate_view& signer, const crl_source& source) const {
    if (!signer.allows(key_usage::crl_sign) || key_is_weak(signer.public_key(), policy_.floors)) return false;
    const sha256_digest key = sha256(signer.spki_der());
    if (const auto known = source.memory->recall(key)) return *known;
    const crl_view& list = source.list.view();
    const errc e = verify_(signer.spki_der(), list.signature_algorithm().raw, list.tbs(), list.signature());
    if (e == errc::success || e == errc::bad_signature) source.memory->keep(key, e == errc::success);
    return e == errc::success;
  }

  const revocation_rules& rules_;
  signature_verifier verify_;
  const policy_settings& policy_;
  std::span<const certificate> presented_;
  std::span<const certificate> anchors_;
  std::span<const certificate_view> path_;
  ocsp_check ocsp_;
  int links_left_ = 32;  // for all paths together: a peer chooses what it presents
};

}  // namespace plugtls::detail
