// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <bit>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "plugtls/capability.hpp"
#include "plugtls/certificate.hpp"
#include "plugtls/detail/hex.hpp"
#include "plugtls/detail/option_check.hpp"
#include "plugtls/detail/scheme_check.hpp"
#include "plugtls/detail/session_id_store.hpp"
#include "plugtls/detail/ticket_source.hpp"
#include "plugtls/error_info.hpp"
#include "plugtls/peer_verifier.hpp"
#include "plugtls/protocol.hpp"
#include "plugtls/psk.hpp"
#include "plugtls/settings.hpp"

namespace plugtls {

/// Settings made concrete: what a backend has to set, value by value. Every list is complete, in order of preference,
/// and holds only what the backend said it supports. Lives as long as the context.
struct context_plan {
  role own = role::client;
  tls_version min_version = tls_version::tls1_2;
  tls_version max_version = tls_version::tls1_2;
  std::vector<cipher_suite> cipher_suites;
  std::vector<named_group> groups;
  std::vector<signature_scheme> signature_schemes;
  std::vector<signature_scheme> own_schemes;  ///< for own signatures where a signer makes them; empty: all of the above
  detail::make_step_runner step_runner = nullptr;  ///< set where a signer may answer later
  std::vector<std::string> alpn;
  limits limit;
  std::size_t max_fragment_length = 0;  ///< a client's; 0, or what RFC 6066 §4 has
  std::vector<external_psk> psks;       ///< a server's, or the one of a client
  bool psk_only = false;     ///< nothing but a PSK will do: no certificate is presented to us, or by us as a server
  key_log_callback key_log;  ///< never set without capability key_log
  verify_rules verify;       ///< also holds the trust anchors and CRLs
  std::shared_ptr<session_cache> sessions;  ///< a client's; null: sessions are neither asked for nor offered
  detail::ticket_rules tickets;             ///< a server's; without keys no tickets are made or taken
  detail::session_id_rules session_ids;     ///< a server's; without memory no session of TLS 1.2 has an id
  sha256_digest policy{};                   ///< `policy_digest`; all zero where none of the three is set
  /// A server's: the most bytes of early data that its tickets allow. A client's: not 0 where it may send any.
  std::size_t early_data = 0;
  bool client_ca_names = false;      ///< a CertificateRequest holds the subjects of all anchors, in their order
  bool post_handshake_auth = false;  ///< a client says that it may be asked later; never set without the capability
  bool release_buffers = false;      ///< never set without the capability
  bool asks_later = false;           ///< a server's: nobody is asked for a certificate in the handshake itself
};

/// Returns the number that stands for a length of fragments on the wire (RFC 6066 §4), 0 for none.
constexpr unsigned char fragment_code(std::size_t length) noexcept {
  return static_cast<unsigned char>(length == 0 ? 0 : std::bit_width(length) - 9);
}

/// What a context will do, value by value. A value that was read back from the library after it was set says so; the
/// others are taken as set.
struct effective_settings {
  tls_version min_version = tls_version::automatic;
  tls_version max_version = tls_version::automatic;
  std::vector<cipher_suite> cipher_suites;
  std::vector<named_group> groups;
  std::vector<signature_scheme> signature_schemes;
  std::vector<std::string> alpn;
  verify_mode verify = verify_mode::required;
  std::size_t trust_anchors = 0;
  std::size_t max_fragment_length = 0;  ///< that a client asks for; 0 for none
  std::size_t psks = 0;                 ///< external PSKs
  bool psk_only = false;                ///< nothing but a PSK will do: no certificate is accepted from the peer
  revocation_policy revocation;         ///< the mode is never automatic
  std::size_t crls = 0;
  std::size_t replayable_early_data = 0;  ///< bytes that a server accepts; 1 for a client that may send any
  bool post_handshake_auth = false;       ///< certificates of clients may be asked for later
  bool release_buffers = false;           ///< an idle connection keeps no buffers for records
  bool versions_read_back = false;
  bool cipher_suites_read_back = false;
};

namespace detail {

inline constexpr cipher_suite default_suites[] = {
    cipher_suite::aes_128_gcm_sha256,
    cipher_suite::aes_256_gcm_sha384,
    cipher_suite::chacha20_poly1305_sha256,
    cipher_suite::ecdhe_ecdsa_with_aes_128_gcm_sha256,
    cipher_suite::ecdhe_rsa_with_aes_128_gcm_sha256,
    cipher_suite::ecdhe_ecdsa_with_aes_256_gcm_sha384,
    cipher_suite::ecdhe_rsa_with_aes_256_gcm_sha384,
    cipher_suite::ecdhe_ecdsa_with_chacha20_poly1305_sha256,
    cipher_suite::ecdhe_rsa_with_chacha20_poly1305_sha256,
};
// Where ChaCha20-Poly1305 is the faster one (`prefers_chacha20`): the same suites in another order.
inline constexpr cipher_suite default_suites_chacha20[] = {
    cipher_suite::chacha20_poly1305_sha256,
    cipher_suite::aes_128_gcm_sha256,
    cipher_suite::aes_256_gcm_sha384,
    cipher_suite::ecdhe_ecdsa_with_chacha20_poly1305_sha256,
    cipher_suite::ecdhe_rsa_with_chacha20_poly1305_sha256,
    cipher_suite::ecdhe_ecdsa_with_aes_128_gcm_sha256,
    cipher_suite::ecdhe_rsa_with_aes_128_gcm_sha256,
    cipher_suite::ecdhe_ecdsa_with_aes_256_gcm_sha384,
    cipher_suite::ecdhe_rsa_with_aes_256_gcm_sha384,
};
inline constexpr named_group default_groups[] = {named_group::x25519, named_group::secp256r1, named_group::secp384r1,
                                                 named_group::secp521r1};
// Where the library is faster with P-256 (`fastest_group`).
inline constexpr named_group default_groups_p256[] = {named_group::secp256r1, named_group::x25519,
                                                      named_group::secp384r1, named_group::secp521r1};
// PKCS#1 before PSS: mbedTLS 3.6 offers PSS for the sake of TLS 1.3, and cannot verify it when TLS 1.2 is chosen.
inline constexpr signature_scheme default_schemes[] = {
    signature_scheme::ecdsa_secp256r1_sha256, signature_scheme::rsa_pkcs1_sha256,
    signature_scheme::rsa_pss_rsae_sha256,    signature_scheme::ecdsa_secp384r1_sha384,
    signature_scheme::rsa_pkcs1_sha384,       signature_scheme::rsa_pss_rsae_sha384,
    signature_scheme::ecdsa_secp521r1_sha512, signature_scheme::rsa_pkcs1_sha512,
    signature_scheme::rsa_pss_rsae_sha512,    signature_scheme::ed25519,
};

inline std::string hex16(unsigned value) {
  const std::byte bytes[] = {static_cast<std::byte>(value >> 8 & 0xff), static_cast<std::byte>(value & 0xff)};
  return "0x" + to_hex(bytes);
}

/// Names a number for a message, by its hexadecimal digits where it has no name.
template <class Number>
std::string spell(Number number) {
  const std::string_view known = name(number);
  return known.empty() ? hex16(static_cast<unsigned>(number)) : std::string(known);
}

/// Turns asked-for numbers into the list to set: all of them, or plugtls's default cut to what the backend has. The
/// list is whole where the backend lacks one, too.
template <class Backend, class Number>
[[gnu::cold]] errc resolve_list(const char* what, const std::vector<Number>& asked, std::span<const Number> defaults,
                                std::vector<Number>& out, error_info& info) {
  if (asked.empty()) {
    for (Number n : defaults)
      if (Backend::supports(n)) out.push_back(n);
    return errc::success;
  }
  for (Number n : asked) {
    for (Number seen : out)
      if (seen == n) return info.set(errc::invalid_argument, std::string(what) + " " + spell(n) + " is listed twice");
    out.push_back(n);
  }
  for (Number n : asked)
    if (!Backend::supports(n))
      return info.set(errc::unsupported, std::string(Backend::name) + " cannot do " + what + " " + spell(n));
  return errc::success;
}

/// Settles the version window. An automatic end takes what the backend has; one that was asked for must be honoured.
template <class Backend>
errc resolve_versions(tls_version min, tls_version max, context_plan& plan, error_info& info) {
  for (tls_version v : {min, max}) {
    if (v == tls_version::automatic || v == tls_version::tls1_2 || v == tls_version::tls1_3) continue;
    const bool old = v == tls_version::tls1_0 || v == tls_version::tls1_1;
    return info.set(old ? errc::unsupported : errc::invalid_argument,
                    old ? "TLS 1.0 and 1.1 are not offered (RFC 8996); ask for TLS 1.2 or 1.3"
                        : "version " + hex16(static_cast<unsigned>(v)) + " does not exist; ask for TLS 1.2 or 1.3");
  }
  const bool has_1_3 = Backend::supports(tls_version::tls1_3) || min == tls_version::tls1_3;
  plan.min_version = min == tls_version::automatic ? tls_version::tls1_2 : min;
  plan.max_version = max != tls_version::automatic ? max : has_1_3 ? tls_version::tls1_3 : tls_version::tls1_2;
  if (plan.min_version > plan.max_version) return info.set(errc::invalid_argument, "min_version is above max_version");
  if (plan.max_version == tls_version::tls1_3 && !Backend::supports(tls_version::tls1_3))
    return info.set(errc::unsupported, std::string(Backend::name) + " as it is built here has no TLS 1.3");
  return errc::success;
}

/// Makes window and suites agree: a version without a suite cannot be negotiated, so an automatic end of the window
/// moves, and an end that was asked for is an error. No library is left to find its own answer.
inline errc match_suites(tls_version min, tls_version max, context_plan& plan, error_info& info) {
  bool has_1_2 = false, has_1_3 = false;
  for (cipher_suite s : plan.cipher_suites) (is_tls1_3(s) ? has_1_3 : has_1_2) = true;
  if (plan.max_version == tls_version::tls1_3 && !has_1_3) {
    if (max == tls_version::tls1_3 || plan.min_version == tls_version::tls1_3)
      return info.set(errc::invalid_argument, "TLS 1.3 is asked for and no cipher suite of TLS 1.3");
    plan.max_version = tls_version::tls1_2;
  }
  if (plan.min_version == tls_version::tls1_2 && !has_1_2) {
    if (min == tls_version::tls1_2 || plan.max_version == tls_version::tls1_2)
      return info.set(errc::invalid_argument, "TLS 1.2 is asked for and no cipher suite of TLS 1.2");
    plan.min_version = tls_version::tls1_3;
  }
  std::erase_if(plan.cipher_suites, [&](cipher_suite s) {
    return is_tls1_3(s) ? plan.max_version < tls_version::tls1_3 : plan.min_version > tls_version::tls1_2;
  });
  return errc::success;
}

/// Takes the schemes over. Where a library cannot be held to them, asking for any is refused.
template <class Backend>
errc resolve_schemes(const std::vector<signature_scheme>& asked, context_plan& plan, error_info& info) {
  auto& list = plan.signature_schemes;
  const errc e = resolve_list<Backend, signature_scheme>("signature scheme", asked, default_schemes, list, info);
  if (e == errc::invalid_argument) return e;
  if (!asked.empty() && !Backend::capabilities.has(capability::signature_scheme_choice))
    return info.set(errc::unsupported,
                    std::string(Backend::name) + " as it is built here cannot be held to a list of signature_schemes");
  if (e != errc::success) return e;
  const auto is_lacking = [&](signature_scheme s) { return !has_scheme_in<Backend>(s, plan.max_version); };
  if (std::erase_if(list, is_lacking) != 0 && !asked.empty())
    return info.set(errc::unsupported, std::string(Backend::name) + " cannot do RSA-PSS in TLS 1.2");
  return errc::success;
}

/// Refuses schemes by which, in some version up to `last`, nobody could sign what the suites ask for: handshakes would
/// fail, or end before they begin.
template <class Settings>
errc check_schemes_of_suites(const Settings& s, tls_version last, error_info& info) {
  const std::span suites = s.cipher_suites.empty() ? std::span<const cipher_suite>(default_suites)
                                                   : std::span<const cipher_suite>(s.cipher_suites);
  for (const tls_version v : {tls_version::tls1_2, tls_version::tls1_3}) {
    bool is_used = false, is_usable = s.signature_schemes.empty();
    for (const cipher_suite suite : suites) {
      if (is_tls1_3(suite) != (v == tls_version::tls1_3)) continue;
      is_used = v >= s.min_version && v <= last;
      for (const signature_scheme scheme : s.signature_schemes)
        is_usable = is_usable || can_authenticate(suite, scheme);
    }
    if (is_used && !is_usable)
      return info.set(errc::invalid_argument, "none of the signature_schemes goes with a cipher suite of " +
                                                  std::string(name(v)) + "; add one, or leave that version out");
  }
  return errc::success;
}

template <class Backend>
errc check_limits(const limits& l, error_info& info) {
  if (l.max_handshake_size < 4096)
    return info.set(errc::invalid_argument, "limit.max_handshake_size is below 4096 bytes");
  if (l.max_chain_length < 1 || l.max_chain_length > 64)
    return info.set(errc::invalid_argument, "limit.max_chain_length is not within 1 to 64");
  if (l.max_intermediates < 0) return info.set(errc::invalid_argument, "limit.max_intermediates is negative");
  if (l.max_record_size < 512 || l.max_record_size > 16384)
    return info.set(errc::invalid_argument, "limit.max_record_size is not within 512 to 16384 bytes");
  if (l.max_chain_length > 9 && !Backend::capabilities.has(capability::long_chain))
    return info.set(errc::unsupported, std::string(Backend::name) + " reads chains of at most 9 certificates");
  return errc::success;
}

/// Takes over whether the authorities are named to clients.
template <class Backend>
errc take_client_ca_names(bool asked, context_plan& plan, error_info& info) {
  if (!asked) return errc::success;
  if (plan.verify.mode == verify_mode::none)
    return info.set(errc::invalid_argument, "client_ca_names is set, and clients are asked for no certificate");
  std::size_t size = 0;
  for (const certificate& anchor : plan.verify.anchors.all()) size += 2 + anchor.subject().raw().size();
  if (size == 0) return info.set(errc::invalid_argument, "client_ca_names is set, and no authority is trusted");
  if (size > 15360)
    return info.set(errc::invalid_argument, "client_ca_names: the authorities' names are longer than 15 KiB together");
  if (plan.max_version == tls_version::tls1_3 && !Backend::capabilities.has(capability::client_ca_names_tls1_3))
    return info.set(errc::unsupported, std::string(Backend::name) +
                                           " does not tell clients of TLS 1.3 the names of authorities: leave "
                                           "client_ca_names off, or set max_version to TLS 1.2");
  plan.client_ca_names = true;
  return errc::success;
}

/// Refuses to ask for a staple where nobody could give one, or nobody would look at it.
template <class Backend>
errc check_stapling(const revocation_policy& asked, role own, verify_mode mode, error_info& info) {
  if (!asked.staple) return errc::success;
  if (own == role::server)
    return info.set(errc::unsupported,
                    "revocation.staple is for clients: a server asks no client for an OCSP response");
  if (mode == verify_mode::none || asked.mode == revocation_mode::none)
    return info.set(errc::invalid_argument, "revocation.staple asks for an OCSP response, and nothing is looked up");
  if (!Backend::capabilities.has(capability::ocsp_stapling))
    return info.set(errc::unsupported, std::string(Backend::name) +
                                           " gives no stapled OCSP response to plugtls (revocation.staple); use CRLs");
  return errc::success;
}

/// Settles what is looked up, and takes the CRLs over. Where nothing is looked up nothing is kept.
[[gnu::cold]] inline void resolve_revocation(const revocation_policy& asked, const trust_store& trust,
                                             revocation_rules& out) {
  out.policy = asked;
  if (asked.mode == revocation_mode::automatic)
    out.policy.mode = !trust.crls().empty() ? revocation_mode::chain
                      : asked.staple        ? revocation_mode::leaf
                                            : revocation_mode::none;
  if (out.policy.mode == revocation_mode::none) return;
  for (const crl& list : trust.crls()) out.lists.push_back({list});
}

/// Takes pins over. Where nothing is verified they would be silently ignored.
[[gnu::cold]] inline errc take_pins(const std::vector<key_pin>& pins, verify_rules& rules, error_info& info) {
  for (std::size_t i = 0; i < pins.size(); ++i)
    if (!pins[i].is_valid())
      return info.set(errc::invalid_argument,
                      "pins[" + std::to_string(i) + "], '" + safe_text(pins[i].text(), 100) +
                          "', is no SHA-256 of a public key: write 64 hexadecimal digits, or sha256// and base64");
  if (!pins.empty() && rules.mode == verify_mode::none)
    return info.set(errc::invalid_argument, "pins are given, and nothing is verified");
  rules.pins = pins;
  return errc::success;
}

inline errc take_floors(const certificate_floors& floors, verify_rules& rules, error_info& info) {
  constexpr certificate_floors least{}, most{16384, 521, 512};
  const auto fits = [&](unsigned certificate_floors::*floor) {
    return floors.*floor >= least.*floor && floors.*floor <= most.*floor;
  };
  if (!fits(&certificate_floors::rsa_bits)) return info.set(errc::invalid_argument, "floors.rsa_bits is 2048 to 16384");
  if (!fits(&certificate_floors::ec_bits)) return info.set(errc::invalid_argument, "floors.ec_bits is 224 to 521");
  if (!fits(&certificate_floors::hash_bits)) return info.set(errc::invalid_argument, "floors.hash_bits is 224 to 512");
  if (floors != least && rules.mode == verify_mode::none)
    return info.set(errc::invalid_argument, "floors are raised, and nothing is verified");
  rules.floors = floors;
  return errc::success;
}

template <class Backend>
errc take_key_log(const key_log_callback& asked, context_plan& plan, error_info& info) {
  if (asked && !Backend::capabilities.has(capability::key_log))
    return info.set(errc::unsupported, std::string(Backend::name) +
                                           " as it is built here does not tell the secrets of connections "
                                           "(insecure_key_log)");
  plan.key_log = asked;
  return errc::success;
}

/// Does everything about settings that both roles share.
template <class Backend, class Settings>
[[gnu::cold]] errc make_plan(const Settings& s, role own, context_plan& plan, error_info& info) {
  plan.own = own;
  plan.alpn = s.alpn;
  plan.limit = s.limit;
  plan.verify.own = own;
  plan.verify.max_chain_length = s.limit.max_chain_length;
  plan.verify.max_intermediates = s.limit.max_intermediates;
  plan.verify.on_verify = s.on_verify;
  plan.verify.insecure_override = s.insecure_override;
  plan.verify.clock = s.clock;
  plan.verify.verify_signature = &Backend::verify_signature;
  const std::span suites(Backend::prefers_chacha20() ? default_suites_chacha20 : default_suites);
  const std::span groups(Backend::fastest_group() == named_group::secp256r1 ? default_groups_p256 : default_groups);
  errc e = resolve_versions<Backend>(s.min_version, s.max_version, plan, info);
  if (e == errc::invalid_argument) return e;
  // What no backend could honour counts before what this one lacks, so that all say the same of the same settings.
  error_info first;
  const auto note = [&](errc found) {
    const bool leads = !first || (first.code == errc::unsupported && found != errc::unsupported);
    if (found != errc::success && leads) first = info;
    info = {};
  };
  note(e);
  note(resolve_list<Backend, cipher_suite>("cipher suite", s.cipher_suites, suites, plan.cipher_suites, info));
  note(check_window(s, info));
  note(take_psks<Backend>(!s.cipher_suites.empty(), plan, info));
  if (!first) note(match_suites(s.min_version, s.max_version, plan, info));
  note(check_psk_versions<Backend>(plan, info));
  note(resolve_list<Backend, named_group>("group", s.groups, groups, plan.groups, info));
  note(resolve_schemes<Backend>(s.signature_schemes, plan, info));
  if (plan.psks.empty()) note(check_schemes_of_suites(s, plan.max_version, info));
  note(check_alpn<Backend>(s.alpn, info));
  note(check_limits<Backend>(s.limit, info));
  note(take_fragment_length<Backend>(s, plan, info));
  note(take_release_buffers<Backend>(s.release_buffers, plan, info));
  note(take_key_log<Backend>(s.insecure_key_log, plan, info));
  note(take_post_handshake_auth<Backend>(s, plan, info));
  if (plan.psk_only && !s.pins.empty())
    note(info.set(errc::invalid_argument, "pins are given, and nothing but a PSK will do: no certificate is accepted"));
  note(take_pins(s.pins, plan.verify, info));
  note(take_floors(s.floors, plan.verify, info));
  note(check_stapling<Backend>(s.revocation, own, plan.verify.mode, info));
  note(take_early_data<Backend>(s, plan, info));
  note(check_resumption<Backend>(s, info));
  info = first;
  e = first.code;
  // Where only a PSK will do, nobody is trusted by certificate, and nobody is asked.
  if (plan.psk_only) plan.verify.on_verify = plan.verify.insecure_override = {};
  if (e == errc::success && plan.verify.mode != verify_mode::none && !plan.psk_only) {
    error_info trust;
    plan.verify.anchors = s.trust.share(trust);
    if (trust) {
      info = trust;
      e = trust.code;
    }
    resolve_revocation(s.revocation, s.trust, plan.verify.revocation);
  }
  return e;
}

}  // namespace detail
}  // namespace plugtls
