// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>
#include <string_view>

#include "plugtls/bytes.hpp"
#include "plugtls/detail/algorithm.hpp"
#include "plugtls/detail/der.hpp"
#include "plugtls/detail/oid.hpp"

namespace plugtls {

/// The kinds of public keys that occur in certificates.
enum class key_kind { other, rsa, rsa_pss, ec, ed25519, ed448, dsa, ml_dsa };

/// A SubjectPublicKeyInfo (RFC 5280 §4.1.2.7), read in place. Valid as long as its bytes.
class public_key_view {
 public:
  public_key_view() = default;

  /// Reads the structure whose DER is `spki`; false if it is none.
  static bool parse(byte_view spki, public_key_view& out) noexcept;

  byte_view der() const noexcept { return der_; }                          ///< the whole structure
  byte_view algorithm_oid() const noexcept { return algorithm_.oid; }      ///< contents of the OBJECT IDENTIFIER
  byte_view parameters() const noexcept { return algorithm_.parameters; }  ///< DER, empty when absent
  byte_view key_bytes() const noexcept { return key_; }                    ///< contents of the BIT STRING
  key_kind kind() const noexcept { return kind_; }

  /// Returns the size that a policy looks at: bits of an RSA modulus, of an elliptic curve, of a DSA prime; 0 if
  /// it is not known (a curve that is not named, for example).
  unsigned bits() const noexcept { return bits_; }

  /// Tells whether the numbers of the key can belong to a key that protects anything: an RSA exponent of 1 lets anybody
  /// sign, an even one or an even modulus is none (RFC 8017 §3.1), and exponents of more than 64 bits only cost time. A
  /// point of an elliptic curve is there whole (RFC 5480 §2.2), since not every library can compute the other half.
  bool is_sound() const noexcept { return is_sound_; }

  /// Tells whether a key of this kind can have made signatures of this algorithm. One for RSASSA-PSS makes no others
  /// (RFC 4055 §1.2). True for algorithms that are not known.
  bool can_sign_with(const detail::algorithm_identifier& signature) const noexcept;

  /// Returns the name of an elliptic curve, `P-256` for example, or an empty text.
  std::string_view curve() const noexcept { return curve_; }

  /// Describes the key in one spelling: `RSA 2048`, `EC P-256`, `Ed25519`.
  [[gnu::cold]] std::string description() const {
    switch (kind_) {
      case key_kind::rsa: return "RSA " + std::to_string(bits_);
      case key_kind::rsa_pss: return "RSA-PSS " + std::to_string(bits_);
      case key_kind::ec: return curve_.empty() ? "EC" : "EC " + std::string(curve_);
      case key_kind::ed25519: return "Ed25519";
      case key_kind::ed448: return "Ed448";
      case key_kind::dsa: return "DSA " + std::to_string(bits_);
      case key_kind::ml_dsa: return std::string(detail::describe_signature(algorithm_).name);
      case key_kind::other: break;
    }
    return detail::der::oid_text(algorithm_.oid);
  }

 private:
  static unsigned bit_length(byte_view magnitude) noexcept {
    auto top = std::to_integer<unsigned>(magnitude[0]);
    auto bits = static_cast<unsigned>(magnitude.size() - 1) * 8;
    for (; top != 0; top >>= 1) ++bits;
    return bits;
  }
  bool read_rsa() noexcept;
  bool read_point() noexcept;
  bool read_dsa() noexcept;

