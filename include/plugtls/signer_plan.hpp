// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <span>
#include <string>
#include <vector>

#include "plugtls/context_plan.hpp"
#include "plugtls/detail/search.hpp"
#include "plugtls/identity.hpp"

/// What signers mean for a context: the handshake may only come to what they can do.
namespace plugtls::detail {

/// Returns what is left of a signer's schemes on a backend.
template <class B>
std::vector<signature_scheme> usable_schemes(const external_key& key, const context_plan& plan) {
  std::vector<signature_scheme> usable;
  for (const signature_scheme s : key.schemes) {
    if (contains(plan.signature_schemes, s) && (!is_pss(s) || B::capabilities.has(capability::external_rsa_pss_key)))
      usable.push_back(s);
  }
  return usable;
}

/// Ends the window of versions where no identity could sign in TLS 1.3: an automatic end moves, one that was asked for
/// is an error.
inline errc leave_1_3(tls_version asked_max, std::string_view backend, context_plan& plan, error_info& info) {
  if (asked_max == tls_version::tls1_3 || plan.min_version == tls_version::tls1_3)
    return info.set(errc::unsupported, "TLS 1.3 is asked for, and by none of its schemes could " +
                                           std::string(backend) +
                                           " have the signer sign (RSA: RSASSA-PSS; ECDSA: with the curve's own hash)");
  plan.max_version = tls_version::tls1_2;
  std::erase_if(plan.cipher_suites, [](cipher_suite s) { return is_tls1_3(s); });
  if (plan.cipher_suites.empty())
    return info.set(errc::invalid_argument,
                    "only cipher suites of TLS 1.3 are asked for, which the signer cannot serve");
  return errc::success;
}

/// Refuses a signer that lacks a scheme which the library may come to, where nothing could keep it from that.
template <class B>
errc check_choice(const external_key& key, const context_plan& plan, error_info& info) {
  if (B::capabilities.has(capability::external_scheme_choice)) return errc::success;
  const bool is_rsa = key.view.kind() == key_kind::rsa;
  for (const signature_scheme s : plan.signature_schemes) {
    const bool is_for_key = digest_size(s) != 0 && is_ecdsa(s) != is_rsa;
    const bool is_in_window = plan.min_version == tls_version::tls1_2 || external_key::fits_1_3(s, key.view);
    const bool is_here = !is_pss(s) || B::capabilities.has(capability::external_rsa_pss_key);
    if (is_for_key && is_in_window && is_here && !key.makes(s))
      return info.set(errc::unsupported, std::string(B::name) +
                                             " may ask a signer for every scheme of its key, and this one does not "
                                             "make " +
                                             std::string(name(s)) + " (capability external_scheme_choice)");
  }
  return errc::success;
}

/// Makes a plan keep to what the signers of the identities can do.
template <class B>
[[gnu::cold]] errc take_signers(std::span<const identity> identities, tls_version asked_max, context_plan& plan,
                                error_info& info) {
  std::vector<signature_scheme> own;
  bool has_signer = false, has_key = false, has_1_3 = false;
  const auto add = [&](signature_scheme s) {
    if (!contains(own, s)) own.push_back(s);
  };
  for (const identity& id : identities) {
    const auto& external = id.key().external();
    has_key = has_key || !external;
    if (!external || id.key().external_error()) continue;  // told when the key is loaded
    has_signer = true;
    const std::vector<signature_scheme> usable = usable_schemes<B>(*external, plan);
    const bool is_declared = B::capabilities.has(external->view.kind() == key_kind::rsa ? capability::external_rsa_key
                                                                                        : capability::external_ec_key);
    if (usable.empty() && is_declared)
      return info.set(errc::unsupported,
                      std::string(B::name) + " can use none of the signature schemes that the signer makes");
    if (external->how.wait) plan.step_runner = external->how.wait.make_runner();
    for (const signature_scheme s : usable) {
      add(s);
      has_1_3 = has_1_3 || external_key::fits_1_3(s, external->view);
    }
  }
  if (!has_signer) return errc::success;
  if (has_key)
    for (const signature_scheme s : plan.signature_schemes) add(s);
  plan.own_schemes.clear();  // in the plan's order
  for (const signature_scheme s : plan.signature_schemes)
    if (contains(own, s)) plan.own_schemes.push_back(s);
  if (!has_key && !has_1_3 && !own.empty() && plan.max_version == tls_version::tls1_3)
    if (const errc e = leave_1_3(asked_max, B::name, plan, info); e != errc::success) return e;
  for (const identity& id : identities)
    if (const auto& key = id.key().external(); key && !id.key().external_error())
      if (const errc e = check_choice<B>(*key, plan, info); e != errc::success) return e;
  return errc::success;
}

}  // namespace plugtls::detail
