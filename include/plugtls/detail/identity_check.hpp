// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>
#include <vector>

#include "plugtls/capability.hpp"
#include "plugtls/chain_policy.hpp"
#include "plugtls/detail/ocsp_match.hpp"
#include "plugtls/detail/reason_text.hpp"
#include "plugtls/error_info.hpp"
#include "plugtls/identity.hpp"
#include "plugtls/protocol.hpp"

/// What is asked of an identity before its key is loaded, or a library sees it: so that all refuse the same ones.
namespace plugtls::detail {

/// mbedTLS would present such a certificate to nobody and find no common cipher suite, the others would be refused by
/// every client that looks.
inline errc check_serves(const certificate_view& leaf, error_info& info) {
  if (!leaf.allows_extended(oid::server_auth))
    return info.set(errc::invalid_purpose,
                    "the identity's certificate is not one for servers (extendedKeyUsage lacks serverAuth): have it "
                    "issued with serverAuth, or without extendedKeyUsage");
  if (!leaf.allows(key_usage::digital_signature))
    return info.set(errc::invalid_purpose,
                    "the identity's key may not sign handshakes (keyUsage lacks digitalSignature): have the "
                    "certificate issued with digitalSignature, or without keyUsage");
  return errc::success;
}

/// An issuer's key is compared where one is in the chain.
inline bool speaks_of_leaf(const identity& id) noexcept {
  const certificate_view& leaf = id.chain().front().view();
  errc e = errc::success;
  const auto response = ocsp_view::parse(id.ocsp_response(), e);
  if (!response) return false;
  bool has_issuer = false;
  for (const certificate& c : id.chain()) {
    if (!(c.subject() == leaf.issuer())) continue;
    has_issuer = true;
    if (speaks_of(*response, leaf, &c.view())) return true;
  }
  return !has_issuer && speaks_of(*response, leaf, nullptr);
}

/// A response for another certificate is one that clients refuse, and that OpenSSL drops without a word since 3.6.
template <class B>
[[gnu::cold]] errc check_staple(const identity& id, role own, error_info& info) {
  if (id.ocsp_response().empty()) return errc::success;
  if (own == role::client)
    return info.set(errc::unsupported, "a client staples no OCSP response: take it out of the identity");
  if (!B::capabilities.has(capability::ocsp_stapling))
    return info.set(errc::unsupported, std::string(B::name) + " staples no OCSP response: take it out of the identity");
  if (speaks_of_leaf(id)) return errc::success;
  const certificate& leaf = id.chain().front();
  return info.set(errc::invalid_argument,
                  "the identity's OCSP response is not for its certificate, serial " + leaf.serial_hex() + " of " +
                      safe_text(leaf.issuer().oneline()) +
                      ": ask the responder that the certificate names for one about it, by SHA-1 or SHA-256");
}

/// The Certificate message of TLS 1.3, the longer one, with its header (RFC 8446 §4.4.2).
template <class B>
bool fits_message(const std::vector<certificate>& chain) noexcept {
  std::size_t size = 8;
  for (const certificate& c : chain) size += c.der().size() + 5;
  return size <= 16384 || B::capabilities.has(capability::large_handshake_message);
}

template <class B>
errc check_identity(const identity& id, role own, error_info& info) {
  if (id.chain().empty()) return info.set(errc::no_certificates_found, "the identity holds no certificate");
  if (id.key().empty()) return info.set(errc::invalid_argument, "the identity holds no private key");
  const certificate_view& leaf = id.chain().front().view();
  if (id.chain().size() > 9 && !B::capabilities.has(capability::long_chain))
    return info.set(errc::unsupported, std::string(B::name) + " sends chains of at most 9 certificates");
  if (!fits_message<B>(id.chain()))
    return info.set(errc::unsupported, std::string(B::name) + " cannot send a chain of more than 16 KiB");
  if (key_is_weak(leaf.public_key(), certificate_floors()))
    return info.set(errc::weak_algorithm, "the identity's key is too short: " + leaf.public_key().description());
  return check_staple<B>(id, own, info);
}

}  // namespace plugtls::detail