  byte_view der_;
  detail::algorithm_identifier algorithm_;
  byte_view key_;
  std::string_view curve_;
  unsigned bits_ = 0;
  key_kind kind_ = key_kind::other;
  bool is_sound_ = true;
};

[[gnu::cold]] inline bool public_key_view::parse(byte_view spki, public_key_view& out) noexcept {
  namespace der = detail::der;
  namespace oid = detail::oid;
  public_key_view key;
  byte_view content;
  byte_view bits;
  if (!der::read_single(spki, der::tag::sequence, content)) return false;
  der::reader in(content);
  if (!detail::read_algorithm(in, key.algorithm_) || !in.next(der::tag::bit_string, bits) || !in.at_end() ||
      !der::read_bit_string(bits, key.key_))
    return false;
  if (!detail::has_proper_parameters(key.algorithm_)) return false;
  key.der_ = spki;
  const byte_view id = key.algorithm_.oid;
  if (oid::is(id, oid::rsa_encryption) || oid::is(id, oid::rsa_pss)) {
    key.kind_ = oid::is(id, oid::rsa_pss) ? key_kind::rsa_pss : key_kind::rsa;
    if (!key.read_rsa()) return false;
  } else if (oid::is(id, oid::ec_public_key)) {
    key.kind_ = key_kind::ec;
    byte_view curve;
    if (der::read_single(key.algorithm_.parameters, der::tag::oid, curve)) {
      const detail::curve_info info = detail::describe_curve(curve);
      key.curve_ = info.name;
      key.bits_ = info.bits;
    }
    if (!key.read_point()) return false;
  } else if (oid::is(id, oid::ed25519)) {
    key.kind_ = key_kind::ed25519;
    key.bits_ = 255;
    if (key.key_.size() != 32) return false;
  } else if (oid::is(id, oid::ed448)) {
    key.kind_ = key_kind::ed448;
    key.bits_ = 448;
    if (key.key_.size() != 57) return false;
  } else if (oid::is(id, oid::dsa)) {
    key.kind_ = key_kind::dsa;
    if (!key.read_dsa()) return false;
  } else if (oid::is(id, oid::ml_dsa_44) || oid::is(id, oid::ml_dsa_65) || oid::is(id, oid::ml_dsa_87)) {
    key.kind_ = key_kind::ml_dsa;
    key.bits_ = static_cast<unsigned>(key.key_.size()) * 8;
  }
  out = key;
  return true;
}

inline bool public_key_view::can_sign_with(const detail::algorithm_identifier& signature) const noexcept {
  namespace oid = detail::oid;
  const std::string_view id = as_text(signature.oid);
  if (id == oid::rsa_pss) return kind_ == key_kind::rsa || kind_ == key_kind::rsa_pss;
  if (id.starts_with(oid::pkcs1)) return kind_ == key_kind::rsa;
  if (id.starts_with(oid::ecdsa_signatures)) return kind_ == key_kind::ec;
  if (id == oid::ed25519) return kind_ == key_kind::ed25519;
  return id != oid::ed448 || kind_ == key_kind::ed448;
}

[[gnu::cold]] inline bool public_key_view::read_rsa() noexcept {
  namespace der = detail::der;
  byte_view content;
  byte_view modulus;
  byte_view exponent;
  if (!der::read_single(key_, der::tag::sequence, content)) return false;
  der::reader in(content);
  if (!in.next(der::tag::integer, modulus) || !in.next(der::tag::integer, exponent) || !in.at_end() ||
      !der::read_unsigned(modulus, modulus) || !der::read_unsigned(exponent, exponent))
    return false;
  bits_ = bit_length(modulus);
  const auto is_odd = [](byte_view number) { return (number.back() & std::byte{1}) != std::byte{0}; };
  const unsigned exponent_bits = bit_length(exponent);
  is_sound_ = is_odd(modulus) && is_odd(exponent) && exponent_bits > 1 && exponent_bits <= 64;
  return bits_ != 0;
}

inline bool public_key_view::read_point() noexcept {
  if (key_.empty()) return false;
  const std::size_t coordinate = (bits_ + 7) / 8;
  const auto form = std::to_integer<unsigned>(key_[0]);
  is_sound_ = form == 4;
  if (bits_ == 0) return true;  // a curve that is not known
  const bool is_compressed = form == 2 || form == 3;
  return (form == 4 && key_.size() == 1 + 2 * coordinate) || (is_compressed && key_.size() == 1 + coordinate);
}

[[gnu::cold]] inline bool public_key_view::read_dsa() noexcept {
  namespace der = detail::der;
  byte_view content;
  byte_view prime;
  if (algorithm_.parameters.empty()) return true;  // inherited from the issuer (RFC 3279 §2.3.2): size not known
  if (!der::read_single(algorithm_.parameters, der::tag::sequence, content)) return false;
  der::reader in(content);
  if (!in.next(der::tag::integer, prime) || !der::read_unsigned(prime, prime)) return false;
  bits_ = bit_length(prime);
  return true;
}

}  // namespace plugtls
