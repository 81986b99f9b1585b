// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <span>

#include "plugtls/client_hello_view.hpp"
#include "plugtls/protocol.hpp"
#include "plugtls/public_key_view.hpp"

/// Which identity suits a client: the same answer whatever the library (RFC 8446 §4.4.2.2, RFC 5246 §7.4.2, RFC 8422).
namespace plugtls::detail {

/// What a key signs handshakes with.
struct key_profile {
  key_kind kind = key_kind::other;
  named_group curve = named_group::none;  ///< of an elliptic curve

  friend bool operator==(const key_profile&, const key_profile&) noexcept = default;
};

inline key_profile profile_of(const public_key_view& key) noexcept {
  key_profile p{key.kind(), named_group::none};
  if (key.curve() == "P-256") p.curve = named_group::secp256r1;
  if (key.curve() == "P-384") p.curve = named_group::secp384r1;
  if (key.curve() == "P-521") p.curve = named_group::secp521r1;
  return p;
}

/// What a server may choose from.
struct own_offer {
  tls_version max_version = tls_version::tls1_2;
  std::span<const cipher_suite> suites;
  std::span<const named_group> groups;
  std::span<const signature_scheme> schemes;
};

template <class Range, class Value>
bool is_in(const Range& range, Value value) noexcept {
  for (const auto v : range)
    if (v == value) return true;
  return false;
}

/// Whether a key can make signatures of a scheme. Before TLS 1.3 a curve may go with any hash, and RSA with PKCS#1.
inline bool can_sign(const key_profile& key, signature_scheme scheme, bool is_1_3) noexcept {
  switch (scheme) {
    case signature_scheme::rsa_pkcs1_sha256:
    case signature_scheme::rsa_pkcs1_sha384:
    case signature_scheme::rsa_pkcs1_sha512: return !is_1_3 && key.kind == key_kind::rsa;
    case signature_scheme::rsa_pss_rsae_sha256:
    case signature_scheme::rsa_pss_rsae_sha384:
    case signature_scheme::rsa_pss_rsae_sha512: return key.kind == key_kind::rsa;
    case signature_scheme::rsa_pss_pss_sha256:
    case signature_scheme::rsa_pss_pss_sha384:
    case signature_scheme::rsa_pss_pss_sha512: return key.kind == key_kind::rsa_pss;
    case signature_scheme::ecdsa_secp256r1_sha256:
      return key.kind == key_kind::ec && (!is_1_3 || key.curve == named_group::secp256r1);
    case signature_scheme::ecdsa_secp384r1_sha384:
      return key.kind == key_kind::ec && (!is_1_3 || key.curve == named_group::secp384r1);
    case signature_scheme::ecdsa_secp521r1_sha512:
      return key.kind == key_kind::ec && (!is_1_3 || key.curve == named_group::secp521r1);
    case signature_scheme::ed25519: return key.kind == key_kind::ed25519;
    case signature_scheme::ed448: return key.kind == key_kind::ed448;
    case signature_scheme::none: break;
  }
  return false;
}

/// Whether a suite of TLS 1.2 is authenticated by a key of this kind; EdDSA goes with ECDSA's (RFC 8422 §5.1.1).
inline bool authenticates(cipher_suite s, const key_profile& key) noexcept {
  if (is_tls1_3(s)) return false;
  const bool is_rsa = key.kind == key_kind::rsa || key.kind == key_kind::rsa_pss;
  return (name(s).find(is_rsa ? "_RSA_" : "_ECDSA_")) != std::string_view::npos;
}

/// Whether a server can prove itself to this client with this key, in the version that they will speak.
inline bool suits(const key_profile& key, const client_hello_view& hello, const own_offer& own) noexcept {
  const bool is_1_3 = own.max_version == tls_version::tls1_3 && is_in(hello.versions, tls_version::tls1_3);
  bool signs = false;
  for (const signature_scheme s : own.schemes)
    signs = signs || (can_sign(key, s, is_1_3) && is_in(hello.signature_schemes, s));
  if (!signs || is_1_3) return signs;
  if (key.kind == key_kind::ec &&
      (!is_in(own.groups, key.curve) || (hello.names_groups && !is_in(hello.groups, key.curve))))
    return false;
  for (const cipher_suite s : own.suites)
    if (authenticates(s, key) && is_in(hello.cipher_suites, s)) return true;
  return false;
}

}  // namespace plugtls::detail
