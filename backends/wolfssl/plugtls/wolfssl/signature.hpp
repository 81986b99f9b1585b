// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "plugtls/detail/algorithm.hpp"
#include "plugtls/public_key_view.hpp"
#include "plugtls/signer.hpp"
#include "plugtls/wolfssl/error.hpp"
#include "plugtls/wolfssl/handle.hpp"

namespace plugtls::wolfssl {

/// A signature algorithm of X.509 in wolfCrypt's terms.
struct signature_method {
  key_kind key = key_kind::other;
  wc_HashType hash = WC_HASH_TYPE_NONE;
  bool is_pss = false;
  int salt = 20;
};

inline wc_HashType hash_of(byte_view oid) noexcept {
  namespace known = detail::oid;
  if (known::is(oid, known::sha1)) return WC_HASH_TYPE_SHA;
  if (known::is(oid, known::sha224)) return WC_HASH_TYPE_SHA224;
  if (known::is(oid, known::sha256)) return WC_HASH_TYPE_SHA256;
  if (known::is(oid, known::sha384)) return WC_HASH_TYPE_SHA384;
  return known::is(oid, known::sha512) ? WC_HASH_TYPE_SHA512 : WC_HASH_TYPE_NONE;
}

/// Reads RSASSA-PSS-params (RFC 4055 §3.1), whose defaults are SHA-1, MGF1 with SHA-1, 20 and 1. A mask that uses
/// another hash than the signature has no use.
[[gnu::cold]] inline signature_method read_pss(byte_view parameters) noexcept {
  namespace der = detail::der;
  using namespace std::string_view_literals;
  signature_method method{key_kind::rsa, WC_HASH_TYPE_SHA, true, 20};
  wc_HashType mask_hash = WC_HASH_TYPE_SHA;
  byte_view content, tagged, number;
  std::uint32_t value = 0;
  if (!der::read_single(parameters, der::tag::sequence, content)) return {};
  der::reader in(content);
  const auto read_tagged = [&](unsigned n) { return in.next(der::tag::constructed(n), tagged); };
  const auto read_number = [&] {
    return der::read_single(tagged, der::tag::integer, number) && der::read_unsigned(number, value);
  };
  detail::algorithm_identifier hash, mask;
  if (read_tagged(0)) {
    der::reader inner(tagged);
    if (!detail::read_algorithm(inner, hash)) return {};
    method.hash = hash_of(hash.oid);
  }
  if (read_tagged(1)) {
    der::reader outer(tagged);
    if (!detail::read_algorithm(outer, mask) || as_text(mask.oid) != "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08"sv)
      return {};
    der::reader inner(mask.parameters);
    if (!detail::read_algorithm(inner, hash)) return {};
    mask_hash = hash_of(hash.oid);
  }
  if (read_tagged(2)) {
    if (!read_number() || value > 512) return {};
    method.salt = static_cast<int>(value);
  }
  if (read_tagged(3) && (!read_number() || value != 1)) return {};
  return in.at_end() && method.hash == mask_hash ? method : signature_method{};
}

inline signature_method read_method(const detail::algorithm_identifier& algorithm) noexcept {
  struct known {
    std::string_view name;
    signature_method method;
  };
  static constexpr known table[] = {
      {"sha1WithRSAEncryption", {key_kind::rsa, WC_HASH_TYPE_SHA}},
      {"sha224WithRSAEncryption", {key_kind::rsa, WC_HASH_TYPE_SHA224}},
      {"sha256WithRSAEncryption", {key_kind::rsa, WC_HASH_TYPE_SHA256}},
      {"sha384WithRSAEncryption", {key_kind::rsa, WC_HASH_TYPE_SHA384}},
      {"sha512WithRSAEncryption", {key_kind::rsa, WC_HASH_TYPE_SHA512}},
      {"ecdsa-with-SHA1", {key_kind::ec, WC_HASH_TYPE_SHA}},
      {"ecdsa-with-SHA224", {key_kind::ec, WC_HASH_TYPE_SHA224}},
      {"ecdsa-with-SHA256", {key_kind::ec, WC_HASH_TYPE_SHA256}},
      {"ecdsa-with-SHA384", {key_kind::ec, WC_HASH_TYPE_SHA384}},
      {"ecdsa-with-SHA512", {key_kind::ec, WC_HASH_TYPE_SHA512}},
      {"Ed25519", {key_kind::ed25519}},
  };
  const std::string_view name = detail::describe_signature(algorithm).name;
  if (name == "rsassaPss") return read_pss(algorithm.parameters);
  for (const known& k : table)
    if (k.name == name) return k.method;
  return {};
}

inline errc verdict(bool good) noexcept { return good ? errc::success : errc::bad_signature; }

[[gnu::cold]] inline errc verify_pss(RsaKey* key, const signature_method& method, byte_view digest,
                                     byte_view signature) {
  const int mask = method.hash == WC_HASH_TYPE_SHA      ? WC_MGF1SHA1
                   : method.hash == WC_HASH_TYPE_SHA224 ? WC_MGF1SHA224
                   : method.hash == WC_HASH_TYPE_SHA256 ? WC_MGF1SHA256
                   : method.hash == WC_HASH_TYPE_SHA384 ? WC_MGF1SHA384
                                                        : WC_MGF1SHA512;
  unsigned char plain[1024];
  const int key_size = wc_RsaEncryptSize(key);
  if (key_size <= 0 || key_size > static_cast<int>(sizeof plain)) return errc::unsupported;
  byte_vector copy(signature.begin(), signature.end());  // the library's parameter is not const
  const int n = wc_RsaPSS_Verify_ex(reinterpret_cast<unsigned char*>(copy.data()), size(signature), plain, sizeof plain,
                                    method.hash, mask, method.salt, key);
  return verdict(n > 0 && wc_RsaPSS_CheckPadding_ex(data(digest), size(digest), plain, static_cast<word32>(n),
                                                    method.hash, method.salt, 0) == 0);
}

[[gnu::cold]] inline errc verify_digest_by(const public_key_view& issuer, const signature_method& method,
                                           byte_view digest, byte_view signature) {
  word32 at = 0;
  if (method.key == key_kind::ec) {
    ecc_handle key;
    if (!key || wc_EccPublicKeyDecode(data(issuer.der()), &at, key.get(), size(issuer.der())) != 0)
      return errc::unsupported;
    int good = 0;
    const int e = wc_ecc_verify_hash(data(signature), size(signature), data(digest), size(digest), &good, key.get());
    return verdict(e == 0 && good == 1);
  }
  if (issuer.bits() > most_rsa_bits) return errc::unsupported;
  rsa_handle key;
  if (!key || wc_RsaPublicKeyDecode(data(issuer.der()), &at, key.get(), size(issuer.der())) != 0)
    return errc::unsupported;
  if (method.is_pss) return verify_pss(key.get(), method, digest, signature);

  // RFC 8017 §8.2.2: what was signed is compared whole with what should have been.
  unsigned char expected[WC_MAX_DIGEST_SIZE + 64], found[1024];
  const int oid = wc_HashGetOID(method.hash);
  const word32 length = wc_EncodeSignature(expected, data(digest), size(digest), oid);
  const int n = wc_RsaSSL_Verify(data(signature), size(signature), found, sizeof found, key.get());
  return verdict(length > 0 && n == static_cast<int>(length) &&
                 as_text(std::as_bytes(std::span(found, length))) ==
                     as_text(std::as_bytes(std::span(expected, length))));
}

/// Verifies one signature of X.509; see the contract.
[[gnu::cold]] inline errc verify_signature(byte_view spki, byte_view algorithm, byte_view signed_bytes,
                                           byte_view signature) {
  detail::der::reader in(algorithm);
  detail::algorithm_identifier identifier;
  public_key_view issuer;
  if (!detail::read_algorithm(in, identifier) || !in.at_end() || !public_key_view::parse(spki, issuer))
    return errc::malformed_certificate;
  const signature_method method = read_method(identifier);
  if (method.key == key_kind::other) return errc::unsupported;
  if (issuer.kind() == key_kind::rsa_pss && method.is_pss) return errc::unsupported;  // no decoder for such keys
  if (issuer.kind() != method.key) return errc::bad_signature;
  if (signature.empty() || signed_bytes.empty()) return errc::bad_signature;

  // wc_SignatureVerify would do all of it, but wants the size of the library's own key structure.
  if (method.key == key_kind::ed25519) {
    word32 at = 0;
    ed25519_handle key;
    if (!key || wc_Ed25519PublicKeyDecode(data(spki), &at, key.get(), size(spki)) != 0) return errc::unsupported;
    int good = 0;
    const int e = wc_ed25519_verify_msg(data(signature), size(signature), data(signed_bytes), size(signed_bytes), &good,
                                        key.get());
    return verdict(e == 0 && good == 1);
  }
  unsigned char digest[WC_MAX_DIGEST_SIZE];
  const int digest_size = wc_HashGetDigestSize(method.hash);
  if (digest_size <= 0 ||
      wc_Hash(method.hash, data(signed_bytes), size(signed_bytes), digest, static_cast<word32>(digest_size)) != 0)
    return errc::unsupported;
  return verify_digest_by(issuer, method, std::as_bytes(std::span(digest, static_cast<std::size_t>(digest_size))),
                          signature);
}

/// Verifies one signature of a digest, as handshakes carry them; see the contract.
inline errc verify_digest(byte_view spki, signature_scheme scheme, byte_view digest, byte_view signature) {
  public_key_view key;
  const wc_HashType hash = digest.size() == 32   ? WC_HASH_TYPE_SHA256
                           : digest.size() == 48 ? WC_HASH_TYPE_SHA384
                                                 : WC_HASH_TYPE_SHA512;
  const signature_method method{detail::is_ecdsa(scheme) ? key_kind::ec : key_kind::rsa, hash, detail::is_pss(scheme),
                                static_cast<int>(digest.size())};
  if (!public_key_view::parse(spki, key) || key.kind() != method.key || signature.empty()) return errc::bad_signature;
  return verdict(verify_digest_by(key, method, digest, signature) == errc::success);
}

}  // namespace plugtls::wolfssl
