// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string_view>

#include "plugtls/bytes.hpp"
#include "plugtls/detail/der.hpp"
#include "plugtls/detail/oid.hpp"

/// Tables of the public-key and signature algorithms that occur in certificates.
namespace plugtls::detail {

using namespace std::string_view_literals;

/// An AlgorithmIdentifier: its whole DER, the contents of its object identifier, the DER of its parameters (or none).
struct algorithm_identifier {
  byte_view raw;
  byte_view oid;
  byte_view parameters;
};

[[gnu::cold]] inline bool read_algorithm(der::reader& from, algorithm_identifier& out) noexcept {
  der::element whole;
  if (!from.next(der::tag::sequence, whole)) return false;
  der::reader in(whole.value);
  if (!in.next(der::tag::oid, out.oid) || !der::is_oid(out.oid)) return false;
  der::element parameters;
  if (!in.at_end() && !in.next(parameters)) return false;
  out.raw = whole.raw;
  out.parameters = parameters.raw;
  return in.at_end();
}

/// Tells whether an algorithm has the parameters that it must have, for those that have none or NULL: RSA keys NULL
/// (RFC 3279 §2.3.1), RSA signatures NULL or none (RFC 4055 §5), ECDSA and EdDSA none (RFC 5758 §3.2, RFC 8410 §3).
[[gnu::cold]] inline bool has_proper_parameters(const algorithm_identifier& algorithm) noexcept {
  const std::string_view id = as_text(algorithm.oid);
  const std::string_view parameters = as_text(algorithm.parameters);
  constexpr auto der_null = "\x05\x00"sv;
  if (id == oid::rsa_encryption) return parameters == der_null;
  if (id.starts_with(oid::pkcs1) && id != oid::rsa_pss) return parameters.empty() || parameters == der_null;
  const bool is_eddsa = id == oid::ed25519 || id == oid::ed448;
  return !(is_eddsa || id.starts_with(oid::ecdsa_signatures)) || parameters.empty();
}

/// Tells whether a signature is written as its algorithm writes it: one of ECDSA as two positive INTEGERs (RFC 3279
/// §2.2.3) in DER. Some libraries read others too.
[[gnu::cold]] inline bool is_well_formed_signature(const algorithm_identifier& algorithm,
                                                   byte_view signature) noexcept {
  if (!as_text(algorithm.oid).starts_with(oid::ecdsa_signatures)) return true;
  byte_view content;
  byte_view number;
  if (!der::read_single(signature, der::tag::sequence, content)) return false;
  der::reader in(content);
  for (int i = 0; i < 2; ++i)
    if (!in.next(der::tag::integer, number) || !der::is_integer(number) || der::is_negative(number)) return false;
  return in.at_end();
}

struct signature_info {
  std::string_view name;   ///< empty when the algorithm is not known
  unsigned hash_bits = 0;  ///< 0 for MD2, MD4, MD5, and whatever is not known, which are good for nothing
};

/// Tells how many bits a hash gives, 0 for one that is not known.
[[gnu::cold]] inline unsigned describe_hash(byte_view hash_oid) noexcept {
  if (oid::is(hash_oid, oid::sha1)) return 160;
  if (oid::is(hash_oid, oid::sha224)) return 224;
  if (oid::is(hash_oid, oid::sha256)) return 256;
  if (oid::is(hash_oid, oid::sha384)) return 384;
  return oid::is(hash_oid, oid::sha512) ? 512 : 0;
}

/// Reads RSASSA-PSS-params (RFC 4055 §3.1), each of which has a default: SHA-1, a mask of SHA-1, a salt of 20 bytes,
/// the trailer 1, beside which there is none. A signature's must be there (§3.1). The mask's hash is to be that of the
/// signature; not every library can do with another.
[[gnu::cold]] inline signature_info describe_pss(byte_view parameters) noexcept {
  constexpr signature_info broken{"rsassaPss", 0};
  byte_view content, tagged, number;
  std::uint32_t value = 0;
  if (!der::read_single(parameters, der::tag::sequence, content)) return broken;
  der::reader in(content);
  algorithm_identifier hash, mask, mask_hash;
  if (in.next(der::tag::constructed(0), tagged)) {
    der::reader inner(tagged);
    if (!read_algorithm(inner, hash)) return broken;
  }
  if (in.next(der::tag::constructed(1), tagged)) {
    der::reader outer(tagged);
    if (!read_algorithm(outer, mask) || !oid::is(mask.oid, oid::mgf1)) return broken;
    der::reader inner(mask.parameters);
    if (!read_algorithm(inner, mask_hash)) return broken;
  }
  const auto hash_or_default = [](byte_view id) { return id.empty() ? oid::sha1 : as_text(id); };
  const std::string_view name = hash_or_default(hash.oid);
  if (hash_or_default(mask_hash.oid) != name) return broken;
  for (const unsigned field : {2U, 3U}) {
    if (!in.next(der::tag::constructed(field), tagged)) continue;
    if (!der::read_single(tagged, der::tag::integer, number) || !der::read_unsigned(number, value)) return broken;
    if (field == 3 && value != 1) return broken;
  }
  return in.at_end() ? signature_info{"rsassaPss", describe_hash(as_bytes(name))} : broken;
}

[[gnu::cold]] inline signature_info describe_signature(const algorithm_identifier& algorithm) noexcept {
  struct known {
    std::string_view oid;
    signature_info info;
  };
  static constexpr known table[] = {
      {"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x02"sv, {"md2WithRSAEncryption", 0}},
      {"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x03"sv, {"md4WithRSAEncryption", 0}},
      {"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x04"sv, {"md5WithRSAEncryption", 0}},
      {"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x05"sv, {"sha1WithRSAEncryption", 160}},
      {"\x2b\x0e\x03\x02\x1d"sv, {"sha1WithRSAEncryption", 160}},
      {"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0e"sv, {"sha224WithRSAEncryption", 224}},
      {"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b"sv, {"sha256WithRSAEncryption", 256}},
      {"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0c"sv, {"sha384WithRSAEncryption", 384}},
      {"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0d"sv, {"sha512WithRSAEncryption", 512}},
      {"\x2a\x86\x48\xce\x38\x04\x03"sv, {"dsa-with-SHA1", 160}},
      {"\x60\x86\x48\x01\x65\x03\x04\x03\x02"sv, {"dsa-with-SHA256", 256}},
      {"\x2a\x86\x48\xce\x3d\x04\x01"sv, {"ecdsa-with-SHA1", 160}},
      {"\x2a\x86\x48\xce\x3d\x04\x03\x01"sv, {"ecdsa-with-SHA224", 224}},
      {"\x2a\x86\x48\xce\x3d\x04\x03\x02"sv, {"ecdsa-with-SHA256", 256}},
      {"\x2a\x86\x48\xce\x3d\x04\x03\x03"sv, {"ecdsa-with-SHA384", 384}},
      {"\x2a\x86\x48\xce\x3d\x04\x03\x04"sv, {"ecdsa-with-SHA512", 512}},
      {oid::ed25519, {"Ed25519", 512}},
      {oid::ed448, {"Ed448", 512}},
      {oid::ml_dsa_44, {"ML-DSA-44", 512}},
      {oid::ml_dsa_65, {"ML-DSA-65", 512}},
      {oid::ml_dsa_87, {"ML-DSA-87", 512}},
  };
  for (const known& k : table)
    if (oid::is(algorithm.oid, k.oid)) return k.info;
  if (!oid::is(algorithm.oid, oid::rsa_pss)) return {};

  return describe_pss(algorithm.parameters);
}

/// Returns the bits of the hash that a signature's algorithm names, 128 for MD5; 0 for one that is not known, and where
/// the hash is none of a certificate's own choosing (EdDSA, ML-DSA).
inline unsigned digest_bits(const algorithm_identifier& algorithm) noexcept {
  const signature_info info = describe_signature(algorithm);
  if (info.name.starts_with("md5")) return 128;
  return info.name.starts_with("Ed") || info.name.starts_with("ML-DSA") ? 0 : info.hash_bits;
}

struct curve_info {
  std::string_view name;  ///< empty for a curve that is not known
  unsigned bits = 0;
};

inline curve_info describe_curve(byte_view curve_oid) noexcept {
  struct known {
    std::string_view oid;
    curve_info info;
  };
  static constexpr known table[] = {
      {"\x2a\x86\x48\xce\x3d\x03\x01\x01"sv, {"P-192", 192}},
      {"\x2b\x81\x04\x00\x21"sv, {"P-224", 224}},
      {"\x2a\x86\x48\xce\x3d\x03\x01\x07"sv, {"P-256", 256}},
      {"\x2b\x81\x04\x00\x22"sv, {"P-384", 384}},
      {"\x2b\x81\x04\x00\x23"sv, {"P-521", 521}},
      {"\x2b\x81\x04\x00\x0a"sv, {"secp256k1", 256}},
      {"\x2b\x24\x03\x03\x02\x08\x01\x01\x07"sv, {"brainpoolP256r1", 256}},
      {"\x2b\x24\x03\x03\x02\x08\x01\x01\x0b"sv, {"brainpoolP384r1", 384}},
      {"\x2b\x24\x03\x03\x02\x08\x01\x01\x0d"sv, {"brainpoolP512r1", 512}},
  };
  for (const known& k : table)
    if (oid::is(curve_oid, k.oid)) return k.info;
  return {};
}

}  // namespace plugtls::detail
