// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <bit>
#include <string>
#include <utility>
#include <vector>

#include "plugtls/capability.hpp"
#include "plugtls/error_info.hpp"
#include "plugtls/protocol.hpp"
#include "plugtls/psk.hpp"
#include "plugtls/verify.hpp"

/// Settings of single options, checked and taken over into a plan, whose versions and suites are settled.
namespace plugtls::detail {

/// Refuses an end of the window that is asked for, and for which no asked-for suite is.
template <class Settings>
errc check_window(const Settings& s, error_info& info) {
  for (const tls_version v : {tls_version::tls1_3, tls_version::tls1_2}) {
    bool has_suite = s.cipher_suites.empty() || (s.min_version != v && s.max_version != v);
    for (const cipher_suite suite : s.cipher_suites)
      has_suite = has_suite || is_tls1_3(suite) == (v == tls_version::tls1_3);
    if (!has_suite)
      return info.set(errc::invalid_argument,
                      std::string(name(v)) + " is asked for and no cipher suite of " + std::string(name(v)));
  }
  return errc::success;
}

template <class Backend>
errc check_alpn(const std::vector<std::string>& protocols, error_info& info) {
  std::size_t total = 0;
  for (const std::string& p : protocols) {
    if (p.empty() || p.size() > 255)
      return info.set(errc::invalid_argument, "an ALPN protocol is 1 to 255 bytes long (RFC 7301 §3.1)");
    if (p.find('\0') != std::string::npos)
      return info.set(errc::invalid_argument, "an ALPN protocol with a NUL byte cannot be offered on every backend");
    total += p.size() + 1;
  }
  if (total > 65533) return info.set(errc::invalid_argument, "the ALPN list is too long");
  for (const std::string& p : protocols)
    if (p.find(',') != std::string::npos && !Backend::capabilities.has(capability::any_alpn_name))
      return info.set(errc::unsupported, std::string(Backend::name) + " cannot offer an ALPN protocol with a comma");
  return errc::success;
}

/// Takes the length of fragments over, which clients ask for.
template <class Backend, class Settings, class Plan>
errc take_fragment_length(const Settings& s, Plan& plan, error_info& info) {
  if constexpr (requires { s.max_fragment_length; }) {
    plan.max_fragment_length = s.max_fragment_length;
    if (s.max_fragment_length == 0) return errc::success;
    if (s.max_fragment_length < 512 || s.max_fragment_length > 4096 || !std::has_single_bit(s.max_fragment_length))
      return info.set(errc::invalid_argument, "max_fragment_length is none of 512, 1024, 2048 and 4096 (RFC 6066 §4)");
    const std::string own(Backend::name);
    if (!Backend::capabilities.has(capability::max_fragment_length))
      return info.set(errc::unsupported, own + " as it is built here cannot ask for a max_fragment_length");
    if (plan.max_version == tls_version::tls1_3 && !Backend::capabilities.has(capability::max_fragment_length_tls1_3))
      return info.set(errc::unsupported,
                      own + " asks for a max_fragment_length in TLS 1.2 only: set max_version to it");
  }
  return errc::success;
}

/// Takes over whether buffers are given back. A program that asks for it counts on it.
template <class Backend, class Plan>
errc take_release_buffers(bool asked, Plan& plan, error_info& info) {
  plan.release_buffers = asked;
  if (!asked || Backend::capabilities.has(capability::release_buffers)) return errc::success;
  return info.set(errc::unsupported, std::string(Backend::name) +
                                         " as it is built here keeps its buffers as long as a connection: leave "
                                         "release_buffers off");
}

/// Tells whether settings leave TLS 1.3 out, on every backend.
template <class Settings>
bool leaves_out_1_3(const Settings& s) noexcept {
  bool has_suite = s.cipher_suites.empty();
  for (const cipher_suite suite : s.cipher_suites) has_suite = has_suite || is_tls1_3(suite);
  return !has_suite || s.max_version == tls_version::tls1_2;
}

/// Takes over whether there is early data, and how much.
template <class Backend, class Settings, class Plan>
errc take_early_data(const Settings& s, Plan& plan, error_info& info) {
  plan.early_data = s.replayable_early_data;
  if (plan.early_data == 0) return errc::success;
  if (leaves_out_1_3(s))
    return info.set(errc::invalid_argument,
                    "replayable_early_data is set, and TLS 1.3 is left out: there is none in TLS 1.2");
  if constexpr (requires { s.tickets; }) {
    if (!s.tickets) return info.set(errc::invalid_argument, "replayable_early_data is set, and no tickets: set both");
    if (plan.verify.mode != decltype(plan.verify.mode)::none)
      return info.set(
          errc::invalid_argument,
          "replayable_early_data is set, and clients are verified: a server would read early data before it "
          "knows whose it is; set one of the two, each in a context of its own");
    if (plan.early_data > s.limit.max_handshake_size / 2)
      return info.set(
          errc::invalid_argument,
          "replayable_early_data is more than half of limit.max_handshake_size, of which it is a part: raise "
          "that, or lower this");
  } else if (!s.sessions) {
    return info.set(errc::invalid_argument, "replayable_early_data is set, and no sessions: set both");
  }
  if (!Backend::capabilities.has(capability::early_data))
    return info.set(errc::unsupported, std::string(Backend::name) +
                                           " as it is built here has no early data: leave replayable_early_data off");
  return errc::success;
}

/// Takes the PSKs over, and makes the suites agree with them. Without any, the suites with PSK are out.
template <class Backend, class Plan>
[[gnu::cold]] errc take_psks(bool are_suites_asked, Plan& plan, error_info& info) {
  auto& suites = plan.cipher_suites;
  if (plan.psks.empty()) {
    if (!are_suites_asked) return errc::success;
    for (const cipher_suite s : suites)
      if (is_psk(s))
        return info.set(errc::unsupported, "cipher suite " + std::string(name(s)) + " needs a PSK: set one");
    return errc::success;
  }
  if (const errc e = check_psks(plan.psks, info); e != errc::success) return e;
  constexpr cipher_suite own = cipher_suite::ecdhe_psk_with_chacha20_poly1305_sha256;
  auto first_1_2 = suites.begin();
  while (first_1_2 != suites.end() && is_tls1_3(*first_1_2)) ++first_1_2;
  if (!are_suites_asked && Backend::supports(own)) suites.insert(first_1_2, own);
  if (!plan.psk_only) return errc::success;
  // A PSK goes with its hash, SHA-256, and in TLS 1.2 with its suites.
  const auto is_useless = [](cipher_suite s) {
    return is_tls1_3(s) ? s == cipher_suite::aes_256_gcm_sha384 : !is_psk(s);
  };
  for (const cipher_suite s : suites)
    if (are_suites_asked && is_useless(s))
      return info.set(errc::invalid_argument, "cipher suite " + std::string(name(s)) +
                                                  " cannot be used with the PSK, and there is "
                                                  "nothing else: leave it out");
  std::erase_if(suites, is_useless);
  return errc::success;
}

/// Takes over that certificates of clients may be asked for after the handshake. A server that asks for none in the
/// handshake verifies nevertheless, as one where they are optional.
template <class Backend, class Settings, class Plan>
errc take_post_handshake_auth(const Settings& s, Plan& plan, error_info& info) {
  if (!s.post_handshake_auth) return errc::success;
  if (leaves_out_1_3(s))
    return info.set(errc::invalid_argument, "post_handshake_auth takes TLS 1.3, which the window leaves out");
  if (plan.own == role::server && plan.psk_only)
    return info.set(errc::invalid_argument,
                    "post_handshake_auth asks for certificates, and there are only psks: nobody is trusted by "
                    "certificate");
  if (!Backend::capabilities.has(capability::post_handshake_auth))
    return info.set(errc::unsupported, std::string(Backend::name) +
                                           " as it is built here has no authentication after the handshake "
                                           "(post_handshake_auth)");
  plan.post_handshake_auth = true;
  if (plan.own == role::server && plan.verify.mode == verify_mode::none) {
    plan.asks_later = true;
    plan.verify.mode = verify_mode::optional;
  }
  return errc::success;
}

/// Refuses to resume what a server cannot resume.
template <class Backend, class Settings>
errc check_resumption(const Settings& s, error_info& info) {
  if constexpr (requires { s.session_ids; }) {
    if (s.tickets && (s.verify != verify_mode::none || s.post_handshake_auth) &&
        !Backend::capabilities.has(capability::client_auth_resumption))
      return info.set(errc::unsupported,
                      std::string(Backend::name) +
                          " cannot verify a client again when its session is resumed: do not set tickets where clients "
                          "are verified");
    if (s.session_ids && !Backend::capabilities.has(capability::session_ids))
      return info.set(errc::unsupported,
                      std::string(Backend::name) +
                          " as it is built here cannot keep a server's sessions by their ids: leave session_ids off");
  }
  return errc::success;
}

/// Refuses PSKs in a window with a version that has none.
template <class Backend, class Plan>
[[gnu::cold]] errc check_psk_versions(const Plan& plan, error_info& info) {
  if (plan.psks.empty()) return errc::success;
  for (const auto& [version, needed] : {std::pair(tls_version::tls1_2, capability::external_psk),
                                        std::pair(tls_version::tls1_3, capability::external_psk_tls1_3)})
    if (version >= plan.min_version && version <= plan.max_version && !Backend::capabilities.has(needed))
      return info.set(errc::unsupported, std::string(Backend::name) + " as it is built here has no external PSK in " +
                                             std::string(name(version)) + "; leave that version out");
  return errc::success;
}

}  // namespace plugtls::detail
