// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "plugtls/chain_policy.hpp"
#include "plugtls/detail/ocsp_match.hpp"
#include "plugtls/path_builder.hpp"

namespace plugtls::detail {

/// Evaluates one stapled response (RFC 6960 §3.2) for the leaf of each path that is tried. Whatever cannot be verified
/// counts as if it were not there. All references must outlive it.
class ocsp_check {
 public:
  ocsp_check(byte_view response, signature_verifier verify, const policy_settings& policy) noexcept
      : verify_(verify), policy_(policy) {
    errc e = errc::success;
    if (!response.empty()) response_ = ocsp_view::parse(response, e);
  }

  /// Tells what the response says of the leaf: `success` (good), `revoked`, `revocation_unknown`.
  /// `is_listed(responder)` tells whether another source revokes the certificate that a CA's delegate signs with.
  template <class IsListed>
  errc look_up(const certificate_view& leaf, const certificate_view& issuer, const IsListed& is_listed) {
    if (!response_ || !is_usable()) return errc::revocation_unknown;
    const errc said = read_status(leaf, issuer);
    return said == errc::revocation_unknown || is_signed(issuer, is_listed) ? said : errc::revocation_unknown;
  }

 private:
  bool is_usable() const noexcept {
    return response_->status() == ocsp_response_status::successful && !response_->has_unknown_critical_extension() &&
           !signature_is_weak(response_->signature_algorithm(), policy_.floors) &&
           has_proper_parameters(response_->signature_algorithm()) &&
           is_well_formed_signature(response_->signature_algorithm(), response_->signature());
  }

  // Where several entries speak of the leaf, the worst counts.
  errc read_status(const certificate_view& leaf, const certificate_view& issuer) const noexcept {
    const certificate_id id(leaf, &issuer);
    bool is_good = false, is_unknown = false;
    der::reader in(response_->entries());
    ocsp_entry entry;
    while (!in.at_end() && ocsp_view::read_entry(in, entry)) {
      const bool is_current =
          policy_.now >= entry.this_update && entry.next_update && policy_.now <= *entry.next_update;
      if (!is_current || entry.has_unknown_critical_extension || !id.is_named_by(entry)) continue;
      if (entry.status == ocsp_certificate_status::revoked) return errc::revoked;
      is_good = is_good || entry.status == ocsp_certificate_status::good;
      is_unknown = is_unknown || entry.status == ocsp_certificate_status::unknown;
    }
    return is_good && !is_unknown ? errc::success : errc::revocation_unknown;
  }

  // RFC 6960 §4.2.2.2: by the issuer itself, or by who has a certificate for it from the issuer directly.
  template <class IsListed>
  bool is_signed(const certificate_view& issuer, const IsListed& is_listed) {
    if (is_responder(issuer) && signs(issuer)) return true;
    der::reader in(response_->certificates());
    der::element one;
    for (int i = 0; i < most_certificates && in.next(der::tag::sequence, one); ++i) {
      errc e = errc::success;
      const auto delegate = certificate_view::parse(one.raw, e);
      if (delegate && is_responder(*delegate) && is_delegate(*delegate, issuer) && signs(*delegate) &&
          !is_listed(*delegate))
        return true;
    }
    return false;
  }

  bool is_responder(const certificate_view& c) const noexcept {
    if (response_->responder_name()) return *response_->responder_name() == c.subject();
    return der::equal(response_->responder_key_hash(), sha1(c.public_key().key_bytes()));
  }

  bool is_delegate(const certificate_view& c, const certificate_view& issuer) {
    const bool is_dated = policy_.now >= c.not_before() && policy_.now <= c.not_after();
    if (!is_dated || !(c.issuer() == issuer.subject()) || names_another_issuer(c, issuer) ||
        c.has_unknown_critical_extension() || signature_is_weak(c.signature_algorithm(), policy_.floors) ||
        !may_sign_responses(c))
      return false;
    return is_made_by(issuer, c.signature_algorithm_der(), c.tbs(), c.signature());
  }

  // The purpose must be there by its own name: any purpose is not enough (RFC 6960 §4.2.2.2).
  static bool may_sign_responses(const certificate_view& c) noexcept {
    byte_view content;
    byte_view id;
    if (!c.allows(key_usage::digital_signature) && !c.allows(key_usage::content_commitment)) return false;
    const auto purposes = c.extension(oid::ext_key_usage);
    if (!purposes || !der::read_single(*purposes, der::tag::sequence, content)) return false;
    der::reader in(content);
    while (in.next(der::tag::oid, id))
      if (oid::is(id, oid::ocsp_signing)) return true;
    return false;
  }

  bool signs(const certificate_view& signer) {
    return !key_is_weak(signer.public_key(), policy_.floors) &&
           is_made_by(signer, response_->signature_algorithm().raw, response_->tbs(), response_->signature());
  }

  bool is_made_by(const certificate_view& signer, byte_view algorithm, byte_view tbs, byte_view signature) {
    if (signatures_left_ == 0) return false;
    --signatures_left_;
    return verify_(signer.spki_der(), algorithm, tbs, signature) == errc::success;
  }

  static constexpr int most_certificates = 8;
  std::optional<ocsp_view> response_;
  signature_verifier verify_;
  const policy_settings& policy_;
  int signatures_left_ = 32;  // for all paths together: a peer chooses what it staples
};

}  // namespace plugtls::detail
