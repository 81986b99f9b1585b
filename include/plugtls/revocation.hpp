// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <string_view>

namespace plugtls {

/// Which certificates of a path are looked up. A trust anchor never is: nobody above it could revoke it.
enum class revocation_mode : std::uint8_t {
  automatic,  ///< chain where the trust store holds CRLs; else leaf where a staple is asked for, and none where it is
              ///< not
  none,       ///< none, even if there are CRLs
  leaf,       ///< the peer's own certificate
  chain       ///< all but the anchor
};

/// What revocation means for a context's verdicts, the same on every backend: plugtls evaluates CRLs (RFC 5280 §6.3)
/// and OCSP responses (RFC 6960 §3.2) itself. Nothing is fetched.
///
/// A certificate that a usable source lists is `errc::revoked`, whatever the reason it names. Where no usable source
/// speaks for a certificate it is `errc::revocation_unknown`, unless `soft`. So a context that has no CRLs, asks for no
/// staple and is told to look refuses every peer, as one without trust does.
///
/// A CRL is usable if its issuer's name is the certificate's issuer; if the key that signed the certificate signed it,
/// or another one of that name that is a trust anchor, or that the same authority or the authority above certified; if
/// that certificate's keyUsage, where there is one, has cRLSign; if signature algorithm and key reach the floors that
/// hold for certificates; if thisUpdate has come, and nextUpdate is there and has not passed, by the settings' clock;
/// if its issuingDistributionPoint covers the certificate (onlySomeReasons: several CRLs together must cover all
/// reasons before a certificate counts as good; one suffices to revoke it); and if neither it nor an entry has an
/// unknown critical extension. Delta and indirect CRLs are not used.
///
/// A stapled OCSP response is one more source for the peer's own certificate. It is usable if an entry names the
/// certificate, its issuer's name and its issuer's key (by SHA-1 or SHA-256), and thisUpdate has come, and nextUpdate
/// is there and has not passed; if the issuer signed the response, or the holder of a certificate in it that the issuer
/// signed directly for OCSPSigning, which is valid now, and which no CRL lists; if signatures and keys reach the
/// floors; and if nothing in it has an unknown critical extension. Of several entries the worst counts. A certificate
/// that promises a staple (TLS feature status_request, RFC 7633) must come with one that says good, even where `soft`.
struct revocation_policy {
  revocation_mode mode = revocation_mode::automatic;
  bool soft = false;    ///< accept a certificate that no usable source speaks for
  bool staple = false;  ///< clients: ask the server for an OCSP response (capability ocsp_stapling)
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
