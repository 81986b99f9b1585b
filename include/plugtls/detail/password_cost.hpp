// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <string>

#include "plugtls/detail/algorithm.hpp"
#include "plugtls/error_info.hpp"

namespace plugtls::detail {

/// The most iterations that a password is tried with; a second of work or a few.
inline constexpr std::uint32_t most_iterations = 10'000'000;
/// The most that N, r and p of scrypt (RFC 7914 §2) may make together; each is 128 bytes that are filled and read.
inline constexpr std::uint64_t most_scrypt_blocks = std::uint64_t{1} << 22;

inline errc refuse_password_cost(error_info& info) {
  return info.set(errc::bad_der, "what a password is tried by (PBES1, PBES2, PKCS#12) is not DER (RFC 8018 §A)");
}

/// Refuses what would keep a program busy for minutes before it told anything, by what a file asks for: the iterations
/// of PBES1, PBKDF2 (RFC 8018 §A) or PKCS#12 (RFC 7292 §C), and the cost of scrypt (RFC 7914 §7.1). Gives `unsupported`
/// for too much, and `bad_der` for what a library that reads BER might find more in than was found here. Algorithms
/// that are none of these are left to whoever decrypts.
[[gnu::cold]] inline errc check_password_cost(const algorithm_identifier& algorithm, error_info& info) {
  using namespace std::string_view_literals;
  algorithm_identifier derivation = algorithm;
  byte_view content;
  if (as_text(algorithm.oid) == "\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0d"sv) {  // PBES2
    if (!der::read_single(algorithm.parameters, der::tag::sequence, content)) return refuse_password_cost(info);
    der::reader in(content);
    if (!read_algorithm(in, derivation)) return refuse_password_cost(info);
  }
  const std::string_view oid = as_text(derivation.oid);
  const bool is_scrypt = oid == "\x2b\x06\x01\x04\x01\xda\x47\x04\x0b"sv;
  const bool is_pkcs5 = oid.starts_with("\x2a\x86\x48\x86\xf7\x0d\x01\x05"sv);
  if (!is_scrypt && !is_pkcs5 && !oid.starts_with("\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x01"sv)) return errc::success;
  if (!der::read_single(derivation.parameters, der::tag::sequence, content)) return refuse_password_cost(info);
  der::reader in(content);
  der::element salt;
  if (!in.next(salt)) return refuse_password_cost(info);
  // One number for iterations; N, r and p for scrypt. Others may follow.
  std::uint64_t cost = 1;
  for (int left = is_scrypt ? 3 : 1; left != 0; --left) {
    std::uint32_t n = 0;
    byte_view number;
    if (!in.next(der::tag::integer, number) || !der::read_unsigned(number, n)) return refuse_password_cost(info);
    cost = n != 0 && cost > UINT64_MAX / n ? UINT64_MAX : cost * n;
  }
  if (cost <= (is_scrypt ? most_scrypt_blocks : most_iterations)) return errc::success;
  return info.set(errc::unsupported,
                  is_scrypt ? "trying the password would take scrypt with N * r * p = " + std::to_string(cost) +
                                  "; no more than " + std::to_string(most_scrypt_blocks) + " are taken"
                            : "trying the password would take " + std::to_string(cost) + " iterations; no more than " +
                                  std::to_string(most_iterations) + " are taken");
}

/// The same for an EncryptedPrivateKeyInfo (RFC 5958 §3), in DER.
inline errc check_password_cost(byte_view encrypted_key, error_info& info) {
  byte_view content;
  algorithm_identifier algorithm;
  if (!der::read_single(encrypted_key, der::tag::sequence, content)) return refuse_password_cost(info);
  der::reader in(content);
  return read_algorithm(in, algorithm) ? check_password_cost(algorithm, info) : refuse_password_cost(info);
}

}  // namespace plugtls::detail
