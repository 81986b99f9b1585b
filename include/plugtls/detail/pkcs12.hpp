// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "plugtls/detail/algorithm.hpp"
#include "plugtls/detail/der.hpp"
#include "plugtls/detail/hmac.hpp"
#include "plugtls/detail/password_cost.hpp"
#include "plugtls/detail/sha1.hpp"
#include "plugtls/detail/sha2.hpp"
#include "plugtls/error_info.hpp"
#include "plugtls/secret.hpp"

/// Reads the structure of PKCS#12 (RFC 7292), so that it is the same on every backend. What is encrypted stays closed:
/// a backend opens it.
namespace plugtls::detail::pkcs12 {

namespace oid {
inline constexpr auto data = "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01"sv;
inline constexpr auto encrypted_data = "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x06"sv;
inline constexpr auto bag = "\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x0a\x01"sv;  // and one number more
inline constexpr auto x509_certificate = "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x16\x01"sv;
}  // namespace oid

/// A part of the container: its SafeContents, or what they are encrypted with.
struct part {
  byte_view algorithm;  ///< AlgorithmIdentifier; empty: not encrypted
  byte_view bytes;
};

/// What bags hold: keys as PrivateKeyInfo or EncryptedPrivateKeyInfo, certificates as they are.
struct contents {
  std::vector<secret> keys;
  std::vector<byte_vector> certificates;
};

/// A PFX; views into its bytes.
struct container {
  std::vector<part> parts;
  byte_view authenticated;  ///< what the MAC covers
  byte_view mac;            ///< MacData, empty without one

