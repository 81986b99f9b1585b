// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <optional>

#include "plugtls/bytes.hpp"
#include "plugtls/crl_view.hpp"
#include "plugtls/detail/der.hpp"
#include "plugtls/detail/extension.hpp"
#include "plugtls/detail/oid.hpp"
#include "plugtls/detail/signed_view.hpp"
#include "plugtls/distinguished_name.hpp"
#include "plugtls/errc.hpp"
#include "plugtls/unix_time.hpp"

namespace plugtls {

/// What a responder did with the request (RFC 6960 §4.2.1). Only a successful response says something.
enum class ocsp_response_status : std::uint8_t {
  successful = 0,
  malformed_request = 1,
  internal_error = 2,
  try_later = 3,
  sig_required = 5,
  unauthorized = 6
};

enum class ocsp_certificate_status : std::uint8_t { good, revoked, unknown };

/// What a response says of one certificate.
struct ocsp_entry {
  detail::algorithm_identifier hash;  ///< of the two hashes below
  byte_view issuer_name_hash;         ///< of the issuer's name
  byte_view issuer_key_hash;          ///< of the issuer's key, the contents of its BIT STRING
  byte_view serial;                   ///< contents of the INTEGER
  ocsp_certificate_status status = ocsp_certificate_status::unknown;
  crl_reason reason = crl_reason::unspecified;  ///< why it was revoked
  unix_time revoked_at = 0;
  unix_time this_update = 0;
  std::optional<unix_time> next_update;
  bool has_unknown_critical_extension = false;
};

/// An OCSP response of the basic type (RFC 6960 §4.2), read in place: no allocation, spans into the DER, which must
/// outlive the view. What parses obeys the structure, every entry included; whether it may be believed is another
/// question. A value: copies view the same bytes.
class ocsp_view : public detail::signed_view {
 public:
  /// Reads one response, in time proportional to its size. Gives nothing and `errc::bad_der` for bytes that are not
  /// exactly one OCSPResponse in DER, and where the structure is broken: a status that there is not, a successful
  /// response without its contents or of another type, no entry, an extension twice, dates that do not exist.
  static std::optional<ocsp_view> parse(byte_view der, errc& e) noexcept;

  /// Returns what the responder did; all that follows is empty unless `successful`.
  ocsp_response_status status() const noexcept { return status_; }
  /// Returns who signed, by name or by the SHA-1 hash of the key (contents of its BIT STRING); the other one is empty.
  const std::optional<distinguished_name>& responder_name() const noexcept { return responder_name_; }
  byte_view responder_key_hash() const noexcept { return responder_key_hash_; }
  unix_time produced_at() const noexcept { return produced_at_; }
  /// Tells whether the response as a whole has a critical extension that this library does not understand.
  bool has_unknown_critical_extension() const noexcept { return has_unknown_critical_; }

  /// Returns the contents of `responses`: elements for `read_entry`.
  byte_view entries() const noexcept { return entries_; }
  /// Takes one entry; false where none can be read.
  static bool read_entry(detail::der::reader& in, ocsp_entry& out) noexcept;
  /// Returns the contents of `certs`: certificates that the responder sent along, each not looked into yet.
  byte_view certificates() const noexcept { return certificates_; }

 private:
  ocsp_view() = default;
  bool read_response(byte_view der) noexcept;
  bool read_basic(byte_view der) noexcept;
  bool read_tbs(byte_view content) noexcept;

  std::optional<distinguished_name> responder_name_;
  byte_view responder_key_hash_;
  byte_view entries_;
  byte_view certificates_;
  unix_time produced_at_ = 0;
  ocsp_response_status status_ = ocsp_response_status::successful;
  bool has_unknown_critical_ = false;
};

}  // namespace plugtls

#include "plugtls/detail/ocsp_parser.hpp"
