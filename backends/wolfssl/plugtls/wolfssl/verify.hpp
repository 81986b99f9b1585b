// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "plugtls/path_builder.hpp"
#include "plugtls/peer_verifier.hpp"
#include "plugtls/wolfssl/compat.hpp"
#include "plugtls/wolfssl/error.hpp"
#include "plugtls/wolfssl/handle.hpp"
#include "plugtls/wolfssl/issuers.hpp"

namespace plugtls::wolfssl {

/// Why wolfSSL refuses what the policy does not.
inline errc reason_of(int e) noexcept {
  if (e == ASN_CRIT_EXT_E) return errc::unsupported_critical_extension;
  return translate(e, errc::bad_certificate) == errc::out_of_memory ? errc::out_of_memory : errc::bad_certificate;
}

/// Whether the issuer's key has signed it, by wolfSSL's check of certificates.
inline bool has_signed(const certificate_view& issuer, byte_view der) noexcept {
  const key_kind kind = issuer.public_key().kind();
  if (kind != key_kind::rsa && kind != key_kind::ec) return false;
  return wc_CheckCertSigPubKey(data(der), size(der), nullptr, data(issuer.spki_der()), size(issuer.spki_der()),
                               kind == key_kind::rsa ? compat::rsa_key : compat::ec_key) == 0;
}

/// What wolfSSL says of a certificate, with those that `scratch` holds for issuers, of which `issuer` is the one. Dates
/// are decided elsewhere, and so are name constraints: wolfSSL applies those of the direct issuer, of some forms of
/// names, after it has found the signature to be good (5.5 wolfcrypt/src/asn.c, ParseCertRelative), and the policy has
/// applied all of them to this very path. To an authority key identifier it finds no issuer that has none of its own,
/// though that only helps to choose one (RFC 5280 §4.2.1.1): then the signature is left to verify.
inline errc verify_link(const ctx_handle& scratch, const certificate_view& c, const certificate_view& issuer) noexcept {
  const int e = wolfSSL_CertManagerVerifyBuffer(wolfSSL_CTX_GetCertManager(scratch.get()), data(c.der()),
                                                static_cast<long>(c.der().size()), WOLFSSL_FILETYPE_ASN1);
  const bool is_ours = e == ASN_BEFORE_DATE_E || e == ASN_AFTER_DATE_E || e == ASN_NAME_INVALID_E;
  if (e == WOLFSSL_SUCCESS || is_ours) return errc::success;
  const bool lacks_id = e == ASN_NO_SIGNER_E && !c.authority_key_id().empty() && issuer.subject_key_id().empty();
  const bool is_named = detail::der::equal(c.issuer().raw(), issuer.subject().raw());
  return lacks_id && is_named && has_signed(issuer, c.der()) ? errc::success : reason_of(e);
}
/// Whether wolfSSL can hold it for an issuer, and let go of it again. Builds with WOLFSSL_TRUST_PEER_CERT and
/// OPENSSL_COMPATIBLE_DEFAULTS (Debian's) load an issuer as a trusted peer too, whose name then is where the last
/// common name of the subject stands: a copy, or, where that is empty, the bytes of the certificate themselves, which
/// are freed for it (src/ssl.c, AddTrustedPeer; wolfcrypt/src/asn.c, ParseCert: 5.5 to 5.9). What the library takes for
/// a common name is not left to the reading of names, which may differ from its own: these bytes stand nowhere in what
/// it could read it from.
inline bool can_hold(const certificate_view& c) noexcept {
  const std::string_view der = as_text(c.der());
  const auto at = [der](std::size_t i) { return i < der.size() ? static_cast<unsigned char>(der[i]) : 0U; };
  const auto begin = static_cast<std::size_t>(c.subject().raw().data() - c.der().data());
  for (std::size_t i = der.find("\x55\x04\x03", begin); i != der.npos; i = der.find("\x55\x04\x03", i + 1)) {
    unsigned size = at(i + 4);  // in whatever form of BER
    if (size > 0x80) {
      const std::size_t digits = i + 5, end = digits + (size & 0x7f);
      size = 0;
      for (std::size_t k = digits; k < end; ++k) size |= at(k);
    }
    if (size == 0 || size == 0x80) return false;
  }
  return true;
}

inline errc trust(const ctx_handle& scratch, const certificate_view& issuer) noexcept {
  if (!can_hold(issuer)) return errc::bad_certificate;
  const byte_view der = issuer.der();
  const int e = wolfSSL_CTX_load_verify_buffer_ex(scratch.get(), data(der), static_cast<long>(der.size()),
                                                  WOLFSSL_FILETYPE_ASN1, 0, WOLFSSL_LOAD_FLAG_DATE_ERR_OKAY);
  return e == WOLFSSL_SUCCESS ? errc::success : reason_of(e);
}

/// Has wolfSSL verify a path's issuers, from the anchor, the last one, down: each is loaded only after its issuer has
/// vouched for it, and in its place.
[[gnu::cold]] inline errc verify_issuers(std::span<const certificate_view> issuers, issuer_memory::entry& out) {
  out = issuer_memory::instance().find(issuers);
  if (out != nullptr) return errc::success;
  auto made = std::make_shared<verified_issuers>();
  made->scratch.reset(wolfSSL_CTX_new(wolfSSLv23_client_method()));
  if (!made->scratch) return errc::out_of_memory;
  for (std::size_t i = issuers.size(); i-- > 0;) {
    errc e = i + 1 == issuers.size() ? errc::success : verify_link(made->scratch, issuers[i], issuers[i + 1]);
    // One at a time: of several by one name wolfSSL takes any (5.5 wolfcrypt/src/asn.c, GetCAByName).
    if (e == errc::success && wolfSSL_CTX_UnloadCAs(made->scratch.get()) != WOLFSSL_SUCCESS) e = errc::out_of_memory;
    if (e == errc::success) e = trust(made->scratch, issuers[i]);
    if (e != errc::success) return e;
  }
  for (const certificate_view& c : issuers) made->ders.emplace_back(c.der().begin(), c.der().end());
  issuer_memory::instance().keep(made);
  out = std::move(made);
  return errc::success;
}

/// Whether, for a leaf that wolfSSL has read in a handshake with no issuer in view, nothing but the signature is left
/// of what `verify_link` finds: its issuer is the one that wolfSSL would take by the key identifier, and the length of
/// a path does not matter (wolfcrypt/src/asn.c, ParseCertRelative, GetCA). Critical extensions are looked at before the
/// callback, in the first of two parses (src/internal.c, ProcessPeerCerts).
inline bool lacks_signature_only(std::span<const certificate_view> path) noexcept {
  const certificate_view& leaf = path[0];
  const byte_view id = leaf.authority_key_id();
  if (!compat::has_one_signature || id.size() != 20 || leaf.is_ca() || leaf.is_self_issued()) return false;
  for (std::size_t i = 1; i < path.size(); ++i)
    if (detail::der::equal(path[i].subject_key_id(), id) != (i == 1)) return false;
  return detail::der::equal(leaf.issuer().raw(), path[1].subject().raw());
}

/// Whether a key is one: wolfSSL takes any two numbers for a point, where the other libraries read no such certificate.
/// True where it is none of an elliptic curve that wolfSSL has.
inline bool is_on_curve(const public_key_view& key) noexcept {
  byte_view curve;
  if (key.kind() != key_kind::ec || !detail::der::read_single(key.parameters(), detail::der::tag::oid, curve))
    return true;
  const int index = wc_ecc_get_curve_idx(wc_ecc_get_curve_id_from_oid(data(curve), size(curve)));
  if (index < 0) return true;
  const ecc_point_handle point(wc_ecc_new_point());
  const byte_view bytes = key.key_bytes();
  return point && wc_ecc_import_point_der(data(bytes), size(bytes), index, point.get()) == 0 &&
         wc_ecc_point_is_on_curve(point.get(), index) == 0;
}

/// Whether wolfSSL can read a certificate that it is not given to hold (5.7 reads no name with an empty text).
inline errc read(byte_view der) noexcept {
  const x509_handle parsed(
      wolfSSL_X509_load_certificate_buffer(data(der), static_cast<int>(der.size()), WOLFSSL_FILETYPE_ASN1));
  return parsed ? errc::success : errc::bad_certificate;
}

/// What is known of a leaf that `verify_path` is to be asked about.
struct leaf_reading {
  bool is_parsed = false;  ///< wolfSSL has, in this handshake, and found no more than that no issuer was in view
};

/// Has wolfSSL verify a path, link by link, with nothing else in view. `reading`: a leaf_reading, or null. The core has
/// verified every signature: where wolfSSL cannot hold an issuer, it verifies what is above, and begins anew below.
[[gnu::cold]] inline errc verify_path(void* reading, std::span<const certificate_view> path) {
  free_tables_with_thread();
  if (path.empty()) return errc::out_of_memory;
  if (!is_on_curve(path[0].public_key())) return errc::weak_algorithm;
  for (std::size_t i = 0; i < path.size(); ++i) {
    if ((i == 0 && path.size() != 1) || can_hold(path[i])) continue;
    const errc above = i + 1 < path.size() ? verify_path(nullptr, path.subspan(i)) : read(path[i].der());
    return above != errc::success || i < 2 ? above : verify_path(reading, path.first(i));
  }
  std::size_t top = path.size() - 1;
  const bool is_readable = compat::has_zero_serials || as_text(path[top].serial()) != std::string_view("\0", 1);
  if (!is_readable && top != 0 && --top == 0) return errc::success;
  issuer_memory::entry issuers;
  if (top == 0) return verify_issuers(path, issuers);
  const errc e = verify_issuers(path.subspan(1, top), issuers);
  if (e != errc::success) return e;
  const auto* leaf = static_cast<const leaf_reading*>(reading);
  if (leaf != nullptr && leaf->is_parsed && lacks_signature_only(path.first(top + 1)) &&
      has_signed(path[1], path[0].der()))
    return errc::success;
  return verify_link(issuers->scratch, path[0], path[1]);
}

/// Collects one peer's certificates as wolfSSL goes through them, and has them judged.
///
/// What wolfSSL itself verifies during the handshake counts for nothing: its certificate manager remembers
/// intermediates from earlier handshakes, takes one in whose error a callback has overridden, and does not tell the
/// path. So all connections have one without authorities, and one of their own before any could come into it; the
/// verifier finds a path from this handshake's certificates and this context's anchors, and has wolfSSL verify it.
class chain_check {
 public:
  /// Takes the certificate at `depth`; wolfSSL begins at the end of the list.
  void add(int depth, byte_view der) {
    const auto i = static_cast<std::size_t>(depth);
    if (i >= presented_.size()) presented_.resize(i + 1);
    presented_[i].assign(der.begin(), der.end());
  }
  /// Takes an entry of the peer's message, whose certificate may have come here without what follows it, or not at all.
  void restore(byte_view entry) {
    bool is_known = false;
    for (byte_vector& der : presented_) {
      if (der.empty() || entry.size() < der.size() || !detail::der::equal(der, entry.first(der.size()))) continue;
      is_known = true;
      der.assign(entry.begin(), entry.end());
    }
    if (is_known) return;
    std::size_t gap = 0;
    while (gap < presented_.size() && !presented_[gap].empty()) ++gap;
    (gap == presented_.size() ? presented_.emplace_back() : presented_[gap]).assign(entry.begin(), entry.end());
  }
  bool empty() const noexcept { return presented_.empty(); }
  const std::vector<byte_vector>& presented() const noexcept { return presented_; }

  /// `reading`: null where wolfSSL cannot use the leaf.
  verify_decision judge(peer_verifier& verifier, leaf_reading* reading) const {
    // Hardly any chain is so long that its views take memory.
    std::array<byte_view, 8> few;
    std::vector<byte_view> many(presented_.size() > few.size() ? presented_.size() : 0);
    const std::span<byte_view> ders = many.empty() ? std::span(few).first(presented_.size()) : std::span(many);
    for (std::size_t i = 0; i < ders.size(); ++i) ders[i] = presented_[i];
    native_verdict verdict;
    verdict.presented = ders;
    if (reading != nullptr) verdict.verify_path = verify_path;
    verdict.library = reading;
    return verifier.decide(verdict);
  }

 private:
  std::vector<byte_vector> presented_;
};

}  // namespace plugtls::wolfssl
