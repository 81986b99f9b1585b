// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <string_view>

namespace plugtls {

/// Which certificates of a path are looked up in the CRLs. A trust anchor never is: nobody above it could revoke it.
enum class revocation_mode : std::uint8_t {
  automatic,  ///< chain where the trust store holds CRLs, none where it holds none
  none,       ///< none, even if there are CRLs
  leaf,       ///< the peer's own certificate
  chain       ///< all but the anchor
};

/// What revocation means for a context's verdicts, the same on every backend: plugtls evaluates CRLs itself, RFC 5280
/// §6.3.
///
/// A certificate that a usable CRL lists is `errc::revoked`, whatever the reason it names. Where no usable CRL speaks
/// for a certificate it is `errc::revocation_unknown`, unless `soft`. So a context that has no CRLs and is told to look
/// refuses every peer, as one without trust does.
///
/// A CRL is usable if its issuer's name is the certificate's issuer; if the key that signed the certificate signed it,
/// or another one of that name that is a trust anchor, or that the same authority or the authority above certified; if
/// that certificate's keyUsage, where there is one, has cRLSign; if signature algorithm and key reach the floors that
/// hold for certificates; if thisUpdate has come, and nextUpdate is there and has not passed, by the settings' clock;
/// if its issuingDistributionPoint covers the certificate (onlySomeReasons: several CRLs together must cover all
/// reasons before a certificate counts as good; one suffices to revoke it); and if neither it nor an entry has an
/// unknown critical extension. Delta and indirect CRLs are not used.
struct revocation_policy {
  revocation_mode mode = revocation_mode::automatic;
  bool soft = false;  ///< accept a certificate that no usable CRL speaks for
};

/// Returns the name of a mode as it is spelled in code.
constexpr std::string_view name(revocation_mode m) noexcept {
  switch (m) {
    case revocation_mode::automatic: return "automatic";
    case revocation_mode::none: return "none";
    case revocation_mode::leaf: return "leaf";
    case revocation_mode::chain: return "chain";
  }
  return "";
}

}  // namespace plugtls
