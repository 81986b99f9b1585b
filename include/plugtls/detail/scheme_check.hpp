// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <span>
#include <string>

#include "plugtls/capability.hpp"
#include "plugtls/error_info.hpp"
#include "plugtls/identity.hpp"
#include "plugtls/protocol.hpp"
#include "plugtls/public_key_view.hpp"

namespace plugtls::detail {

/// Tells whether a key can sign a handshake by a scheme (RFC 8446 §4.2.3, RFC 5246 §7.4.1.4.1): in TLS 1.2 ECDSA goes
/// with every hash, in TLS 1.3 each scheme with one curve, and RSA is PSS.
constexpr bool can_sign(key_kind kind, unsigned bits, signature_scheme s, tls_version v) noexcept {
  const bool is_1_3 = v == tls_version::tls1_3;
  switch (s) {
    using enum signature_scheme;
    case rsa_pkcs1_sha256:
    case rsa_pkcs1_sha384:
    case rsa_pkcs1_sha512: return kind == key_kind::rsa && !is_1_3;
    case rsa_pss_rsae_sha256:
    case rsa_pss_rsae_sha384:
    case rsa_pss_rsae_sha512: return kind == key_kind::rsa;
    case rsa_pss_pss_sha256:
    case rsa_pss_pss_sha384:
    case rsa_pss_pss_sha512: return kind == key_kind::rsa_pss;
    case ecdsa_secp256r1_sha256: return kind == key_kind::ec && (!is_1_3 || bits == 256);
    case ecdsa_secp384r1_sha384: return kind == key_kind::ec && (!is_1_3 || bits == 384);
    case ecdsa_secp521r1_sha512: return kind == key_kind::ec && (!is_1_3 || bits == 521);
    case ed25519: return kind == key_kind::ed25519;
    case ed448: return kind == key_kind::ed448;
    default: return false;
  }
}

/// Tells whether a key of some kind could sign by a scheme what a suite asks for: in TLS 1.2 the suite says which kind
/// (RFC 8422 §2), and the one with a PSK asks for none; in TLS 1.3 any will do but PKCS #1.
constexpr bool can_authenticate(cipher_suite suite, signature_scheme s) noexcept {
  const bool is_rsa = name(s).starts_with("rsa_");
  if (is_tls1_3(suite)) return !name(s).starts_with("rsa_pkcs1");
  return is_psk(suite) || is_rsa == name(suite).starts_with("TLS_ECDHE_RSA");
}

/// Tells whether a backend has a scheme in a version (capability rsa_pss_tls1_2).
template <class B>
constexpr bool has_scheme_in(signature_scheme s, tls_version v) noexcept {
  return v == tls_version::tls1_3 || B::capabilities.has(capability::rsa_pss_tls1_2) ||
         static_cast<unsigned>(s) >> 8 != 8 || s == signature_scheme::ed25519 || s == signature_scheme::ed448;
}

/// Refuses an identity whose key can sign by none of the schemes, in some version of the window: its handshakes would
/// fail, one after the other.
template <class B, class Window>
[[gnu::cold]] errc check_schemes(const identity& id, std::span<const signature_scheme> schemes, const Window& window,
                                 error_info& info) {
  const public_key_view& key = id.chain().front().view().public_key();
  for (const tls_version v : {tls_version::tls1_2, tls_version::tls1_3}) {
    if (v < window.min_version || v > window.max_version) continue;
    bool is_usable = false;
    for (const signature_scheme s : schemes)
      is_usable = is_usable || (can_sign(key.kind(), key.bits(), s, v) && has_scheme_in<B>(s, v));
    if (!is_usable)
      return info.set(errc::invalid_argument, "the identity's key (" + key.description() +
                                                  ") can sign by none of the signature_schemes in " +
                                                  std::string(name(v)) + "; add one, or leave that version out");
  }
  return errc::success;
}

}  // namespace plugtls::detail
