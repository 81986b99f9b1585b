// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "plugtls/certificate_view.hpp"
#include "plugtls/detail/sha1.hpp"
#include "plugtls/detail/sha2.hpp"
#include "plugtls/ocsp_view.hpp"

/// Which certificates an OCSP response is about. Says nothing of whether it may be believed.
namespace plugtls::detail {

/// What a CertID (RFC 6960 §4.1.1) of SHA-1 or SHA-256 must hold to mean a certificate. Hashes once, however many
/// entries there are.
class certificate_id {
 public:
  /// The issuer may be missing: then its key is not compared.
  certificate_id(const certificate_view& leaf, const certificate_view* issuer) noexcept
      : serial_(leaf.serial()), name_(leaf.issuer().raw()) {
    has_key_ = issuer != nullptr;
    if (has_key_) key_ = digests(issuer->public_key().key_bytes());
  }

  bool is_named_by(const ocsp_entry& entry) const noexcept {
    return der::equal(entry.serial, serial_) && name_.include(entry.issuer_name_hash, entry.hash) &&
           (!has_key_ || key_.include(entry.issuer_key_hash, entry.hash));
  }

 private:
  struct digests {
    digests() = default;
    explicit digests(byte_view bytes) noexcept : by_sha1(sha1(bytes)), by_sha256(sha256(bytes)) {}
    bool include(byte_view digest, const algorithm_identifier& hash) const noexcept {
      if (oid::is(hash.oid, oid::sha1)) return der::equal(digest, by_sha1);
      return oid::is(hash.oid, oid::sha256) && der::equal(digest, by_sha256);
    }
    sha1_digest by_sha1{};
    sha256_digest by_sha256{};
  };

  byte_view serial_;
  digests name_;
  digests key_;
  bool has_key_ = false;
};

/// Tells whether any entry is about the certificate.
inline bool speaks_of(const ocsp_view& response, const certificate_view& leaf,
                      const certificate_view* issuer) noexcept {
  const certificate_id id(leaf, issuer);
  der::reader in(response.entries());
  ocsp_entry entry;
  while (!in.at_end() && ocsp_view::read_entry(in, entry))
    if (id.is_named_by(entry)) return true;
  return false;
}

/// Tells whether a certificate has the TLS feature status_request (RFC 7633 §4.2.3.1): its server must staple. One that
/// does not decode is taken to have it.
inline bool must_staple(const certificate_view& leaf) noexcept {
  const auto value = leaf.extension(oid::tls_feature);
  byte_view content;
  byte_view number;
  if (!value) return false;
  if (!der::read_single(*value, der::tag::sequence, content)) return true;
  der::reader in(content);
  while (!in.at_end())
    if (!in.next(der::tag::integer, number) || as_text(number) == "\x05") return true;
  return false;
}

}  // namespace plugtls::detail