  /// Gives `bad_der`, and `unsupported` for a container that is signed with a key instead of a password.
  errc parse(byte_view bytes, error_info& info);
};

inline bool read_content_info(der::reader& in, byte_view& type, byte_view& content) noexcept {
  byte_view whole;
  if (!in.next(der::tag::sequence, whole)) return false;
  der::reader fields(whole);
  return fields.next(der::tag::oid, type) && fields.next(der::tag::constructed(0), content) && fields.at_end();
}

inline bool read_encrypted_data(byte_view content, part& out) noexcept {
  byte_view fields, version, info, type;
  algorithm_identifier algorithm;
  if (!der::read_single(content, der::tag::sequence, fields)) return false;
  der::reader in(fields);
  if (!in.next(der::tag::integer, version) || !in.next(der::tag::sequence, info) || !in.at_end()) return false;
  der::reader inner(info);
  if (!inner.next(der::tag::oid, type) || as_text(type) != oid::data || !read_algorithm(inner, algorithm) ||
      !inner.next(der::tag::context(0), out.bytes))
    return false;
  out.algorithm = algorithm.raw;
  return inner.at_end();
}

inline errc container::parse(byte_view bytes, error_info& info) {
  const auto broken = [&] {
    return info.set(errc::bad_der, "the PKCS#12 container is not DER (RFC 7292 §4), cut short, or bytes follow it");
  };
  byte_view pfx, version, type, content, safe;
  if (!der::read_single(bytes, der::tag::sequence, pfx)) return broken();
  der::reader in(pfx);
  if (!in.next(der::tag::integer, version) || as_text(version) != "\x03"sv || !read_content_info(in, type, content))
    return broken();
  if (as_text(type) != oid::data)
    return info.set(errc::unsupported, "the PKCS#12 container is protected by a signature, not by a password");
  if (!in.at_end() && !in.next(der::tag::sequence, mac)) return broken();
  if (!in.at_end() || !der::read_single(content, der::tag::octet_string, authenticated) ||
      !der::read_single(authenticated, der::tag::sequence, safe))
    return broken();
  for (der::reader all(safe); !all.at_end();) {
    part p;
    if (!read_content_info(all, type, content)) return broken();
    const bool is_plain = as_text(type) == oid::data;
    if (!is_plain && as_text(type) != oid::encrypted_data)
      return info.set(errc::unsupported, "a part of the PKCS#12 container is encrypted for a key, not by a password");
    if (is_plain ? !der::read_single(content, der::tag::octet_string, p.bytes) : !read_encrypted_data(content, p))
      return broken();
    parts.push_back(p);
  }
  return errc::success;
}

/// Takes what SafeContents hold; false where they are no such thing. Bags of other kinds (CRLs, secrets) are passed by.
inline bool read_bags(byte_view safe_contents, contents& out, int depth = 0) {
  enum : unsigned char { key = 1, shrouded_key = 2, certificate = 3, nested = 6 };
  byte_view bags;
  if (depth > 4 || !der::read_single(safe_contents, der::tag::sequence, bags)) return false;
  for (der::reader in(bags); !in.at_end();) {
    byte_view bag, type, value;
    if (!in.next(der::tag::sequence, bag)) return false;
    der::reader fields(bag);
    if (!fields.next(der::tag::oid, type) || !fields.next(der::tag::constructed(0), value)) return false;
    const bool is_known = type.size() == oid::bag.size() + 1 && as_text(type).starts_with(oid::bag);
    const unsigned kind = is_known ? std::to_integer<unsigned>(type.back()) : 0;
    if (kind == key || kind == shrouded_key) out.keys.emplace_back(value);
    if (kind == nested && !read_bags(value, out, depth + 1)) return false;
    if (kind != certificate) continue;
    byte_view cert, form, wrapped, bytes;
    if (!der::read_single(value, der::tag::sequence, cert)) return false;
    der::reader cert_fields(cert);
    if (!cert_fields.next(der::tag::oid, form) || !cert_fields.next(der::tag::constructed(0), wrapped)) return false;
    if (as_text(form) != oid::x509_certificate) continue;
    if (!der::read_single(wrapped, der::tag::octet_string, bytes)) return false;
    out.certificates.emplace_back(bytes.begin(), bytes.end());
  }
  return true;
}

template <class Hash>
auto digest_of(byte_view bytes) noexcept {
  Hash hash;
  hash.update(bytes);
  const auto digest = hash.finish();
  wipe(&hash, sizeof hash);
  return digest;
}

/// Computes the MAC over a container: the key is one block of RFC 7292 §B.2, made with ID 3.
template <class Hash>
auto mac_of(std::string_view ascii_password, byte_view salt, std::uint32_t iterations, byte_view message) {
  std::string input(64, '\x03');
  const auto repeat = [&](std::string_view what) {
    const std::size_t size = (what.size() + 63) / 64 * 64;
    for (std::size_t i = 0; i < size; ++i) input += what[i % what.size()];
  };
  std::string bmp;
  bmp.reserve(2 * ascii_password.size() + 2);
  for (const char c : ascii_password) (bmp += '\0') += c;
  bmp.append(2, '\0');
  input.reserve(128 + salt.size() + bmp.size() + 64);
  repeat(as_text(salt));
  repeat(bmp);
  auto key = digest_of<Hash>(as_bytes(input));
  for (std::uint32_t i = 1; i < iterations; ++i) key = digest_of<Hash>(key);
  wipe(input.data(), input.size());
  wipe(bmp.data(), bmp.size());
  const auto mac = hmac<Hash>(key, {message});
  wipe(key.data(), key.size());
  return mac;
}

/// Checks the password by the MAC. Gives `bad_password`, `bad_der`, and `unsupported` for hashes other than SHA-1 and
/// SHA-256.
inline errc check_mac(const container& c, const secret& password, error_info& info) {
  byte_view digest_info, expected, salt, number;
  algorithm_identifier algorithm;
  std::uint32_t iterations = 1;
  der::reader in(c.mac);
  const bool has_digest = in.next(der::tag::sequence, digest_info);
  der::reader digest(digest_info);
  if (!has_digest || !read_algorithm(digest, algorithm) || !digest.next(der::tag::octet_string, expected) ||
      !digest.at_end() || !in.next(der::tag::octet_string, salt) || salt.empty() ||
      (!in.at_end() && (!in.next(der::tag::integer, number) || !der::read_unsigned(number, iterations))) ||
      !in.at_end())
    return info.set(errc::bad_der, "the MAC of the PKCS#12 container does not decode");
  if (!algorithm.parameters.empty() && as_text(algorithm.parameters) != "\x05\x00"sv)
    return info.set(errc::bad_der, "the MAC of the PKCS#12 container does not decode");
  if (iterations > most_iterations)
    return info.set(errc::unsupported, "trying the password on the PKCS#12 container's MAC would take " +
                                           std::to_string(iterations) + " iterations; no more than " +
                                           std::to_string(most_iterations) + " are taken");
  const bool is_sha1 = detail::oid::is(algorithm.oid, detail::oid::sha1);
  if (!is_sha1 && !detail::oid::is(algorithm.oid, detail::oid::sha256))
    return info.set(errc::unsupported,
                    "the PKCS#12 container has a MAC that is not HMAC with SHA-1 or SHA-256; make one with "
                    "openssl pkcs12 -export -macalg sha256");
  const auto is_equal = [&](const auto& mac) { return as_text(mac) == as_text(expected); };
  const bool good = is_sha1 ? is_equal(mac_of<sha1_hash>(password.text(), salt, iterations, c.authenticated))
                            : is_equal(mac_of<sha256_hash>(password.text(), salt, iterations, c.authenticated));
  return good ? errc::success
              : info.set(errc::bad_password,
                         "the password is not the PKCS#12 container's, or the container was changed: its MAC differs");
}

}  // namespace plugtls::detail::pkcs12
