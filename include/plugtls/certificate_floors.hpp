// SPDX-License-Identifier: BSL-1.0
#pragma once

namespace plugtls {

/// The weakest keys and signatures that are accepted in a peer's path; less is `errc::weak_algorithm`. The keys of
/// trust anchors count too, their own signatures do not. CRLs are held to the same.
///
/// The defaults (112 bits of security, NIST SP 800-57) can be raised and not lowered: libraries would refuse what is
/// below them, each in its own way.
struct certificate_floors {
  unsigned rsa_bits = 2048;  ///< of the modulus, RSA-PSS too; 2048 to 16384
  unsigned ec_bits = 224;    ///< of the curve; 224 to 521. Ed25519 counts as 256, Ed448 as 448
  unsigned hash_bits = 224;  ///< of the hash that is signed; 224 to 512, which EdDSA and ML-DSA always reach

  bool operator==(const certificate_floors&) const = default;
};

}  // namespace plugtls
