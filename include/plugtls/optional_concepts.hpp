// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <concepts>
#include <memory>

#include "plugtls/capability.hpp"
#include "plugtls/detail/external_key.hpp"
#include "plugtls/secret.hpp"

// The part of the contract that goes with capabilities: members that a backend has where it declares the capability,
// and leaves out elsewhere. The core calls them under `if constexpr (has<B, capability::...>)` and refuses what is not
// declared before any of them could be reached. What concepts.hpp says of all members holds for these too.

namespace plugtls {

/// Whether the library lets somebody else sign (capabilities external_rsa_key, external_ec_key).
template <class B>
concept ExternalKeys = requires(typename B::private_key& key, std::shared_ptr<const detail::external_key> external,
                                error_info& info, byte_view bytes, signature_scheme scheme) {
  // Makes a private key of one that is elsewhere, in place of load(). Whenever a handshake needs a signature of it, the
  // adapter calls detail::make_signature, in the thread that drives the handshake, and ends the handshake where that
  // fails. public_key() is not called. The core has seen that the key is of a kind that is declared. Gives
  // out_of_memory, unsupported.
  { key.load_external(external, info) } -> std::same_as<errc>;
  // Verifies one signature of a digest by a scheme of RSA or ECDSA; a pure function. The key is SubjectPublicKeyInfo.
  // For ECDSA the scheme says nothing of the curve. Gives success or bad_signature.
  { B::verify_digest(bytes, scheme, bytes, bytes) } -> std::same_as<errc>;
};

/// Whether the library opens what a password closes (capability pkcs12).
template <class B>
concept DecryptsByPassword = requires(byte_view bytes, const secret& password, secret& opened) {
  // Decrypts what was encrypted by an AlgorithmIdentifier of PBES2 (RFC 8018 §6.2) or PKCS#12 (RFC 7292 §C), to one
  // SEQUENCE in DER, without padding. The password is ASCII and not empty. Gives bad_password, where that is noticed,
  // and unsupported.
  { B::decrypt_pbe(bytes, password, bytes, opened) } -> std::same_as<errc>;
};

/// Whether a backend has every member that its capabilities call for.
template <class B>
concept FulfilsCapabilities = (!(B::capabilities.has(capability::external_rsa_key) ||
                                 B::capabilities.has(capability::external_ec_key)) ||
                               ExternalKeys<B>)&&(!B::capabilities.has(capability::pkcs12) || DecryptsByPassword<B>);

}  // namespace plugtls
