// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <utility>
#include <vector>

#include "plugtls/bytes.hpp"
#include "plugtls/detail/callback.hpp"
#include "plugtls/detail/step_runner.hpp"
#include "plugtls/error_info.hpp"
#include "plugtls/protocol.hpp"

namespace plugtls {

/// What a signer is asked for. Valid during the call.
struct signing_request {
  /// RSA: RSASSA-PKCS1-v1_5, or RSASSA-PSS with MGF1 of the same hash and a salt as long as the digest. ECDSA: any
  /// curve in TLS 1.2, where the scheme only names the hash; the scheme's own in TLS 1.3 (RFC 8446 §4.2.3).
  signature_scheme scheme = signature_scheme::none;
  byte_view digest;  ///< of what is to be signed, by the scheme's hash: 32, 48 or 64 bytes
};

/// How to wait for a signer that answers later; made by `wait_for_signature`, of `pending_signature.hpp`.
class signature_wait {
 public:
  signature_wait() = default;
  signature_wait(detail::callback<void(int milliseconds)> wait, detail::make_step_runner make) noexcept
      : wait_(std::move(wait)), make_(make) {}

  explicit operator bool() const noexcept { return make_ != nullptr; }
  void operator()(int milliseconds) const {
    if (wait_) wait_(milliseconds);
  }
  // For engines.
  detail::make_step_runner make_runner() const noexcept { return make_; }

 private:
  detail::callback<void(int milliseconds)> wait_;
  detail::make_step_runner make_ = nullptr;
};

/// Makes signatures with a private key that is elsewhere: in a hardware module, an agent, another process. A value;
/// becomes a key by `key_source::from_signer`. Capabilities: `external_rsa_key`, `external_rsa_pss_key` and
/// `external_ec_key`, by what signs; a context that could not use the signer is refused with `unsupported`.
///
/// Called in whichever thread drives a handshake, and by several at once where a context is shared: it must bear that.
/// No signature leaves that does not verify with the public key.
struct signer {
  /// Makes one signature: as long as the modulus for RSA, an ECDSA-Sig-Value in DER for ECDSA (RFC 5480 §A). Whatever
  /// it returns but `success` ends the handshake with `signing_failed`, and the text that it sets in `info` is told;
  /// what it throws comes out of the stream. A signature that does not verify ends it with `key_mismatch`. The peer
  /// gets an alert, and no reason.
  ///
  /// `would_block` (only with `wait` set, capability `pending_signature`): the signature is not there yet. The
  /// handshake then returns `want_signature`, and the next call asks the signer again, with the same request.
  detail::callback<errc(const signing_request& request, byte_vector& signature, error_info& info)> sign;

  /// What it can do, by which the handshake keeps; empty: all that a key of this type has. Without a scheme of TLS 1.3
  /// (RSASSA-PSS, or the curve's own for ECDSA) an automatic window of versions ends with TLS 1.2.
  std::vector<signature_scheme> schemes = {};

  /// How to wait for a signature that comes later; see `wait_for_signature`. Not set: the signer always answers at
  /// once.
  signature_wait wait = {};
};

namespace detail {

/// Returns the bytes that a scheme's hash makes, 0 where what is signed is not a digest.
constexpr std::size_t digest_size(signature_scheme s) noexcept {
  using enum signature_scheme;
  switch (s) {
    case rsa_pkcs1_sha256:
    case rsa_pss_rsae_sha256:
    case ecdsa_secp256r1_sha256: return 32;
    case rsa_pkcs1_sha384:
    case rsa_pss_rsae_sha384:
    case ecdsa_secp384r1_sha384: return 48;
    case rsa_pkcs1_sha512:
    case rsa_pss_rsae_sha512:
    case ecdsa_secp521r1_sha512: return 64;
    default: return 0;
  }
}

constexpr bool is_ecdsa(signature_scheme s) noexcept {
  return (static_cast<unsigned>(s) & 0xffU) == 3 && digest_size(s) != 0;
}
constexpr bool is_pss(signature_scheme s) noexcept { return static_cast<unsigned>(s) >> 8 == 8 && digest_size(s) != 0; }

/// Finds the scheme of a family by the size of the digest; `none` for another size.
enum class scheme_family : unsigned char { rsa_pkcs1, rsa_pss, ecdsa };
constexpr signature_scheme scheme_of(scheme_family family, std::size_t digest) noexcept {
  using enum signature_scheme;
  constexpr signature_scheme table[3][3] = {
      {rsa_pkcs1_sha256, rsa_pkcs1_sha384, rsa_pkcs1_sha512},
      {rsa_pss_rsae_sha256, rsa_pss_rsae_sha384, rsa_pss_rsae_sha512},
      {ecdsa_secp256r1_sha256, ecdsa_secp384r1_sha384, ecdsa_secp521r1_sha512},
  };
  const std::size_t hash = digest == 32 ? 0 : digest == 48 ? 1 : digest == 64 ? 2 : 3;
  return hash < 3 ? table[static_cast<std::size_t>(family)][hash] : none;
}

}  // namespace detail
}  // namespace plugtls
