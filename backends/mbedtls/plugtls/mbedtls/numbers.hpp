// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <vector>

#include "plugtls/mbedtls/compat.hpp"

namespace plugtls::mbedtls {

inline bool supports(tls_version v) noexcept {
  return v == tls_version::tls1_2 || (v == tls_version::tls1_3 && compat::has_tls1_3);
}
// Suites are known by their IANA numbers. One without a name here may lack forward secrecy, or certificates altogether.
inline bool supports(cipher_suite s) noexcept {
  return !name(s).empty() && mbedtls_ssl_ciphersuite_from_id(static_cast<int>(s)) != nullptr;
}
// mbedTLS knows some that plugtls has no name for, like secp224r1, which RFC 8422 §5.1.1 deprecates.
inline bool supports(named_group g) noexcept { return !name(g).empty() && compat::native(g) != compat::group_value{}; }
inline bool supports(signature_scheme s) noexcept { return compat::native(s) != compat::scheme_value{}; }

inline int native(cipher_suite s) noexcept { return static_cast<int>(s); }
inline compat::group_value native(named_group g) noexcept { return compat::native(g); }
inline compat::scheme_value native(signature_scheme s) noexcept { return compat::native(s); }

/// Makes mbedTLS's form of a list: each value once, ended by a zero.
template <class Value, class Number>
std::vector<Value> native_list(const std::vector<Number>& numbers) {
  std::vector<Value> list;
  for (const Number n : numbers) {
    const Value value = native(n);
    bool seen = value == Value{};
    for (const Value v : list) seen = seen || v == value;
    if (!seen) list.push_back(value);
  }
  list.push_back(Value{});
  return list;
}

}  // namespace plugtls::mbedtls
