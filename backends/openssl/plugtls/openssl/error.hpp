// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "plugtls/error_info.hpp"
#include "plugtls/openssl/compat.hpp"

namespace plugtls::openssl {

/// Names the neutral condition behind a code of OpenSSL's error queue. Reasons are numbers that stay; texts change
/// between versions.
inline errc translate(unsigned long code) noexcept {
  if (ERR_GET_REASON(code) == ERR_R_MALLOC_FAILURE) return errc::out_of_memory;
  if (ERR_GET_LIB(code) == ERR_LIB_ASN1) return errc::malformed_certificate;
  if (ERR_GET_LIB(code) != ERR_LIB_SSL) return errc::handshake_failed;
  const int reason = ERR_GET_REASON(code);
  if (reason >= SSL_AD_REASON_OFFSET && reason < SSL_AD_REASON_OFFSET + 256) return errc::alert_received;
  if (reason == record_layer_failure) return errc::bad_record;
  switch (reason) {
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_WRONG_SSL_VERSION:
    case SSL_R_UNKNOWN_PROTOCOL:
    case SSL_R_NO_PROTOCOLS_AVAILABLE:
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_VERSION_TOO_LOW:
    case SSL_R_VERSION_TOO_HIGH: return errc::protocol_version;
    case SSL_R_NO_SHARED_CIPHER:
    case SSL_R_NO_SUITABLE_GROUPS:
    case SSL_R_NO_SUITABLE_KEY_SHARE:
    case SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM:
    case SSL_R_NO_SHARED_SIGNATURE_ALGORITHMS:
    case SSL_R_NO_SHARED_GROUPS:
    case SSL_R_WRONG_CIPHER_RETURNED:
    case SSL_R_WRONG_CURVE:
    case SSL_R_WRONG_SIGNATURE_TYPE:
    case SSL_R_UNKNOWN_CIPHER_RETURNED: return errc::no_shared_cipher;
    case SSL_R_NO_APPLICATION_PROTOCOL: return errc::no_application_protocol;
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE: return errc::certificate_required;
    case SSL_R_EXCESSIVE_MESSAGE_SIZE: return errc::handshake_too_large;
    case ERR_R_ASN1_LIB:
    case SSL_R_CERT_LENGTH_MISMATCH: return errc::malformed_certificate;
    case SSL_R_CERTIFICATE_VERIFY_FAILED: return errc::bad_certificate;
    case SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC:
    case SSL_R_BAD_RECORD_TYPE:
    case SSL_R_PACKET_LENGTH_TOO_LONG:
    case SSL_R_ENCRYPTED_LENGTH_TOO_LONG:
    case SSL_R_DATA_LENGTH_TOO_LONG:
    case SSL_R_UNEXPECTED_MESSAGE:
    case SSL_R_UNEXPECTED_RECORD:
    case SSL_R_DIGEST_CHECK_FAILED:
    case SSL_R_BAD_SIGNATURE: return errc::bad_record;
    case SSL_R_UNEXPECTED_EOF_WHILE_READING: return errc::truncated;
    default: return errc::handshake_failed;
  }
}

/// Takes the newest entry of the thread's error queue, which is the failed operation's own, and leaves the queue empty.
/// Older entries may be the application's: they say nothing.
inline unsigned long take_error() noexcept {
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  return code;
}

/// Fills in the library's own words.
inline void describe(unsigned long code, error_info& info) {
  if (code == 0) return;
  char text[256];
  ERR_error_string_n(code, text, sizeof text);
  info.native = static_cast<long>(code);
  info.native_text = text;
}

/// Empties the thread's error queue into `info`; whether it told that there is no such algorithm.
inline bool lacks_algorithm(error_info& info) {
  bool lacks = false;
  for (unsigned long code = ERR_get_error(); code != 0; code = ERR_get_error()) {
    const int reason = ERR_GET_REASON(code);
    lacks = lacks || (ERR_GET_LIB(code) == ERR_LIB_EVP &&
                      (reason == EVP_R_UNSUPPORTED_ALGORITHM || reason == EVP_R_UNKNOWN_PBE_ALGORITHM ||
                       reason == EVP_R_UNSUPPORTED_CIPHER || reason == ERR_R_UNSUPPORTED));
    describe(code, info);
  }
  return lacks;
}

/// Reports that a value could not be set.
inline errc refuse(error_info& info, errc what, const char* step) {
  const unsigned long code = take_error();
  const errc e = translate(code) == errc::out_of_memory ? errc::out_of_memory : what;
  describe(code, info);
  return info.set(e,
                  std::string("OpenSSL refused ") + step + (info.native_text.empty() ? "" : ": " + info.native_text));
}

}  // namespace plugtls::openssl
