// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "plugtls/detail/algorithm.hpp"
#include "plugtls/mbedtls/error.hpp"
#include "plugtls/mbedtls/handle.hpp"
#include "plugtls/public_key_view.hpp"
#include "plugtls/signer.hpp"

namespace plugtls::mbedtls {

/// A signature algorithm of X.509 in mbedTLS's terms; the hash is MBEDTLS_MD_NONE for one that is not known.
struct signature_method {
  mbedtls_md_type_t hash = MBEDTLS_MD_NONE;
  key_kind key = key_kind::other;
  bool is_pss = false;
  int salt = 20;
};

inline mbedtls_md_type_t hash_of(byte_view oid) noexcept {
  namespace known = detail::oid;
  if (known::is(oid, known::sha1)) return MBEDTLS_MD_SHA1;
  if (known::is(oid, known::sha224)) return MBEDTLS_MD_SHA224;
  if (known::is(oid, known::sha256)) return MBEDTLS_MD_SHA256;
  if (known::is(oid, known::sha384)) return MBEDTLS_MD_SHA384;
  return known::is(oid, known::sha512) ? MBEDTLS_MD_SHA512 : MBEDTLS_MD_NONE;
}

/// Reads RSASSA-PSS-params (RFC 4055 §3.1), whose defaults are SHA-1, MGF1 with SHA-1, 20 and 1. A mask that uses
/// another hash than the signature has no use, and not every version of mbedTLS can verify it.
inline signature_method read_pss(byte_view parameters) noexcept {
  namespace der = detail::der;
  signature_method method{MBEDTLS_MD_SHA1, key_kind::rsa, true, 20};
  mbedtls_md_type_t mask_hash = MBEDTLS_MD_SHA1;
  byte_view content, tagged, number;
  if (!der::read_single(parameters, der::tag::sequence, content)) return {};
  der::reader in(content);
  const auto read_tagged = [&](unsigned n) { return in.next(der::tag::constructed(n), tagged); };
  if (read_tagged(0)) {
    detail::algorithm_identifier hash;
    der::reader inner(tagged);
    if (!detail::read_algorithm(inner, hash)) return {};
    method.hash = hash_of(hash.oid);
  }
  if (read_tagged(1)) {
    detail::algorithm_identifier mask, hash;
    der::reader outer(tagged);
    if (!detail::read_algorithm(outer, mask) || as_text(mask.oid) != "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08") return {};
    der::reader inner(mask.parameters);
    if (!detail::read_algorithm(inner, hash)) return {};
    mask_hash = hash_of(hash.oid);
  }
  if (read_tagged(2)) {
    std::uint32_t salt = 0;
    if (!der::read_single(tagged, der::tag::integer, number) || !der::read_unsigned(number, salt) || salt > 512)
      return {};
    method.salt = static_cast<int>(salt);
  }
  if (read_tagged(3)) {
    std::uint32_t trailer = 0;
    if (!der::read_single(tagged, der::tag::integer, number) || !der::read_unsigned(number, trailer) || trailer != 1)
      return {};
  }
  return in.at_end() && method.hash == mask_hash ? method : signature_method{};
}

inline signature_method read_method(const detail::algorithm_identifier& algorithm) noexcept {
  struct known {
    std::string_view name;
    signature_method method;
  };
  static constexpr known table[] = {
      {"sha1WithRSAEncryption", {MBEDTLS_MD_SHA1, key_kind::rsa}},
      {"sha224WithRSAEncryption", {MBEDTLS_MD_SHA224, key_kind::rsa}},
      {"sha256WithRSAEncryption", {MBEDTLS_MD_SHA256, key_kind::rsa}},
      {"sha384WithRSAEncryption", {MBEDTLS_MD_SHA384, key_kind::rsa}},
      {"sha512WithRSAEncryption", {MBEDTLS_MD_SHA512, key_kind::rsa}},
      {"ecdsa-with-SHA1", {MBEDTLS_MD_SHA1, key_kind::ec}},
      {"ecdsa-with-SHA224", {MBEDTLS_MD_SHA224, key_kind::ec}},
      {"ecdsa-with-SHA256", {MBEDTLS_MD_SHA256, key_kind::ec}},
      {"ecdsa-with-SHA384", {MBEDTLS_MD_SHA384, key_kind::ec}},
      {"ecdsa-with-SHA512", {MBEDTLS_MD_SHA512, key_kind::ec}},
  };
  const std::string_view name = detail::describe_signature(algorithm).name;
  if (name == "rsassaPss") return read_pss(algorithm.parameters);
  for (const known& k : table)
    if (k.name == name) return k.method;
  return {};
}

/// Verifies one signature of X.509; see the contract.
inline errc verify_signature(byte_view spki, byte_view algorithm, byte_view signed_bytes, byte_view signature) {
  detail::der::reader in(algorithm);
  detail::algorithm_identifier identifier;
  public_key_view issuer;
  if (!detail::read_algorithm(in, identifier) || !in.at_end() || !public_key_view::parse(spki, issuer))
    return errc::malformed_certificate;
  const signature_method method = read_method(identifier);
  const mbedtls_md_info_t* hash = mbedtls_md_info_from_type(method.hash);
  if (hash == nullptr) return errc::unsupported;

  key_handle key;
  if (const int e = mbedtls_pk_parse_public_key(key.get(), data(spki), spki.size()); e != 0) {
    // The core has read the key: only its numbers can be wrong, a point beside the curve for example.
    const bool is_usual = issuer.kind() == key_kind::ec || issuer.kind() == key_kind::rsa;
    const bool is_bad = is_usual && translate(e, errc::bad_signature) != errc::out_of_memory;
    return is_bad ? errc::bad_signature : errc::unsupported;
  }
  if (issuer.kind() != method.key) return errc::bad_signature;
  unsigned char digest[MBEDTLS_MD_MAX_SIZE];
  const std::size_t size = mbedtls_md_get_size(hash);
  int e = mbedtls_md(hash, data(signed_bytes), signed_bytes.size(), digest);
  if (e == 0 && method.is_pss)
    e = compat::verify_pss(key.get(), method.hash, method.salt, std::as_bytes(std::span(digest, size)), signature);
  else if (e == 0)
    e = mbedtls_pk_verify(key.get(), method.hash, digest, size, data(signature), signature.size());
  if (e == 0) return errc::success;
  return translate(e, errc::bad_signature) == errc::out_of_memory ? errc::unsupported : errc::bad_signature;
}

/// Verifies one signature of a digest, as handshakes carry them; see the contract.
inline errc verify_digest(byte_view spki, signature_scheme scheme, byte_view digest, byte_view signature) {
  key_handle key;
  if (mbedtls_pk_parse_public_key(key.get(), data(spki), spki.size()) != 0) return errc::bad_signature;
  const mbedtls_md_type_t hash = digest.size() == 32   ? MBEDTLS_MD_SHA256
                                 : digest.size() == 48 ? MBEDTLS_MD_SHA384
                                                       : MBEDTLS_MD_SHA512;
  const int e =
      detail::is_pss(scheme)
          ? compat::verify_pss(key.get(), hash, static_cast<int>(digest.size()), digest, signature)
          : mbedtls_pk_verify(key.get(), hash, data(digest), digest.size(), data(signature), signature.size());
  return e == 0 ? errc::success : errc::bad_signature;
}

}  // namespace plugtls::mbedtls
