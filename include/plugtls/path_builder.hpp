// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <span>
#include <vector>

#include "plugtls/certificate_view.hpp"
#include "plugtls/errc.hpp"

namespace plugtls {

/// Verifies one signature: `success`, `bad_signature`, `weak_algorithm` or `unsupported`. All DER: the issuer's
/// SubjectPublicKeyInfo, the AlgorithmIdentifier, the signed bytes; then the signature's own bytes.
using signature_verifier = errc (*)(byte_view spki, byte_view algorithm, byte_view signed_bytes, byte_view signature);

/// The limits of a search. They hold for hostile input: a peer chooses the certificates it presents.
struct path_limits {
  std::size_t certificates = 12;  ///< in one path, leaf and anchor included: 10 intermediates
  std::size_t candidates = 64;    ///< possible issuers whose signature is looked at, in all
};

/// What a search found.
struct path_result {
  /// Leaf first. When `anchored`, the last one is the trust anchor; else this is as far as signatures verified.
  std::vector<certificate_view> path;
  bool anchored = false;
  /// Tells why no path reached an anchor; `errc::success` when one did. `errc::self_signed`, `errc::unknown_issuer`,
  /// `errc::bad_signature`, `errc::weak_algorithm` or `errc::bad_certificate` (the backend cannot verify a signature of
  /// a broken, or of another, algorithm).
  errc reason = errc::unknown_issuer;
  /// Where the search ended: the depth of the certificate whose issuer is missing or did not sign it.
  int depth = 0;
};

/// Searches a path from `presented[0]`, the leaf, over the other presented certificates, in any order, to one of the
/// anchors. Issuers are found by name; key identifiers only decide which is tried first.
///
/// `verify_signature(spki_der, algorithm_der, tbs, signature)` returns `errc::success`, `errc::bad_signature` or
/// `errc::unsupported`. `accept(path)` is asked about each path that reached an anchor: the first one it accepts is the
/// result, else the first one found. A leaf that is among the anchors is a path of its own.
///
/// The result views the same bytes as the input. Nothing is kept between calls.
template <class VerifySignature, class Accept>
path_result build_path(std::span<const certificate_view> presented, std::span<const certificate_view> anchors,
                       const path_limits& limits, VerifySignature&& verify_signature, Accept&& accept);

/// The same, content with the first path that reaches an anchor.
template <class VerifySignature>
path_result build_path(std::span<const certificate_view> presented, std::span<const certificate_view> anchors,
                       VerifySignature&& verify_signature) {
  return build_path(presented, anchors, path_limits{}, verify_signature,
                    [](std::span<const certificate_view>) { return true; });
}

}  // namespace plugtls

#include "plugtls/detail/path_search.hpp"
