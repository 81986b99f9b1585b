// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>

#include "plugtls/error_info.hpp"
#include "plugtls/mbedtls/compat.hpp"

namespace plugtls::mbedtls {

struct error_row {
  int code;
  errc what;
};

inline constexpr error_row error_table[] = {
    {compat::error_version, errc::protocol_version},
    {compat::error_no_cipher, errc::no_shared_cipher},
    {compat::error_no_suite, errc::no_shared_cipher},
    {compat::error_alpn, errc::no_application_protocol},
    {compat::error_certificate, errc::malformed_certificate},
    {compat::error_finished, errc::bad_record},
    {MBEDTLS_ERR_SSL_NO_CLIENT_CERTIFICATE, errc::certificate_required},
    {MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE, errc::alert_received},
    {MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY, errc::closed},
    {MBEDTLS_ERR_SSL_CONN_EOF, errc::truncated},
    {MBEDTLS_ERR_SSL_INVALID_MAC, errc::bad_record},
    {MBEDTLS_ERR_SSL_INVALID_RECORD, errc::bad_record},
    {MBEDTLS_ERR_SSL_UNEXPECTED_RECORD, errc::bad_record},
    {MBEDTLS_ERR_SSL_UNEXPECTED_MESSAGE, errc::bad_record},
    {MBEDTLS_ERR_PK_PASSWORD_MISMATCH, errc::bad_password},
    {MBEDTLS_ERR_PK_PASSWORD_REQUIRED, errc::password_required},
    {MBEDTLS_ERR_PK_FEATURE_UNAVAILABLE, errc::unsupported},
    {MBEDTLS_ERR_PK_UNKNOWN_PK_ALG, errc::unsupported},
    {MBEDTLS_ERR_PK_UNKNOWN_NAMED_CURVE, errc::unsupported},
    {MBEDTLS_ERR_PEM_UNKNOWN_ENC_ALG, errc::unsupported},
    {MBEDTLS_ERR_PEM_FEATURE_UNAVAILABLE, errc::unsupported},
    {MBEDTLS_ERR_X509_FEATURE_UNAVAILABLE, errc::unsupported},
    {MBEDTLS_ERR_X509_UNKNOWN_SIG_ALG, errc::unsupported},
};

/// Splits an error: up to 3.6 one number is the sum of a module's code and a low-level one of seven bits.
constexpr int high_part(int code) noexcept { return code < 0 ? -(-code & ~0x7f) : 0; }
constexpr int low_part(int code) noexcept { return code < 0 ? -(-code & 0x7f) : 0; }

template <std::size_t N>
constexpr bool is_one_of(const int (&list)[N], int code) noexcept {
  for (const int known : list)
    if (known != 0 && known == code) return true;
  return false;
}

/// Names the neutral condition behind an error of mbedTLS, `otherwise` where it has no name of its own.
constexpr errc translate(int code, errc otherwise) noexcept {
  if (is_one_of(compat::error_memory, code) || is_one_of(compat::error_memory, high_part(code)) ||
      is_one_of(compat::error_memory_low, low_part(code)))
    return errc::out_of_memory;
  if (is_one_of(compat::error_signature, code) || is_one_of(compat::error_syntax, high_part(code)))
    return errc::bad_record;
  if (is_one_of(compat::error_encryption, high_part(code)) || is_one_of(compat::error_encryption, code))
    return errc::unsupported;
  for (const error_row& row : error_table)
    if (row.code != 0 && row.code == high_part(code)) return row.what;
  return otherwise;
}

/// Fills in the library's own words.
inline void describe(int code, error_info& info) {
  if (code == 0) return;
  char text[256] = "";
  mbedtls_strerror(code, text, sizeof text);
  info.native = code;
  info.native_text = text;
}

/// Reports that something could not be made or set.
inline errc refuse(error_info& info, int code, errc otherwise, std::string detail) {
  describe(code, info);
  return info.set(translate(code, otherwise), static_cast<std::string&&>(detail));
}

}  // namespace plugtls::mbedtls
