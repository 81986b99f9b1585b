// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>

#include "plugtls/error_info.hpp"
#include "plugtls/wolfssl/compat.hpp"

namespace plugtls::wolfssl {

struct error_row {
  int code;
  errc what;
};

inline constexpr error_row error_table[] = {
    {MEMORY_E, errc::out_of_memory},
    {MEMORY_ERROR, errc::out_of_memory},
    {VERSION_ERROR, errc::protocol_version},
    {UNSUPPORTED_PROTO_VERSION, errc::protocol_version},
    {MATCH_SUITE_ERROR, errc::no_shared_cipher},
    {WOLFSSL_ERROR_SYSCALL, errc::no_shared_cipher},  // 5.9 hides MATCH_SUITE_ERROR; its other meaning the wire knows
    {UNSUPPORTED_SUITE, errc::no_shared_cipher},
    {ECC_CURVE_ERROR, errc::no_shared_cipher},
    {BAD_KEY_SHARE_DATA, errc::no_shared_cipher},
    {KEY_SHARE_ERROR, errc::no_shared_cipher},
    {UNKNOWN_ALPN_PROTOCOL_NAME_E, errc::no_application_protocol},
    {UNKNOWN_SNI_HOST_NAME_E, errc::unrecognized_name},
    {NO_PEER_CERT, errc::certificate_required},
    {MAX_CHAIN_ERROR, errc::handshake_too_large},
    {HANDSHAKE_SIZE_ERROR, errc::handshake_too_large},
    {FATAL_ERROR, errc::alert_received},
    {VERIFY_CERT_ERROR, errc::bad_certificate},
    {ASN_PARSE_E, errc::malformed_certificate},
    {VERIFY_MAC_ERROR, errc::bad_record},
    {DECRYPT_ERROR, errc::bad_record},
    {LENGTH_ERROR, errc::bad_record},
    {BUFFER_ERROR, errc::bad_record},
    {PARSE_ERROR, errc::bad_record},
    {UNKNOWN_RECORD_TYPE, errc::bad_record},
    {OUT_OF_ORDER_E, errc::bad_record},
    {SANITY_MSG_E, errc::bad_record},
    {DUPLICATE_MSG_E, errc::bad_record},
    {VERIFY_FINISHED_ERROR, errc::bad_record},
    {VERIFY_SIGN_ERROR, errc::bad_record},
    {SIG_VERIFY_E, errc::bad_record},
    {SOCKET_PEER_CLOSED_E, errc::truncated},
    {AES_GCM_AUTH_E, errc::bad_record},
    {MAC_CMP_FAILED_E, errc::bad_record},
    {ECC_CURVE_OID_E, errc::unsupported},
    {NOT_COMPILED_IN, errc::unsupported},
};

/// Names the neutral condition behind an error of wolfSSL, `otherwise` where it has no name of its own.
constexpr errc translate(int code, errc otherwise) noexcept {
  for (const error_row& row : error_table)
    if (row.code == code) return row.what;
  return otherwise;
}

/// Fills in the library's own words.
inline void describe(int code, error_info& info) {
  if (code == 0) return;
  char text[WOLFSSL_MAX_ERROR_SZ + 1] = "";
  wolfSSL_ERR_error_string(static_cast<unsigned long>(code), text);
  info.native = code;
  info.native_text = text;
}

/// Reports that something could not be made or set. wolfSSL's setters tell no more than that.
inline errc refuse(error_info& info, int code, errc what, std::string detail) {
  const bool is_error = code < 0;
  if (is_error) describe(code, info);
  const errc e = is_error && translate(code, what) == errc::out_of_memory ? errc::out_of_memory : what;
  return info.set(e, static_cast<std::string&&>(detail));
}

}  // namespace plugtls::wolfssl
